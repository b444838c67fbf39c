package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotCause;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CauseTextTests {

    private static @Nullable SlotCause kept(SlotCause cause) {
        return CauseText.parse(cause.during(CauseText::current));
    }

    @Test
    void whatIsKept_isReadBack() {
        for (SlotCause.Type type : SlotCause.Type.values()) {
            for (String name : new String[] {null, "", "user alice", "a \uD83D\uDE00 b"}) {
                SlotCause cause = new SlotCause(type, name);
                assertThat(kept(cause)).isEqualTo(cause);
            }
        }
    }

    @Test
    void plainCall_andWhatALaterVersionWrote_areNoCause() {
        assertThat(CauseText.current()).isNull();
        assertThat(CauseText.parse(null)).isNull();
        assertThat(CauseText.parse("ORACLE user alice")).isNull();
    }

    @Test
    void nameOfAStranger_isMadeFitForTheDatabase() {
        SlotCause odd = new SlotCause(SlotCause.Type.ENDPOINT, "a\0b\uD83Dc");
        assertThat(kept(odd)).isEqualTo(new SlotCause(SlotCause.Type.ENDPOINT, "a?b?c"));
        SlotCause lengthy = new SlotCause(SlotCause.Type.ENDPOINT, "x".repeat(100_000));
        assertThat(kept(lengthy)).isEqualTo(new SlotCause(SlotCause.Type.ENDPOINT, "x".repeat(CauseText.LONGEST_NAME)));
    }
}
