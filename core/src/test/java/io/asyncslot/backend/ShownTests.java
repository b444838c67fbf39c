package io.asyncslot.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Text of users' objects in messages: it stays in its line, whatever it holds, and whatever toString does. */
class ShownTests {

    @ParameterizedTest
    @ValueSource(strings = {"", "s1", "eu-1/a b", "größe", "日本", "😀", "T(java.lang.Runtime)"})
    void plainText_isShownAsItIs(String text) {
        assertThat(Shown.inLine(text)).isSameAs(text);
    }

    @ParameterizedTest
    @CsvSource({
        "10, \\u000a",
        "13, \\u000d",
        "27, \\u001b",
        "0, \\u0000",
        "127, \\u007f",
        "133, \\u0085",
        "155, \\u009b"
    })
    void controlCharacter_isShownByItsNumber(int character, String shown) {
        assertThat(Shown.inLine("a" + (char) character + "b")).isEqualTo("a" + shown + "b");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x2028, 0x2029, 0x202e, 0x2066, 0x200b, 0xfeff})
    void separatorOrDirection_isShownByItsNumber(int character) {
        assertThat(Shown.inLine("" + (char) character)).isEqualTo("\\u" + Integer.toHexString(character));
    }

    @Test
    void longText_isCut() {
        assertThat(Shown.inLine("x".repeat(256))).hasSize(256);
        assertThat(Shown.inLine("x".repeat(1_000_000))).hasSize(259).endsWith("x...");
        assertThat(Shown.inLine("\n".repeat(1_000_000))).hasSize(256 * 6 + 3);
    }

    @Test
    void nullOrFailingText_isShown() {
        assertThat(Shown.inLine(null)).isEqualTo("null");
        assertThat(Shown.inLine(new Object() {
                    @Override
                    public String toString() {
                        throw new StackOverflowError();
                    }
                }))
                .contains("its toString() failed");
    }

    @Test
    void nullForAText_isShown() {
        Object nameless = new Object() {
            @Override
            public String toString() {
                return null;
            }
        };
        assertThat(Shown.of(nameless)).isEqualTo("null");
        assertThat(Shown.inLine(nameless)).isEqualTo("null");
    }

    @Test
    void refusedKey_doesNotBreakTheMessage() {
        Keys<String> keys = new Keys<>("session", String.class, 4);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> keys.check("a\nb\u001b[31m"))
                .withMessageContaining("'a\\u000ab\\u001b[31m'");
        Object other = new StringBuilder("a\nb");
        assertThatIllegalArgumentException().isThrownBy(() -> keys.check(other)).withMessageEndingWith(": a\\u000ab");
    }
}
