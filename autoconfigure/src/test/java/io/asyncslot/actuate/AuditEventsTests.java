package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotEndpointAutoConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.AuditEventsEndpoint;
import org.springframework.boot.actuate.audit.InMemoryAuditEventRepository;
import org.springframework.boot.actuate.autoconfigure.audit.AuditAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.audit.AuditEventsEndpointAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What the operations page says of audit events: they are kept where the application has a bean for them. */
class AuditEventsTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class,
                    AsyncSlotEndpointAutoConfiguration.class,
                    AuditAutoConfiguration.class,
                    AuditEventsEndpointAutoConfiguration.class))
            .withPropertyValues(
                    "management.endpoints.web.exposure.include=asyncslots,auditevents",
                    "management.endpoint.asyncslots.access=UNRESTRICTED")
            .withBean(Session.class);

    @Test
    void withARepository_eachWriteIsKept_andShownByTheEndpoint() {
        runner.withBean(AuditEventRepository.class, InMemoryAuditEventRepository::new)
                .run(context -> {
                    AsyncSlotsEndpoint endpoint = context.getBean(AsyncSlotsEndpoint.class);
                    assertThat(write(endpoint, "start")).isNotNull();
                    assertThat(write(endpoint, "cancel")).isNotNull();
                    assertThat(context.getBean(AuditEventsEndpoint.class)
                                    .events(null, null, "ASYNCSLOT_WRITE")
                                    .getEvents())
                            .extracting(AuditEvent::getData)
                            .satisfiesExactly(
                                    started -> assertThat(started)
                                            .containsEntry("map", "session")
                                            .containsEntry("key", "s1")
                                            .containsEntry("action", "start")
                                            .containsEntry("outcome", "STARTED"),
                                    cancelled -> assertThat(cancelled)
                                            .containsEntry("action", "cancel")
                                            .containsEntry("outcome", "CANCELLED"));
                });
    }

    @Test
    void withoutARepository_writesWork_andThereIsNoEndpointOfEvents() {
        runner.run(context -> {
            assertThat(context).hasNotFailed().doesNotHaveBean(AuditEventsEndpoint.class);
            assertThat(write(context.getBean(AsyncSlotsEndpoint.class), "start"))
                    .isNotNull();
        });
    }

    private static Object write(AsyncSlotsEndpoint endpoint, String action) {
        return endpoint.write("session", "s1", action, null, null, null);
    }

    static class Session {
        @TimerSlot(map = "session", delay = "30m")
        void expired(String id) {}
    }
}
