package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Two racing operations of which exactly one wins: what they must answer, and how often each has won. */
final class Rivals<T extends Enum<T>> {

    private final Duel duel;
    private final T winner;
    private final T loser;
    private final AtomicReference<@Nullable T> first = new AtomicReference<>();
    private final AtomicReference<@Nullable T> second = new AtomicReference<>();
    private int firstWins;
    private int secondWins;

    Rivals(Duel duel, T winner, T loser) {
        this.duel = duel;
        this.winner = winner;
        this.loser = loser;
    }

    boolean goOn(int round) {
        return duel.goesOn(round, RaceScenarios.ROUNDS, firstWins, secondWins);
    }

    void run(Callable<T> one, Callable<T> other) throws Exception {
        duel.run(() -> first.set(one.call()), () -> second.set(other.call()));
        assertThat(Arrays.asList(first.get(), second.get())).containsExactlyInAnyOrder(winner, loser);
        firstWins += first.get() == winner ? 1 : 0;
        secondWins += second.get() == winner ? 1 : 0;
    }

    void reached(String operation) {
        ContractRig.reached("the first " + operation + " before the second", firstWins);
        ContractRig.reached("the second " + operation + " before the first", secondWins);
    }
}
