package io.asyncslot.dashboard;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * A viewer on Spring MVC, where sending waits for a viewer who does not read. So each has a thread of its own, and keeps the
 * others from nothing. Thread-safe.
 */
final class EmitterViewer implements Viewer {

    private final Feed feed;
    private final SseEmitter emitter = new SseEmitter(0L); // no time-out
    private final Thread sender = new Thread(this::send, "asyncslot-dashboard-viewer");

    /** Guarded by {@code this}, as is what follows. */
    private @Nullable String pending;

    private boolean ended;

    EmitterViewer(Feed feed) {
        this.feed = feed;
    }

    /**
     * Begins to send.
     *
     * @return whether there is room for one more viewer
     */
    boolean begin() {
        if (!feed.join(this)) {
            return false;
        }
        emitter.onCompletion(this::gone);
        emitter.onTimeout(this::gone);
        emitter.onError(error -> gone());
        sender.setDaemon(true);
        sender.start();
        return true;
    }

    SseEmitter emitter() {
        return emitter;
    }

    @Override
    public synchronized void offer(String json) {
        pending = json;
        notifyAll();
    }

    @Override
    public synchronized void end() {
        ended = true;
        notifyAll();
        sender.interrupt(); // also where the viewer does not read
    }

    private void gone() {
        feed.leave(this);
        synchronized (this) {
            ended = true;
            notifyAll();
        }
    }

    private void send() {
        try {
            for (String json = next(); json != null; json = next()) {
                emitter.send(SseEmitter.event().data(json));
            }
        } catch (InterruptedException e) {
            // the end
        } catch (IOException | IllegalStateException e) {
            // the viewer is gone, which the server tells the emitter itself
        } finally {
            feed.leave(this);
            complete();
        }
    }

    private void complete() {
        try {
            emitter.complete();
        } catch (IllegalStateException e) {
            // the server has ended the request by itself since
        }
    }

    /** Waits for the next overview; null for none. */
    private synchronized @Nullable String next() throws InterruptedException {
        while (pending == null && !ended) {
            wait();
        }
        String next = ended ? null : pending;
        pending = null;
        return next;
    }
}
