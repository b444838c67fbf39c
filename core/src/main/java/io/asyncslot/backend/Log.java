package io.asyncslot.backend;

import org.jspecify.annotations.Nullable;

/**
 * A logger that cannot fail its caller: whatever the log itself throws goes no further, and neither does a heap that
 * is too full for the message. So a report of a failure never becomes another one. No other class of the library asks the
 * platform for a logger; those for Spring have Spring's own. Thread-safe.
 */
public final class Log {

    /** Made with this class: one that fails to initialize for want of heap fails forever. */
    private static final System.Logger.Level ERROR = System.Logger.Level.ERROR;

    private static final System.Logger.Level WARNING = System.Logger.Level.WARNING;
    private static final System.Logger.Level INFO = System.Logger.Level.INFO;
    private static final System.Logger.Level DEBUG = System.Logger.Level.DEBUG;

    private final System.Logger logger;

    /**
     * Makes the log of a class.
     *
     * @param owner the class whose name the logger has
     */
    public Log(Class<?> owner) {
        this.logger = System.getLogger(owner.getName());
    }

    /**
     * Tells of a failure that is somebody else's to mend.
     *
     * @param before the message up to the subject
     * @param subject what it is about; shown by its {@code toString}, which may fail
     * @param after the rest of the message
     * @param failure what was thrown, or null
     */
    public void error(String before, Object subject, String after, @Nullable Throwable failure) {
        tell(ERROR, before, subject, after, failure);
    }

    /**
     * Tells of a failure in user code.
     *
     * @param before the message up to the subject
     * @param subject what it is about; shown by its {@code toString}, which may fail
     * @param after the rest of the message
     * @param failure what was thrown, or null
     */
    public void warning(String before, Object subject, String after, @Nullable Throwable failure) {
        tell(WARNING, before, subject, after, failure);
    }

    /**
     * Tells of something that an operator may want to know.
     *
     * @param before the message up to the subject
     * @param subject what it is about; shown by its {@code toString}, which may fail
     * @param after the rest of the message
     */
    public void info(String before, Object subject, String after) {
        tell(INFO, before, subject, after, null);
    }

    /**
     * Tells of a failure that is somebody else's to mend.
     *
     * @param message the message
     * @param failure what was thrown
     */
    public void error(String message, Throwable failure) {
        tell(ERROR, message, "", "", failure);
    }

    /**
     * Tells of a failure that an operator should look at.
     *
     * @param message the message
     * @param failure what was thrown
     */
    public void warning(String message, Throwable failure) {
        tell(WARNING, message, "", "", failure);
    }

    /**
     * Tells of something that an operator should look at.
     *
     * @param message the message
     */
    public void warning(String message) {
        tell(WARNING, message, "", "", null);
    }

    /**
     * Tells of something that an operator may want to know.
     *
     * @param message the message
     */
    public void info(String message) {
        tell(INFO, message, "", "", null);
    }

    /**
     * Tells of a failure that is expected, and made up for.
     *
     * @param message the message
     * @param failure what was thrown
     */
    public void debug(String message, Throwable failure) {
        tell(DEBUG, message, "", "", failure);
    }

    /**
     * Makes a message for a class to keep in a static field, to tell where nothing may be thrown. A literal is no such message:
     * its first use makes a string, and that fails where the heap is full.
     *
     * @param before the message up to the subject
     * @param after the rest of the message
     * @return the message
     */
    public Message message(String before, String after) {
        return new Message(this, before, after);
    }

    /** Words that were loaded with the class that keeps them, and where to tell them. Immutable. */
    public static final class Message {
        private final Log log;
        private final String before;
        private final String after;

        private Message(Log log, String before, String after) {
            this.log = log;
            this.before = before;
            this.after = after;
        }

        /**
         * Tells of a failure that is somebody else's to mend. Throws nothing.
         *
         * @param subject what it is about; shown by its {@code toString}, which may fail
         * @param failure what was thrown
         */
        public void error(Object subject, Throwable failure) {
            log.tell(ERROR, before, subject, after, failure);
        }

        /**
         * Tells of a failure in user code, or of one that has cost nothing but what cannot be shown now. Throws nothing.
         *
         * @param subject what it is about; shown by its {@code toString}, which may fail
         * @param failure what was thrown
         */
        public void warning(Object subject, Throwable failure) {
            log.tell(WARNING, before, subject, after, failure);
        }
    }

    private void tell(
            System.Logger.Level level, String before, Object subject, String after, @Nullable Throwable failure) {
        try {
            logger.log(level, before + Shown.of(subject) + after, failure);
        } catch (Throwable e) {
            // nobody else could be told
        }
    }
}
