/** Connections, transactions and SQLSTATEs: the common part for all databases with JDBC. */
@NullMarked
package io.asyncslot.cluster.jdbc;

import org.jspecify.annotations.NullMarked;
