/** AsyncSlot in tests of a part of a Spring Boot application. */
@NullMarked
package io.asyncslot.test.autoconfigure;

import org.jspecify.annotations.NullMarked;
