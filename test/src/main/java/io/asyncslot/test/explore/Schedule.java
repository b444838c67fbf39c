package io.asyncslot.test.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which of the strands that could go on went on, at each step of one run: 0 for the one that went on last if it can, or
 * else the oldest. Not thread-safe.
 */
final class Schedule {

    /** What was chosen at each step, and out of how many. */
    private record Choice(int chosen, int outOf) {}

    private final List<Integer> given;
    private final @Nullable Random random;
    private final List<Choice> taken = new ArrayList<>();

    private Schedule(List<Integer> given, @Nullable Random random) {
        this.given = given;
        this.random = random;
    }

    /** The first of all: nobody is interrupted. */
    static Schedule first() {
        return new Schedule(List.of(), null);
    }

    /** One drawn at random. */
    static Schedule drawn(Random random) {
        return new Schedule(List.of(), random);
    }

    /**
     * One that was printed.
     *
     * @throws IllegalArgumentException if it is none
     */
    static Schedule parse(String text) {
        if (!text.matches("(\\d{1,6}(,\\d{1,6})*)?")) {
            throw new IllegalArgumentException("'schedule' must be numbers with commas between them: '" + text + "'");
        }
        List<Integer> choices = new ArrayList<>();
        for (String number : text.isEmpty() ? new String[0] : text.split(",")) {
            choices.add(Integer.valueOf(number));
        }
        return new Schedule(choices, null);
    }

    /** Chooses at the next step. */
    int choose(int outOf) {
        int step = taken.size();
        int chosen = 0;
        if (step < given.size()) {
            chosen = given.get(step);
            if (chosen >= outOf) {
                throw new IllegalStateException("the schedule asks for strand " + chosen + " at step " + (step + 1)
                        + ", where only " + outOf + " can continue: the scenario does not run as it did before");
            }
        } else if (random != null) {
            chosen = random.nextInt(outOf);
        }
        taken.add(new Choice(chosen, outOf));
        return chosen;
    }

    /** The next one in the order of a depth-first search, once this one has been run; null after the last. */
    @Nullable
    Schedule next() {
        int step = taken.size() - 1;
        while (step >= 0 && taken.get(step).chosen() + 1 >= taken.get(step).outOf()) {
            step--;
        }
        if (step < 0) {
            return null;
        }
        List<Integer> choices = new ArrayList<>();
        for (Choice choice : taken.subList(0, step)) {
            choices.add(choice.chosen());
        }
        choices.add(taken.get(step).chosen() + 1);
        return new Schedule(choices, null);
    }

    @Override
    public String toString() {
        int length = taken.size();
        while (length > 0 && taken.get(length - 1).chosen() == 0) {
            length--;
        }
        return taken.subList(0, length).stream()
                .map(choice -> Integer.toString(choice.chosen()))
                .collect(Collectors.joining(","));
    }
}
