/** What makes the reference and checks the dashboard. */
@NullMarked
package io.asyncslot.docs;

import org.jspecify.annotations.NullMarked;
