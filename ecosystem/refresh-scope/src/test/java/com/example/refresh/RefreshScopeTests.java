package com.example.refresh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.cloud.context.refresh.ContextRefresher;

@SpringBootTest
class RefreshScopeTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Autowired
    Greeter greeter;

    @Autowired
    Greetings greetings;

    @Autowired
    ContextRefresher refresher;

    @Autowired
    AsyncSlotRegistry registry;

    @AfterEach
    void forget() {
        System.clearProperty("greeting");
        refresher.refresh();
    }

    @Test
    void trigger_onARefreshedBean_arms_andTheInstanceOfTodayIsCalled() {
        greeter.meet("Ada");
        await().atMost(PATIENCE).until(() -> greetings.all().contains("Hello Ada"));
        refresh("Ciao");
        greeter.meet("Bob");
        await().atMost(PATIENCE).until(() -> greetings.all().contains("Ciao Bob"));
    }

    @Test
    void armedSlot_survivesARefresh_withItsDeadline_andFiresOnce() {
        TimerSlots<String> map = registry.timers("greet", String.class);
        map.start("Cleo", Duration.ofMinutes(10));
        Instant deadline = map.find("Cleo").orElseThrow().deadline();
        long generation = map.find("Cleo").orElseThrow().generation();
        refresh("Salut");
        assertThat(map.find("Cleo")).hasValueSatisfying(slot -> {
            assertThat(slot.deadline()).isCloseTo(deadline, within(1, ChronoUnit.SECONDS));
            assertThat(slot.generation()).isEqualTo(generation);
        });
        map.start("Cleo", Duration.ZERO);
        await().atMost(PATIENCE).until(() -> greetings.all().contains("Salut Cleo"));
        assertThat(greetings.all()).containsOnlyOnce("Salut Cleo");
    }

    @Test
    void slotsThatFireWhileBeansAreRefreshed_fireOnceEach() {
        List<String> names = IntStream.range(0, 200).mapToObj(i -> "guest" + i).toList();
        names.forEach(greeter::meet);
        for (int i = 0; i < 5; i++) {
            refresh("Hei" + i);
        }
        TimerSlots<String> map = registry.timers("greet", String.class);
        await().atMost(PATIENCE).until(() -> map.stats().armed() + map.stats().running() == 0);
        assertThat(map.stats().failed()).isZero();
        assertThat(greetings.all().stream()
                        .map(greeting -> greeting.substring(greeting.indexOf(' ') + 1))
                        .filter(name -> name.startsWith("guest")))
                .containsExactlyInAnyOrderElementsOf(names);
    }

    private void refresh(String greeting) {
        System.setProperty("greeting", greeting);
        refresher.refresh();
    }
}
