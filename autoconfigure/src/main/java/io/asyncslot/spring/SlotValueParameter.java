package io.asyncslot.spring;

import org.jspecify.annotations.Nullable;

/**
 * The parameter of a callback that takes what a firing carries. Immutable.
 *
 * @param index which parameter
 * @param type its type
 * @param element the type of the elements if it is a {@link java.util.List}; else null
 */
record SlotValueParameter(
        int index, Class<?> type, @Nullable Class<?> element) {}
