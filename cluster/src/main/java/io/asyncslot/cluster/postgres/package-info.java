/** Slots as rows of PostgreSQL: statements, tables, notifications. */
@NullMarked
package io.asyncslot.cluster.postgres;

import org.jspecify.annotations.NullMarked;
