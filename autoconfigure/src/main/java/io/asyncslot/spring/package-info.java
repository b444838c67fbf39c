/**
 * Binds the annotations to slot maps in a Spring application context.
 */
@NullMarked
package io.asyncslot.spring;

import org.jspecify.annotations.NullMarked;
