package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkSlots;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Maps are injected by name. */
class SlotMapInjectionTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class))
            .withUserConfiguration(Callbacks.class);

    @Test
    void byQualifierParameterAndField() {
        runner.withBean(Users.class).run(context -> {
            assertThat(context).hasNotFailed();
            Users users = context.getBean(Users.class);
            users.qualified.start("by qualifier");
            users.session.start("by parameter");
            users.field.start("by field");
            users.reindex.submit(42L);
            users.provided.getObject().start("by provider");
            TimerSlots<String> map = context.getBean(AsyncSlotRegistry.class).timers("session", String.class);
            assertThat(map.find("by qualifier")).isPresent();
            assertThat(map.find("by parameter")).isPresent();
            assertThat(map.find("by field")).isPresent();
            assertThat(map.find("by provider")).isPresent();
        });
    }

    @Test
    void nameThatIsNoMap_endsTheStart_namingIt() {
        runner.withBean(Mistaken.class)
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining("sesion"));
    }

    @Test
    void keysOfAnotherType_endTheStart() {
        runner.withBean(WrongType.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("session")
                        .hasMessageContaining("java.lang.Long"));
    }

    @Test
    void beansOfTheType_areInjectedAsEver() {
        runner.withUserConfiguration(OwnBean.class).run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(context.getBean("name", String.class)).isEqualTo("session");
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Callbacks {

        @TimerSlot(map = "session", delay = "1h")
        void expired(String id) {}

        @WorkSlot(map = "reindex")
        void reindex(Long id) {}
    }

    static class Users {

        final TimerSlots<String> qualified;
        final TimerSlots<String> session;
        final WorkSlots<Long> reindex;
        final ObjectProvider<TimerSlots<String>> provided;

        @Autowired
        @Qualifier("session")
        TimerSlots<String> field;

        @Autowired
        Users(
                @Qualifier("session") TimerSlots<String> qualified,
                TimerSlots<String> session,
                WorkSlots<Long> reindex,
                @Qualifier("session") ObjectProvider<TimerSlots<String>> provided) {
            this.qualified = qualified;
            this.session = session;
            this.reindex = reindex;
            this.provided = provided;
        }
    }

    static class Mistaken {
        Mistaken(TimerSlots<String> sesion) {}
    }

    static class WrongType {
        WrongType(TimerSlots<Long> session) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnBean {

        @Bean
        TimerSlots<String> mine(AsyncSlotRegistry registry) {
            return registry.timers("session", String.class);
        }

        @Bean
        String name(TimerSlots<String> anything) {
            return anything.name();
        }
    }
}
