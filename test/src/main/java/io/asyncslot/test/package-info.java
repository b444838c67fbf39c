/**
 * Test support for applications and for backends.
 */
@NullMarked
package io.asyncslot.test;

import org.jspecify.annotations.NullMarked;
