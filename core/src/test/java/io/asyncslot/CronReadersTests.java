package io.asyncslot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Enumeration;
import java.util.concurrent.atomic.AtomicInteger;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which reader a cron expression meets, and how often it is looked for. */
class CronReadersTests {

    private static final String SERVICES = "META-INF/services/" + CronReader.class.getName();

    private final ClassLoader before = Thread.currentThread().getContextClassLoader();

    @TempDir
    private Path directory;

    @AfterEach
    void putTheClassLoaderBack() {
        Thread.currentThread().setContextClassLoader(before);
    }

    @Test
    void reader_isLookedForOnce_byTheContextClassLoader() throws Exception {
        try (Counting loader = with(Hourly.class.getName())) {
            for (int i = 0; i < 5; i++) {
                assertThat(cron()).isEqualTo(SlotSchedule.every(Duration.ofHours(1)));
            }
            assertThat(loader.searches).hasValue(1);
        }
        try (Counting other = with(Daily.class.getName())) {
            assertThat(cron()).as("of another application").isEqualTo(SlotSchedule.every(Duration.ofDays(1)));
            assertThat(other.searches).hasValue(1);
        }
    }

    @Test
    void readerThatCannotBeLoaded_isAStateWithItsRemedy_andTriedAgain() throws Exception {
        try (Counting loader = with("absent.Reader")) {
            for (int i = 1; i <= 2; i++) {
                assertThatIllegalStateException()
                        .isThrownBy(CronReadersTests::cron)
                        .withMessageStartingWith("no reader of the cron expression '0 0 * * * *' can be loaded: ")
                        .withMessageContaining("absent.Reader")
                        .withMessageContaining("META-INF/services");
                assertThat(loader.searches).hasValue(i);
            }
            Files.writeString(directory.resolve(SERVICES), Hourly.class.getName());
            assertThat(cron()).isEqualTo(SlotSchedule.every(Duration.ofHours(1)));
        }
    }

    @Test
    void readerWhoseConstructorFails_isAState() throws Exception {
        try (Counting loader = with(Failing.class.getName())) {
            assertThatIllegalStateException()
                    .isThrownBy(CronReadersTests::cron)
                    .withRootCauseInstanceOf(UnsupportedOperationException.class);
            assertThat(loader.searches).as("searches").hasValue(1);
        }
    }

    /** Readers of this test count as those that AsyncSlot brings; an application's own has another package. */
    @Test
    void readerOfTheApplication_goesBeforeOurs_whateverTheOrder() throws Exception {
        String own = compiled("Own");
        for (String order : new String[] {own + "\n" + Hourly.class.getName(), Hourly.class.getName() + "\n" + own}) {
            try (Counting loader = with(order)) {
                assertThat(cron()).isEqualTo(SlotSchedule.every(Duration.ofMinutes(7)));
                assertThat(loader.searches).as("searches").hasValue(1);
            }
        }
    }

    @Test
    void severalReadersOfTheApplication_areRefused() throws Exception {
        try (Counting loader = with(compiled("Own") + "\n" + compiled("Other"))) {
            assertThatIllegalStateException()
                    .isThrownBy(CronReadersTests::cron)
                    .withMessageContaining("has several readers, app.Own and app.Other");
            assertThat(loader.searches).as("searches").hasValue(1);
        }
    }

    private static SlotSchedule cron() {
        return SlotSchedule.cron("0 0 * * * *", ZoneOffset.UTC);
    }

    private Counting with(String services) throws IOException {
        Files.createDirectories(directory.resolve(SERVICES).getParent());
        Files.writeString(directory.resolve(SERVICES), services);
        Counting loader = new Counting(directory, getClass().getClassLoader());
        Thread.currentThread().setContextClassLoader(loader);
        return loader;
    }

    private String compiled(String name) throws IOException {
        Path source = Files.writeString(directory.resolve(name + ".java"), """
                package app;
                public class %s implements io.asyncslot.CronReader {
                    public io.asyncslot.SlotSchedule read(String expression, java.time.ZoneId zone) {
                        return io.asyncslot.SlotSchedule.every(java.time.Duration.ofMinutes(7));
                    }
                }
                """.formatted(name));
        int errors = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-proc:none",
                        "-d",
                        directory.toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        source.toString());
        assertThat(errors).isZero();
        return "app." + name;
    }

    /** Counts the searches for readers. */
    private static final class Counting extends URLClassLoader {

        private final AtomicInteger searches = new AtomicInteger();

        Counting(Path directory, ClassLoader parent) throws IOException {
            super(new URL[] {directory.toUri().toURL()}, parent);
        }

        @Override
        public Enumeration<URL> getResources(String name) throws IOException {
            if (name.equals(SERVICES)) {
                searches.incrementAndGet();
            }
            return super.getResources(name);
        }
    }

    /** A reader. */
    public static final class Hourly implements CronReader {
        @Override
        public SlotSchedule read(String expression, ZoneId zone) {
            return SlotSchedule.every(Duration.ofHours(1));
        }
    }

    /** Another one. */
    public static final class Daily implements CronReader {
        @Override
        public SlotSchedule read(String expression, ZoneId zone) {
            return SlotSchedule.every(Duration.ofDays(1));
        }
    }

    /** One that cannot be made. */
    public static final class Failing implements CronReader {
        /** Fails. */
        public Failing() {
            throw new UnsupportedOperationException("as if");
        }

        @Override
        public SlotSchedule read(String expression, ZoneId zone) {
            throw new AssertionError("never made");
        }
    }
}
