package io.asyncslot.core;

import io.asyncslot.SlotMap;
import java.lang.reflect.Field;

/** Lets scenarios see what an index still holds, slots that nobody can find any more included. */
public final class IndexProbe {

    private static final Field INDEX;

    static {
        try {
            INDEX = LocalSlots.class.getDeclaredField("index");
            INDEX.setAccessible(true);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private IndexProbe() {}

    /** How many incarnations are in the index of a map. */
    public static long incarnations(SlotMap<?> map) {
        try {
            long count = 0;
            for (Object block : ((SlotIndex<?>) INDEX.get(map)).values()) {
                count += block == null ? 0 : 1;
            }
            return count;
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
