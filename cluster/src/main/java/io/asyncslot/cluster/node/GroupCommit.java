package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * Turns what many threads ask one by one into few statements: whatever has come while one is under way goes into the next.
 * One daemon thread. Thread-safe.
 *
 * <p>Where nobody is in a hurry it also waits a little for company, as long as there was some the last time: half as many
 * statements are half the work for the database, which then has time for those that are in a hurry.
 */
final class GroupCommit<Q, R> {

    private final int most;
    private final Duration linger;
    private final Function<List<Q>, List<R>> statement;
    private final BlockingQueue<Request<Q, R>> requests = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean closed;

    private record Request<Q, R>(Q question, CompletableFuture<R> answer) {}

    /**
     * Makes one; {@link #start} begins.
     *
     * @param name the thread's name
     * @param most how many questions a statement takes
     * @param linger how long to wait for company
     * @param statement answers each question, in their order
     */
    GroupCommit(String name, int most, Duration linger, Function<List<Q>, List<R>> statement) {
        this.most = most;
        this.linger = linger;
        this.statement = statement;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Asks. The answer completes exceptionally with what the statement threw. */
    CompletableFuture<R> ask(Q question) {
        CompletableFuture<R> answer = new CompletableFuture<>();
        requests.add(new Request<>(question, answer));
        if (closed) {
            drain();
        }
        return answer;
    }

    /** Ends the thread; what is asked from now on fails. */
    void close() {
        closed = true;
        thread.interrupt();
    }

    private void run() {
        List<Request<Q, R>> batch = new ArrayList<>();
        boolean company = false;
        while (!closed) {
            try {
                batch.add(requests.take());
            } catch (InterruptedException e) {
                continue; // closed, or nobody's business
            }
            if (company) {
                LockSupport.parkNanos(linger.toNanos());
            }
            requests.drainTo(batch, most - 1);
            company = batch.size() > 1;
            answer(batch);
            batch.clear();
        }
        drain();
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

    private void drain() {
        Request<Q, R> left;
        while ((left = requests.poll()) != null) {
            left.answer().completeExceptionally(new IllegalStateException("the cluster backend is closed"));
        }
    }
}
