package io.asyncslot.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Each target takes each input that was kept: what {@code stress/jazzer} has found, and what leads it into the code. A file is
 * an input, and its directory the target.
 */
class CorpusTests {

    private static final Path CORPUS = Path.of("src/test/corpus");
    private static final Path SOURCES = Path.of("src/test/java");

    @TestFactory
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    Stream<DynamicTest> everyKeptInput() throws Exception {
        return targets().stream()
                .flatMap(target -> inputs(target)
                        .map(input -> DynamicTest.dynamicTest(
                                name(target) + "/" + input.getFileName(),
                                () -> run(target, Files.readAllBytes(input)))));
    }

    @Test
    void everyTarget_hasInputs_andEveryInputATarget() throws Exception {
        List<String> names = targets().stream().map(CorpusTests::name).sorted().toList();
        assertThat(names).hasSizeGreaterThan(8);
        try (Stream<Path> directories = Files.list(CORPUS)) {
            assertThat(directories.map(each -> each.getFileName().toString()).sorted())
                    .containsExactlyElementsOf(names);
        }
        for (Path target : targets()) {
            assertThat(inputs(target)).as(name(target)).isNotEmpty();
        }
    }

    /** No input at all, and far more of it than a target takes. */
    @TestFactory
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    Stream<DynamicTest> nothingAndTooMuch() throws Exception {
        byte[] much = new byte[10_000];
        for (int i = 0; i < much.length; i++) {
            much[i] = (byte) (i * 31 >> 3);
        }
        return targets().stream()
                .flatMap(target -> Stream.of(new byte[0], much)
                        .map(input -> DynamicTest.dynamicTest(
                                name(target) + ", " + input.length + " bytes", () -> run(target, input))));
    }

    private static List<Path> targets() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(file -> file.toString().endsWith("Fuzz.java"))
                    .sorted()
                    .toList();
        }
    }

    private static String name(Path target) {
        return target.getFileName().toString().replace(".java", "");
    }

    private static Stream<Path> inputs(Path target) {
        try (Stream<Path> files = Files.list(CORPUS.resolve(name(target)))) {
            return files.sorted().toList().stream();
        } catch (IOException e) {
            throw new IllegalStateException("no inputs of " + target, e);
        }
    }

    private static void run(Path target, byte[] input) throws Throwable {
        String type = SOURCES.relativize(target).toString().replace(".java", "").replace('/', '.');
        Method method = Class.forName(type).getMethod("fuzzerTestOneInput", byte[].class);
        try {
            method.invoke(null, (Object) input);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
