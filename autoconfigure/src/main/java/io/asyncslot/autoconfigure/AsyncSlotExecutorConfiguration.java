package io.asyncslot.autoconfigure;

import io.asyncslot.spi.SharedTasks;
import java.util.List;
import java.util.function.Consumer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnThreading;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.core.task.TaskDecorator;
import org.springframework.core.task.support.CompositeTaskDecorator;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/**
 * The executor that runs callbacks: a bean of its own that is no default candidate, so that the application's executor
 * stays what it is. When full it refuses, and the registry hands the callback over again later: late, never lost.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnMissingBean(name = AsyncSlotExecutorConfiguration.BEAN_NAME)
class AsyncSlotExecutorConfiguration {

    static final String BEAN_NAME = "asyncSlotTaskExecutor";

    @Bean(name = BEAN_NAME, defaultCandidate = false)
    @ConditionalOnThreading(Threading.PLATFORM)
    ThreadPoolTaskExecutor platformSlotExecutor(
            AsyncSlotProperties properties, ResourceLoader resources, ObjectProvider<TaskDecorator> decorators) {
        AsyncSlotProperties.Executor settings = properties.executor();
        List<TaskDecorator> all = decorators.orderedStream().toList();
        ThreadPoolTaskExecutor executor = all.isEmpty() ? new SharedTaskExecutor() : new ThreadPoolTaskExecutor();
        executor.setCorePoolSize(settings.threads());
        executor.setMaxPoolSize(settings.threads());
        executor.setAllowCoreThreadTimeOut(true);
        executor.setQueueCapacity(settings.queueCapacity());
        executor.setThreadNamePrefix(settings.threadNamePrefix()); // for who asks: the factory names the threads
        executor.setThreadFactory(SlotThreads.platform(settings.threadNamePrefix(), resources.getClassLoader()));
        executor.setAcceptTasksAfterContextClose(true); // the registry stops first, and waits for what runs
        decorate(all, executor::setTaskDecorator);
        return executor;
    }

    /** Does nothing for a task but run it, so callbacks that fall due together may share one. Not final: an aspect may proxy it. */
    static class SharedTaskExecutor extends ThreadPoolTaskExecutor implements SharedTasks {

        private static final long serialVersionUID = 1L;
    }

    @Bean(name = BEAN_NAME, defaultCandidate = false)
    @ConditionalOnThreading(Threading.VIRTUAL)
    SimpleAsyncTaskExecutor virtualSlotExecutor(
            AsyncSlotProperties properties, ResourceLoader resources, ObjectProvider<TaskDecorator> decorators) {
        AsyncSlotProperties.Executor settings = properties.executor();
        SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor(
                SlotThreads.virtual(settings.threadNamePrefix(), resources.getClassLoader()));
        if (settings.concurrencyLimit() != null) {
            executor.setConcurrencyLimit(settings.concurrencyLimit());
            executor.setRejectTasksWhenLimitReached(true);
        }
        decorate(decorators.orderedStream().toList(), executor::setTaskDecorator);
        return executor;
    }

    private static void decorate(List<TaskDecorator> all, Consumer<TaskDecorator> setter) {
        if (!all.isEmpty()) {
            setter.accept(all.size() == 1 ? all.get(0) : new CompositeTaskDecorator(all));
        }
    }
}
