package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.LatePolicy;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.spi.Ticker;
import io.asyncslot.test.ManualTime;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

/** A context that is stopped and started again, as checkpoint and restore do it and Spring's test context cache: no bursts. */
class PauseTests {

    private final ManualTime time = ManualTime.create();

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class))
            .withBean(AsyncSlotRegistry.class, time::registry)
            .withBean(Ticker.class, time::ticker)
            .withUserConfiguration(Beats.class);

    @Test
    void afterALongStop_eachMapFollowsItsLatePolicy() {
        runner.run(context -> {
            Beats beats = context.getBean(Beats.class);
            for (String map : new String[] {"once", "skip", "all", "cron", "single"}) {
                time.registry().timers(map, String.class).start("key");
            }
            time.advance(Duration.ofSeconds(60));
            assertThat(beats.runs).isEqualTo(Map.of("once", 1, "skip", 1, "all", 1, "cron", 1));

            context.stop();
            assertThat(time.registry().isRunning()).isFalse();
            time.advance(Duration.ofHours(1));
            assertThat(beats.runs).as("stopped").isEqualTo(Map.of("once", 1, "skip", 1, "all", 1, "cron", 1));

            context.start();
            time.runPending();
            assertThat(beats.runs)
                    .as("60 periods were missed")
                    .isEqualTo(Map.of("once", 2, "skip", 1, "all", 61, "cron", 2, "single", 1));
            time.advance(Duration.ofSeconds(60));
            assertThat(beats.runs)
                    .as("the grids go on")
                    .isEqualTo(Map.of("once", 3, "skip", 2, "all", 62, "cron", 3, "single", 1));
        });
    }

    @Test
    void startedWhileStopped_firesAfterwards() {
        runner.run(context -> {
            context.stop();
            time.registry().timers("single", String.class).start("key", Duration.ofSeconds(1));
            time.advance(Duration.ofSeconds(5));
            assertThat(context.getBean(Beats.class).runs).isEmpty();
            context.start();
            time.runPending();
            assertThat(context.getBean(Beats.class).runs).isEqualTo(Map.of("single", 1));
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Beats {

        final Map<String, Integer> runs = Collections.synchronizedMap(new TreeMap<>());

        @TimerSlot(map = "once", every = "60s", late = LatePolicy.ONCE, keyType = String.class)
        void once() {
            runs.merge("once", 1, Integer::sum);
        }

        @TimerSlot(map = "skip", every = "60s", late = LatePolicy.SKIP, keyType = String.class)
        void skip() {
            runs.merge("skip", 1, Integer::sum);
        }

        @TimerSlot(map = "all", every = "60s", late = LatePolicy.ALL, keyType = String.class)
        void all() {
            runs.merge("all", 1, Integer::sum);
        }

        @TimerSlot(map = "cron", cron = "0 * * * * *", keyType = String.class)
        void cron() {
            runs.merge("cron", 1, Integer::sum);
        }

        @TimerSlot(map = "single", delay = "90s")
        void single(String key) {
            runs.merge("single", 1, Integer::sum);
        }
    }
}
