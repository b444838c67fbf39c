package io.asyncslot.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.TimerMapSpec;
import io.asyncslot.backend.Keys;
import io.asyncslot.backend.Shown;
import java.util.List;
import java.util.UUID;

/** Names of maps, and keys as text: refused by name, or as they are; no message about a key has a second line. */
public final class MapNameFuzz {

    private static final List<Class<?>> TYPES = List.of(String.class, Long.class, Integer.class, UUID.class);

    private MapNameFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        if (input.number() % 2 == 0) {
            name(input.text() + input.rest());
        } else {
            key(TYPES.get(input.number() % TYPES.size()), input.text());
        }
    }

    private static void name(String name) {
        try {
            assertThat(TimerMapSpec.named(name, String.class)
                            .callback((key, firing) -> {})
                            .build()
                            .name())
                    .isEqualTo(name)
                    .matches("[A-Za-z0-9._-]{1,100}");
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).startsWith("'name' of a map").endsWith("'" + name + "'"); // a developer's text
        }
    }

    private static <K> void key(Class<K> type, String text) {
        Keys<K> keys = new Keys<>("fuzz", type, 40);
        K key = keys.parse(text);
        if (key != null) {
            assertThat(key).hasToString(text);
        }
        try {
            keys.check(text);
            assertThat(type).isEqualTo(String.class);
            assertThat(text.length()).isLessThanOrEqualTo(40);
        } catch (IllegalArgumentException e) {
            oneLine(e.getMessage());
        }
        oneLine(Shown.inLine(text));
    }

    private static void oneLine(String message) {
        assertThat(message.codePoints().filter(Character::isISOControl)).isEmpty();
        assertThat(message).doesNotContain("\u2028", "\u2029", "\u202e");
    }
}
