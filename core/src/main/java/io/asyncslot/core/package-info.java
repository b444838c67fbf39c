/**
 * The slot core for backends on this machine: the control block, its state word, maps of control blocks, and the
 * running of callbacks. For backend authors; applications use {@link io.asyncslot}.
 *
 * <p>Commands go down to a {@link io.asyncslot.core.Timekeeper}, expiries come up through
 * {@link io.asyncslot.core.ControlBlock#expire}, and both meet in {@link io.asyncslot.core.StateWord}.
 */
@NullMarked
package io.asyncslot.core;

import org.jspecify.annotations.NullMarked;
