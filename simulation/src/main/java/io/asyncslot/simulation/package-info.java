/** The production code on simulated time, executor and faults: one seed makes every choice. */
@NullMarked
package io.asyncslot.simulation;

import org.jspecify.annotations.NullMarked;
