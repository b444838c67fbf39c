package io.asyncslot.kernel;

import io.asyncslot.spi.SlotValueCodec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The simulator's values: numbers, or lists of them. */
final class NumbersCodec implements SlotValueCodec {

    @Override
    public byte[] write(String map, Object value) {
        List<?> numbers = value instanceof List<?> list ? list : List.of(value);
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * numbers.size());
        numbers.forEach(each -> bytes.putInt((Integer) each));
        return bytes.array();
    }

    @Override
    public <V> V read(String map, byte[] bytes, Class<V> type) {
        List<Integer> numbers = new ArrayList<>();
        for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) {
            numbers.add(rest.getInt());
        }
        return type.cast(type == Integer.class ? numbers.get(0) : numbers);
    }
}
