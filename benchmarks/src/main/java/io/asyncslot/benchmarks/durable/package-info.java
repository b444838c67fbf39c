/** The cluster backend beside other schedulers that keep their timers in PostgreSQL, on the same database. */
@NullMarked
package io.asyncslot.benchmarks.durable;

import org.jspecify.annotations.NullMarked;
