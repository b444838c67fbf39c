/**
 * A page that shows maps, slots and backends, live. It reads and writes slots through the Actuator endpoint {@code asyncslots}.
 */
@NullMarked
package io.asyncslot.dashboard;

import org.jspecify.annotations.NullMarked;
