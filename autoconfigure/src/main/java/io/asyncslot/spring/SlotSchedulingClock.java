package io.asyncslot.spring;

import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.core.Ordered;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.scheduling.config.ScheduledTaskRegistrar;
import org.springframework.scheduling.config.TaskSchedulerRouter;

/**
 * Lets {@code @Scheduled} methods begin by a clock that is not the system's. Spring hands them to their schedulers through
 * a router, which computes the first point in time of a fixed delay or an initial delay and asks the system for it,
 * whatever the schedulers' own clocks are. Comes before other configurers, so that theirs win. Used by one thread.
 */
public final class SlotSchedulingClock implements SchedulingConfigurer, BeanFactoryAware, Ordered {

    private final Clock clock;

    /** Set by the context. */
    private @Nullable BeanFactory beanFactory;

    /**
     * Makes a configurer.
     *
     * @param clock the clock of the schedulers
     */
    public SlotSchedulingClock(Clock clock) {
        this.clock = clock;
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }

    @Override
    public void setBeanFactory(BeanFactory factory) {
        this.beanFactory = factory;
    }

    @Override
    public void configureTasks(ScheduledTaskRegistrar registrar) {
        TaskSchedulerRouter router = new TaskSchedulerRouter() {
            @Override
            public Clock getClock() {
                return clock;
            }
        };
        router.setBeanFactory(beanFactory);
        registrar.setTaskScheduler(router);
    }
}
