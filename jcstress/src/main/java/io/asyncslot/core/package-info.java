/** The protocol of the core under jcstress: each race on the real classes, beside a weakened twin. */
@NullMarked
package io.asyncslot.core;

import org.jspecify.annotations.NullMarked;
