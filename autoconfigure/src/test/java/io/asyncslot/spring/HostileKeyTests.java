package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Keys and values come from strangers: they are data, neither expressions nor lines of a log. */
@ExtendWith(OutputCaptureExtension.class)
class HostileKeyTests {

    private static final String FORGED = "2026-01-01 ERROR the vault is open";
    private static final String HOSTILE = "k\r\n" + FORGED + "\u001b[31m\u2028" + FORGED;
    private static final String SHOWN = "k\\u000d\\u000a" + FORGED + "\\u001b[31m\\u2028" + FORGED;
    private static final String PROPERTY = "asyncslot.test.evaluated";

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class, AopAutoConfiguration.class))
            .withBean(Door.class);

    @AfterEach
    void forget() {
        System.clearProperty(PROPERTY);
        Door.OPENED.clear();
    }

    @Test
    void keyOfAFailedCallback_staysInItsLine() {
        try (LoggedMessages logged = new LoggedMessages("io.asyncslot.backend.CallbackInvoker")) {
            runner.run(context -> {
                context.getBean(AsyncSlotRegistry.class)
                        .timers("failing", String.class)
                        .start(HOSTILE);
                await().until(() -> !logged.messages().isEmpty());
            });
            assertThat(logged.messages())
                    .allSatisfy(message ->
                            assertThat(message).contains(SHOWN).doesNotContain("\n", "\r", "\u001b", "\u2028"));
        }
    }

    @Test
    void keyThatIsNotArmed_staysInItsLine(CapturedOutput output) {
        runner.run(context -> {
            Door door = context.getBean(Door.class);
            door.lock("first");
            door.lock(HOSTILE);
        });
        assertThat(output).contains("did not arm");
        check(output);
    }

    @Test
    void keyInAnException_staysInItsLine() {
        runner.run(context -> assertThatExceptionOfType(SlotTriggerException.class)
                .isThrownBy(() -> context.getBean(Door.class).count(HOSTILE))
                .withMessageContaining(SHOWN)
                .satisfies(failure -> assertThat(failure.getMessage()).doesNotContain("\n", "\u001b", "\u2028")));
    }

    @Test
    void keyThatEndsWithTheProcess_staysInItsLine() {
        runner.run(context -> {
            context.getBean(AsyncSlotRegistry.class)
                    .timers("vault", String.class)
                    .start(HOSTILE);
            assertThat(AsyncSlotLifecycle.armed(
                            context.getBean(AsyncSlotRegistry.class).timers("vault", String.class)))
                    .contains(SHOWN)
                    .doesNotContain("\n", "\u001b");
        });
    }

    private static void check(CapturedOutput output) {
        assertThat(output).contains(SHOWN).doesNotContain("\u001b");
        assertThat(output.getAll().lines()).noneMatch(line -> line.startsWith(FORGED));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "T(java.lang.System).setProperty('" + PROPERTY + "','yes')",
                "#{T(java.lang.System).setProperty('" + PROPERTY + "','yes')}",
                "${java.io.tmpdir}",
                "#{systemProperties}",
                "' + T(java.lang.System).setProperty('" + PROPERTY + "','yes') + '",
                "@door",
                "#root"
            })
    void keyAndValue_areNeverExpressions(String text) {
        runner.run(context -> {
            Door door = context.getBean(Door.class);
            door.open(text, text);
            await().until(() -> !Door.OPENED.isEmpty());
            assertThat(Door.OPENED).containsExactly(List.of(text, text));
            assertThat(System.getProperty(PROPERTY)).isNull();
        });
    }

    /** The control: an expression of an annotation is one. */
    @Test
    void expressionOfAnAnnotation_isEvaluated() {
        runner.run(context -> {
            context.getBean(Door.class).evaluate("x");
            assertThat(System.getProperty(PROPERTY)).isEqualTo("yes");
        });
    }

    static class Door {

        /** Static, because a proxy has no fields. */
        private static final Queue<List<@Nullable String>> OPENED = new ConcurrentLinkedQueue<>();

        @TimerSlot(map = "door", delay = "50ms")
        void opened(String key, @Nullable String value) {
            OPENED.add(Arrays.asList(key, value));
        }

        @TimerSlot(map = "failing", delay = "0s")
        void failing(String key) {
            throw new IllegalStateException("on purpose");
        }

        @TimerSlot(map = "vault", delay = "1h", maxEntries = 1)
        void unlocked(String key) {}

        @StartSlot(map = "vault", key = "#key")
        public void lock(String key) {}

        @TimerSlot(map = "number", delay = "1h")
        void number(Long key) {}

        @StartSlot(map = "door", key = "#key", value = "#value")
        public void open(String key, String value) {}

        @StartSlot(map = "number", key = "#key")
        public void count(Object key) {}

        @StartSlot(
                map = "door",
                key = "T(java.lang.System).setProperty('" + PROPERTY + "','yes') ?: 'set'",
                delay = "1h")
        public void evaluate(String unused) {}
    }
}
