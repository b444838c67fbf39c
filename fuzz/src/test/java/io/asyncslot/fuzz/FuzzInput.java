package io.asyncslot.fuzz;

import java.nio.charset.StandardCharsets;

/** Takes numbers and texts from the bytes of one input; zeros when they are used up. Not thread-safe. */
public final class FuzzInput {

    private static final int LONGEST_TEXT = 63;

    private final byte[] bytes;
    private int at;

    public FuzzInput(byte[] bytes) {
        this.bytes = bytes;
    }

    public boolean hasMore() {
        return at < bytes.length;
    }

    /** A number from 0 to 255. */
    public int number() {
        return hasMore() ? bytes[at++] & 0xFF : 0;
    }

    /** A number from 0 to 65,535. */
    public int wideNumber() {
        return number() << 8 | number();
    }

    /** Any number. */
    public long longNumber() {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = value << 8 | number();
        }
        return value;
    }

    /** One of several things. */
    @SafeVarargs
    public final <T> T one(T... of) {
        return of[number() % of.length];
    }

    /** A text of any characters, halves of surrogate pairs among them: two bytes each if the first one says so. */
    public String text() {
        int head = number();
        boolean wide = (head & 0x80) != 0;
        StringBuilder text = new StringBuilder();
        for (int left = head & LONGEST_TEXT; left > 0 && hasMore(); left--) {
            text.append((char) (wide ? wideNumber() : number()));
        }
        return text.toString();
    }

    /** All that is left, as UTF-8. */
    public String rest() {
        String text = new String(bytes, at, bytes.length - at, StandardCharsets.UTF_8);
        at = bytes.length;
        return text;
    }

    /** All that is left. */
    public byte[] restBytes() {
        byte[] rest = java.util.Arrays.copyOfRange(bytes, at, bytes.length);
        at = bytes.length;
        return rest;
    }
}
