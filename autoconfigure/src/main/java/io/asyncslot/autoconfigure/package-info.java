/**
 * Auto-configuration of AsyncSlot for Spring Boot.
 */
@NullMarked
package io.asyncslot.autoconfigure;

import org.jspecify.annotations.NullMarked;
