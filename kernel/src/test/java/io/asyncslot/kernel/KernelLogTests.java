package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That the check of the kernel's log can fail. */
class KernelLogTests {

    private static final String MARK = "asyncslot: races begins, mark 1f";
    private static final List<String> QUIET = List.of(
            "[    0.000000] WARNING: before the mark",
            "[   12.000000] " + MARK,
            "[   12.500000] hrtimer: interrupt took 1234567 ns",
            "[   13.000000] clocksource: Switched to clocksource acpi_pm");

    @Test
    void quietLog_hasNoComplaint() {
        assertThat(KernelLog.complaints(QUIET, MARK)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "WARNING: CPU: 1 PID: 77 at kernel/bpf/helpers.c:1234 bpf_timer_start+0x12/0x34",
                "BUG: kernel NULL pointer dereference, address: 0000000000000008",
                "BUG: KASAN: slab-use-after-free in bpf_timer_cancel+0x1/0x2",
                "Call Trace:",
                "Call trace:", // on arm64
                "refcount_t: underflow; use-after-free.",
                "refcount_t: saturated; leaking memory.",
                "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
                "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
                "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [java:77]",
                "INFO: task java:77 blocked for more than 120 seconds.",
                "Oops: general protection fault, probably for non-canonical address",
                "ODEBUG: free active (active state 0) object type: hrtimer",
            })
    void complaint_isFound(String line) {
        List<String> log = Stream.concat(QUIET.stream(), Stream.of("[   14.000000] " + line))
                .toList();
        assertThat(KernelLog.complaints(log, MARK)).containsExactly("[   14.000000] " + line);
    }

    @Test
    void latestMark_counts() {
        List<String> log = Stream.concat(
                        Stream.of("[    1.0] " + MARK, "[    2.0] Call Trace:"), Stream.of("[    3.0] " + MARK))
                .toList();
        assertThat(KernelLog.complaints(log, MARK)).isEmpty();
    }

    @Test
    void lostLog_isAComplaint() {
        assertThat(KernelLog.complaints(List.of("[  900.0] something later"), MARK))
                .hasSize(1);
    }
}
