/** Measurements that are no loop: expiry, lateness, heap. */
@NullMarked
package io.asyncslot.benchmarks.lab;

import org.jspecify.annotations.NullMarked;
