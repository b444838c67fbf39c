/** Brings the kernel backend to Spring Boot: properties {@code asyncslot.kernel.*} and the bean. */
@NullMarked
package io.asyncslot.kernel.spring;

import org.jspecify.annotations.NullMarked;
