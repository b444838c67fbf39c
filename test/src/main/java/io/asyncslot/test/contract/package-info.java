/**
 * The backend contract kit: what a backend must pass to be a backend. Extend {@link
 * io.asyncslot.test.contract.BackendContract}.
 */
@NullMarked
package io.asyncslot.test.contract;

import org.jspecify.annotations.NullMarked;
