package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** One budget for all waits of one end. */
class SlotShutdownTests {

    private final AtomicLong now = new AtomicLong(1_000);
    private final SlotShutdown shutdown = new SlotShutdown(Duration.ofSeconds(2), now::get);
    private final List<Duration> limits = new ArrayList<>();

    private SlotShutdown.End stuck() throws InterruptedException {
        limits.clear();
        return shutdown.await(
                limit -> {
                    limits.add(limit);
                    now.addAndGet(limit.toNanos());
                    return false;
                },
                Thread.currentThread());
    }

    private Duration waited() {
        return limits.stream().reduce(Duration.ZERO, Duration::plus);
    }

    @Test
    void waitsOfOneEnd_shareTheBudget() throws Exception {
        assertThat(stuck()).isEqualTo(SlotShutdown.End.TIMED_OUT);
        assertThat(waited()).isEqualTo(Duration.ofSeconds(2));
        assertThat(stuck()).isEqualTo(SlotShutdown.End.TIMED_OUT);
        assertThat(waited()).isZero();
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(stuck()).isEqualTo(SlotShutdown.End.TIMED_OUT);
        assertThat(waited()).isZero();
    }

    @Test
    void aLaterEnd_hasItsOwn() throws Exception {
        stuck();
        now.addAndGet(Duration.ofSeconds(3).toNanos());
        stuck();
        assertThat(waited()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void nothingToWaitFor_takesNothingOfIt() throws Exception {
        assertThat(shutdown.await(limit -> true, Thread.currentThread())).isEqualTo(SlotShutdown.End.ENDED);
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        stuck();
        assertThat(waited()).isEqualTo(Duration.ofSeconds(2));
    }
}
