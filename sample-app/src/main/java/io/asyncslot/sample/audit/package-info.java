/** The audit log: written in batches, one tenant at a time. */
@NullMarked
package io.asyncslot.sample.audit;

import org.jspecify.annotations.NullMarked;
