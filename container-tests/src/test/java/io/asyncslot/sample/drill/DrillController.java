package io.asyncslot.sample.drill;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.annotation.TimerSlot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Every operation on a timer slot as a request; the callback notes its firings. */
@RestController
@RequestMapping("/drill")
class DrillController {

    /** A callback of a key that begins so runs until it is let go. */
    private static final String HELD = "held";

    private final TimerSlots<String> slots;
    private final Map<String, List<Firing>> firings = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> held = new ConcurrentHashMap<>();

    DrillController(AsyncSlotRegistry registry) {
        this.slots = registry.timers("drill", String.class);
    }

    record Firing(
            long generation,
            Instant deadline,
            Duration lateness,
            boolean early,
            int attempt,
            boolean whileAway,
            String backend) {}

    /** How many keys fired, how often in all, how many of them more than once, and how many firings came early. */
    record Totals(long keys, long runs, long twice, long early) {}

    @TimerSlot(map = "drill", delay = "10m", whenIdle = WhenIdle.KEEP)
    void fired(String key, SlotFiring firing) throws InterruptedException {
        firings.computeIfAbsent(key, name -> new CopyOnWriteArrayList<>())
                .add(new Firing(
                        firing.generation(),
                        firing.deadline(),
                        firing.lateness(),
                        firing.firedAt().isBefore(firing.deadline()),
                        firing.attempt(),
                        firing.whileAway(),
                        firing.backend()));
        if (key.startsWith(HELD)) {
            latch(key).await(30, TimeUnit.SECONDS);
        }
    }

    @PostMapping("/{key}")
    StartOutcome start(@PathVariable String key, @RequestParam Duration delay) {
        return slots.start(key, delay);
    }

    @PostMapping("/{key}/touch")
    TouchOutcome touch(@PathVariable String key, @RequestParam Duration delay) {
        return slots.touch(key, delay);
    }

    @PostMapping("/{key}/cancel")
    CancelOutcome cancel(@PathVariable String key) {
        return slots.cancel(key);
    }

    @PostMapping("/{key}/release")
    void release(@PathVariable String key) {
        latch(key).countDown();
    }

    @DeleteMapping("/{key}")
    DeleteOutcome delete(@PathVariable String key) {
        return slots.delete(key);
    }

    /** Starts keys {@code prefix0}, {@code prefix1}... as one batch. */
    @PostMapping
    StartSummary startAll(@RequestParam String prefix, @RequestParam int count, @RequestParam Duration delay) {
        return slots.startAll(
                IntStream.range(0, count).mapToObj(number -> prefix + number).toList(), delay);
    }

    @GetMapping("/{key}")
    List<Firing> firings(@PathVariable String key) {
        return firings.getOrDefault(key, List.of());
    }

    @GetMapping
    Totals totals(@RequestParam String prefix) {
        List<List<Firing>> wanted = firings.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix))
                .map(Map.Entry::getValue)
                .toList();
        return new Totals(
                wanted.size(),
                wanted.stream().mapToLong(List::size).sum(),
                wanted.stream().filter(runs -> runs.size() > 1).count(),
                wanted.stream().flatMap(List::stream).filter(Firing::early).count());
    }

    private CountDownLatch latch(String key) {
        return held.computeIfAbsent(key, name -> new CountDownLatch(1));
    }
}
