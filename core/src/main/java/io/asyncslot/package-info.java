/**
 * The API for applications: keyed timer and work slots, their outcomes and their views.
 *
 * <p>Start at {@link io.asyncslot.AsyncSlotRegistry}. Everything here is either an interface implemented by a backend
 * or an immutable value. Time spans are {@link java.time.Duration}s, points in time {@link java.time.Instant}s; slots
 * keep deadlines in whole microseconds, always rounded up, so that a slot never fires early.
 */
@NullMarked
package io.asyncslot;

import org.jspecify.annotations.NullMarked;
