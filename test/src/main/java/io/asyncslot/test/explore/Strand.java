package io.asyncslot.test.explore;

import org.jspecify.annotations.Nullable;

/** One thread of a run: an actor, time, or the run of a callback. All fields are guarded by the lock of {@link Strands}. */
final class Strand {

    enum State {
        /** At a point, waits to be let on. */
        READY,
        /** Was let on, and has not come to the next point. */
        RUNNING,
        /** Was let on, and waits for something that another strand has to do. */
        STUCK,
        DONE
    }

    final String name;
    State state = State.READY;
    String at;

    @Nullable
    Thread thread;

    Strand(String name, String at) {
        this.name = name;
        this.at = at;
    }

    boolean isWaiting() {
        Thread present = thread;
        if (present == null) {
            return false;
        }
        Thread.State seen = present.getState();
        return seen == Thread.State.BLOCKED || seen == Thread.State.WAITING || seen == Thread.State.TIMED_WAITING;
    }

    @Override
    public String toString() {
        return String.format("%-12s %s", name, at);
    }
}
