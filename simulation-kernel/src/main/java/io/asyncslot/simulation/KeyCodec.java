package io.asyncslot.simulation;

import io.asyncslot.kernel.SlotKeyCodec;
import java.nio.ByteBuffer;

/** Keys of the simulator as four bytes. */
public final class KeyCodec implements SlotKeyCodec<SimulatedKey> {

    /** For the service loader. */
    public KeyCodec() {}

    @Override
    public Class<SimulatedKey> keyType() {
        return SimulatedKey.class;
    }

    @Override
    public byte[] encode(SimulatedKey key) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(key.id).array();
    }

    @Override
    public SimulatedKey decode(byte[] bytes) {
        if (bytes.length != Integer.BYTES) {
            throw new IllegalArgumentException(bytes.length + " bytes where " + Integer.BYTES + " make a key");
        }
        int id = ByteBuffer.wrap(bytes).getInt();
        return new SimulatedKey(id, SimulatedKey.hash(id), new int[1]);
    }
}
