package io.asyncslot.sample.rolling;

import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.TimerSlot;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Profile;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Arms slots and writes down, in the database, what was accepted and what fired. In the profile "ledger" only. */
@RestController
@Profile("ledger")
@RequestMapping("/ledger")
class LedgerSlots {

    private static final int LONGEST_RUN_MILLIS = 100;

    private final JdbcClient jdbc;
    private final TimerSlots<String> slots;
    private final String node;

    LedgerSlots(
            JdbcClient jdbc, @Lazy TimerSlots<String> ledger, @Value("${asyncslot.cluster.node-name}") String node) {
        this.jdbc = jdbc;
        this.slots = ledger;
        this.node = node;
    }

    /** Arms slots. A key that is not 'armed' in the ledger was not accepted, or its answer was lost. */
    @PostMapping
    int arm(@RequestParam String prefix, @RequestParam int count, @RequestParam Duration delay) {
        int armed = 0;
        for (int i = 0; i < count; i++) {
            String key = prefix + i;
            jdbc.sql("""
                            insert into ledger_start (key, state, earliest)
                            values (?, 'intended', clock_timestamp() + ? * interval '1 microsecond')""").params(key, delay.toNanos() / 1_000).update();
            if (slots.start(key, delay) == StartOutcome.STARTED) {
                jdbc.sql("update ledger_start set state = 'armed' where key = ?")
                        .param(key)
                        .update();
                armed++;
            }
        }
        return armed;
    }

    @TimerSlot(map = "ledger")
    void fired(String key, SlotFiring firing) throws InterruptedException {
        jdbc.sql("""
                        insert into ledger_firing (key, generation, attempt, node, fired)
                        values (?, ?, ?, ?, clock_timestamp())""").params(key, firing.generation(), firing.attempt(), node).update();
        Thread.sleep(ThreadLocalRandom.current().nextInt(LONGEST_RUN_MILLIS));
    }
}
