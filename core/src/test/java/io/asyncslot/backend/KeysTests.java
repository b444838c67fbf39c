package io.asyncslot.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class KeysTests {

    @Test
    void check_null_namesTheRule() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Keys<>("m", String.class, 10).check(null))
                .withMessage("'key' of map 'm' must not be null");
    }

    @Test
    void check_longestKey_passes() {
        assertThatNoException().isThrownBy(() -> new Keys<>("m", String.class, 10).check("0123456789"));
    }

    @Test
    void check_tooLong_namesLengthAndLimit() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Keys<>("m", String.class, 10).check("0123456789a"))
                .withMessageContaining("at most 10")
                .withMessageContaining("has 11")
                .withMessageContaining("0123456789a");
    }

    @Test
    void check_veryLong_showsTheBeginningOnly() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Keys<>("m", String.class, 100).check("x".repeat(1_000)))
                .withMessageContaining("has 1000")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
    }

    @Test
    void check_textInAMapOfObjects_hasTheLimitToo() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Keys<>("m", Object.class, 10).check("0123456789a"))
                .withMessageContaining("at most 10");
    }

    @Test
    void check_otherType_namesBoth() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Keys<>("m", Long.class, 10).check("7"))
                .withMessageContaining("java.lang.Long")
                .withMessageContaining("java.lang.String")
                .withMessageContaining(": 7");
    }

    @Test
    void parse_textOfAKey_answersIt() {
        UUID uuid = UUID.randomUUID();
        assertThat(new Keys<>("m", String.class, 10).parse("a")).isEqualTo("a");
        assertThat(new Keys<>("m", Long.class, 10).parse("-7")).isEqualTo(-7L);
        assertThat(new Keys<>("m", Integer.class, 10).parse("7")).isEqualTo(7);
        assertThat(new Keys<>("m", UUID.class, 10).parse(uuid.toString())).isEqualTo(uuid);
    }

    @Test
    void parse_textOfNoKey_isNull() {
        assertThat(new Keys<>("m", Long.class, 10).parse("+7")).isNull();
        assertThat(new Keys<>("m", Long.class, 10).parse("x")).isNull();
        assertThat(new Keys<>("m", Integer.class, 10).parse("007")).isNull();
        assertThat(new Keys<>("m", UUID.class, 10).parse("1-1-1-1-1")).isNull();
    }

    @Test
    void parse_typeWithoutText_isMisuse() {
        Keys<Object> keys = new Keys<>("m", Object.class, 10);
        assertThat(keys.haveText()).isFalse();
        assertThatIllegalStateException().isThrownBy(() -> keys.parse("x"));
    }
}
