/** The jvm engine under jcstress. */
@NullMarked
package io.asyncslot.jvm;

import org.jspecify.annotations.NullMarked;
