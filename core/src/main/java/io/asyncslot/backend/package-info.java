/**
 * Tools that every backend needs, whether its slots live in this process or elsewhere: exact times, checked keys and
 * limits, periods, bindings, and counts of the runs under way. For backend authors; applications use
 * {@link io.asyncslot}.
 *
 * <p>Nothing here knows a control block, an engine or a database.
 */
@NullMarked
package io.asyncslot.backend;

import org.jspecify.annotations.NullMarked;
