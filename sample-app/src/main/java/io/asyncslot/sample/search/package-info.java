/** Prices and the search index that follows them. */
@NullMarked
package io.asyncslot.sample.search;

import org.jspecify.annotations.NullMarked;
