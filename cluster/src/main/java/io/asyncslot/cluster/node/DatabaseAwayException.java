package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.cluster.store.Trouble;

/** The database is away, in the way that a {@link Trouble} says. */
final class DatabaseAwayException extends BackendUnavailableException {

    private static final long serialVersionUID = 1L;

    private final Trouble trouble;
    private final boolean inDoubt;

    DatabaseAwayException(Trouble trouble, String detail, boolean inDoubt) {
        super(
                ClusterEngine.BACKEND,
                trouble.sentence() + ": " + detail
                        + (inDoubt ? "; the answer was lost, whether it was carried out is not known" : ""),
                trouble.remedy());
        this.trouble = trouble;
        this.inDoubt = inDoubt;
    }

    Trouble trouble() {
        return trouble;
    }

    /** Whether a failed operation may have been carried out all the same. */
    static boolean isInDoubt(BackendUnavailableException failure) {
        return failure instanceof DatabaseAwayException away && away.inDoubt;
    }
}
