package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotClock;
import io.asyncslot.cluster.store.SlotKeyText;
import io.asyncslot.fuzz.FuzzInput;
import java.util.List;
import java.util.UUID;

/** Keys in the database: a text is that of one key, which has this text and no other, or it is refused. */
public final class KeyTextFuzz {

    private static final List<Class<?>> TYPES =
            List.of(String.class, Long.class, Integer.class, UUID.class, SlotClock.class);

    private KeyTextFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        if (input.number() % 2 == 0) {
            written(KeyTexts.of(String.class, "fuzz"), input.text());
        } else {
            read(KeyTexts.of(TYPES.get(input.number() % TYPES.size()), "fuzz"), inDatabase(input.rest()));
        }
    }

    /** PostgreSQL has no text with the character 0, or with half a surrogate pair. */
    private static String inDatabase(String text) {
        return text.replace("\0", "");
    }

    private static <K> void read(SlotKeyText<K> texts, String text) {
        K key;
        try {
            key = texts.key(text);
        } catch (IllegalArgumentException e) {
            return; // no key has it
        }
        assertThat(texts.text(key)).isEqualTo(text);
    }

    private static void written(SlotKeyText<String> texts, String key) {
        String text;
        try {
            text = texts.text(key);
        } catch (IllegalArgumentException e) {
            assertThat(key).matches(any -> any.chars().anyMatch(each -> Character.isSurrogate((char) each)));
            return;
        }
        assertThat(text).doesNotContain("\0");
        assertThat(texts.key(text)).isEqualTo(key);
    }
}
