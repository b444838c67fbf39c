/**
 * Callbacks as observations of Micrometer, the trace that leads to them, and the context in which they run.
 */
@NullMarked
package io.asyncslot.observation;

import org.jspecify.annotations.NullMarked;
