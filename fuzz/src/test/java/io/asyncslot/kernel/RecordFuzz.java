package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.fuzz.FuzzInput;
import io.asyncslot.test.ManualTicker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/**
 * Pinned records that are anything, with fitting checksums or without: a process that finds them does not fail, runs nothing
 * early or twice, keeps what it cannot read, and what it has acknowledged does not come again.
 */
public final class RecordFuzz {

    private static final int MOST_CHANGES = 40;
    private static final int DUE_SECONDS = 5;

    private RecordFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));
        FuzzKernel kernel = new FuzzKernel(ticker);
        try (FuzzApplication first = new FuzzApplication(kernel, ticker)) {
            int started = input.number() % 4;
            for (int i = 0; i < started; i++) {
                first.texts.start("text" + i, Duration.ofSeconds(1 + i));
                first.numbers.start((long) i, Duration.ofSeconds(1 + i));
            }
            first.settle();
        }
        change(kernel, input);

        Set<String> fired;
        int damaged;
        try (FuzzApplication second = new FuzzApplication(kernel, ticker)) {
            second.look();
            second.pass(DUE_SECONDS);
            damaged = second.look();
            fired = second.firings();
            assertThat(fired.size() + damaged).isLessThanOrEqualTo(FuzzKernel.CAPACITY);
        }
        try (FuzzApplication third = new FuzzApplication(kernel, ticker)) {
            third.pass(DUE_SECONDS);
            assertThat(third.look()).as("damaged records are kept").isEqualTo(damaged);
            assertThat(third.firings()).as("acknowledged").noneMatch(fired::contains);
        }
    }

    private static void change(FuzzKernel kernel, FuzzInput input) {
        int sealed = input.number();
        int header = input.number() % 4;
        for (int i = 0; i < header; i++) {
            kernel.spoilHeader(input.wideNumber(), (byte) input.number());
        }
        for (int i = 0; i < MOST_CHANGES && input.hasMore(); i++) {
            MemorySegment memory = kernel.shared[input.number() % kernel.shared.length];
            int at = input.wideNumber() % (int) memory.byteSize();
            if (input.number() % 2 == 0) {
                memory.set(ValueLayout.JAVA_BYTE, at, (byte) input.number());
            } else {
                memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at / Long.BYTES * Long.BYTES, input.longNumber());
            }
        }
        for (int place = 0; place < FuzzKernel.CAPACITY; place++) {
            if ((sealed & 1 << place) != 0) {
                kernel.seal(place);
            }
        }
    }
}
