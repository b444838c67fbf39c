package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.annotation.CancelSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.spring.SelfInvocations.Call;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A bean that calls its own trigger method arms nothing: that is said at start-up, and only where it is certain. */
@ExtendWith(OutputCaptureExtension.class)
class SelfInvocationTests {

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class));

    @Test
    void bean_thatCallsItsOwnTrigger_isTold(CapturedOutput output) {
        runner.withBean("sessions", Sessions.class)
                .run(context -> assertThat(context).hasNotFailed());
        assertThat(output)
                .contains("WARN")
                .contains(
                        "@StartSlot of map 'session' on io.asyncslot.spring.SelfInvocationTests$Sessions.start does not"
                                + " act when expired of bean 'sessions' calls the method through 'this': such a call does not"
                                + " pass the bean's proxy. Move one of the two methods into another bean, or let expired use the"
                                + " map itself, through AsyncSlotRegistry.");
    }

    @Test
    void everyFormOfTheCall_isFound() {
        assertThat(SelfInvocations.of(Forms.class))
                .filteredOn(call -> call.callee().equals("start"))
                .extracting(Call::caller)
                .containsExactlyInAnyOrder(
                        "plain",
                        "amidArguments",
                        "chosenArgument",
                        "switchedArgument",
                        "inLambda",
                        "referring",
                        "inHandler",
                        "inLoop",
                        "inherited");
    }

    @Test
    void callsOfOtherObjects_areNot(CapturedOutput output) {
        assertThat(SelfInvocations.of(Others.class))
                .filteredOn(call -> call.descriptor().equals("(Ljava/lang/String;)V"))
                .isEmpty();
        runner.withBean(Callback.class)
                .withBean("others", Others.class)
                .run(context -> assertThat(context).hasNotFailed());
        assertThat(output).doesNotContain("through 'this'");
    }

    @Test
    void classWithoutBytecode_isLeftAlone() {
        assertThat(SelfInvocations.of(java.lang.reflect.Proxy.newProxyInstance(
                                getClass().getClassLoader(), new Class<?>[] {Runnable.class}, (p, m, a) -> null)
                        .getClass()))
                .isEmpty();
    }

    static class Callback {
        @TimerSlot(map = "session", delay = "30m")
        void expired(String id) {}
    }

    static class Sessions {

        @TimerSlot(map = "session", delay = "30m")
        void expired(String id) {
            start(id);
        }

        @StartSlot(map = "session", key = "#id")
        public void start(String id) {}
    }

    static class Base {

        void inherited(String id) {
            start(id, 1L);
        }

        public long start(String id, long other) {
            return other;
        }
    }

    static class Forms extends Base {

        private long field;

        void plain(String id) {
            start(id, 1);
        }

        void amidArguments(String id) {
            field += List.of(String.valueOf(start(id + field, field * 2 + id.length())))
                    .size();
        }

        void chosenArgument(String id) {
            start(id.isEmpty() ? id : id.trim(), field > 2 ? 1 : 2);
        }

        void switchedArgument(String id) {
            start(
                    id,
                    switch (id) {
                        case "a" -> 1;
                        case "b" -> field;
                        default -> throw new IllegalStateException();
                    });
        }

        Runnable inLambda(String id) {
            return () -> start(id, 3);
        }

        BiFunction<String, Long, Long> referring() {
            return this::start;
        }

        void inHandler(String id) {
            try {
                field = Long.parseLong(id);
            } catch (NumberFormatException e) {
                start(id, field++);
            } finally {
                field--;
            }
        }

        void inLoop(long[][] ids) {
            for (long[] each : ids) {
                for (int i = 0; i < each.length; i++) {
                    synchronized (this) {
                        each[i] ^= start("" + each[i], each[i] << 3);
                    }
                }
            }
        }
    }

    static class Others {

        private final ObjectProvider<Others> self;

        Others(ObjectProvider<Others> self) {
            this.self = self;
        }

        @StartSlot(map = "session", key = "#id")
        public void start(String id) {}

        @CancelSlot(map = "session", key = "#id")
        public void cancel(String id) {}

        void throughItsProxy(String id) {
            self.getObject().start(id);
            Supplier<Others> proxy = self::getObject;
            proxy.get().start(id);
        }

        void another(Others other, String id) {
            other.start(id);
            (id.isEmpty() ? this : other).start(id);
        }

        public void overloaded(String id) {
            start(id, 1);
        }

        public void start(String id, int other) {}
    }
}
