package io.asyncslot.core;

import io.asyncslot.backend.Periods;

/** The real state word by itself, at generation 1. */
final class Word extends StateWord {

    /** When a word is armed unless a test says otherwise, and what the clock says when it fires. */
    static final long DUE = 10;

    /** A deadline that does not come. */
    static final long FAR = 1_000;

    private final boolean freesIdle;

    private Word(int references) {
        this(references, false);
    }

    private Word(int references, boolean freesIdle) {
        super(DUE, 1, references);
        this.freesIdle = freesIdle;
    }

    @Override
    boolean freesIdle() {
        return freesIdle;
    }

    /** Armed, and freed by what would leave it idle. */
    static Word armedToBeFreed() {
        return new Word(1, true);
    }

    /** Running, nothing pending, and freed by the end of its run. */
    static Word runningToBeFreed() {
        Word word = armedToBeFreed();
        word.fire();
        return word;
    }

    static Word armed() {
        return new Word(1);
    }

    static Word idle() {
        Word word = armed();
        word.disarm();
        return word;
    }

    static Word freed(int references) {
        Word word = new Word(references);
        word.free();
        return word;
    }

    static Word freedWhileRunning() {
        Word word = armed();
        word.fire();
        word.free();
        return word;
    }

    /** Armed, at generation {@code times}. */
    static Word startedTimes(int times) {
        Word word = armed();
        for (int i = 1; i < times; i++) {
            word.arm(FAR);
        }
        return word;
    }

    /** Begins the run that is due, as its custodian does. */
    Beginning fire() {
        return beginFire(DUE, Periods.ONE_SHOT, new FiredRun());
    }

    /** What observers see in the end: armed with its deadline, running, freed. */
    String flags() {
        long seen = word();
        return flags(isArmed(seen), deadline(seen), isRunning(seen), isFreed(seen));
    }

    static String flags(boolean armed, long deadline, boolean running, boolean freed) {
        return (armed ? "A" + deadline : "-") + (running ? "R" : "-") + (freed ? "F" : "-");
    }
}
