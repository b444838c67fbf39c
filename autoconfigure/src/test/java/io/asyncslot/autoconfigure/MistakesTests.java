package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.SubmitSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.scheduling.annotation.Async;

/**
 * Mistakes that users make, with all that they are told: place, value, rule and remedy. The whole text is compared, because it
 * is read by somebody who is in a hurry.
 */
@ExtendWith(OutputCaptureExtension.class)
class MistakesTests {

    private final ApplicationContextRunner runner = FailedStart.runner();

    private static void told(ApplicationContextRunner runner, String description, String action) {
        runner.run(context -> {
            FailureAnalysis analysis = FailedStart.analysis(context);
            assertThat(analysis.getDescription().replace("io.asyncslot.autoconfigure.MistakesTests$", "") + "\n=> "
                            + analysis.getAction())
                    .isEqualToIgnoringNewLines(description + "\n=> " + action);
        });
    }

    @Test
    void keyWithoutHash() {
        told(runner.withBean(Session.class).withBean(NoHash.class), """
                @StartSlot of map 'session' on NoHash.start has key = "id": 'id' names 'id' without '#', which is a \
                property of the call: that has [args, class, method, target, targetClass] only. Write '#id' for the \
                parameter.""", """
                Correct the expression. The parameters of the method are variables, such as #id, and #result is what \
                the method returned.""");
    }

    @Test
    void startWithoutADelay() {
        told(runner.withBean(NoDelay.class).withBean(StartNoDelay.class), """
                @StartSlot of map 'nodelay' on StartNoDelay.start names no delay, and the map has neither a delay \
                nor a period.""", """
                Give the annotation or the map a delay, such as delay = "30m".""");
    }

    @Test
    void placeholderWithoutAValue() {
        told(runner.withBean(Placeholder.class), """
                @TimerSlot of map 'session' on Placeholder.expired of bean 'mistakesTests.Placeholder': could not \
                resolve placeholder 'session.timeout' in value "${session.timeout}".""", """
                Set the property, or give the placeholder a default, as in ${my.delay:30m}.""");
    }

    @Test
    void staticCallback() {
        told(runner.withBean(StaticCallback.class), """
                @TimerSlot of map 'session' on StaticCallback.expired of bean 'mistakesTests.StaticCallback' is \
                static; a callback is an instance method of a bean.""", """
                Remove 'static'.""");
    }

    @Test
    void triggerOfAMapThatIsNotThere() {
        told(runner.withBean(Session.class).withBean(Typo.class), """
                @StartSlot of map 'sesion' on Typo.start: there is no slot map of this name.
                Known maps: [session].""", """
                Correct the name, or bind a callback to such a map with @TimerSlot, @WorkSlot or \
                AsyncSlotRegistry.register(...) before the context has started. In a test that leaves the callback \
                out, set asyncslot.triggers.absent-map=ignore: the trigger then does nothing.""");
    }

    @Test
    void arraysAsKeys() {
        told(runner.withBean(ArrayKeys.class), """
                @TimerSlot of map 'upload' on ArrayKeys.expired of bean 'mistakesTests.ArrayKeys' has keys of type \
                byte[], but arrays are equal to themselves only: two equal keys would be two slots.""", """
                Let the key be a value, such as a String (HexFormat, text), a UUID, a number or a record of such.""");
    }

    @Test
    void delayOfAWorkMap() {
        told(runner.withBean(Work.class).withPropertyValues("asyncslot.maps.work.delay=1m"), """
                The properties 'asyncslot.maps.work.delay' say when a slot is due, but @WorkSlot of map 'work' on \
                Work.run of bean 'mistakesTests.Work' binds a work map, whose slots are due immediately.""", """
                Remove the properties, or bind the map with @TimerSlot.""");
    }

    @Test
    void backendThatIsNotOnTheClassPath() {
        told(runner.withBean(Session.class).withPropertyValues("asyncslot.backend=cluster"), """
                Backend 'cluster' cannot be used: asyncslot-cluster is not on the class path; present: [jvm].""", """
                Add io.asyncslot:asyncslot-cluster. Or choose one of [jvm]. The backend is named by \
                'asyncslot.backend', 'asyncslot.maps.<map>.backend' or an annotation.""");
    }

    @Test
    void asyncCallback() {
        told(runner.withBean(AsyncCallback.class), """
                @TimerSlot of map 'session' on AsyncCallback.expired of bean 'mistakesTests.AsyncCallback' is \
                @Async: each run would end before its work has begun, so that runs of one key overlap and nobody \
                sees them fail.""", """
                Remove @Async: callbacks run on the threads of 'asyncslot.executor.*' anyway.""");
    }

    @Test
    void asyncCallback_byJakartasAnnotations_onTheMethodOrItsClass() {
        told(runner.withBean(EjbCallback.class), """
                @TimerSlot of map 'session' on EjbCallback.expired of bean 'mistakesTests.EjbCallback' is \
                @jakarta.ejb.Asynchronous: each run would end before its work has begun, so that runs of one key \
                overlap and nobody sees them fail.""", """
                Remove @jakarta.ejb.Asynchronous: callbacks run on the threads of 'asyncslot.executor.*' anyway.""");
        told(runner.withBean(ConcurrentCallback.class), """
                @TimerSlot of map 'session' on ConcurrentCallback.expired of bean 'mistakesTests.ConcurrentCallback' \
                is @jakarta.enterprise.concurrent.Asynchronous: each run would end before its work has begun, so \
                that runs of one key overlap and nobody sees them fail.""", """
                Remove @jakarta.enterprise.concurrent.Asynchronous: callbacks run on the threads of \
                'asyncslot.executor.*' anyway.""");
    }

    @Test
    void twoCallbacksOfOneMap() {
        told(runner.withBean("first", Session.class).withBean("second", OtherSession.class), """
                Two callbacks for the slot map 'session': @TimerSlot of map 'session' on Session.expired of bean \
                'first', and @TimerSlot of map 'session' on OtherSession.alsoExpired of bean 'second'. A map has \
                exactly one callback.""", """
                Give one of the maps another name, or remove one of the annotations.""");
    }

    @Test
    void durationThatIsNone() {
        told(runner.withBean(BadDelay.class), """
                @TimerSlot of map 'session' on BadDelay.expired of bean 'mistakesTests.BadDelay' has delay = "30 \
                minutes": '30 minutes' is not a duration such as 30m, 500ms or PT30S (not negative; a bare number \
                counts milliseconds).""", """
                Correct 'delay' of the annotation, or the property behind its placeholder.""");
    }

    @Test
    void cronThatIsNone() {
        told(runner.withBean(BadCron.class), """
                @TimerSlot of map 'report' on BadCron.due of bean 'mistakesTests.BadCron' has cron = "0 6 * * *": '0 \
                6 * * *' is not a cron expression of six fields (second minute hour day month weekday): Cron \
                expression must consist of 6 fields (found 5 in "0 6 * * *").""", """
                Correct 'cron' of the annotation, or the property behind its placeholder.""");
    }

    @Test
    void variableThatTheCallDoesNotHave() {
        told(runner.withBean(Session.class).withBean(UnknownVariable.class), """
                @StartSlot of map 'session' on UnknownVariable.start has key = "#sesion.id": '#sesion.id' names \
                '#sesion', but a call of the method has the variables [a0, p0, result, root, session, this].""", """
                Correct the expression. The parameters of the method are variables, such as #id, and #result is what \
                the method returned.""");
    }

    @Test
    void prototypeWithACallback() {
        told(
                runner.withBean("many", Session.class, Session::new, definition -> definition.setScope("prototype")),
                """
                The bean 'many' of type Session has slot callbacks ([expired]) but is not a singleton: a map has \
                exactly one callback, on exactly one object.""",
                """
                Move the callbacks into a singleton bean, or into one behind the proxy of a scope with one instance \
                at a time.""");
    }

    @Test
    void privateTrigger() {
        told(runner.withBean(Session.class).withBean(PrivateTrigger.class), """
                @StartSlot of map 'session' on PrivateTrigger.start of bean 'mistakesTests.PrivateTrigger' would \
                never act: calls of the method do not pass the bean's proxy, PrivateTrigger$$SpringCGLIB$$0.""", """
                Make the method public, neither static nor final. If the bean is proxied by its interfaces, declare the \
                method in one of them.""");
    }

    @Test
    void submitToATimerMap() {
        told(runner.withBean(Session.class).withBean(SubmitToTimer.class), """
                @SubmitSlot of map 'session' on SubmitToTimer.save needs a work map, but this is a timer map.""", """
                Use @StartSlot and @TouchSlot with timer maps, and @SubmitSlot with work maps.""");
    }

    @Test
    void keyOfAnotherType() {
        told(runner.withBean(Work.class).withBean(KeyOfAnotherType.class), """
                @SubmitSlot of map 'work' on KeyOfAnotherType.save has key = "#products", a java.util.List, but the \
                keys of the map are of type java.lang.Long (only whole numbers convert to each other, and \
                simple values from and to text).""", """
                Let 'key' yield a key of the map, such as a property of the argument, or change the key parameter of \
                the callback.""");
    }

    @Test
    void propertiesOfAMapThatIsNotThere(CapturedOutput output) {
        runner.withBean(Session.class)
                .withPropertyValues("asyncslot.maps.sesion.delay=1m")
                .run(context -> assertThat(context).hasNotFailed());
        assertThat(output)
                .contains(
                        "The properties 'asyncslot.maps.sesion' have no effect here: no @TimerSlot or @WorkSlot of this application"
                                + " binds a map of that name; maps bound: [session]. Correct the name, unless the bean that binds it is"
                                + " left out on purpose. Maps registered in code take their settings there.");
    }

    @Test
    void keyThatIsNull_atTheFirstCall() {
        runner.withBean(Session.class)
                .withBean(NullKey.class)
                .run(context -> assertThatThrownBy(
                                () -> context.getBean(NullKey.class).start(null))
                        .hasMessage(
                                "@StartSlot of map 'session' on io.asyncslot.autoconfigure.MistakesTests$NullKey.start: key ="
                                        + " \"#id\" yields null; a key must not be null. Nothing is armed."
                                        + " Correct 'key', or leave such calls out with 'condition'."));
    }

    @Test
    void mapOfAnotherType_whenItIsAskedFor() {
        runner.withBean(Session.class).run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            assertThatThrownBy(() -> registry.timers("session", Long.class))
                    .hasMessage(
                            "slot map 'session' is a timer map with keys of type java.lang.String but was asked for as a"
                                    + " timer map with keys of type java.lang.Long. Ask for the map 'session' by its own kind"
                                    + " and key type: AsyncSlotRegistry.timers(...) or works(...), with the type of the"
                                    + " callback's key parameter.");
        });
    }

    @Test
    void mapThatIsNotThere_whenItIsAskedFor() {
        runner.withBean(Session.class).run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            assertThatThrownBy(() -> registry.timers("sesion", String.class))
                    .hasMessage("no slot map named 'sesion' is registered; known maps: [session]. Correct the name"
                            + " [sesion], or bind a callback to such a map with @TimerSlot, @WorkSlot or"
                            + " AsyncSlotRegistry.register(...) before the context has started.");
        });
    }

    @Test
    void mapThatIsThereAlready_whenItIsRegistered() {
        runner.withBean(Session.class).run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            TimerMapSpec<String> second = TimerMapSpec.named("session", String.class)
                    .callback((key, firing) -> {})
                    .build();
            assertThatThrownBy(() -> registry.register(second))
                    .hasMessage("a slot map named 'session' is registered already; a map has exactly one callback. Give"
                            + " one of the maps named 'session' another name, or register it in one place only: by"
                            + " annotation or in code.");
        });
    }

    @Test
    void backendThatIsNotThere_whenAMapIsRegistered() {
        runner.withBean(Session.class).run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            TimerMapSpec<String> elsewhere = TimerMapSpec.named("elsewhere", String.class)
                    .backend("sundial")
                    .callback((key, firing) -> {})
                    .build();
            assertThatThrownBy(() -> registry.register(elsewhere))
                    .hasMessage("backend 'sundial' cannot be used: there is no backend of this name; present: [jvm]."
                            + " Correct the name, or add the module that provides it. Or choose one of [jvm].");
        });
    }

    @Test
    void callbackThatDoesNotAskForItsKey_isNoMistake(CapturedOutput output) {
        runner.withBean(Refresh.class).run(context -> {
            assertThat(context).hasNotFailed();
            TimerSlots<String> slots = context.getBean(AsyncSlotRegistry.class).timers("refresh", String.class);
            slots.start("any");
            assertThat(context.getBean(Refresh.class).ran.await(1, TimeUnit.MINUTES))
                    .isTrue();
        });
        assertThat(output).doesNotContain("refresh");
    }

    static class Refresh {
        final CountDownLatch ran = new CountDownLatch(1);

        @TimerSlot(map = "refresh", delay = "0s", keyType = String.class)
        void refresh() {
            ran.countDown();
        }
    }

    static class Session {
        @TimerSlot(map = "session", delay = "30m")
        void expired(String id) {}
    }

    static class OtherSession {
        @TimerSlot(map = "session", delay = "1m")
        void alsoExpired(String id) {}
    }

    static class Work {
        @WorkSlot(map = "work")
        void run(Long id) {}
    }

    static class NoHash {
        @StartSlot(map = "session", key = "id")
        public void start(String id) {}
    }

    static class NoDelay {
        @TimerSlot(map = "nodelay")
        void expired(String id) {}
    }

    static class StartNoDelay {
        @StartSlot(map = "nodelay", key = "#id")
        public void start(String id) {}
    }

    static class Placeholder {
        @TimerSlot(map = "session", delay = "${session.timeout}")
        void expired(String id) {}
    }

    static class StaticCallback {
        @TimerSlot(map = "session", delay = "30m")
        static void expired(String id) {}
    }

    static class Typo {
        @StartSlot(map = "sesion", key = "#id")
        public void start(String id) {}
    }

    static class ArrayKeys {
        @TimerSlot(map = "upload", delay = "30m")
        void expired(byte[] digest) {}
    }

    static class AsyncCallback {
        @Async
        @TimerSlot(map = "session", delay = "30m")
        public void expired(String id) {}
    }

    static class EjbCallback {
        @jakarta.ejb.Asynchronous
        @TimerSlot(map = "session", delay = "30m")
        public void expired(String id) {}
    }

    @jakarta.enterprise.concurrent.Asynchronous
    static class ConcurrentCallback {
        @TimerSlot(map = "session", delay = "30m")
        public void expired(String id) {}
    }

    static class BadDelay {
        @TimerSlot(map = "session", delay = "30 minutes")
        void expired(String id) {}
    }

    static class BadCron {
        @TimerSlot(map = "report", cron = "0 6 * * *")
        void due(String tenant) {}
    }

    static class UnknownVariable {
        @StartSlot(map = "session", key = "#sesion.id")
        public void start(String session) {}
    }

    static class PrivateTrigger {
        @StartSlot(map = "session", key = "#id")
        private void start(String id) {}
    }

    static class SubmitToTimer {
        @SubmitSlot(map = "session", key = "#id")
        public void save(String id) {}
    }

    static class KeyOfAnotherType {
        @SubmitSlot(map = "work", key = "#products")
        public void save(List<Long> products) {}
    }

    static class NullKey {
        @StartSlot(map = "session", key = "#id")
        public void start(String id) {}
    }
}
