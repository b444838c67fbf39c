/**
 * Resilience4j around callbacks. Its instances are the application's own, named by annotations or properties. No guard
 * holds a thread: what would wait elsewhere is a re-arm of the slot here.
 */
@NullMarked
package io.asyncslot.resilience;

import org.jspecify.annotations.NullMarked;
