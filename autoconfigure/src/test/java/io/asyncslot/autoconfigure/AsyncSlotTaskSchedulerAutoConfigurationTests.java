package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.scheduling.SlotScheduledExecutor;
import io.asyncslot.spi.Ticker;
import io.asyncslot.spring.AsyncSlotLifecycle;
import io.asyncslot.spring.SlotSchedulerLifecycle;
import io.asyncslot.spring.SlotSchedulingClock;
import io.asyncslot.spring.SlotShutdown;
import io.asyncslot.test.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.actuate.scheduling.ScheduledTasksEndpoint;
import org.springframework.boot.actuate.scheduling.ScheduledTasksEndpoint.ScheduledTasksDescriptor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.core.task.TaskRejectedException;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.scheduling.concurrent.ConcurrentTaskScheduler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.scheduling.config.ScheduledTaskHolder;
import org.springframework.scheduling.config.ScheduledTaskRegistrar;

/** Slots as the application's scheduler: beans, tasks of every kind, the end, a pause. */
@ExtendWith(OutputCaptureExtension.class)
class AsyncSlotTaskSchedulerAutoConfigurationTests {

    private static final Duration HOUR = Duration.ofHours(1);

    private final ApplicationContextRunner off = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class,
                    AsyncSlotTaskSchedulerAutoConfiguration.class,
                    LifecycleAutoConfiguration.class,
                    TaskExecutionAutoConfiguration.class,
                    TaskSchedulingAutoConfiguration.class));

    private final ApplicationContextRunner on = off.withPropertyValues("asyncslot.task-scheduler.enabled=true");

    private final ApplicationContextRunner withALongBudget =
            on.withPropertyValues("asyncslot.shutdown.timeout=2m", "spring.lifecycle.timeout-per-shutdown-phase=3m");

    /** Its tasks run in the thread that moves it. */
    private final ManualTime time = ManualTime.create();

    private final ApplicationContextRunner manual =
            on.withBean(AsyncSlotRegistry.class, time::registry).withBean(Ticker.class, time::ticker);

    // ---- which beans ------------------------------------------------------------------------------------------------

    @Test
    void unlessAskedFor_theSchedulerIsSpringBoots() {
        off.withUserConfiguration(Jobs.class)
                .run(context -> assertThat(context)
                        .hasSingleBean(ThreadPoolTaskScheduler.class)
                        .doesNotHaveBean(SlotScheduledExecutor.class)
                        .doesNotHaveBean(SlotSchedulerLifecycle.class));
    }

    @Test
    void enabled_takesThePlaceOfSpringBoots() {
        on.withUserConfiguration(Jobs.class).run(context -> {
            assertThat(context)
                    .hasSingleBean(TaskScheduler.class)
                    .hasSingleBean(ScheduledExecutorService.class)
                    .hasBean("applicationTaskExecutor");
            assertThat(context.getBean("taskScheduler")).isInstanceOf(ConcurrentTaskScheduler.class);
            assertThat(context.getBean(AsyncSlotRegistry.class).maps())
                    .extracting(map -> map.name() + " on " + map.backend())
                    .containsExactly("taskScheduler on jvm", "taskScheduler-now on jvm");
        });
    }

    @Test
    void schedulerOfTheUser_wins() {
        on.withBean("own", TaskScheduler.class, ThreadPoolTaskScheduler::new)
                .run(context -> assertThat(context)
                        .hasSingleBean(TaskScheduler.class)
                        .doesNotHaveBean(SlotScheduledExecutor.class)
                        .doesNotHaveBean(SlotSchedulerLifecycle.class));
    }

    @Test
    void scheduledExecutorOfTheUser_wins() {
        on.withBean("own", ScheduledExecutorService.class, Executors::newSingleThreadScheduledExecutor)
                .run(context -> assertThat(context)
                        .doesNotHaveBean(TaskScheduler.class)
                        .doesNotHaveBean(SlotScheduledExecutor.class));
    }

    @Test
    void withoutSlots_theSchedulerIsSpringBoots() {
        on.withPropertyValues("asyncslot.enabled=false")
                .withUserConfiguration(Jobs.class)
                .run(context -> assertThat(context)
                        .hasSingleBean(ThreadPoolTaskScheduler.class)
                        .doesNotHaveBean(SlotScheduledExecutor.class));
    }

    @Test
    void lazyInitialization_stillEndsTheExecutor() {
        AtomicBoolean ended = new AtomicBoolean();
        on.withInitializer(context ->
                        context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
                .run(context -> {
                    assertThat(context.getBeanFactory().containsSingleton("asyncSlotSchedulerLifecycle"))
                            .isTrue();
                    SlotScheduledExecutor executor = context.getBean(SlotScheduledExecutor.class);
                    context.close();
                    ended.set(executor.isTerminated());
                });
        assertThat(ended).isTrue();
    }

    // ---- tasks ------------------------------------------------------------------------------------------------------

    @Test
    void scheduledMethods_runAtTheirVeryTimes() {
        manual.withUserConfiguration(Jobs.class).run(context -> {
            Jobs jobs = context.getBean(Jobs.class);
            time.advance(Duration.ofSeconds(60));
            assertThat(jobs.rate).as("every 10 s, from 0 to 60").hasValue(7);
            assertThat(jobs.delay).as("every 20 s, from 5 to 45").hasValue(3);
            assertThat(jobs.once).as("at 30 s").hasValue(1);
            assertThat(jobs.cron).as("at 15, 30, 45 and 60 s").hasValue(4);
            assertThat(jobs.dynamic)
                    .as("after 1, 2, 4, 8, 16 s: at 1, 3, 7, 15, 31")
                    .hasValue(5);
            assertThat(context.getBean(AsyncSlotRegistry.class)
                            .map("taskScheduler")
                            .orElseThrow()
                            .stats()
                            .slots())
                    .as("rate, delay, cron, dynamic; that which ran once is gone")
                    .isEqualTo(4);
        });
    }

    @Test
    void exceptions_endNoSeries_andReachTheErrorHandler() {
        manual.run(context -> {
            ConcurrentTaskScheduler scheduler = context.getBean(ConcurrentTaskScheduler.class);
            AtomicInteger runs = new AtomicInteger();
            AtomicInteger handled = new AtomicInteger();
            Runnable failing = () -> {
                runs.incrementAndGet();
                throw new IllegalStateException("on purpose");
            };
            ScheduledFuture<?> series = scheduler.scheduleAtFixedRate(failing, Duration.ofSeconds(1));
            time.advance(Duration.ofSeconds(3));
            assertThat(runs).hasValue(4);
            assertThat(series.isDone()).isFalse();
            scheduler.setErrorHandler(failure -> handled.incrementAndGet());
            scheduler.schedule(failing, scheduler.getClock().instant().plusSeconds(1));
            time.advance(Duration.ofSeconds(1));
            assertThat(handled).hasValue(1);
        });
    }

    @Test
    void cancelledTask_leavesNoSlot() {
        manual.run(context -> {
            AtomicInteger runs = new AtomicInteger();
            ScheduledFuture<?> future = context.getBean(TaskScheduler.class)
                    .scheduleWithFixedDelay(runs::incrementAndGet, Duration.ofSeconds(1));
            time.advance(Duration.ofSeconds(2));
            future.cancel(false);
            time.advance(Duration.ofSeconds(5));
            assertThat(runs).hasValue(3);
            assertThat(context.getBean(AsyncSlotRegistry.class)
                            .map("taskScheduler")
                            .orElseThrow()
                            .stats()
                            .slots())
                    .isZero();
        });
    }

    @Test
    void clock_isTheRegistrys() {
        manual.run(context -> {
            TaskScheduler scheduler = context.getBean(TaskScheduler.class);
            assertThat(scheduler.getClock().instant()).isEqualTo("2026-01-01T00:00:00Z");
            AtomicInteger runs = new AtomicInteger();
            scheduler.schedule(runs::incrementAndGet, Instant.parse("2026-01-01T01:00:00Z"));
            time.advance(HOUR.minusMillis(1));
            assertThat(runs).hasValue(0);
            time.advance(Duration.ofMillis(1));
            assertThat(runs).hasValue(1);
        });
    }

    @Test
    void scheduledMethods_onTheSystemsTime_beginAfterTheirInitialDelay() {
        Instant before = Instant.now();
        on.withUserConfiguration(LaterJob.class).run(context -> {
            assertThat(context).doesNotHaveBean(SlotSchedulingClock.class);
            assertThat(context.getBean(LaterJob.class).ran.get(30, TimeUnit.SECONDS))
                    .isAfterOrEqualTo(before.plusMillis(295)); // two clocks are involved
        });
    }

    @Test
    void asyncMethods_mayNameIt() {
        on.withUserConfiguration(AsyncJobs.class)
                .run(context -> assertThat(
                                context.getBean(AsyncJobs.class).thread().get(30, TimeUnit.SECONDS))
                        .startsWith("scheduling-"));
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "virtual threads came with Java 21")
    void virtualThreads_runTasks() {
        on.withPropertyValues("spring.threads.virtual.enabled=true")
                .run(context -> assertThat(context.getBean(ScheduledExecutorService.class)
                                .schedule(() -> Thread.currentThread().toString(), 1, TimeUnit.MILLISECONDS)
                                .get(30, TimeUnit.SECONDS))
                        .startsWith("VirtualThread["));
    }

    @Test
    void scheduledTasksEndpoint_tellsTheTruth() {
        manual.withUserConfiguration(Jobs.class).run(context -> {
            ScheduledTasksEndpoint endpoint = new ScheduledTasksEndpoint(
                    context.getBeansOfType(ScheduledTaskHolder.class).values());
            time.advance(Duration.ofSeconds(12));
            ScheduledTasksDescriptor tasks = endpoint.scheduledTasks();
            assertThat(tasks.getFixedRate()).hasSize(1);
            assertThat(tasks.getFixedDelay()).hasSize(1);
            assertThat(tasks.getCron()).hasSize(1);
            assertThat(tasks.getCustom()).hasSize(1);
            assertThat(tasks.getFixedRate().get(0))
                    .extracting("runnable.target")
                    .asString()
                    .contains("Jobs.rate");
            assertThat(tasks.getFixedRate().get(0).getNextExecution()).isNotNull();
            assertThat(tasks.getFixedRate().get(0).getLastExecution()).isNotNull();
        });
    }

    // ---- the end, and a pause
    // -----------------------------------------------------------------------------------------

    @Test
    void close_interruptsRunningTasks_whileTheRegistryStillRuns() {
        CompletableFuture<Boolean> registryRan = new CompletableFuture<>();
        AtomicBoolean later = new AtomicBoolean();
        on.withPropertyValues("asyncslot.shutdown.timeout=100ms").run(context -> {
            TaskScheduler scheduler = context.getBean(TaskScheduler.class);
            scheduler.schedule(() -> later.set(true), Instant.now().plus(HOUR));
            endDuring(context, registryRan);
            assertThatExceptionOfType(TaskRejectedException.class)
                    .isThrownBy(() -> scheduler.schedule(() -> {}, Instant.now()));
        });
        assertThat(registryRan).isCompletedWithValue(true);
        assertThat(later).isFalse();
    }

    /** Closes a context while a task runs, which tells whether it is interrupted before the registry stops. */
    private static void endDuring(ConfigurableApplicationContext context, CompletableFuture<Boolean> registryRan)
            throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
        context.getBean(TaskScheduler.class)
                .schedule(
                        () -> {
                            begun.countDown();
                            boolean ran;
                            boolean interrupted;
                            do { // in this order: a registry that has stopped did so after the interrupt
                                ran = registry.isRunning();
                                interrupted = Thread.currentThread().isInterrupted();
                            } while (ran && !interrupted);
                            registryRan.complete(interrupted);
                        },
                        Instant.now());
        assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
        context.close();
        registryRan.get(30, TimeUnit.SECONDS);
    }

    @Test
    void closeInATask_isNotWaitedFor_andMeetsNoInterrupt() throws Exception {
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        ScheduledFuture<?>[] later = new ScheduledFuture<?>[1];
        Runnable look = () -> interrupted.set(Thread.currentThread().isInterrupted());
        withALongBudget.withBean(StopsLast.class, () -> new StopsLast(look)).run(context -> {
            TaskScheduler scheduler = context.getBean(TaskScheduler.class);
            later[0] = scheduler.schedule(() -> {}, Instant.now().plus(HOUR));
            scheduler.schedule(
                    () -> {
                        context.close();
                        closed.complete(true);
                    },
                    Instant.now());
            assertThat(closed.get(60, TimeUnit.SECONDS)).as("before the budget").isTrue();
        });
        assertThat(interrupted).as("while the other beans stop").hasValue(false);
        assertThat(later[0].isCancelled()).isTrue();
    }

    @Test
    void closeInATask_besideAStuckOne_meetsNoInterrupt() throws Exception {
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        CountDownLatch stuck = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        on.withPropertyValues("spring.task.scheduling.pool.size=2", "asyncslot.shutdown.timeout=300ms")
                .withBean(
                        StopsLast.class,
                        () -> new StopsLast(
                                () -> interrupted.set(Thread.currentThread().isInterrupted())))
                .run(context -> {
                    TaskScheduler scheduler = context.getBean(TaskScheduler.class);
                    scheduler.schedule(() -> outlast(stuck, gate), Instant.now());
                    assertThat(stuck.await(30, TimeUnit.SECONDS)).isTrue();
                    scheduler.schedule(
                            () -> {
                                context.close();
                                closed.complete(true);
                            },
                            Instant.now());
                    assertThat(closed.get(60, TimeUnit.SECONDS)).isTrue();
                    gate.countDown();
                });
        assertThat(interrupted).as("while the other beans stop").hasValue(false);
    }

    private static void outlast(CountDownLatch begun, CountDownLatch gate) {
        begun.countDown();
        for (; ; ) {
            try {
                gate.await();
                return;
            } catch (InterruptedException e) {
                // stuck is stuck
            }
        }
    }

    @Test
    void closeInATask_awaitTerminationWithoutAPeriod_meetsNoInterrupt() throws Exception {
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        on.withPropertyValues("spring.task.scheduling.shutdown.await-termination=true")
                .withBean(
                        StopsLast.class,
                        () -> new StopsLast(
                                () -> interrupted.set(Thread.currentThread().isInterrupted())))
                .run(context -> {
                    context.getBean(TaskScheduler.class)
                            .schedule(
                                    () -> {
                                        context.close();
                                        closed.complete(true);
                                    },
                                    Instant.now());
                    assertThat(closed.get(60, TimeUnit.SECONDS)).isTrue();
                });
        assertThat(interrupted).as("while the other beans stop").hasValue(false);
    }

    @Test
    void closeInATask_leavesTheOthersTheirPeriod() throws Exception {
        AtomicBoolean ran = new AtomicBoolean();
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        on.withPropertyValues(
                        "spring.task.scheduling.pool.size=2",
                        "spring.task.scheduling.shutdown.await-termination=true",
                        "spring.task.scheduling.shutdown.await-termination-period=10s")
                .run(context -> {
                    TaskScheduler scheduler = context.getBean(TaskScheduler.class);
                    scheduler.schedule(() -> ran.set(true), Instant.now().plusMillis(700));
                    scheduler.schedule(
                            () -> {
                                context.close();
                                closed.complete(true);
                            },
                            Instant.now());
                    assertThat(closed.get(60, TimeUnit.SECONDS)).isTrue();
                });
        assertThat(ran).as("was accepted, and due within the period").isTrue();
    }

    @Test
    void callbacks_haveTimeToEnd_afterATaskWasInterrupted() throws Exception {
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch interrupted = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        on.withPropertyValues(
                        "spring.task.scheduling.shutdown.await-termination=true",
                        "spring.task.scheduling.shutdown.await-termination-period=100ms")
                .run(context -> {
                    AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
                    registry.register(TimerMapSpec.named("ending", String.class)
                                    .callback((key, firing) -> {
                                        begun.countDown();
                                        interrupted.await();
                                        Thread.sleep(50);
                                        ended.set(true);
                                    })
                                    .build())
                            .start("key", Duration.ZERO);
                    context.getBean(TaskScheduler.class)
                            .schedule(
                                    () -> {
                                        begun.countDown();
                                        try {
                                            new CountDownLatch(1).await();
                                        } catch (InterruptedException e) {
                                            interrupted.countDown();
                                        }
                                    },
                                    Instant.now());
                    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
                    stop(context.getSourceApplicationContext());
                    assertThat(ended).isTrue();
                });
    }

    @Test
    void closeAfterAStop_doesNotWaitForWhatCannotBegin() {
        withALongBudget
                .withPropertyValues(
                        "spring.task.scheduling.shutdown.await-termination=true",
                        "spring.task.scheduling.shutdown.await-termination-period=100s")
                .run(context -> {
                    ScheduledFuture<?> later = context.getBean(TaskScheduler.class)
                            .schedule(() -> {}, Instant.now().plus(HOUR));
                    context.stop();
                    long began = System.nanoTime();
                    context.close();
                    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(60));
                    assertThat(later.isCancelled()).isTrue();
                });
    }

    @Test
    void stuckTaskAndStuckCallback_haveOneBudget(CapturedOutput output) throws Exception {
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch gate = new CountDownLatch(1);
        Runnable stuck = () -> outlast(begun, gate);
        on.withPropertyValues("asyncslot.shutdown.timeout=3s").run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            registry.register(TimerMapSpec.named("stuck", String.class)
                            .callback((key, firing) -> stuck.run())
                            .build())
                    .start("key", Duration.ZERO);
            context.getBean(TaskScheduler.class).schedule(stuck, Instant.now());
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
            long began = System.nanoTime();
            stop(context.getSourceApplicationContext());
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofSeconds(3));
            gate.countDown();
            SlotShutdown budget = context.getBean(SlotShutdown.class);
            assertThat(context.getBean(SlotSchedulerLifecycle.class))
                    .extracting("shutdown")
                    .isSameAs(budget);
            assertThat(context.getBean(AsyncSlotLifecycle.class))
                    .extracting("shutdown")
                    .isSameAs(budget);
        });
        assertThat(output)
                .contains("scheduled tasks still run after PT2.7S, and are interrupted")
                .contains("slot callbacks still run after PT3S");
    }

    /** What stops after the scheduler and the registry, on the thread that closes the context. */
    private record StopsLast(Runnable look) implements SmartLifecycle {

        @Override
        public int getPhase() {
            return Integer.MIN_VALUE;
        }

        @Override
        public void start() {}

        @Override
        public void stop() {
            look.run();
        }

        @Override
        public boolean isRunning() {
            return true;
        }
    }

    @Test
    void taskThatOutlastsItsPeriod_isInterrupted_whileTheRegistryStillRuns() {
        CompletableFuture<Boolean> registryRan = new CompletableFuture<>();
        on.withPropertyValues(
                        "spring.task.scheduling.shutdown.await-termination=true",
                        "spring.task.scheduling.shutdown.await-termination-period=100ms")
                .run(context -> endDuring(context, registryRan));
        assertThat(registryRan).isCompletedWithValue(true);
    }

    @Test
    void awaitTermination_withoutAPeriod_leavesRunningTasksNoTime(CapturedOutput output) {
        CompletableFuture<Boolean> registryRan = new CompletableFuture<>();
        on.withPropertyValues("spring.task.scheduling.shutdown.await-termination=true")
                .run(context -> endDuring(context, registryRan));
        assertThat(registryRan).isCompletedWithValue(true);
        assertThat(output).contains("scheduled tasks still run after PT0S, and are interrupted");
    }

    /** What interrupts the task is the end of the shared limit, not that of the period. */
    @Test
    void awaitTerminationPeriod_withoutAwaitTermination_changesNothing(CapturedOutput output) {
        CompletableFuture<Boolean> registryRan = new CompletableFuture<>();
        on.withPropertyValues(
                        "asyncslot.shutdown.timeout=2s",
                        "spring.task.scheduling.shutdown.await-termination-period=100ms")
                .run(context -> endDuring(context, registryRan));
        assertThat(registryRan).isCompletedWithValue(true);
        assertThat(output).contains("scheduled tasks still run after PT1.8S, and are interrupted");
    }

    /** Ends the beans of the lifecycle as a close does, without the executors' own waits after them. */
    private static void stop(ConfigurableApplicationContext context) {
        context.publishEvent(new ContextClosedEvent(context));
        context.stop();
    }

    @Test
    void awaitTerminationPeriod_beyondTheBudget_isShortenedAndSaid(CapturedOutput output) {
        on.withPropertyValues(
                        "spring.task.scheduling.shutdown.await-termination=true",
                        "spring.task.scheduling.shutdown.await-termination-period=60s")
                .run(context -> assertThat(context).hasNotFailed());
        assertThat(output)
                .contains("spring.task.scheduling.shutdown.await-termination-period (PT1M) is shortened to PT18S");
    }

    @Test
    void failedRefresh_endsTheExecutor() {
        AtomicReference<SlotScheduledExecutor> executor = new AtomicReference<>();
        AtomicReference<ScheduledFuture<?>> later = new AtomicReference<>();
        on.withInitializer(context -> context.getBeanFactory().registerSingleton("failing", (ApplicationListener<
                                ContextRefreshedEvent>)
                        event -> {
                            executor.set(context.getBean(SlotScheduledExecutor.class));
                            later.set(executor.get().schedule(() -> {}, 1, TimeUnit.HOURS));
                            throw new IllegalStateException("expected by this test");
                        }))
                .run(context -> assertThat(context).hasFailed());
        assertThat(executor.get().isTerminated()).isTrue();
        assertThat(later.get().isCancelled()).isTrue();
    }

    @Test
    void stoppedAndStartedContext_goesOnWithoutABurst() {
        manual.withUserConfiguration(Jobs.class).run(context -> {
            Jobs jobs = context.getBean(Jobs.class);
            time.advance(Duration.ofSeconds(10));
            assertThat(jobs.rate).hasValue(2);
            context.stop();
            time.advance(HOUR);
            assertThat(jobs.rate).as("stopped").hasValue(2);
            context.start();
            time.runPending();
            assertThat(jobs.rate).as("360 periods are one run").hasValue(3);
            assertThat(jobs.once).as("fires once").hasValue(1);
            time.advance(Duration.ofSeconds(10));
            assertThat(jobs.rate).hasValue(4);
            assertThat(jobs.once).hasValue(1);
        });
    }

    @Test
    void stoppedAndStartedContext_makesUpForAll_whereAsked() {
        manual.withPropertyValues("asyncslot.task-scheduler.late=all")
                .withUserConfiguration(Jobs.class)
                .run(context -> {
                    Jobs jobs = context.getBean(Jobs.class);
                    time.advance(Duration.ofSeconds(10));
                    context.stop();
                    time.advance(HOUR);
                    context.start();
                    time.runPending();
                    assertThat(jobs.rate).hasValue(362);
                });
    }

    @Test
    void closedChildContext_leavesTheParentsSchedulerAlone() {
        on.run(context -> {
            AnnotationConfigApplicationContext child = new AnnotationConfigApplicationContext();
            child.setParent(context);
            child.refresh();
            child.close();
            assertThat(context.getBean(SlotScheduledExecutor.class).isShutdown())
                    .isFalse();
            context.stop();
            assertThat(context.getBean(SlotScheduledExecutor.class).isShutdown())
                    .as("a stop is a pause")
                    .isFalse();
        });
    }

    @Test
    void phase_isBetweenTheRegistrysAndThatOfWebServers() {
        assertThat(SlotSchedulerLifecycle.PHASE).isBetween(AsyncSlotLifecycle.PHASE + 1, Integer.MAX_VALUE - 2048 - 1);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAsync
    static class AsyncJobs {

        @Async("taskScheduler")
        public CompletableFuture<String> thread() {
            return CompletableFuture.completedFuture(Thread.currentThread().getName());
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableScheduling
    static class LaterJob {

        final CompletableFuture<Instant> ran = new CompletableFuture<>();

        @Scheduled(initialDelay = 300)
        void later() {
            ran.complete(Instant.now());
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableScheduling
    static class Jobs implements SchedulingConfigurer {

        final AtomicInteger rate = new AtomicInteger();
        final AtomicInteger delay = new AtomicInteger();
        final AtomicInteger cron = new AtomicInteger();
        final AtomicInteger once = new AtomicInteger();
        final AtomicInteger dynamic = new AtomicInteger();

        @Scheduled(fixedRate = 10_000)
        void rate() {
            rate.incrementAndGet();
        }

        @Scheduled(fixedDelay = 20_000, initialDelay = 5_000)
        void delay() {
            delay.incrementAndGet();
        }

        @Scheduled(cron = "*/15 * * * * *")
        void cron() {
            cron.incrementAndGet();
        }

        @Scheduled(initialDelay = 30_000)
        void once() {
            once.incrementAndGet();
        }

        /** Each time twice as long as the last time, from one second on. */
        @Override
        public void configureTasks(ScheduledTaskRegistrar registrar) {
            registrar.addTriggerTask(
                    dynamic::incrementAndGet,
                    context -> context.getClock().instant().plusSeconds(1L << dynamic.get()));
        }
    }
}
