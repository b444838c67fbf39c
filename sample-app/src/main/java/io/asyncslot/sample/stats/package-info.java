/** The shop's ledger, to be checked against that of the slots. */
@NullMarked
package io.asyncslot.sample.stats;

import org.jspecify.annotations.NullMarked;
