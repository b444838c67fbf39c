/** A rolling restart of three shops under load, held against a ledger. */
@NullMarked
package io.asyncslot.sample.rolling;

import org.jspecify.annotations.NullMarked;
