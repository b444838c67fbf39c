package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.Merge;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.SubmitSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Values in annotations: what triggers bring, what callbacks take, and what does not go together. */
class SlotValueTests {

    private final ApplicationContextRunner plain = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class, AopAutoConfiguration.class));

    private final ApplicationContextRunner runner =
            plain.withBean(Callbacks.class).withBean(Shop.class).withBean(Holder.class);

    // ---- what arrives -------------------------------------------------------------------------------------------

    @Test
    void latestValue_reachesTheCallback_besideKeyAndFiring() {
        runner.run(context -> {
            Shop shop = context.getBean(Shop.class);
            Callbacks callbacks = context.getBean(Callbacks.class);
            shop.received(new Event("e1", 1));
            shop.received(new Event("e1", 2));
            assertThat(find(context.getBean(AsyncSlotRegistry.class), "webhook", "e1")
                            .value())
                    .isEqualTo(new Event("e1", 2));
            shop.now(new Event("e1", 3));
            await().untilAsserted(() -> assertThat(callbacks.delivered).containsExactly("e1 3 of webhook"));
        });
    }

    @Test
    void collectedValues_reachTheCallback_asAList_andABoundRejects() {
        runner.withPropertyValues("asyncslot.maps.audit.max-values=3").run(context -> {
            Shop shop = context.getBean(Shop.class);
            for (String entry : List.of("one", "two", "three", "four")) {
                shop.audited("tenant", entry);
            }
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            assertThat(find(registry, "audit", "tenant").value()).isEqualTo(List.of("one", "two", "three"));
            assertThat(registry.map("audit").orElseThrow().stats().rejected()).isOne();
            registry.timers("audit", String.class).start("tenant", Duration.ZERO);
            await().untilAsserted(() ->
                    assertThat(context.getBean(Callbacks.class).written).containsExactly("tenant [one, two, three]"));
        });
    }

    @Test
    void shapes_areSetByAnnotationAndProperty() {
        runner.withPropertyValues("asyncslot.maps.audit.flush-at=2", "asyncslot.maps.webhook.max-wait=2h")
                .run(context -> {
                    Shop shop = context.getBean(Shop.class);
                    shop.audited("tenant", "one");
                    shop.audited("tenant", "two");
                    await().untilAsserted(() ->
                            assertThat(context.getBean(Callbacks.class).written).containsExactly("tenant [one, two]"));
                    AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
                    registry.timers("webhook", String.class).start("e1", Duration.ofHours(9));
                    assertThat(find(registry, "webhook", "e1").timeLeft()).isLessThanOrEqualTo(Duration.ofHours(2));
                });
    }

    @Test
    void minInterval_isSetByAnnotationAndProperty_andRefusedWhereItSaysNothing() {
        plain.withBean(Throttled.class)
                .withPropertyValues("asyncslot.maps.often.min-interval=1h")
                .run(context -> {
                    Throttled bean = context.getBean(Throttled.class);
                    AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
                    for (String map : List.of("seldom", "often")) {
                        registry.works(map, String.class).submit("key");
                        await().until(() -> bean.ran.contains(map));
                        registry.works(map, String.class).submit("key");
                        assertThat(find(registry, map, "key").timeLeft()).isGreaterThan(Duration.ofMinutes(50));
                    }
                });
        runner.withPropertyValues("asyncslot.maps.webhook.min-interval=1s").run(context -> {
            assertThat(context).hasFailed();
            assertThat(messages(context.getStartupFailure()))
                    .contains("'asyncslot.maps.webhook.min-interval' spaces the runs of work items");
        });
        check(NoInterval.class, "'minInterval' of map 'bad' must be at least one microsecond");
    }

    @Test
    void keySchedules_areAdmittedByAnnotationOrProperty_andReadAsSpringReadsThem() {
        plain.withBean(Reports.class)
                .withPropertyValues("asyncslot.maps.closed.key-schedules=true")
                .run(context -> {
                    AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
                    ZoneId tokyo = ZoneId.of("Asia/Tokyo");
                    for (String map : List.of("report", "closed")) {
                        registry.timers(map, String.class).start("tenant-7", SlotSchedule.cron("0 30 6 * * *", tokyo));
                        SlotSnapshot slot = find(registry, map, "tenant-7");
                        assertThat(slot.schedule())
                                .isEqualTo(SlotSchedule.cron("0 30 6 * * *", tokyo))
                                .hasToString("cron '0 30 6 * * *' in Asia/Tokyo");
                        assertThat(slot.deadline()).isNotNull();
                        assertThat(slot.deadline().atZone(tokyo).toLocalTime()).isEqualTo(LocalTime.of(6, 30));
                    }
                });
        plain.withBean(Reports.class)
                .run(context -> assertThatExceptionOfType(IllegalStateException.class)
                        .isThrownBy(() -> context.getBean(AsyncSlotRegistry.class)
                                .timers("closed", String.class)
                                .start("key", SlotSchedule.every(Duration.ofHours(1))))
                        .withMessageContaining("set 'keySchedules'"));
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> SlotSchedule.cron("sometimes", ZoneId.of("Asia/Tokyo")))
                .withMessageContaining("'sometimes' is not a cron expression of six fields");
        check(ScheduledWithValue.class, "each for exactly one firing");
    }

    @Test
    void methodOfTheCallbacksClass_mergesTwoValues() {
        runner.run(context -> {
            Callbacks callbacks = context.getBean(Callbacks.class);
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            registry.map("count").orElseThrow().pause();
            Shop shop = context.getBean(Shop.class);
            shop.sold(7L, 2);
            shop.sold(7L, 40);
            registry.map("count").orElseThrow().resume();
            await().untilAsserted(() -> assertThat(callbacks.counted).containsExactly("7: 42"));
        });
    }

    @Test
    void merge_canBeSetByProperty() {
        runner.withPropertyValues("asyncslot.maps.webhook.merge=first").run(context -> {
            Shop shop = context.getBean(Shop.class);
            shop.received(new Event("e1", 1));
            shop.received(new Event("e1", 2));
            assertThat(find(context.getBean(AsyncSlotRegistry.class), "webhook", "e1")
                            .value())
                    .isEqualTo(new Event("e1", 1));
        });
    }

    @Test
    void handlesWithValues_areInjectedByName() {
        runner.run(context -> {
            Holder holder = context.getBean(Holder.class);
            holder.webhook.startWith("e1", new Event("e1", 5));
            assertThat(holder.webhook.take("e1")).contains(new Event("e1", 5));
            assertThat(holder.counts.values().type()).isEqualTo(Integer.class);
        });
    }

    @Test
    void triggerWithoutAValue_startsWithout() {
        runner.run(context -> {
            context.getBean(Shop.class).bare("e1");
            await().untilAsserted(() ->
                    assertThat(context.getBean(Callbacks.class).delivered).containsExactly("e1 none of webhook"));
        });
    }

    @Test
    void valueOfAnotherType_armsNothing_andTheMessageDoesNotShowIt() {
        runner.run(context -> {
            Shop shop = context.getBean(Shop.class);
            assertThatExceptionOfType(SlotTriggerException.class)
                    .isThrownBy(() -> shop.untyped("e1", "secret"))
                    .withMessageContaining("value = \"#value\" yields a java.lang.String")
                    .withMessageContaining(Event.class.getName())
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
            assertThatExceptionOfType(SlotTriggerException.class)
                    .isThrownBy(() -> shop.untyped("e1", null))
                    .withMessageContaining("yields null");
            assertThat(context.getBean(AsyncSlotRegistry.class)
                            .map("webhook")
                            .orElseThrow()
                            .stats()
                            .slots())
                    .isZero();
        });
    }

    // ---- what does not go together ------------------------------------------------------------------------------

    @Test
    void mistakes_endTheStart_withTheRule() {
        check(CollectWithoutList.class, "has to take a java.util.List");
        check(MergeWithoutValue.class, "takes no value");
        check(BoundWithoutCollect.class, "'maxValues' (5)");
        check(PeriodicWithValue.class, "exactly one firing");
        check(NoSuchMethod.class, "no method of this name");
        check(FunctionWithoutMethod.class, "name it with 'mergeWith'");
        check(CollectWithMethod.class, "either collected or merged by a method");
        check(PrimitiveValue.class, "take a Long");
        check(FlushWithoutCollect.class, "'flushAt' of map 'bad' (5) counts values that are collected");
        check(FlushBeyondBound.class, "would never be reached");
        check(CapBelowDelay.class, "is shorter than its 'delay'");
        check(PeriodicWithCap.class, "its periods cannot be postponed");
        check(TriggerOfMapWithoutValues.class, "slots of the map carry no values");
        check(TriggerOfOtherType.class, "the values of the map are of type java.lang.Long");
    }

    private void check(Class<?> bean, String... texts) {
        plain.withBean(bean).run(context -> {
            assertThat(context).hasFailed();
            for (String text : texts) {
                assertThat(context.getStartupFailure()).rootCause().isNotNull();
                assertThat(messages(context.getStartupFailure())).contains(text);
            }
        });
    }

    private static String messages(@Nullable Throwable failure) {
        StringBuilder messages = new StringBuilder();
        for (Throwable e = failure; e != null; e = e.getCause()) {
            messages.append(e.getMessage()).append('\n');
        }
        return messages.toString();
    }

    private static SlotSnapshot find(AsyncSlotRegistry registry, String map, String key) {
        return registry.map(map).orElseThrow().findByText(key).orElseThrow();
    }

    // ---- the application ----------------------------------------------------------------------------------------

    record Event(String endpoint, int number) {}

    static class Callbacks {
        final Queue<String> delivered = new ConcurrentLinkedQueue<>();
        final Queue<String> written = new ConcurrentLinkedQueue<>();
        final Queue<String> counted = new ConcurrentLinkedQueue<>();

        @TimerSlot(map = "webhook", delay = "1h")
        void deliver(String endpoint, @Nullable Event last, SlotFiring firing) {
            delivered.add(endpoint + " " + (last == null ? "none" : last.number()) + " of " + firing.map());
        }

        @TimerSlot(map = "audit", delay = "1h", merge = Merge.COLLECT)
        void write(String tenant, List<String> entries) {
            written.add(tenant + " " + entries);
        }

        @WorkSlot(map = "count", mergeWith = "sum")
        void count(Long product, Integer sold) {
            counted.add(product + ": " + sold);
        }

        private static Integer sum(Integer pending, Integer added) {
            return pending + added;
        }
    }

    static class Shop {
        @StartSlot(map = "webhook", key = "#event.endpoint", value = "#event")
        public void received(Event event) {}

        @StartSlot(map = "webhook", key = "#event.endpoint", value = "#event", delay = "0ms")
        public void now(Event event) {}

        @StartSlot(map = "webhook", key = "#endpoint", delay = "0ms")
        public void bare(String endpoint) {}

        @StartSlot(map = "webhook", key = "#endpoint", value = "#value")
        public void untyped(String endpoint, @Nullable Object value) {}

        @StartSlot(map = "audit", key = "#tenant", value = "#entry")
        public void audited(String tenant, String entry) {}

        @SubmitSlot(map = "count", key = "#product", value = "#number")
        public void sold(Long product, int number) {}
    }

    static class Holder {
        final ValueTimerSlots<String, Event> webhook;
        final ValueWorkSlots<Long, Integer> counts;

        Holder(ValueTimerSlots<String, Event> webhook, @Qualifier("count") ValueWorkSlots<Long, Integer> counts) {
            this.webhook = webhook;
            this.counts = counts;
        }
    }

    static class CollectWithoutList {
        @TimerSlot(map = "bad", merge = Merge.COLLECT)
        void fire(String key, String value) {}
    }

    static class MergeWithoutValue {
        @WorkSlot(map = "bad", merge = Merge.FIRST)
        void fire(String key) {}
    }

    static class BoundWithoutCollect {
        @WorkSlot(map = "bad", maxValues = 5)
        void fire(String key, String value) {}
    }

    static class PeriodicWithValue {
        @TimerSlot(map = "bad", every = "1s")
        void fire(String key, String value) {}
    }

    static class NoSuchMethod {
        @WorkSlot(map = "bad", mergeWith = "sum")
        void fire(String key, Long value) {}
    }

    static class FunctionWithoutMethod {
        @WorkSlot(map = "bad", merge = Merge.FUNCTION)
        void fire(String key, Long value) {}
    }

    static class CollectWithMethod {
        @WorkSlot(map = "bad", merge = Merge.COLLECT, mergeWith = "both")
        void fire(String key, List<Long> values) {}

        List<Long> both(List<Long> pending, List<Long> added) {
            return added;
        }
    }

    static class PrimitiveValue {
        @WorkSlot(map = "bad")
        void fire(String key, long value) {}
    }

    static class FlushWithoutCollect {
        @TimerSlot(map = "bad", flushAt = 5)
        void fire(String key, String value) {}
    }

    static class FlushBeyondBound {
        @TimerSlot(map = "bad", merge = Merge.COLLECT, maxValues = 4, flushAt = 5)
        void fire(String key, List<String> values) {}
    }

    static class CapBelowDelay {
        @TimerSlot(map = "bad", delay = "2s", maxWait = "1s")
        void fire(String key) {}
    }

    static class Throttled {
        final Queue<String> ran = new ConcurrentLinkedQueue<>();

        @WorkSlot(map = "seldom", minInterval = "1h")
        void seldom(String key, SlotFiring firing) {
            ran.add(firing.map());
        }

        @WorkSlot(map = "often", minInterval = "1ms")
        void often(String key, SlotFiring firing) {
            ran.add(firing.map());
        }
    }

    static class Reports {
        @TimerSlot(map = "report", keySchedules = true)
        void report(String tenant) {}

        @TimerSlot(map = "closed", delay = "1h")
        void other(String key) {}
    }

    static class ScheduledWithValue {
        @TimerSlot(map = "bad", keySchedules = true)
        void fire(String key, String value) {}
    }

    static class NoInterval {
        @WorkSlot(map = "bad", minInterval = "0s")
        void fire(String key) {}
    }

    static class PeriodicWithCap {
        @TimerSlot(map = "bad", every = "2s", maxWait = "10s")
        void fire(String key) {}
    }

    static class TriggerOfMapWithoutValues {
        @WorkSlot(map = "plain")
        void fire(String key) {}

        @SubmitSlot(map = "plain", key = "#key", value = "#key")
        public void act(String key) {}
    }

    static class TriggerOfOtherType {
        @WorkSlot(map = "longs")
        void fire(String key, Long value) {}

        @SubmitSlot(map = "longs", key = "#key", value = "#key")
        public void act(String key) {}
    }
}
