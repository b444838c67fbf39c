package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns what many threads ask one by one into few statements: whatever has come while one is under way goes into the next.
 * One loop. Thread-safe.
 *
 * <p>Where nobody is in a hurry it also waits a little for company, as long as there was some the last time: half as many
 * statements are half the work for the database, which then has time for those that are in a hurry.
 */
final class GroupCommit<Q, R> implements Loop.Step {

    private final int most;
    private final Duration linger;
    private final Function<List<Q>, List<R>> statement;
    private final Queue<Request<Q, R>> requests = new ConcurrentLinkedQueue<>();
    private final NodeThreads threads;
    private final Loop loop;

    /** Whether the loop waits for a request. Set by it before it looks a last time; taken by the one who asks then, and wakes it. */
    private final AtomicBoolean idle = new AtomicBoolean();

    /** The questions of the next statement; room is made for all before the first is taken. The loop's own. */
    private final List<Request<Q, R>> batch;

    /** Whether the last statement had more than one question. The loop's own. */
    private boolean company;

    /** Set by {@link #close}, before the loop is over; read by who asks. */
    private volatile boolean closed;

    private record Request<Q, R>(Q question, CompletableFuture<R> answer) {}

    /**
     * Makes one; {@link #start} begins.
     *
     * @param threads where its loop comes from
     * @param name the loop's name
     * @param most how many questions a statement takes
     * @param linger how long to wait for company
     * @param statement answers each question, in their order
     */
    GroupCommit(NodeThreads threads, String name, int most, Duration linger, Function<List<Q>, List<R>> statement) {
        this.threads = threads;
        this.most = most;
        this.linger = linger;
        this.statement = statement;
        this.batch = new ArrayList<>(most);
        this.loop = threads.loop(name, this);
    }

    void start() {
        loop.start();
    }

    /** Asks. The answer completes exceptionally with what the statement threw. */
    CompletableFuture<R> ask(Q question) {
        CompletableFuture<R> answer = new CompletableFuture<>();
        requests.add(new Request<>(question, answer));
        if (closed) {
            refuse();
        } else if (idle.compareAndSet(true, false)) {
            loop.wake();
        }
        return answer;
    }

    /** Ends the loop; what is asked from now on fails. */
    void close() {
        closed = true;
        loop.close();
    }

    @Override
    public long step() {
        giveUp();
        Request<Q, R> first = requests.poll();
        if (first == null) {
            idle.set(true);
            first = requests.poll();
            if (first == null) {
                return Loop.WOKEN;
            }
            idle.set(false);
        }
        batch.add(first);
        if (company && !linger.isZero()) {
            threads.pause(linger);
        }
        for (Request<Q, R> next = next(); next != null; next = next()) {
            batch.add(next);
        }
        company = batch.size() > 1;
        answer(batch);
        batch.clear();
        return 0;
    }

    private @Nullable Request<Q, R> next() {
        return batch.size() < most ? requests.poll() : null;
    }

    /** An error has cut a step short, perhaps after its statement: whoever still waits asks again, if he has to know. */
    private void giveUp() {
        for (Request<Q, R> request : batch) {
            request.answer().completeExceptionally(new IllegalStateException("an error has cut the request short"));
        }
        batch.clear();
    }

    private void answer(List<Request<Q, R>> batch) {
        try {
            List<R> answers =
                    statement.apply(batch.stream().map(Request::question).toList());
            for (int i = 0; i < batch.size(); i++) {
                batch.get(i).answer().complete(answers.get(i));
            }
        } catch (Throwable e) {
            if (e instanceof BackendUnavailableException || batch.size() == 1) {
                batch.forEach(request -> request.answer().completeExceptionally(e));
            } else {
                batch.forEach(request -> answer(List.of(request))); // what one question did is not the others' fault
            }
        }
    }

    @Override
    public void over() {
        giveUp();
        refuse();
    }

    /** Answers what no step will take any more. Any thread. */
    private void refuse() {
        Request<Q, R> left;
        while ((left = requests.poll()) != null) {
            left.answer().completeExceptionally(new IllegalStateException("the cluster backend is closed"));
        }
    }
}
