package io.asyncslot.spring;

import java.math.BigInteger;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.core.convert.ConversionException;
import org.springframework.core.convert.ConversionService;
import org.springframework.util.ClassUtils;
import org.springframework.util.NumberUtils;

/**
 * Makes keys of what expressions yield, where that is plain: between whole numbers without loss, and between simple
 * values and text. Thread-safe.
 */
final class SlotKeyConversion {

    static final String RULE = "only whole numbers convert to each other, and simple values from and to text";

    private static final Set<Class<?>> WHOLE =
            Set.of(Byte.class, Short.class, Integer.class, Long.class, BigInteger.class);

    private final ConversionService conversions;

    SlotKeyConversion(ConversionService conversions) {
        this.conversions = conversions;
    }

    /** Whether values of a declared type can be keys; true where only the value itself can tell. */
    boolean mayConvert(Class<?> declared, Class<?> keyType) {
        Class<?> source = ClassUtils.resolvePrimitiveIfNecessary(declared);
        return source.isAssignableFrom(keyType) || keyType.isAssignableFrom(source) || converts(source, keyType);
    }

    /**
     * Converts a value.
     *
     * @return the key; null if the value cannot be one
     */
    @Nullable
    Object convert(Object value, Class<?> keyType) {
        if (keyType.isInstance(value)) {
            return value;
        }
        try {
            if (WHOLE.contains(value.getClass()) && WHOLE.contains(keyType)) {
                return NumberUtils.convertNumberToTargetClass((Number) value, keyType.asSubclass(Number.class));
            }
            return converts(value.getClass(), keyType) ? conversions.convert(value, keyType) : null;
        } catch (ConversionException | IllegalArgumentException e) {
            return null; // the text of no such key, or a number out of its range
        }
    }

    private boolean converts(Class<?> source, Class<?> keyType) {
        if (WHOLE.contains(source) && WHOLE.contains(keyType)) {
            return true;
        }
        boolean text = CharSequence.class.isAssignableFrom(source) || keyType == String.class;
        return text
                && BeanUtils.isSimpleValueType(source)
                && BeanUtils.isSimpleValueType(keyType)
                && conversions.canConvert(source, keyType);
    }
}
