package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMapStats;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.scheduling.SlotScheduledExecutor;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.task.TaskRejectedException;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.scheduling.concurrent.ConcurrentTaskScheduler;
import org.springframework.scheduling.support.CronTrigger;
import org.springframework.scheduling.support.PeriodicTrigger;

/** Spring's own task scheduler on the {@code ScheduledExecutorService} view of the engine. */
class SpringSchedulingTests {

    private static final String MAP = "scheduled";
    private static final Duration SHORT = Duration.ofMillis(20);

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class))
            .withUserConfiguration(Scheduling.class);

    private interface Scenario {
        void run(TaskScheduler scheduler, AsyncSlotRegistry registry) throws Exception;
    }

    private void with(Scenario scenario) {
        runner.run(context ->
                scenario.run(context.getBean(TaskScheduler.class), context.getBean(AsyncSlotRegistry.class)));
    }

    private static SlotMapStats stats(AsyncSlotRegistry registry) {
        return registry.map(MAP).orElseThrow().stats();
    }

    private static void awaitRuns(AtomicInteger runs, int atLeast) {
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(runs).hasValueGreaterThanOrEqualTo(atLeast));
    }

    private static void awaitNoSlots(AsyncSlotRegistry registry) {
        await().untilAsserted(() -> assertThat(stats(registry).slots()).isZero());
    }

    @Test
    void fixedRate_goesOnUntilItIsCancelled() {
        with((scheduler, registry) -> {
            AtomicInteger runs = new AtomicInteger();
            ScheduledFuture<?> future = scheduler.scheduleAtFixedRate(runs::incrementAndGet, SHORT);
            awaitRuns(runs, 5);
            assertThat(stats(registry).slots()).isOne();
            assertThat(future.cancel(true)).isTrue();
            awaitNoSlots(registry); // a run that goes on keeps its slot
        });
    }

    @Test
    void fixedRate_withAStartTime_isNotEarly() {
        with((scheduler, registry) -> {
            Queue<Instant> runs = new ConcurrentLinkedQueue<>();
            Instant start = Instant.now().plus(SHORT.multipliedBy(10));
            scheduler.scheduleAtFixedRate(() -> runs.add(Instant.now()), start, SHORT);
            await().until(() -> runs.size() >= 3);
            // two clocks are involved: the wall's and, for the delay, the monotonic one
            assertThat(runs.element()).isAfter(start.minusMillis(5));
        });
    }

    @Test
    void fixedDelay_goesOnAfterAFailure_bySpringsErrorHandler() {
        with((scheduler, registry) -> {
            AtomicInteger runs = new AtomicInteger();
            ScheduledFuture<?> future = scheduler.scheduleWithFixedDelay(
                    () -> {
                        if (runs.incrementAndGet() == 2) {
                            throw new IllegalStateException("on purpose");
                        }
                    },
                    SHORT);
            awaitRuns(runs, 4);
            assertThat(future.isDone()).isFalse();
        });
    }

    @Test
    void cronTrigger_firesEverySecond() {
        with((scheduler, registry) -> {
            AtomicInteger runs = new AtomicInteger();
            long began = System.nanoTime();
            ScheduledFuture<?> future =
                    Objects.requireNonNull(scheduler.schedule(runs::incrementAndGet, new CronTrigger("* * * * * *")));
            awaitRuns(runs, 3);
            // three full seconds have come: two lie between them
            assertThat(System.nanoTime() - began).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(1_900));
            assertThat(future.getDelay(TimeUnit.SECONDS)).isLessThanOrEqualTo(1);
            future.cancel(false);
            awaitNoSlots(registry);
        });
    }

    @Test
    void periodicTrigger_goesOn() {
        with((scheduler, registry) -> {
            AtomicInteger runs = new AtomicInteger();
            scheduler.schedule(runs::incrementAndGet, new PeriodicTrigger(SHORT));
            awaitRuns(runs, 3);
        });
    }

    @Test
    void startTime_runsOnceAndFreesItsSlot() {
        with((scheduler, registry) -> {
            AtomicInteger runs = new AtomicInteger();
            scheduler.schedule(runs::incrementAndGet, Instant.now().plus(SHORT));
            ScheduledFuture<?> later =
                    scheduler.schedule(runs::incrementAndGet, Instant.now().plusSeconds(3_600));
            awaitRuns(runs, 1);
            await().untilAsserted(() -> assertThat(stats(registry).slots()).isOne());
            assertThat(later.getDelay(TimeUnit.MINUTES)).isBetween(58L, 60L);
            later.cancel(false);
            awaitNoSlots(registry);
            assertThat(runs).hasValue(1);
        });
    }

    @Test
    void scheduledMethods_runOnSlots() {
        runner.withUserConfiguration(Jobs.class).run(context -> {
            Jobs jobs = context.getBean(Jobs.class);
            awaitRuns(jobs.rate, 3);
            awaitRuns(jobs.delay, 3);
            awaitRuns(jobs.cron, 1);
            awaitRuns(jobs.once, 1);
            SlotMapStats stats = stats(context.getBean(AsyncSlotRegistry.class));
            assertThat(stats.fired()).isGreaterThanOrEqualTo(8);
            context.close();
            int after = jobs.rate.get();
            Thread.sleep(SHORT.toMillis() * 3);
            assertThat(jobs.rate).as("after the context was closed").hasValue(after);
            assertThat(jobs.once).hasValue(1);
        });
    }

    @Test
    void afterShutdown_springSaysRejected() {
        runner.run(context -> {
            context.getBean(SlotScheduledExecutor.class).shutdown();
            TaskScheduler scheduler = context.getBean(TaskScheduler.class);
            assertThatExceptionOfType(TaskRejectedException.class)
                    .isThrownBy(() -> scheduler.schedule(() -> {}, Instant.now()));
            assertThatExceptionOfType(TaskRejectedException.class)
                    .isThrownBy(() -> scheduler.scheduleAtFixedRate(() -> {}, SHORT));
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Scheduling {

        @Bean(destroyMethod = "shutdownNow")
        SlotScheduledExecutor slotScheduledExecutor(AsyncSlotRegistry registry) {
            return new SlotScheduledExecutor(registry, MAP);
        }

        @Bean
        TaskScheduler taskScheduler(SlotScheduledExecutor executor) {
            return new ConcurrentTaskScheduler(executor);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableScheduling
    static class Jobs {

        final AtomicInteger rate = new AtomicInteger();
        final AtomicInteger delay = new AtomicInteger();
        final AtomicInteger cron = new AtomicInteger();
        final AtomicInteger once = new AtomicInteger();

        @Scheduled(fixedRate = 20)
        void rate() {
            rate.incrementAndGet();
        }

        @Scheduled(fixedDelay = 20, initialDelay = 10)
        void delay() {
            delay.incrementAndGet();
        }

        @Scheduled(cron = "* * * * * *")
        void cron() {
            cron.incrementAndGet();
        }

        @Scheduled(initialDelay = 10)
        void once() {
            once.incrementAndGet();
        }
    }
}
