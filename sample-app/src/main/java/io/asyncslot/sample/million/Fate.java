package io.asyncslot.sample.million;

/** What is to become of a key, after all of them were started and re-armed. */
enum Fate {
    /** Cancelled long before its deadline: must not fire. */
    CANCELLED,
    /** Deleted long before its deadline: must not fire. */
    DELETED,
    /** Cancelled at its very deadline: fires, or was cancelled; one of both. */
    RACED,
    /** Left alone: must fire once. */
    EXPIRED;

    /** One key in ten each is cancelled, deleted and raced; seven expire. */
    static Fate of(int key) {
        return switch (key % 10) {
            case 0 -> CANCELLED;
            case 1 -> DELETED;
            case 2 -> RACED;
            default -> EXPIRED;
        };
    }
}
