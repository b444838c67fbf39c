package io.asyncslot.cluster.node;

import io.asyncslot.backend.Log;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * What nodes tell each other by notifications of the database: that a run is awaited, that it has ended, that its slot was deleted, that something due is
 * nobody's. Hints only: whoever hears one looks into the database, and looks now and then without one. Thread-safe.
 *
 * <p>A notification is a line of words: the sender's node, then one word for each hint, a letter and a slot's hash. A node sends at
 * most one per {@link #INTERVAL}, and none while it is alone or hears nothing itself. Whether it does it finds out by sending
 * itself one: behind pgbouncer in transaction mode the database accepts that it listens, and nothing comes.
 */
final class Hints {

    private static final Log LOG = new Log(Hints.class);

    /** A node sends at most one notification in this time. */
    static final Duration INTERVAL = Duration.ofMillis(50);

    /** Hints of one notification, which has to stay below 8,000 bytes; further ones are left out. */
    private static final int MOST_WORDS = 500;

    /** How often a node tries to hear itself on a new connection. */
    private static final int TRIES = 10;

    /** How many runs that have ended are remembered, a power of two. */
    private static final int REMEMBERED = 1_024;

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** A pause without hints is this part of the time waited: so long a wait may last too long. */
    private static final int PAUSE_SHARE = 8;

    private static final String OFFERED = "o";
    private static final char AWAITED = 'a';
    private static final char ENDED = 'e';
    private static final char DELETED = 'd';
    private static final char PROBE = 'p';

    private final Membership membership;
    private final Consumer<String> send;
    private final ScheduledExecutorService upkeep;
    private final Ticker ticker;
    private final long longestPauseNanos;
    private final long backstopNanos;
    private final Events events;

    private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();

    /** Hashes of slots and maps whose runs here others await, and until when. Written by who hears it; taken by who ends the run. */
    private final Map<Integer, Long> awaited = new ConcurrentHashMap<>();

    /** Hashes of slots and maps whose runs have ended here, the later over the former: who awaits one may have said so too late. */
    private final AtomicIntegerArray ended = new AtomicIntegerArray(REMEMBERED);

    /** Words to send. Guarded by itself, as the next two. */
    private final Set<String> words = new LinkedHashSet<>();

    private boolean sending;
    private long sentNanos;

    /** Whether there are other nodes. Written by the heartbeats. */
    private volatile boolean company;

    /** Whether this node has heard itself. Written with the lock of this; read by all. */
    private volatile boolean listening;

    /** How often this node has tried to hear itself on this connection. Guarded by this, as the next two. */
    private int tries;

    private long probe;
    private long heardProbe;

    private final LongAdder sent = new LongAdder();

    /** What hints make this node do. Called by the thread of the heartbeats; to return soon. */
    interface Events {

        /** Something is due that is nobody's. */
        void offered();

        /** Slots or maps were deleted, of which runs may go on here. */
        void deleted(Set<Integer> hashes);
    }

    /**
     * Makes it; nothing is heard before {@link #connected}.
     *
     * @param send sends a notification, in a transaction of its own
     * @param upkeep whose thread does that
     * @param ticker whose monotonic clock measures the time between two
     */
    Hints(
            NodeOptions options,
            Membership membership,
            Consumer<String> send,
            ScheduledExecutorService upkeep,
            Ticker ticker,
            Events events) {
        this.membership = membership;
        this.send = send;
        this.upkeep = upkeep;
        this.ticker = ticker;
        this.sentNanos = ticker.monotonicNanos() - INTERVAL.toNanos();
        this.longestPauseNanos = options.pollInterval().toNanos();
        this.backstopNanos = options.heartbeatInterval().toNanos();
        this.events = events;
    }

    /** The same on every JVM. Two slots may share one: then somebody looks in vain. */
    static int hash(SlotId id) {
        return 31 * id.map().hashCode() + id.key().hashCode();
    }

    static int hash(String map) {
        return map.hashCode();
    }

    // ---- telling ------------------------------------------------------------------------------------------------

    /** Something is due that is nobody's. */
    void offered() {
        tell(OFFERED);
    }

    /** A slot was deleted while its run goes on elsewhere. */
    void deleted(SlotId id) {
        tell(DELETED, hash(id));
    }

    /** All slots of a map were. */
    void deleted(String map) {
        tell(DELETED, hash(map));
    }

    /** A run of this node has ended in the database. */
    void ended(SlotId id) {
        ended(hash(id));
        ended(hash(id.map()));
    }

    private void ended(int hash) {
        ended.set(hash & REMEMBERED - 1, hash);
        if (!awaited.isEmpty() && awaited.remove(hash) != null) {
            tell(ENDED, hash);
        }
    }

    private void tell(char kind, int hash) {
        if (listening && company) {
            tell(kind + Integer.toHexString(hash));
        }
    }

    private void tell(String word) {
        if (listening && company) {
            add(word);
        }
    }

    private void add(String word) {
        long pause;
        synchronized (words) {
            if (words.size() < MOST_WORDS) {
                words.add(word);
            }
            if (sending) {
                return;
            }
            sending = true;
            pause = INTERVAL.toNanos() - (ticker.monotonicNanos() - sentNanos);
        }
        try {
            Future<?> unused = upkeep.schedule(this::flush, Math.max(0, pause), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // closed meanwhile: the others look by themselves
        }
    }

    /** Sends what there is to tell. */
    void flush() {
        String line;
        synchronized (words) {
            sending = false;
            if (words.isEmpty()) {
                return;
            }
            line = membership.node() + " " + String.join(" ", words);
            words.clear();
            sentNanos = ticker.monotonicNanos();
        }
        try {
            send.accept(line);
            sent.increment();
        } catch (Throwable e) {
            LOG.debug("a hint could not be sent; the others look by themselves", e);
        }
    }

    // ---- hearing ------------------------------------------------------------------------------------------------

    /**
     * The heartbeats wait for notifications now.
     *
     * @param others whether there are other nodes
     */
    void connected(boolean others) {
        company = others;
        if (triedInVain()) {
            LOG.info("notifications of the database do not reach this node, as behind pgbouncer in transaction mode: it"
                    + " looks every " + Duration.ofNanos(longestPauseNanos) + " instead");
        }
    }

    /** Tries once more; true when the last try, too, was in vain. */
    private synchronized boolean triedInVain() {
        if (listening || tries > TRIES) {
            return false;
        }
        tries++;
        if (tries <= TRIES) {
            probe();
        }
        return tries > TRIES;
    }

    /** The heartbeats have no connection that listens. */
    synchronized void disconnected() {
        tries = 0;
        hears(false);
    }

    /** Finds out anew, now and then, whether notifications still come. */
    synchronized void check() {
        long now = ticker.monotonicNanos();
        awaited.values().removeIf(until -> now - until > 0);
        if (listening && heardProbe == probe) {
            probe();
        } else if (listening) {
            tries = 0;
            hears(false);
        }
    }

    /** With the lock of this. */
    private void probe() {
        probe++;
        add(PROBE + Long.toString(probe));
    }

    /** With the lock of this. */
    private void hears(boolean value) {
        boolean changed = listening != value;
        listening = value;
        if (changed) {
            waiters.forEach(Waiter::wake);
        }
    }

    /**
     * Notifications have come.
     *
     * @param waited whether they came while nothing was asked: what comes with an answer proves nothing
     */
    void heard(List<String> lines, boolean waited) {
        boolean offers = false;
        Set<Integer> over = new HashSet<>();
        Set<Integer> gone = new HashSet<>();
        for (String line : lines) {
            List<String> heard = List.of(line.split(" ", -1));
            boolean own = heard.get(0).equals(Long.toString(membership.node()));
            if (!own) {
                company = true;
            }
            for (String word : heard.subList(1, heard.size())) {
                if (own) {
                    heardOwn(word, waited);
                } else if (word.equals(OFFERED)) {
                    offers = true;
                } else {
                    note(word, over, gone);
                }
            }
        }
        if (offers) {
            events.offered();
        }
        if (!gone.isEmpty()) {
            events.deleted(gone);
        }
        if (!over.isEmpty()) {
            waiters.stream().filter(waiter -> over.contains(waiter.hash)).forEach(Waiter::wake);
        }
    }

    private synchronized void heardOwn(String word, boolean waited) {
        if (waited && word.equals(PROBE + Long.toString(probe))) {
            heardProbe = probe;
            hears(true);
        }
    }

    /** Anybody who may connect to the database can send anything: what is no hint is left alone. */
    private void note(String word, Set<Integer> over, Set<Integer> gone) {
        int hash;
        try {
            hash = word.isEmpty() ? 0 : Integer.parseUnsignedInt(word, 1, word.length(), 16);
        } catch (NumberFormatException e) {
            return;
        }
        switch (word.isEmpty() ? ' ' : word.charAt(0)) {
            case AWAITED -> awaitedElsewhere(hash);
            case ENDED -> over.add(hash);
            case DELETED -> gone.add(hash);
            default -> {} // a newer version's
        }
    }

    /** First notes it, then looks whether it is too late; the end of a run does it the other way round. */
    private void awaitedElsewhere(int hash) {
        if (awaited.size() < MOST_WORDS * 100) {
            awaited.put(hash, ticker.monotonicNanos() + 3 * backstopNanos);
        }
        if (ended.get(hash & REMEMBERED - 1) == hash) {
            tell(ENDED, hash);
        }
    }

    // ---- waiting ------------------------------------------------------------------------------------------------

    /** Waits for the end of runs of a slot, or of a map, by its hash. */
    Waiter waiter(int hash) {
        Waiter waiter = new Waiter(hash);
        waiters.add(waiter);
        return waiter;
    }

    /** One thread's pauses between looks at runs of other nodes. To be closed. */
    final class Waiter implements Awaiting.Pauses, AutoCloseable {

        private final int hash;
        private final Semaphore told = new Semaphore(0);

        private Waiter(int hash) {
            this.hash = hash;
        }

        private void wake() {
            told.release();
        }

        /** With hints until one comes, or a heartbeat's time is over; without them the longer, the longer it takes. */
        @Override
        public void pause(long waited, long left) throws InterruptedException {
            boolean hears = listening;
            tell(AWAITED, hash);
            long pause = hears
                    ? backstopNanos
                    : Math.max(
                            Math.min(FIRST_PAUSE_NANOS, longestPauseNanos),
                            Math.min(longestPauseNanos, waited / PAUSE_SHARE));
            if (told.tryAcquire(Math.min(left, pause), TimeUnit.NANOSECONDS)) {
                told.drainPermits();
            }
        }

        @Override
        public void close() {
            waiters.remove(this);
        }
    }

    // ---- for reports --------------------------------------------------------------------------------------------

    /** Whether notifications reach this node. */
    String state() {
        if (!listening) {
            return "not heard";
        }
        return company ? "heard" : "heard, from no other node";
    }

    /** Notifications that this node has sent. */
    long sent() {
        return sent.sum();
    }
}
