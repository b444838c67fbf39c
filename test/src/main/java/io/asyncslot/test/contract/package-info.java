/**
 * The backend contract kit: the tests that every backend must pass. Extend
 * {@link io.asyncslot.test.contract.BackendContract}.
 */
@NullMarked
package io.asyncslot.test.contract;

import org.jspecify.annotations.NullMarked;
