/** Brings the cluster backend to Spring Boot: properties {@code asyncslot.cluster.*}, transactions and the bean. */
@NullMarked
package io.asyncslot.cluster.spring;

import org.jspecify.annotations.NullMarked;
