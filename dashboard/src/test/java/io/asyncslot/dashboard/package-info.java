/** Tests of the dashboard. */
@NullMarked
package io.asyncslot.dashboard;

import org.jspecify.annotations.NullMarked;
