/** Tenants, each polled at its own beat. */
@NullMarked
package io.asyncslot.sample.tenant;

import org.jspecify.annotations.NullMarked;
