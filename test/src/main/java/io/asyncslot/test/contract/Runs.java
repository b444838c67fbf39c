package io.asyncslot.test.contract;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A callback that writes down its runs and watches what must hold in each: never early, never two of one key at once,
 * rising generations. Guarded by itself.
 *
 * @param <K> the key type
 */
final class Runs<K> implements SlotCallback<K> {

    /** One run. */
    record Run(
            Object key,
            long generation,
            int attempt,
            Duration lateness,
            Instant deadline,
            Instant firedAt,
            @Nullable Object value,
            long beganNanos) {}

    /** Whose runs do not overlap, and whose generations rise: maps of other names know nothing of it. */
    private record Slot(String map, Object key) {}

    private final ContractRig rig;
    private final List<Run> begun = new ArrayList<>();
    private final Map<Slot, Integer> inside = new HashMap<>();
    private final Map<Slot, Long> generations = new HashMap<>();
    private int ended;
    private boolean repeat;
    private SlotCallback<? super K> action = (key, firing) -> {};

    Runs(ContractRig rig) {
        this.rig = rig;
    }

    /** From now on firings may be postponed, and come again as they are. */
    synchronized Runs<K> postponing() {
        repeat = true;
        return this;
    }

    /** Sets what each run does from now on. */
    synchronized Runs<K> doing(SlotCallback<? super K> value) {
        action = value;
        return this;
    }

    @Override
    public void run(K key, SlotFiring firing) throws Exception {
        Slot slot = new Slot(firing.map(), key);
        SlotCallback<? super K> present = begin(slot, key, firing, System.nanoTime());
        try {
            present.run(key, firing);
        } finally {
            end(slot);
        }
    }

    private synchronized SlotCallback<? super K> begin(Slot slot, K key, SlotFiring firing, long now) {
        if (inside.merge(slot, 1, Integer::sum) != 1) {
            rig.violated("runs of key '" + key + "' overlap");
        }
        Long former = generations.put(slot, firing.generation());
        if (former != null && firing.generation() <= former && firing.attempt() == 1 && !repeat) {
            rig.violated(
                    "the generation of key '" + key + "' does not rise: " + former + ", then " + firing.generation());
        }
        if (firing.generation() < 1 || firing.attempt() < 1) {
            rig.violated("generation " + firing.generation() + " or attempt " + firing.attempt() + " is below 1");
        }
        if (firing.lateness().isNegative()) {
            rig.violated("key '" + key + "' ran early by " + firing.lateness().negated());
        }
        if (!firing.key().equals(key)) {
            rig.violated("the firing of key '" + key + "' names key '" + firing.key() + "'");
        }
        begun.add(new Run(
                key,
                firing.generation(),
                firing.attempt(),
                firing.lateness(),
                firing.deadline(),
                firing.firedAt(),
                firing.value(),
                now));
        notifyAll();
        return action;
    }

    private synchronized void end(Slot slot) {
        inside.merge(slot, -1, Integer::sum);
        ended++;
        notifyAll();
    }

    synchronized int count() {
        return begun.size();
    }

    synchronized int count(Object key) {
        return (int) begun.stream().filter(run -> run.key().equals(key)).count();
    }

    synchronized int ended() {
        return ended;
    }

    synchronized List<Run> list() {
        return List.copyOf(begun);
    }

    synchronized Run get(int index) {
        return begun.get(index);
    }

    synchronized Run last(Object key) {
        return begun.stream()
                .filter(run -> run.key().equals(key))
                .reduce((former, later) -> later)
                .orElseThrow();
    }

    /** Waits until a number of runs have begun. */
    synchronized void awaitBegun(int number) throws InterruptedException {
        await(begun::size, number, "begun");
    }

    /** Waits until a number of runs have ended. */
    synchronized void awaitEnded(int number) throws InterruptedException {
        await(() -> ended, number, "ended");
    }

    /** With the monitor. Gives up when nothing has come for the rig's patience: a slow machine gets all the time that it needs. */
    private void await(IntSupplier count, int number, String what) throws InterruptedException {
        int seen = -1;
        long until = 0;
        while (count.getAsInt() < number) {
            if (count.getAsInt() != seen) {
                seen = count.getAsInt();
                until = System.nanoTime() + rig.patience().toNanos();
            }
            long left = until - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError(
                        seen + " of " + number + " runs have " + what + ", and none in the last " + rig.patience());
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }
}
