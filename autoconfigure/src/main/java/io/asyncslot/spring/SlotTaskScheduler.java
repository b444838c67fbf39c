package io.asyncslot.spring;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;
import org.springframework.core.task.TaskDecorator;
import org.springframework.scheduling.Trigger;
import org.springframework.scheduling.concurrent.ConcurrentTaskScheduler;

/**
 * Spring's face of the scheduled executor. Decorates tasks where they are submitted, so that a decorator finds the context
 * of whoever submits: once a task, however often it runs. Thread-safe.
 */
public final class SlotTaskScheduler extends ConcurrentTaskScheduler {

    private final TaskDecorator decorator;

    /**
     * Makes a scheduler.
     *
     * @param executor runs the tasks
     * @param decorator decorates them; null for none
     */
    public SlotTaskScheduler(ScheduledExecutorService executor, @Nullable TaskDecorator decorator) {
        super(executor);
        this.decorator = decorator == null ? task -> task : decorator;
        setTaskDecorator(this.decorator); // of what is executed at once
    }

    @Override
    public @Nullable ScheduledFuture<?> schedule(Runnable task, Trigger trigger) {
        return super.schedule(decorator.decorate(task), trigger);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, Instant startTime) {
        return super.schedule(decorator.decorate(task), startTime);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, Instant startTime, Duration period) {
        return super.scheduleAtFixedRate(decorator.decorate(task), startTime, period);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, Duration period) {
        return super.scheduleAtFixedRate(decorator.decorate(task), period);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, Instant startTime, Duration delay) {
        return super.scheduleWithFixedDelay(decorator.decorate(task), startTime, delay);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, Duration delay) {
        return super.scheduleWithFixedDelay(decorator.decorate(task), delay);
    }
}
