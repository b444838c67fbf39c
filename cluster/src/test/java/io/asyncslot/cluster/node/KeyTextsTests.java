package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.cluster.store.SlotKeyText;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The texts of keys in rows: each key has one, each text one key at most. */
class KeyTextsTests {

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "\\", "\\0", "a\0b\\", "\uD83D\uDE00"})
    void stringKey_isReadAgain(String key) {
        SlotKeyText<String> texts = KeyTexts.of(String.class, "map");
        assertThat(texts.text(key)).doesNotContain("\0");
        assertThat(texts.key(texts.text(key))).isEqualTo(key);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\", "\\x", "a\\\\\\"})
    void textThatNoStringKeyHas_isRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyTexts.of(String.class, "map").key(text));
    }

    /** Else two rows would be of one key, and two runs of it could overlap. */
    @ParameterizedTest
    @ValueSource(strings = {"+7", "07", "-0", " 7", "", "7.0"})
    void otherTextOfANumber_isRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyTexts.of(Long.class, "map").key(text));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyTexts.of(Integer.class, "map").key(text));
        assertThat(KeyTexts.of(Long.class, "map").key("7")).isEqualTo(7L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1-1-1-1-1", "ABCDEF00-0000-0000-0000-000000000001", "x"})
    void otherTextOfAUuid_isRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyTexts.of(UUID.class, "map").key(text));
        UUID key = new UUID(1, 2);
        assertThat(KeyTexts.of(UUID.class, "map").key(key.toString())).isEqualTo(key);
    }
}
