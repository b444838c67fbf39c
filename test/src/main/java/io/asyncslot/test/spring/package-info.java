/**
 * Manual time in Spring's test contexts.
 */
@NullMarked
package io.asyncslot.test.spring;

import org.jspecify.annotations.NullMarked;
