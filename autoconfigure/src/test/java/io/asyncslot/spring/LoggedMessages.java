package io.asyncslot.spring;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the core logs by one name until this is closed: its log does not go through the console that Spring captures. */
final class LoggedMessages extends Handler implements AutoCloseable {

    private final Queue<String> messages = new ConcurrentLinkedQueue<>();

    /** Held, since the log manager does not hold it. */
    private final Logger logger;

    LoggedMessages(String name) {
        this.logger = Logger.getLogger(name);
        logger.addHandler(this);
    }

    Queue<String> messages() {
        return messages;
    }

    @Override
    public void publish(LogRecord message) {
        messages.add(message.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
