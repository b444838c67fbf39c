/** Throughput of single operations, by JMH. */
@NullMarked
package io.asyncslot.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;
