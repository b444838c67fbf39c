/**
 * What plugs in below and beside the slots: backends, time, listeners.
 */
@NullMarked
package io.asyncslot.spi;

import org.jspecify.annotations.NullMarked;
