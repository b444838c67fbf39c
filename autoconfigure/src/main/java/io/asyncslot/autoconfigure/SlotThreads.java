package io.asyncslot.autoconfigure;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Makes the threads that run callbacks: whoever causes one to be made, it inherits nothing of that thread, neither values such
 * as a user's identity nor a class loader, but has the application's class loader. Stateless.
 */
final class SlotThreads {

    private SlotThreads() {}

    /** Platform threads, numbered from 1. */
    static ThreadFactory platform(String prefix, @Nullable ClassLoader loader) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(null, task, prefix + number.incrementAndGet(), 0, false);
            thread.setDaemon(false); // whatever the thread is that needs it first
            thread.setContextClassLoader(loader);
            return thread;
        };
    }

    /** Virtual threads, numbered from 0, where this JVM has them: only then is this called. */
    static ThreadFactory virtual(String prefix, @Nullable ClassLoader loader) {
        ThreadFactory bare = bareVirtual(prefix);
        return task -> {
            Thread thread = bare.newThread(task);
            thread.setContextClassLoader(loader);
            return thread;
        };
    }

    /** What Java 21 says directly: {@code Thread.ofVirtual().name(prefix, 0).inheritInheritableThreadLocals(false).factory()}. */
    private static ThreadFactory bareVirtual(String prefix) {
        try {
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            Object builder = call(Thread.class.getMethod("ofVirtual"), null);
            builder = call(type.getMethod("name", String.class, long.class), builder, prefix, 0L);
            builder = call(type.getMethod("inheritInheritableThreadLocals", boolean.class), builder, false);
            return (ThreadFactory) call(type.getMethod("factory"), builder);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JVM has no virtual threads: Java " + Runtime.version(), e);
        }
    }

    private static Object call(Method method, @Nullable Object target, Object... arguments)
            throws IllegalAccessException, InvocationTargetException {
        return method.invoke(target, arguments);
    }
}
