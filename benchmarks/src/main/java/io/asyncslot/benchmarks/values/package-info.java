/** Values that gather by key until their batch is due: ours beside what people write by hand or take from elsewhere. */
@org.jspecify.annotations.NullMarked
package io.asyncslot.benchmarks.values;
