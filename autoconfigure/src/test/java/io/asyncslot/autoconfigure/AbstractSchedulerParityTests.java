package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.task.TaskDecorator;
import org.springframework.core.task.TaskRejectedException;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.scheduling.support.CronTrigger;

/**
 * What an application may expect of its scheduler: the same scenarios run against Spring Boot's own and the one on slots, each a
 * subclass.
 */
abstract class AbstractSchedulerParityTests {

    /** Sooner than this ends whatever does not wait for {@link #LONGER}, on a busy machine too. */
    private static final Duration LONG = Duration.ofSeconds(60);

    private static final String[] LONGER = {
        "spring.lifecycle.timeout-per-shutdown-phase=100s", "asyncslot.shutdown.timeout=90s"
    };

    private final ApplicationContextRunner runner;

    AbstractSchedulerParityTests(boolean slots) {
        this.runner = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        AsyncSlotAutoConfiguration.class,
                        AsyncSlotTaskSchedulerAutoConfiguration.class,
                        LifecycleAutoConfiguration.class,
                        TaskExecutionAutoConfiguration.class,
                        TaskSchedulingAutoConfiguration.class))
                .withPropertyValues("asyncslot.task-scheduler.enabled=" + slots)
                .withUserConfiguration(Scheduling.class);
    }

    @Test
    void futureThatNeverRan_isCancelledAtClose() {
        runner.run(context -> {
            TaskScheduler scheduler = context.getBean(TaskScheduler.class);
            List<ScheduledFuture<?>> futures = List.of(
                    scheduler.schedule(() -> {}, Instant.now().plusSeconds(3600)),
                    scheduler.scheduleAtFixedRate(() -> {}, Instant.now().plusSeconds(3600), Duration.ofHours(1)),
                    scheduler.scheduleWithFixedDelay(() -> {}, Instant.now().plusSeconds(3600), Duration.ofHours(1)),
                    scheduler.schedule(() -> {}, new CronTrigger("0 0 0 1 1 *")));
            context.close();
            for (ScheduledFuture<?> future : futures) {
                assertThatExceptionOfType(CancellationException.class)
                        .isThrownBy(() -> future.get(30, TimeUnit.SECONDS));
                assertThat(future.isCancelled()).isTrue();
                assertThat(future.isDone()).isTrue();
            }
            assertThatExceptionOfType(TaskRejectedException.class)
                    .isThrownBy(() -> scheduler.schedule(() -> {}, Instant.now()));
        });
    }

    @Test
    void byDefault_oneTaskRunsAtATime_onThreadsNamedScheduling() {
        runner.run(context -> check(context.getBean(TaskScheduler.class), 1, "scheduling-"));
    }

    @Test
    void poolSizeAndThreadPrefix_areHonoured() {
        runner.withPropertyValues(
                        "spring.task.scheduling.pool.size=3", "spring.task.scheduling.thread-name-prefix=cron-")
                .run(context -> check(context.getBean(TaskScheduler.class), 3, "cron-"));
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "virtual threads came with Java 21")
    void concurrencyLimitOfVirtualThreads_isHonoured() {
        runner.withPropertyValues(
                        "spring.threads.virtual.enabled=true",
                        "spring.task.scheduling.simple.concurrency-limit=2",
                        "spring.task.scheduling.pool.size=3",
                        "spring.task.scheduling.thread-name-prefix=cron-")
                .run(context -> check(context.getBean(TaskScheduler.class), 2, "cron-"));
    }

    /** Submits tasks of all kinds that hold their threads, until as many run at once as may; then lets them go. */
    private static void check(TaskScheduler scheduler, int atOnce, String prefix) {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger begun = new AtomicInteger();
        CountDownLatch gate = new CountDownLatch(1);
        List<String> threads = new CopyOnWriteArrayList<>();
        Runnable task = () -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            threads.add(Thread.currentThread().getName());
            begun.incrementAndGet();
            try {
                gate.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                running.decrementAndGet();
            }
        };
        for (int i = 0; i < 4; i++) {
            scheduler.schedule(task, Instant.now());
            scheduler.schedule(task, Instant.now().plusMillis(10));
        }
        await().until(() -> begun.get() == atOnce);
        gate.countDown();
        await().until(() -> begun.get() == 8);
        assertThat(most).hasValue(atOnce);
        assertThat(threads).allSatisfy(name -> assertThat(name).startsWith(prefix));
    }

    @Test
    void task_isDecoratedWhereItIsSubmitted() {
        ThreadLocal<String> user = new ThreadLocal<>();
        TaskDecorator decorator = task -> {
            String submitter = user.get();
            return () -> {
                user.set(submitter);
                try {
                    task.run();
                } finally {
                    user.remove();
                }
            };
        };
        runner.withBean(TaskDecorator.class, () -> decorator).run(context -> {
            TaskScheduler scheduler = context.getBean(TaskScheduler.class);
            List<String> seen = new CopyOnWriteArrayList<>();
            user.set("alice");
            try {
                scheduler.schedule(() -> seen.add("at " + user.get()), Instant.now());
                scheduler.schedule(
                        () -> seen.add("later " + user.get()), Instant.now().plusMillis(20));
            } finally {
                user.remove();
            }
            await().until(() -> seen.size() == 2);
            assertThat(seen).containsExactlyInAnyOrder("at alice", "later alice");
        });
    }

    @Test
    void executorServiceOfTheApplication_isInjected() {
        runner.withBean("mine", ExecutorService.class, () -> new ForkJoinPool(1))
                .run(context -> {
                    assertThat(context).hasNotFailed().hasSingleBean(TaskScheduler.class);
                    assertThat(context.getBean(ExecutorService.class)).isSameAs(context.getBean("mine"));
                });
    }

    @Test
    void failureOfOneRun_endsNoSeries() {
        runner.run(context -> {
            AtomicInteger runs = new AtomicInteger();
            ScheduledFuture<?> series = context.getBean(TaskScheduler.class)
                    .scheduleWithFixedDelay(
                            () -> {
                                runs.incrementAndGet();
                                throw new IllegalStateException("expected by this test");
                            },
                            Duration.ofMillis(5));
            await().until(() -> runs.get() >= 3);
            assertThat(series.isDone()).isFalse();
        });
    }

    @Test
    void cancelledTask_runsNoMore() {
        runner.run(context -> {
            TaskScheduler scheduler = context.getBean(TaskScheduler.class);
            AtomicInteger runs = new AtomicInteger();
            ScheduledFuture<?> later =
                    scheduler.schedule(runs::incrementAndGet, Instant.now().plusSeconds(3600));
            assertThat(later.getDelay(TimeUnit.MINUTES)).isBetween(58L, 60L);
            assertThat(later.cancel(false)).isTrue();
            assertThat(later.cancel(false)).isFalse();
            assertThat(later.isCancelled()).isTrue();
            assertThatExceptionOfType(CancellationException.class).isThrownBy(later::get);
            CountDownLatch after = new CountDownLatch(1);
            scheduler.schedule(after::countDown, Instant.now());
            assertThat(after.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(runs).hasValue(0);
        });
    }

    @Test
    void scheduledTask_keepsTheApplicationAlive_untilClose() {
        runner.run(context -> {
            await().until(() -> liveThreads().isEmpty()); // those of former tests end
            context.getBean(TaskScheduler.class)
                    .schedule(() -> {}, Instant.now().plusSeconds(3600));
            assertThat(liveThreads()).isNotEmpty();
            context.close();
            await().until(() -> liveThreads().isEmpty());
        });
    }

    @Test
    void close_awaitsTermination_ofWhatRunsAndOfWhatIsDue() {
        Held held = new Held();
        AtomicBoolean due = new AtomicBoolean();
        runner.withPropertyValues(
                        "spring.task.scheduling.shutdown.await-termination=true",
                        "spring.task.scheduling.shutdown.await-termination-period=25s")
                .run(context -> {
                    TaskScheduler scheduler = context.getBean(TaskScheduler.class);
                    scheduler.schedule(held, Instant.now());
                    held.begun.await();
                    scheduler.schedule(() -> due.set(true), Instant.now());
                    Thread closer = new Thread(context::close);
                    closer.start();
                    await().until(() -> refuses(scheduler));
                    assertThat(closer.isAlive()).isTrue();
                    held.gate.countDown();
                    closer.join();
                    assertThat(held.ended).isCompletedWithValue("by itself");
                    assertThat(due).isTrue();
                });
    }

    @Test
    void close_awaitsTermination_noLongerThanItsPeriod() {
        Held held = new Held();
        runner.withPropertyValues(LONGER)
                .withPropertyValues(
                        "spring.task.scheduling.shutdown.await-termination=true",
                        "spring.task.scheduling.shutdown.await-termination-period=100ms")
                .run(context -> {
                    context.getBean(TaskScheduler.class).schedule(held, Instant.now());
                    held.begun.await();
                    long began = System.nanoTime();
                    context.close();
                    assertThat(Duration.ofNanos(System.nanoTime() - began)).isBetween(Duration.ofMillis(100), LONG);
                    held.gate.countDown();
                });
    }

    @Test
    void close_byDefault_leavesWhatRunsTheTimeOfThePhase() {
        Held held = new Held();
        runner.run(context -> {
            TaskScheduler scheduler = context.getBean(TaskScheduler.class);
            scheduler.schedule(held, Instant.now());
            held.begun.await();
            Thread closer = new Thread(context::close);
            closer.start();
            await().until(() -> closer.getState() == Thread.State.TIMED_WAITING);
            held.gate.countDown();
            closer.join();
            assertThat(held.ended.get(30, TimeUnit.SECONDS)).isEqualTo("by itself");
        });
    }

    @Test
    void close_byDefault_doesNotWaitForWhatIsNotDue() {
        runner.withPropertyValues(LONGER).run(context -> {
            ScheduledFuture<?> later = context.getBean(TaskScheduler.class)
                    .schedule(() -> {}, Instant.now().plusSeconds(3600));
            long began = System.nanoTime();
            context.close();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LONG);
            assertThat(later.isCancelled()).isTrue();
        });
    }

    @Test
    void close_byDefault_interruptsWhatOutlastsThePhase() {
        Held held = new Held();
        runner.withPropertyValues(LONGER)
                .withPropertyValues("spring.lifecycle.timeout-per-shutdown-phase=100ms")
                .run(context -> {
                    context.getBean(TaskScheduler.class).schedule(held, Instant.now());
                    held.begun.await();
                    long began = System.nanoTime();
                    context.close();
                    assertThat(held.ended.get(30, TimeUnit.SECONDS)).isEqualTo("by an interrupt");
                    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LONG);
                });
    }

    @Test
    void close_byDefault_refusesTasksFromItsBegin() {
        assertThat(refusedWhileOthersStop("spring.task.scheduling.shutdown.await-termination=false"))
                .isTrue();
    }

    @Test
    void close_awaitsTermination_ofWhatIsSubmittedWhileOthersStop() {
        assertThat(refusedWhileOthersStop(
                        "spring.task.scheduling.shutdown.await-termination=true",
                        "spring.task.scheduling.shutdown.await-termination-period=10s"))
                .isFalse();
    }

    /** Whether the scheduler refuses a task in the first phase of the end, as a web server's last requests may submit one. */
    private boolean refusedWhileOthersStop(String... properties) {
        CompletableFuture<Boolean> refused = new CompletableFuture<>();
        runner.withPropertyValues(properties)
                .withBean(StopsFirst.class, () -> new StopsFirst(refused))
                .run(context -> context.getBean(StopsFirst.class).scheduler = context.getBean(TaskScheduler.class));
        return refused.join();
    }

    private static final class StopsFirst implements SmartLifecycle {

        private final CompletableFuture<Boolean> refused;
        private volatile boolean running;
        private volatile TaskScheduler scheduler;

        StopsFirst(CompletableFuture<Boolean> refused) {
            this.refused = refused;
        }

        @Override
        public void start() {
            running = true;
        }

        @Override
        public void stop() {
            running = false;
            refused.complete(refuses(scheduler));
        }

        @Override
        public boolean isRunning() {
            return running;
        }
    }

    private static boolean refuses(TaskScheduler scheduler) {
        try {
            scheduler.schedule(() -> {}, Instant.now().plusSeconds(3600)).cancel(false);
            return false;
        } catch (TaskRejectedException e) {
            return true;
        }
    }

    /** A task that runs until it is let go. */
    private static final class Held implements Runnable {

        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch gate = new CountDownLatch(1);
        final CompletableFuture<String> ended = new CompletableFuture<>();

        @Override
        public void run() {
            begun.countDown();
            try {
                gate.await();
                ended.complete("by itself");
            } catch (InterruptedException e) {
                ended.complete("by an interrupt");
            }
        }
    }

    /** Threads of schedulers that keep a process alive. */
    private static List<String> liveThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.isDaemon() && thread.isAlive())
                .map(Thread::getName)
                .filter(name -> name.startsWith("scheduling-") || name.startsWith("taskScheduler"))
                .toList();
    }

    @Test
    void scheduledMethods_doNotOverlap() {
        runner.withUserConfiguration(TwoJobs.class).run(context -> {
            TwoJobs jobs = context.getBean(TwoJobs.class);
            await().until(() -> jobs.runs.get() >= 20);
            assertThat(jobs.overlaps).hasValue(0);
        });
    }

    @Configuration(proxyBeanMethods = false)
    @EnableScheduling
    static class Scheduling {}

    @Configuration(proxyBeanMethods = false)
    static class TwoJobs {

        final AtomicInteger runs = new AtomicInteger();
        final AtomicInteger overlaps = new AtomicInteger();
        private final AtomicInteger inside = new AtomicInteger();

        @Scheduled(fixedRate = 5)
        void one() throws InterruptedException {
            run();
        }

        @Scheduled(fixedDelay = 5)
        void other() throws InterruptedException {
            run();
        }

        private void run() throws InterruptedException {
            if (inside.incrementAndGet() > 1) {
                overlaps.incrementAndGet();
            }
            Thread.sleep(3); // room for the other one
            inside.decrementAndGet();
            runs.incrementAndGet();
        }
    }
}
