/**
 * The JDK's view of the engine: a {@link java.util.concurrent.ScheduledExecutorService} on slots.
 */
@NullMarked
package io.asyncslot.scheduling;

import org.jspecify.annotations.NullMarked;
