package io.asyncslot.jcstress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.runners.TestList;

/** Each race has a twin that differs in what it is, not in what is asked of it; or mutants of the real class. */
class RacesTests {

    private static Collection<String> races() {
        TreeSet<String> races = new TreeSet<>();
        for (String test : TestList.tests()) {
            races.add(test.substring(0, test.lastIndexOf('.')));
        }
        return races;
    }

    @Test
    void knowsTheRacesOfTheProtocol() {
        assertThat(races())
                .contains(
                        "io.asyncslot.core.MapPublication",
                        "io.asyncslot.core.RetainAgainstRelease",
                        "io.asyncslot.core.DeleteAgainstStart",
                        "io.asyncslot.core.DeleteAgainstFire",
                        "io.asyncslot.core.RearmAgainstFire",
                        "io.asyncslot.core.CancelAgainstFire",
                        "io.asyncslot.core.MutualCancel",
                        "io.asyncslot.core.ValueRearmAgainstFire",
                        "io.asyncslot.core.ValueTakeAgainstFire",
                        "io.asyncslot.core.MapCloseAgainstStart");
    }

    /** Races whose twins are the real class with an edit, of which {@code stress/mutants} tells how they end. */
    private static Set<String> racesOfMutants() {
        try (Stream<String> lines = Files.lines(Path.of("../stress/src/mutants/mutants.list"))) {
            return lines.filter(line -> line.startsWith("@ "))
                    .map(line -> line.split("\\|")[2].strip())
                    .filter(suite -> suite.startsWith("jcstress:"))
                    .map(suite -> "io.asyncslot." + suite.substring("jcstress:".length()))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Collection<String> racesWithTwins() {
        return races().stream()
                .filter(race -> TestList.tests().contains(race + ".Weakened"))
                .toList();
    }

    @Test
    void eachRaceHasATwinOrMutants() {
        assertThat(racesOfMutants()).isSubsetOf(races());
        for (String race : races()) {
            assertThat(racesWithTwins().contains(race) || racesOfMutants().contains(race))
                    .as(race)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("racesWithTwins")
    void aRaceAndItsTwinAgreeOnWhatIsForbidden(String race) throws ClassNotFoundException {
        assertThat(TestList.tests()).contains(race + ".Real", race + ".Weakened");
        Class<?> real = Class.forName(race + "$Real");
        Class<?> twin = Class.forName(race + "$Weakened");

        assertThat(acceptable(twin)).isEqualTo(acceptable(real)).isNotEmpty();
        assertThat(others(real)).containsExactly(Expect.FORBIDDEN);
        assertThat(others(twin)).containsExactly(Expect.ACCEPTABLE_INTERESTING);
        assertThat(actors(twin)).isEqualTo(actors(real)).hasSize(2);
    }

    private static List<String> acceptable(Class<?> test) {
        return Arrays.stream(test.getAnnotationsByType(Outcome.class))
                .filter(outcome -> outcome.expect() == Expect.ACCEPTABLE)
                .flatMap(outcome -> Arrays.stream(outcome.id()))
                .sorted()
                .toList();
    }

    /** What is expected of every outcome that is not listed; there must be no other kind of entry. */
    private static List<Expect> others(Class<?> test) {
        return Arrays.stream(test.getAnnotationsByType(Outcome.class))
                .filter(outcome -> outcome.expect() != Expect.ACCEPTABLE)
                .map(Outcome::expect)
                .toList();
    }

    private static List<String> actors(Class<?> test) {
        return Arrays.stream(test.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Actor.class))
                .map(Method::getName)
                .sorted()
                .toList();
    }
}
