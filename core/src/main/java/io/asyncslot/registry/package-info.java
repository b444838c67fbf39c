/**
 * Builds registries: the one place that knows core and backends.
 */
@NullMarked
package io.asyncslot.registry;

import org.jspecify.annotations.NullMarked;
