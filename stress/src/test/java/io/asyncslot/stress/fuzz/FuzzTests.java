package io.asyncslot.stress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The whole engine on manual time against a reference model. {@code -Dfuzz.seconds} sets how long fresh seeds are tried,
 * {@code -Dfuzz.seed} replays one.
 */
class FuzzTests {

    private static final int WRONG_RULE_EPISODES = 400;

    /** Callbacks that fail are part of the plan: their warnings would bury the report. */
    private static final Logger LOG = Logger.getLogger("io.asyncslot");

    @BeforeAll
    static void quiet() {
        LOG.setLevel(Level.OFF);
    }

    @Test
    void fixedSeeds() {
        int firings = 0;
        for (long seed = 1; seed <= 60; seed++) {
            firings += new Episode(seed, WrongRule.NONE).run();
        }
        System.out.println("fuzz: seeds 1 to 60, " + firings + " firings");
        assertThat(firings).isPositive();
    }

    @Test
    void freshSeeds() {
        Long replayed = Long.getLong("fuzz.seed");
        if (replayed != null) {
            System.out.println(
                    "fuzz: seed " + replayed + ", " + new Episode(replayed, WrongRule.NONE).run() + " firings");
            return;
        }
        long seconds = Long.getLong("fuzz.seconds", 10);
        long first = System.nanoTime() & Long.MAX_VALUE;
        System.out.println("fuzz: seeds from " + first + "; a failure names its own, -Dfuzz.seed replays it");
        long limit = Duration.ofSeconds(seconds).toNanos();
        long began = System.nanoTime();
        long episodes = 0;
        long firings = 0;
        for (; System.nanoTime() - began < limit; episodes++) {
            firings += new Episode(first + episodes, WrongRule.NONE).run();
        }
        System.out.println("fuzz: " + episodes + " fresh seeds, " + firings + " firings");
        assertThat(firings).isPositive();
    }

    @ParameterizedTest
    @EnumSource(value = WrongRule.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aWrongRuleIsNoticed(WrongRule rule) {
        int episodes = 0;
        Throwable noticed = null;
        while (noticed == null && episodes < WRONG_RULE_EPISODES) {
            long seed = ++episodes;
            noticed = catchThrowable(() -> new Episode(seed, rule).run());
        }
        System.out.println("fuzz: " + rule + " noticed after " + episodes + " episodes");
        assertThat(noticed).as("%s", rule).isInstanceOf(Episode.Mismatch.class);
    }

    @Test
    void values_fixedSeedsAndFreshOnes() {
        int handed = 0;
        for (long seed = 1; seed <= 200; seed++) {
            handed += new ValueEpisode(seed, ValueEpisode.Wrong.NONE).run();
        }
        Long replayed = Long.getLong("fuzz.seed");
        long first = replayed == null ? System.nanoTime() & Long.MAX_VALUE : replayed;
        System.out.println("fuzz of values: seeds 1 to 200, then from " + first + "; a failure names its own");
        long limit = Duration.ofSeconds(Long.getLong("fuzz.seconds", 10)).toNanos() / 5;
        long began = System.nanoTime();
        long episodes = 0;
        do {
            handed += new ValueEpisode(first + episodes++, ValueEpisode.Wrong.NONE).run();
        } while (replayed == null && System.nanoTime() - began < limit);
        System.out.println("fuzz of values: " + episodes + " fresh seeds, " + handed + " values handed over");
        assertThat(handed).isPositive();
    }

    @ParameterizedTest
    @EnumSource(value = ValueEpisode.Wrong.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aWrongRuleOfValuesIsNoticed(ValueEpisode.Wrong rule) {
        int episodes = 0;
        Throwable noticed = null;
        while (noticed == null && episodes < WRONG_RULE_EPISODES) {
            long seed = ++episodes;
            noticed = catchThrowable(() -> new ValueEpisode(seed, rule).run());
        }
        System.out.println("fuzz of values: " + rule + " noticed after " + episodes + " episodes");
        assertThat(noticed).as("%s", rule).isInstanceOf(Episode.Mismatch.class);
    }
}
