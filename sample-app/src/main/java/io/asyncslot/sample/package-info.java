/** The sample shop: one package a feature, each with its slots beside its rules. */
@NullMarked
package io.asyncslot.sample;

import org.jspecify.annotations.NullMarked;
