package io.asyncslot.autoconfigure;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.scheduling.SlotScheduledExecutor;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import io.asyncslot.spring.SlotSchedulerLifecycle;
import io.asyncslot.spring.SlotSchedulingClock;
import io.asyncslot.spring.SlotShutdown;
import io.asyncslot.spring.SlotTaskScheduler;
import io.asyncslot.spring.TickerClock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Fallback;
import org.springframework.core.env.Environment;
import org.springframework.core.task.TaskDecorator;
import org.springframework.core.task.support.CompositeTaskDecorator;
import org.springframework.scheduling.TaskScheduler;

/**
 * Auto-configuration of the application's scheduler on slots: {@code @Scheduled} methods and whatever else asks for a
 * {@link TaskScheduler} or a {@link ScheduledExecutorService}. On with {@code asyncslot.task-scheduler.enabled=true};
 * it takes the place of Spring Boot's own, and gives way to the application's.
 */
@AutoConfiguration(
        after = {AsyncSlotAutoConfiguration.class, TaskExecutionAutoConfiguration.class},
        before = TaskSchedulingAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "asyncslot.task-scheduler.enabled")
@ConditionalOnBean(AsyncSlotRegistry.class)
@ConditionalOnMissingBean({TaskScheduler.class, ScheduledExecutorService.class})
@EnableConfigurationProperties(AsyncSlotTaskSchedulerProperties.class)
public final class AsyncSlotTaskSchedulerAutoConfiguration {

    /** Name of the bean, and of the map of its delayed tasks. */
    static final String BEAN_NAME = "taskScheduler";

    /** Made by Spring. */
    AsyncSlotTaskSchedulerAutoConfiguration() {}

    /**
     * On the jvm backend whatever the default is: tasks are objects of this JVM. A fallback among executors, for it is one
     * by its type only: what asks for an {@code ExecutorService} means the application's own.
     */
    @Bean(destroyMethod = "cancelWaiting") // the lifecycle has ended it before, unless the refresh failed early
    @Fallback
    SlotScheduledExecutor asyncSlotScheduledExecutor(
            AsyncSlotRegistry registry,
            ObjectProvider<Ticker> ticker,
            AsyncSlotTaskSchedulerProperties properties,
            ObjectProvider<TaskSchedulingProperties> scheduling,
            Environment environment) {
        TaskSchedulingProperties present = scheduling.getIfAvailable(TaskSchedulingProperties::new);
        boolean virtual = Threading.VIRTUAL.isActive(environment);
        Integer limit = virtual
                ? present.getSimple().getConcurrencyLimit()
                : Integer.valueOf(present.getPool().getSize());
        return new SlotScheduledExecutor(
                registry,
                BEAN_NAME,
                ticker(ticker),
                new SlotScheduledExecutor.Settings(
                        JvmBackend.NAME,
                        properties.late(),
                        limit == null ? 0 : limit,
                        present.getThreadNamePrefix(),
                        !virtual)); // virtual threads keep nothing alive with Spring Boot's scheduler either
    }

    @Bean(name = BEAN_NAME)
    @Fallback
    SlotTaskScheduler taskScheduler(
            SlotScheduledExecutor executor, ObjectProvider<Ticker> ticker, ObjectProvider<TaskDecorator> decorators) {
        List<TaskDecorator> all = decorators.orderedStream().toList();
        SlotTaskScheduler scheduler = new SlotTaskScheduler(
                executor, all.isEmpty() ? null : all.size() == 1 ? all.get(0) : new CompositeTaskDecorator(all));
        scheduler.setClock(new TickerClock(ticker(ticker), ZoneId.systemDefault()));
        return scheduler;
    }

    /** Where time is not the system's, {@code @Scheduled} methods begin by it too. */
    @Bean
    @ConditionalOnSingleCandidate(Ticker.class)
    SlotSchedulingClock asyncSlotSchedulingClock(Ticker ticker) {
        return new SlotSchedulingClock(new TickerClock(ticker, ZoneId.systemDefault()));
    }

    @Bean
    SlotSchedulerLifecycle asyncSlotSchedulerLifecycle(
            SlotScheduledExecutor executor,
            SlotShutdown shutdown,
            ObjectProvider<TaskSchedulingProperties> scheduling) {
        return new SlotSchedulerLifecycle(executor, shutdown, awaitTermination(scheduling.getIfAvailable()));
    }

    @Bean
    static LazyInitializationExcludeFilter asyncSlotSchedulerLazyInitializationExcludeFilter() {
        return LazyInitializationExcludeFilter.forBeanTypes(SlotSchedulerLifecycle.class);
    }

    private static Ticker ticker(ObjectProvider<Ticker> ticker) {
        Ticker unique = ticker.getIfUnique();
        return unique == null ? SystemTicker.instance() : unique;
    }

    /** The period that {@code spring.task.scheduling.shutdown.*} gives tasks to complete; null if it asks for none. */
    private static @Nullable Duration awaitTermination(@Nullable TaskSchedulingProperties properties) {
        if (properties == null || !properties.getShutdown().isAwaitTermination()) {
            return null;
        }
        Duration period = properties.getShutdown().getAwaitTerminationPeriod();
        return period == null ? Duration.ZERO : period;
    }
}
