package io.asyncslot.benchmarks.jmh;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;

/**
 * What a call of a bean's method costs by the annotations that it has: triggers that re-arm a slot, beside a hit of Spring's
 * cache, and a transaction without a database. One thread, the settings of an application that sets nothing.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TriggerBenchmark {

    /** A parameter with a property that is a key. */
    public record Cart(String id) {}

    /** The methods called. */
    public static class Shop {

        /** By a parameter. */
        @StartSlot(map = "benchmark", key = "#id")
        public void startById(String id) {}

        /** By a property of a parameter. */
        @StartSlot(map = "benchmark", key = "#cart.id")
        public void startByProperty(Cart cart) {}

        /** By an expression that is more than that. */
        @StartSlot(map = "benchmark", key = "#cart.id.concat('')")
        public void startByExpression(Cart cart) {}

        /** By a parameter, with the commit. */
        @Transactional
        @StartSlot(map = "benchmark", key = "#id")
        public void startInTransaction(String id) {}

        /** Nothing, in a transaction. */
        @Transactional
        public void emptyTransaction(String id) {}

        /** Answered from a cache. */
        @Cacheable(cacheNames = "benchmark", key = "#id")
        public String cached(String id) {
            return id;
        }
    }

    /** A transaction of nothing. */
    private static final class NoTransactions extends AbstractPlatformTransactionManager {

        private static final long serialVersionUID = 1L;

        @Override
        protected Object doGetTransaction() {
            return this;
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {}

        @Override
        protected void doCommit(DefaultTransactionStatus status) {}

        @Override
        protected void doRollback(DefaultTransactionStatus status) {}
    }

    /** The application. */
    @Configuration(proxyBeanMethods = false)
    @EnableCaching(proxyTargetClass = true)
    @EnableTransactionManagement(proxyTargetClass = true)
    @Import(AsyncSlotAutoConfiguration.class)
    public static class Application {

        /** The callback, which is not called. */
        @TimerSlot(map = "benchmark", delay = "10h")
        public void fired(String id) {
            throw new IllegalStateException("fired during the measurement: " + id);
        }

        @Bean
        Shop shop() {
            return new Shop();
        }

        @Bean
        CacheManager caches() {
            return new ConcurrentMapCacheManager();
        }

        @Bean
        PlatformTransactionManager transactions() {
            return new NoTransactions();
        }
    }

    /** The application, and the keys that are armed. */
    @State(Scope.Benchmark)
    public static class Context {

        /** Who is measured. */
        @Param("SPRING")
        public String works = "SPRING";

        /** How many keys there are. */
        @Param("1000")
        public int n;

        private @Nullable AnnotationConfigApplicationContext context;
        Shop shop = new Shop();

        @Nullable
        TimerSlots<String> slots;

        Cart[] carts = {};

        /** Starts it, and each slot. */
        @Setup(Level.Trial)
        public void open() {
            AnnotationConfigApplicationContext made = new AnnotationConfigApplicationContext(Application.class);
            context = made;
            shop = made.getBean(Shop.class);
            slots = made.getBean(AsyncSlotRegistry.class).timers("benchmark", String.class);
            carts = new Cart[n];
            for (int i = 0; i < n; i++) {
                carts[i] = new Cart("cart-" + i);
                shop.startById(carts[i].id());
                shop.cached(carts[i].id());
            }
        }

        /** Ends it; no figure comes of calls that did nothing. */
        @TearDown(Level.Trial)
        public void close() {
            if (slots != null && slots.stats().armed() != n) {
                throw new IllegalStateException("not all slots are armed");
            }
            if (context != null) {
                context.close();
            }
        }
    }

    /** Takes turns through the keys. */
    @State(Scope.Thread)
    public static class Turn {

        private int next;

        Cart cart(Context context) {
            next = next + 1 == context.n ? 0 : next + 1;
            return context.carts[next];
        }
    }

    /** The operation itself, without Spring. */
    @Benchmark
    public Object plainStart(Context context, Turn turn) {
        TimerSlots<String> slots = context.slots;
        return slots == null ? "" : slots.start(turn.cart(context).id());
    }

    /** By a parameter. */
    @Benchmark
    public void startById(Context context, Turn turn) {
        context.shop.startById(turn.cart(context).id());
    }

    /** A record's component. */
    @Benchmark
    public void startByProperty(Context context, Turn turn) {
        context.shop.startByProperty(turn.cart(context));
    }

    /** What Spring's expressions evaluate. */
    @Benchmark
    public void startByExpression(Context context, Turn turn) {
        context.shop.startByExpression(turn.cart(context));
    }

    /** Armed after the commit. */
    @Benchmark
    public void startInTransaction(Context context, Turn turn) {
        context.shop.startInTransaction(turn.cart(context).id());
    }

    /** What of that is the transaction's. */
    @Benchmark
    public void emptyTransaction(Context context, Turn turn) {
        context.shop.emptyTransaction(turn.cart(context).id());
    }

    /** A hit. */
    @Benchmark
    public Object cached(Context context, Turn turn) {
        return context.shop.cached(turn.cart(context).id());
    }
}
