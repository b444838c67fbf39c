package io.asyncslot.simulation;

import io.asyncslot.cluster.rows.MemoryStore;
import io.asyncslot.cluster.rows.UnjoinedStore;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.Finish;
import io.asyncslot.cluster.store.NotBegun;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.cluster.store.Trouble;
import io.asyncslot.simulation.Coverage.Fault;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One database of several processes, whose answers may be anything that an application has seen of one. */
final class SimulatedDatabase {

    /** What changes nothing, so that a standby does it as well. */
    private static final Set<String> READS = Set.of(
            "now",
            "nodes",
            "unhosted",
            "missing",
            "script",
            "find",
            "list",
            "count",
            "times",
            "overdue",
            "overlooked",
            "running",
            "runs",
            "runToken",
            "isHosted",
            "pausedSince",
            "pausedMaps",
            "departed",
            "failed",
            "isEmbedded");

    /** What nodes ask for with a lock of their own: nobody goes on meanwhile. */
    private static final Set<String> UNINTERRUPTED = Set.of("join", "release", "tell");

    private final ClusterWorld world;
    private final ClusterLedger ledger;
    private final MemoryStore memory;

    /** Statements whose connection is gone, and which the server carries out all the same. */
    final List<Runnable> late = new ArrayList<>();

    /** What is wrong with the whole of it; null for nothing. */
    @Nullable
    Trouble trouble;

    /** Whether it has refused something as a database does that is of another version. */
    boolean refused;

    /** One call in so many goes wrong by itself; 0 for none. */
    int faults;

    /** Whether its notifications reach those that listen. */
    boolean notifies;

    SimulatedDatabase(ClusterWorld world, ClusterLedger ledger) {
        this.world = world;
        this.ledger = ledger;
        this.memory = new MemoryStore(this::now);
    }

    /** What is done only if nothing has changed since it was looked at: others often go on in between. */
    private static boolean compares(String name, Object[] args) {
        return name.equals("take")
                || name.equals("touchOwn")
                || Arrays.stream(args).anyMatch(arg -> arg instanceof Offer offer && offer.expects());
    }

    private long now() {
        return world.clocks.steady().realtimeNanos() / 1_000;
    }

    /** The way of one process to it. */
    SlotStore of(ClusterProcess process) {
        return new UnjoinedStore() {
            @Override
            public StoreSession own() {
                connect(process);
                return session(process);
            }
        };
    }

    private static StoreException failure(Trouble kind, boolean inDoubt) {
        return new StoreException("answer", new IllegalStateException("simulated"), kind, inDoubt);
    }

    private void connect(ClusterProcess process) {
        process.checkAlive();
        Trouble present = process.trouble == null ? trouble : process.trouble;
        if (present == Trouble.LOST || present == Trouble.BUSY) {
            throw failure(present, false);
        }
    }

    private StoreSession session(ClusterProcess process) {
        StoreSession session = memory.own();
        return (StoreSession) Proxy.newProxyInstance(
                StoreSession.class.getClassLoader(),
                new Class<?>[] {StoreSession.class},
                (proxy, method, args) -> call(process, session, method, args == null ? new Object[0] : args));
    }

    private @Nullable Object call(ClusterProcess process, StoreSession session, Method method, Object[] args) {
        String name = method.getName();
        if (name.equals("close")) {
            return null;
        }
        connect(process);
        switch (name) {
            case "listen" -> {
                process.listens = notifies;
                return process.listens;
            }
            case "heard" -> {
                return process.heard((int) args[0]);
            }
            case "tell" -> {
                notify((String) args[0]);
                return null;
            }
            default -> {}
        }
        Trouble present = process.trouble == null ? trouble : process.trouble;
        if (present != null && !READS.contains(name)) {
            throw failure(present, false);
        }
        if (world.waits()) {
            asked(name, args);
        }
        List<Long> clocks = List.copyOf(process.asking);
        boolean goesWrong = faults != 0 && world.dice.oneIn(faults);
        boolean waits = faults != 0 && compares(name, args) && world.waits() && world.dice.oneIn(3);
        Fault fault = goesWrong ? kind(name) : waits ? Fault.CALL_HELD_UP : null;
        if (fault == null) {
            return heard(process, name, committed(process, session, method, args, true, clocks));
        }
        world.coverage.fault(fault);
        world.note(() -> "  " + process + ": " + name + " meets " + fault);
        return heard(process, name, wrong(fault, process, session, method, args, clocks));
    }

    @SuppressWarnings("unchecked") // as the session has it
    private @Nullable Object heard(ClusterProcess process, String name, @Nullable Object answer) {
        if (name.equals("now") && answer != null) {
            world.read((Long) answer);
        }
        if (name.equals("end") && answer != null) {
            ledger.heard((List<Ended>) answer, process.node.micros());
        }
        return answer;
    }

    private void asked(String name, Object[] args) {
        if (name.equals("now")) {
            world.read(ClusterModel.NONE);
        } else {
            try {
                ledger.asked(args, world.present().read, world.present().value);
            } catch (Wrong e) {
                world.failed(e);
            }
        }
    }

    private @Nullable Fault kind(String name) {
        if ((name.equals("begin") || name.equals("end")) && world.dice.oneIn(4)) {
            return Fault.ROW_LOCKED;
        }
        Fault fault = world.dice.of(
                Fault.CALL_HELD_UP,
                Fault.ANSWER_HELD_UP,
                Fault.CALL_HELD_UP,
                Fault.ANSWER_HELD_UP,
                Fault.ANSWER_LOST_NOT_DONE,
                Fault.ANSWER_LOST_DONE,
                Fault.ANSWER_LOST_DONE_LATER,
                Fault.STATEMENT_TIMED_OUT,
                Fault.TRANSACTION_REPEATED,
                Fault.STATEMENT_REFUSED);
        return switch (fault) {
            case CALL_HELD_UP, ANSWER_HELD_UP -> UNINTERRUPTED.contains(name) || !world.waits() ? null : fault;
            case ANSWER_LOST_DONE_LATER -> READS.contains(name) ? null : fault;
            case STATEMENT_REFUSED -> world.dice.oneIn(8) ? fault : null;
            default -> fault;
        };
    }

    @SuppressWarnings("unchecked") // as the session has it
    private @Nullable Object wrong(
            Fault fault,
            ClusterProcess process,
            StoreSession session,
            Method method,
            Object[] args,
            List<Long> clocks) {
        switch (fault) {
            case CALL_HELD_UP -> {
                process.holdUp();
                return committed(process, session, method, args, true, clocks);
            }
            case ANSWER_HELD_UP -> {
                Object answer = committed(process, session, method, args, true, clocks);
                process.holdUp();
                return answer;
            }
            case ANSWER_LOST_DONE -> {
                Object unused = committed(process, session, method, args, false, clocks);
                throw failure(Trouble.LOST, true);
            }
            case ANSWER_LOST_DONE_LATER -> {
                late.add(() -> committed(process, session, method, args, false, clocks));
                throw failure(Trouble.LOST, true);
            }
            case ANSWER_LOST_NOT_DONE -> throw failure(Trouble.LOST, true);
            case STATEMENT_TIMED_OUT -> throw failure(Trouble.TIMEOUT, false);
            case TRANSACTION_REPEATED -> throw failure(Trouble.RETRY, false);
            case STATEMENT_REFUSED -> {
                refused = true;
                throw failure(Trouble.CONFLICT, false);
            }
            case ROW_LOCKED -> {
                if (method.getName().equals("end")) {
                    return ((List<Finish>) args[1])
                            .stream()
                                    .map(finish -> Ended.not(
                                            finish.begun().id(), finish.begun().token(), Ended.Result.LOCKED))
                                    .toList();
                }
                return new StoreSession.BeginResult(
                        List.of(),
                        ((List<Begin>) args[1])
                                .stream()
                                        .map(begin ->
                                                new NotBegun(begin.id(), begin.generation(), NotBegun.Reason.LOCKED, 0))
                                        .toList());
            }
            default -> throw new AssertionError(fault);
        }
    }

    private @Nullable Object committed(
            ClusterProcess process,
            StoreSession session,
            Method method,
            Object[] args,
            boolean answered,
            List<Long> clocks) {
        Object result;
        try {
            result = method.invoke(session, args);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
        world.done++;
        if (method.getName().equals("find")) {
            world.looked(((Optional<?>) result).map(Row.class::cast).orElse(null));
        }
        if (!READS.contains(method.getName()) || method.getName().equals("find")) {
            world.note(() -> "  " + process + ": " + method.getName() + " "
                    + Arrays.asList(args).subList(0, Math.min(3, args.length)) + " -> " + result);
        }
        try {
            Object outcome = ledger.committed(
                    process,
                    method.getName(),
                    args,
                    result == null ? "" : result,
                    answered,
                    clocks,
                    now(),
                    world.clocks.steady().monotonicNanos());
            if (outcome != null) {
                world.outcome(outcome);
            }
        } catch (Wrong e) {
            world.failed(e);
        }
        return result;
    }

    /** Carries out what has lost its connection, one statement after another. */
    void carryOut(int most) {
        for (int i = 0; i < most && !late.isEmpty(); i++) {
            late.remove(world.dice.below(late.size())).run();
        }
    }

    private void notify(String line) {
        for (ClusterProcess each : world.processes) {
            if (each.listens) {
                each.notify(line, faults != 0 ? world.dice.below(faults) : -1);
            }
        }
    }
}
