/**
 * The jvm backend: timers measured by one thread of this JVM, nothing to install.
 */
@NullMarked
package io.asyncslot.jvm;

import org.jspecify.annotations.NullMarked;
