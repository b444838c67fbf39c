package io.asyncslot.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the types that a BPF object describes of itself (its section .BTF), as far as structures go. */
final class BpfObject {

    private static final int KIND_INT = 1;
    private static final int KIND_ARRAY = 3;
    private static final int KIND_STRUCT = 4;
    private static final int KIND_UNION = 5;
    private static final int KIND_ENUM = 6;
    private static final int KIND_FUNC_PROTO = 13;
    private static final int KIND_VAR = 14;
    private static final int KIND_DATASEC = 15;
    private static final int KIND_DECL_TAG = 17;
    private static final int KIND_ENUM64 = 19;

    private final Map<String, Struct> structs = new LinkedHashMap<>();

    /** A structure: its size, and where each member begins. */
    record Struct(int size, Map<String, Integer> offsets) {}

    BpfObject(byte[] elf) {
        ByteBuffer file = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
        readTypes(section(file, ".BTF"));
    }

    Struct struct(String name) {
        Struct struct = structs.get(name);
        if (struct == null) {
            throw new IllegalArgumentException("no struct " + name + " among " + structs.keySet());
        }
        return struct;
    }

    private static ByteBuffer section(ByteBuffer file, String wanted) {
        long table = file.getLong(40);
        int size = file.getShort(58);
        int count = file.getShort(60);
        int names = file.getShort(62);
        int namesAt = (int) file.getLong((int) table + names * size + 24);
        for (int i = 0; i < count; i++) {
            int header = (int) table + i * size;
            if (text(file, namesAt + file.getInt(header)).equals(wanted)) {
                return file.slice((int) file.getLong(header + 24), (int) file.getLong(header + 32))
                        .order(ByteOrder.LITTLE_ENDIAN);
            }
        }
        throw new IllegalArgumentException("no section " + wanted);
    }

    private void readTypes(ByteBuffer btf) {
        int header = btf.getInt(4);
        int at = header + btf.getInt(8);
        int end = at + btf.getInt(12);
        int strings = header + btf.getInt(16);
        while (at < end) {
            int info = btf.getInt(at + 4);
            int members = info & 0xFFFF;
            int kind = info >>> 24 & 0x1F;
            String name = text(btf, strings + btf.getInt(at));
            int size = btf.getInt(at + 8);
            at += 12;
            if (kind == KIND_STRUCT && !name.isEmpty()) {
                Map<String, Integer> offsets = new LinkedHashMap<>();
                for (int i = 0; i < members; i++) {
                    int bits = btf.getInt(at + i * 12 + 8) & (info < 0 ? 0xFF_FFFF : -1);
                    offsets.put(text(btf, strings + btf.getInt(at + i * 12)), bits / 8);
                }
                structs.put(name, new Struct(size, offsets));
            }
            at += switch (kind) {
                case KIND_INT, KIND_VAR, KIND_DECL_TAG -> 4;
                case KIND_ARRAY -> 12;
                case KIND_STRUCT, KIND_UNION, KIND_DATASEC, KIND_ENUM64 -> members * 12;
                case KIND_ENUM, KIND_FUNC_PROTO -> members * 8;
                default -> 0;
            };
        }
    }

    private static String text(ByteBuffer bytes, int at) {
        List<Byte> text = new ArrayList<>();
        for (int i = at; bytes.get(i) != 0; i++) {
            text.add(bytes.get(i));
        }
        byte[] copy = new byte[text.size()];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = text.get(i);
        }
        return new String(copy, StandardCharsets.UTF_8);
    }
}
