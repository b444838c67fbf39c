package io.asyncslot.cluster.store;

/**
 * The result of a cancel or a delete.
 *
 * @param <O> the operation's outcome enum
 * @param outcome what happened
 * @param pending whether a deadline was pending and is gone
 * @param incarnation the incarnation it met; 0 if there is none
 * @param runToken the token of the current run, 0 if there is none. A caller that awaits the run waits until
 *     {@link StoreSession#runToken} answers another token
 * @param gone whether the slot is freed
 */
public record Removed<O extends Enum<O>>(O outcome, boolean pending, long incarnation, long runToken, boolean gone) {

    /** There was nothing to remove. */
    public static <O extends Enum<O>> Removed<O> nothing(O outcome) {
        return new Removed<>(outcome, false, 0, 0, false);
    }
}
