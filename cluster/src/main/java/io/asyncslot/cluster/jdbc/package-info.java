/** Connections, transactions and SQLSTATEs: what databases that are reached by JDBC have in common. */
@NullMarked
package io.asyncslot.cluster.jdbc;

import org.jspecify.annotations.NullMarked;
