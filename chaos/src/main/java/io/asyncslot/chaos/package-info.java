/** Real processes, databases and kernels under faults, and a ledger on disk that accounts for every start. */
@NullMarked
package io.asyncslot.chaos;

import org.jspecify.annotations.NullMarked;
