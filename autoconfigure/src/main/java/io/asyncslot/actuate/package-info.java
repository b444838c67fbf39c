/**
 * Shows slots to operators: the Actuator endpoint {@code asyncslots}, and meters.
 */
@NullMarked
package io.asyncslot.actuate;

import org.jspecify.annotations.NullMarked;
