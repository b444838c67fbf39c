package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.CancelSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.TouchSlot;
import io.asyncslot.annotation.WorkSlot;
import io.asyncslot.spi.MissingBackend;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.ArgumentMatchers;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Scope;
import org.springframework.scheduling.annotation.Async;
import reactor.core.publisher.Mono;

/**
 * Every mistake that can be known at start-up ends the start, and says where, what and what to do. Those that users make most
 * are in {@link MistakesTests}, with their whole text.
 */
@ExtendWith(OutputCaptureExtension.class)
class AsyncSlotFailureAnalyzerTests {

    private final ApplicationContextRunner runner = FailedStart.runner();

    @Test
    void application_printsTheAnalysis(CapturedOutput output) {
        SpringApplication application = new SpringApplication(BrokenApplication.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        assertThatException().isThrownBy(application::run);
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("has delay = \"5 parsecs\"")
                .contains("Correct 'delay' of the annotation");
    }

    // ---- bindings ---------------------------------------------------------------------------------------------------

    @Test
    void annotatedMapThatIsRegisteredInCodeToo() {
        check(
                runner.withUserConfiguration(Session.class).withBean(EarlyRegistration.class),
                "A slot map named 'session' is registered already",
                "in one place only");
    }

    @Test
    void badDurationBehindAPlaceholder() {
        check(
                runner.withUserConfiguration(PlaceholderDelay.class).withPropertyValues("my.delay=-1s"),
                "has delay = \"${my.delay}\": 'PT-1S' is not a duration",
                "not negative",
                "the property behind its placeholder");
    }

    @Test
    void badDurationInProperties() {
        runner.withUserConfiguration(Session.class)
                .withPropertyValues("asyncslot.maps.session.delay=soon")
                .run(context ->
                        assertThat(context).getFailure().hasStackTraceContaining("asyncslot.maps.session.delay"));
        check(
                runner.withUserConfiguration(Session.class).withPropertyValues("asyncslot.maps.session.delay=-1s"),
                "'asyncslot.maps.session' describes an impossible map",
                "must not be negative: PT-1S");
    }

    @Test
    void badCronInProperties() {
        check(
                runner.withUserConfiguration(Session.class).withPropertyValues("asyncslot.maps.session.cron=0 6 * * *"),
                "@TimerSlot of map 'session' on",
                "or 'asyncslot.maps.session' describes an impossible map: '0 6 * * *' is not a cron expression of"
                        + " six fields",
                "Correct the value in the annotation, or the property that overrides it");
    }

    @Test
    void badZone() {
        check(runner.withUserConfiguration(BadZone.class), "'Mars/Olympus' is not a time zone");
    }

    @Test
    void everyAndCron() {
        check(runner.withUserConfiguration(EveryAndCron.class), "has both 'every' (PT1S) and a schedule");
    }

    @Test
    void badName() {
        check(runner.withUserConfiguration(BadName.class), "must be 1 to 100 letters", "'no spaces'");
    }

    @Test
    void missingPlaceholderInATrigger() {
        check(
                runner.withUserConfiguration(Session.class, PlaceholderTrigger.class),
                "@StartSlot on",
                "PlaceholderTrigger.start: could not resolve placeholder 'my.map'");
    }

    @Test
    void keysThatTheBackendRefuses() {
        AsyncSlotRegistry refusing = mock();
        when(refusing.register(ArgumentMatchers.<TimerMapSpec<?>>any()))
                .thenThrow(new IllegalArgumentException("keys of type java.net.URI have no text"));
        check(
                runner.withUserConfiguration(Session.class).withBean(AsyncSlotRegistry.class, () -> refusing),
                "@TimerSlot of map 'session' on",
                "Session.expired",
                "cannot be bound: keys of type java.net.URI have no text");
    }

    @Test
    void unsupportedSignatures() {
        check(
                runner.withUserConfiguration(FourParameters.class),
                "FourParameters.expired",
                "has a parameter 3 besides the key, the value and the SlotFiring");
        check(runner.withUserConfiguration(TwoFirings.class), "has two SlotFiring parameters, 0 and 1");
        check(
                runner.withUserConfiguration(FutureCallback.class),
                "returns a CompletableFuture: the run would end before its work",
                "Let the method return nothing, and wait for its work in the method");
        check(
                runner.withUserConfiguration(PlainFutureCallback.class),
                "PlainFutureCallback.expired",
                "returns a Future: the run would end before its work");
        check(runner.withUserConfiguration(AsyncClass.class), "AsyncClass.expired", "is @Async");
        check(runner.withUserConfiguration(AsyncBase.class), "AsyncBase.expired", "is @Async");
        check(runner.withUserConfiguration(AsyncMeta.class), "AsyncMeta.expired", "is @Async");
        check(
                runner.withUserConfiguration(MonoCallback.class),
                "MonoCallback.expired",
                "returns a Mono: the run would end before its work");
        check(
                runner.withUserConfiguration(OtherKeyType.class),
                "names the key type java.lang.Long but its key parameter is a java.lang.String");
    }

    @Test
    void prototypeByAnnotation() {
        check(runner.withUserConfiguration(ScopedByAnnotation.class), "is not a singleton");
    }

    // ---- properties -------------------------------------------------------------------------------------------------

    @Test
    void propertiesOfTime_onAWorkMap() {
        for (String property : List.of(
                "delay=1m",
                "cron=nonsense",
                "cron=-",
                "every=1s",
                "late=all",
                "zone=Europe/Berlin",
                "dst=once",
                "clock=realtime",
                "max-wait=1s",
                "flush-at=3",
                "key-schedules=true")) {
            String name = property.substring(0, property.indexOf('='));
            check(
                    runner.withUserConfiguration(Work.class).withPropertyValues("asyncslot.maps.work." + property),
                    "The properties 'asyncslot.maps.work." + name + "' say when a slot is due, but @WorkSlot of map"
                            + " 'work' on",
                    "Remove the properties, or bind the map with @TimerSlot");
        }
    }

    @Test
    void missingBackend() {
        check(
                runner.withPropertyValues("asyncslot.backend=kernel"),
                "Backend 'kernel' cannot be used: asyncslot-kernel is not on the class path; present: [jvm]",
                "Add io.asyncslot:asyncslot-kernel, which needs Java 25. Or choose one of [jvm]");
        check(
                runner.withUserConfiguration(Session.class)
                        .withPropertyValues("asyncslot.maps.session.backend=cluster"),
                "Backend 'cluster' cannot be used: asyncslot-cluster is not on the class path");
        check(
                runner.withUserConfiguration(OtherBackend.class),
                "Backend 'sundial' cannot be used: there is no backend of this name; present: [jvm]");
    }

    @Test
    void kernelOnAnOlderJava_isToldFromNoKernel() {
        assertThat(MissingBackends.kernel(true, 17))
                .isEqualTo(new MissingBackend(
                        "asyncslot-kernel needs Java 25, and this is Java 17",
                        "Run the application on Java 25 or later."));
        assertThat(MissingBackends.kernel(false, 25).reason()).contains("not on the class path");
        assertThat(MissingBackends.kernel(true, 25).reason()).contains("its module is there, but not its bean");
    }

    @Test
    void propertiesOutOfRange() {
        for (String property : new String[] {
            "asyncslot.max-key-length=0",
            "asyncslot.history.size=257",
            "asyncslot.executor.threads=0",
            "asyncslot.executor.queue-capacity=-1",
            "asyncslot.executor.concurrency-limit=0",
            "asyncslot.shutdown.timeout=-1s",
            "asyncslot.jvm.spin=-1us",
            "asyncslot.jvm.spin=2ms",
            "asyncslot.jvm.wake-interval=1001ms",
            "asyncslot.jvm.slice=99us",
            "asyncslot.jvm.timer-slack=-1ns"
        }) {
            String name = property.substring(0, property.indexOf('='));
            runner.withPropertyValues(property)
                    .run(context -> assertThat(context)
                            .getFailure()
                            .hasStackTraceContaining(
                                    "InvalidConfigurationPropertyValueException: Property " + name + " with value"));
        }
    }

    // ---- triggers ---------------------------------------------------------------------------------------------------

    @Test
    void triggersOfUnknownMaps_areAllNamed() {
        check(
                runner.withUserConfiguration(Session.class, LostTriggers.class),
                "@StartSlot of map 'lost' on",
                "LostTriggers.start: there is no slot map of this name",
                "@CancelSlot of map 'gone' on",
                "LostTriggers.cancel",
                "Known maps: [session]",
                "before the context has started");
    }

    @Test
    void triggersOfUnknownMaps_canBeAllowedToDoNothing(CapturedOutput output) {
        runner.withUserConfiguration(Session.class, LostTriggers.class)
                .withPropertyValues("asyncslot.triggers.absent-map=ignore")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    context.getBean(LostTriggers.class).start("s1");
                    context.getBean(LostTriggers.class).cancel("s1");
                });
        assertThat(output).contains("@StartSlot of map 'lost' on").contains("does nothing: there is no slot map");
    }

    @Test
    void triggerWithoutTheHash_insideALongerExpression() {
        check(
                runner.withUserConfiguration(Session.class, NoHashInside.class),
                "'id + ':' + #other' names 'id' without '#', which is a property of the call: that has [args, class,"
                        + " method, target, targetClass] only");
        runner.withUserConfiguration(Session.class, RootProperties.class)
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void triggerWithoutDelay_onAMapWithoutDelay() {
        check(
                runner.withUserConfiguration(NoDelay.class, StartNoDelay.class),
                "StartNoDelay.start names no delay, and the map has neither a delay nor a period",
                "StartNoDelay.touch names no delay");
        runner.withUserConfiguration(NoDelay.class, StartNoDelay.class)
                .withPropertyValues("asyncslot.maps.nodelay.delay=5m")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void triggerThatIsNoExpression() {
        check(
                runner.withUserConfiguration(Session.class, NoExpression.class),
                "has key = \"#id +\": '#id +' is not a Spring expression");
    }

    @Test
    void triggerWithABadDelay() {
        check(
                runner.withUserConfiguration(Session.class, TriggerDelay.class),
                "has delay = \"5min\": '5min' is not a duration",
                "nor an expression");
    }

    @Test
    void triggersBeyondTheProxy() {
        check(runner.withUserConfiguration(Session.class, FinalTrigger.class), "FinalTrigger.start", "would never act");
        check(runner.withUserConfiguration(Session.class).withBean(FinalClass.class), "cannot be proxied");
    }

    // ---- handles ----------------------------------------------------------------------------------------------------

    @Test
    void handleOfAMapThatThereIsNot() {
        check(
                runner.withUserConfiguration(LostHandle.class),
                "No slot map named 'lost' is registered",
                "known maps: []");
    }

    @Test
    void handleOfAnotherKeyType() {
        check(
                runner.withUserConfiguration(WrongHandle.class, Session.class),
                "Slot map 'session' is a timer map with keys of type java.lang.String but was asked for as a timer map"
                        + " with keys of type java.lang.Long",
                "with the type of the callback's key parameter");
    }

    private static void check(ApplicationContextRunner runner, String... told) {
        runner.run(context -> {
            FailureAnalysis analysis = FailedStart.analysis(context);
            assertThat(analysis.getDescription() + System.lineSeparator() + analysis.getAction())
                    .contains(told);
            assertThat(analysis.getAction()).endsWith(".");
        });
    }

    static class PlaceholderTrigger {

        @StartSlot(map = "${my.map}", key = "#id")
        public void start(String id) {}
    }

    static class NoHashInside {

        @StartSlot(map = "session", key = "id + ':' + #other")
        public void start(String other) {}
    }

    static class RootProperties {

        @StartSlot(map = "session", key = "method.name + args[0] + targetClass.simpleName + #root.target.name")
        public void whole(String id) {}

        @StartSlot(map = "session", key = "#ids.?[length() > 2 and empty == false].![bytes.length][0] + {a: 1}['a']")
        public void inner(List<String> ids) {}

        public String getName() {
            return "name";
        }
    }

    static class NoDelay {

        @TimerSlot(map = "nodelay")
        void expired(String id) {}
    }

    static class StartNoDelay {

        @StartSlot(map = "nodelay", key = "#id")
        public void start(String id) {}

        @TouchSlot(map = "nodelay", key = "#id")
        public void touch(String id) {}
    }

    // ---- mistakes ---------------------------------------------------------------------------------------------------

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(AsyncSlotAutoConfiguration.class)
    static class BrokenApplication extends BadDelay {}

    @Configuration(proxyBeanMethods = false)
    static class Session {
        @TimerSlot(map = "session", delay = "30m")
        void expired(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Work {
        @WorkSlot(map = "work")
        void run(Long id) {}
    }

    static class EarlyRegistration {
        EarlyRegistration(AsyncSlotRegistry registry) {
            registry.register(TimerMapSpec.named("session", String.class)
                    .callback((key, firing) -> {})
                    .build());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class BadDelay {
        @TimerSlot(map = "bad", delay = "5 parsecs")
        void expired(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class PlaceholderDelay {
        @TimerSlot(map = "bad", delay = "${my.delay}")
        void expired(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class BadZone {
        @TimerSlot(map = "bad", cron = "0 0 12 * * *", zone = "Mars/Olympus")
        void expired(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class EveryAndCron {
        @TimerSlot(map = "bad", every = "1s", cron = "0 0 12 * * *")
        void expired(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class BadName {
        @TimerSlot(map = "no spaces", every = "1s")
        void expired(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class OtherBackend {
        @TimerSlot(map = "bad", every = "1s", backend = "sundial")
        void expired(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class FourParameters {
        @TimerSlot(map = "bad")
        void expired(String id, SlotFiring firing, Long value, Long other) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoFirings {
        @TimerSlot(map = "bad")
        void expired(SlotFiring one, SlotFiring two) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class FutureCallback {
        @TimerSlot(map = "bad")
        CompletableFuture<Void> expired(String id) {
            return CompletableFuture.completedFuture(null);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PlainFutureCallback {
        @TimerSlot(map = "bad")
        Future<?> expired(String id) {
            return CompletableFuture.completedFuture(null);
        }
    }

    @Async
    @Configuration(proxyBeanMethods = false)
    static class AsyncClass {
        @TimerSlot(map = "bad")
        public void expired(String id) {}
    }

    interface AsyncInterface {
        @Async
        void expired(String id);
    }

    @Configuration(proxyBeanMethods = false)
    static class AsyncBase implements AsyncInterface {
        @Override
        @TimerSlot(map = "bad")
        public void expired(String id) {}
    }

    @Retention(RetentionPolicy.RUNTIME)
    @Async
    @interface InTheBackground {}

    @Configuration(proxyBeanMethods = false)
    static class AsyncMeta {
        @InTheBackground
        @TimerSlot(map = "bad")
        public void expired(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class MonoCallback {
        @TimerSlot(map = "bad")
        Mono<Void> expired(String id) {
            return Mono.empty();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OtherKeyType {
        @TimerSlot(map = "bad", keyType = Long.class)
        void expired(String id) {}
    }

    @Scope("prototype")
    @Configuration(proxyBeanMethods = false)
    static class ScopedByAnnotation {
        @TimerSlot(map = "session")
        void expired(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class LostTriggers {
        @StartSlot(map = "lost", key = "#id")
        public void start(String id) {}

        @CancelSlot(map = "gone", key = "#id")
        public void cancel(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class NoExpression {
        @StartSlot(map = "session", key = "#id +")
        public void start(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class TriggerDelay {
        @StartSlot(map = "session", key = "#id", delay = "5min")
        public void start(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class FinalTrigger {
        @StartSlot(map = "session", key = "#id")
        public final void start(String id) {}
    }

    static final class FinalClass {
        @StartSlot(map = "session", key = "#id")
        public void start(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class LostHandle {
        final TimerSlots<String> slots;

        LostHandle(AsyncSlotRegistry registry) {
            this.slots = registry.timers("lost", String.class);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class WrongHandle {
        final TimerSlots<Long> slots;

        WrongHandle(AsyncSlotRegistry registry) {
            this.slots = registry.timers("session", Long.class);
        }
    }
}
