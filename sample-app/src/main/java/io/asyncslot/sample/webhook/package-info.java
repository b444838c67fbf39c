/** Webhooks: what changed last, after a moment of quiet, and no later than a cap. */
@NullMarked
package io.asyncslot.sample.webhook;

import org.jspecify.annotations.NullMarked;
