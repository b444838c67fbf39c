package io.asyncslot.simulation;

import io.asyncslot.spi.SlotValueCodec;
import java.nio.ByteBuffer;
import java.util.List;

/** Values of the simulator as four bytes. */
final class NumberCodec implements SlotValueCodec {

    /** A function of values that tells which of them came first. */
    static int merged(int former, int latter) {
        return 31 * former + latter;
    }

    static int number(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getInt();
    }

    static List<Integer> numbers(List<byte[]> values) {
        return values.stream().map(NumberCodec::number).toList();
    }

    @Override
    public byte[] write(String map, Object value) {
        return ByteBuffer.allocate(Integer.BYTES).putInt((Integer) value).array();
    }

    @Override
    public <V> V read(String map, byte[] bytes, Class<V> type) {
        return type.cast(number(bytes));
    }
}
