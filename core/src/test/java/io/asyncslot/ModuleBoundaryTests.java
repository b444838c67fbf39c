package io.asyncslot;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import java.io.File;
import java.io.InputStream;
import java.io.StringWriter;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.HdrHistogram.ConcurrentHistogram;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users with modules of their own reach: the API, and nothing that backends are built from. */
class ModuleBoundaryTests {

    private static final Set<String> API = Set.of(
            "io.asyncslot", "io.asyncslot.jvm", "io.asyncslot.registry", "io.asyncslot.scheduling", "io.asyncslot.spi");

    private static final Path CLASSES = placeOf(AsyncSlotRegistry.class);

    private static final String MODULE_PATH = Stream.of(
                    CLASSES, placeOf(ConcurrentHistogram.class), placeOf(NullMarked.class))
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));

    private static final String CONSUMER = """
            package consumer;

            import io.asyncslot.TimerMapSpec;
            import io.asyncslot.TimerSlots;
            import io.asyncslot.jvm.JvmBackend;
            import io.asyncslot.registry.AsyncSlotRegistryBuilder;
            import io.asyncslot.scheduling.SlotScheduledExecutor;
            import io.asyncslot.spi.SystemTicker;
            import java.time.Duration;
            import java.util.concurrent.Callable;
            import java.util.concurrent.CountDownLatch;

            public final class Consumer implements Callable<String> {
                @Override
                public String call() throws Exception {
                    CountDownLatch fired = new CountDownLatch(1);
                    try (var registry = new AsyncSlotRegistryBuilder(Runnable::run)
                            .ticker(SystemTicker.instance())
                            .backend(new JvmBackend())
                            .build()) {
                        TimerSlots<String> slots = registry.register(TimerMapSpec.named("map", String.class)
                                .callback((key, firing) -> fired.countDown())
                                .build());
                        registry.start();
                        slots.start("key", Duration.ofMillis(1));
                        fired.await();
                        return SlotScheduledExecutor.class.getModule().getName() + " " + slots.stats().fired();
                    }
                }
            }
            """;

    @TempDir
    private Path directory;

    @Test
    void api_isExportedToAll_andNothingElse() throws Exception {
        assertThat(exported()).isEqualTo(API);
    }

    @Test
    void consumer_ofTheApi_compilesAndRunsAsAModule() throws Exception {
        assertThat(compile("consumer", CONSUMER)).isEmpty();
        ModuleFinder finder = ModuleFinder.of(directory, CLASSES, placeOf(ConcurrentHistogram.class));
        Configuration modules =
                ModuleLayer.boot().configuration().resolve(finder, ModuleFinder.of(), Set.of("consumer"));
        ModuleLayer layer = ModuleLayer.boot().defineModulesWithOneLoader(modules, null);
        Callable<?> consumer = (Callable<?>) layer.findLoader("consumer")
                .loadClass("consumer.Consumer")
                .getConstructor()
                .newInstance();
        assertThat(consumer.call()).isEqualTo("io.asyncslot.core 1");
    }

    @Test
    void consumer_ofAnyInternalPackage_doesNotCompile() throws Exception {
        Set<String> internals = packages();
        internals.removeAll(exported());
        assertThat(internals).contains("io.asyncslot.core", "io.asyncslot.backend");
        for (String internal : internals) {
            String names = publicTypes(internal).stream()
                    .map(type -> "    " + type + " field" + type.replace('.', '_') + ";\n")
                    .collect(Collectors.joining());
            assertThat(compile(
                            "consumer",
                            "package consumer;\n@SuppressWarnings(\"rawtypes\")\nclass Consumer {\n" + names + "}"))
                    .as("errors of a module that uses %s", internal)
                    .hasSize(publicTypes(internal).size())
                    .containsOnly("compiler.err.package.not.visible");
        }
    }

    @Test
    void backends_reachWhatTheyAreBuiltFrom() throws Exception {
        String source = "package consumer;\nclass Consumer {\n    " + ControlBlock.class.getName() + "<?> block;\n    "
                + "long micros = " + Micros.class.getName() + ".NEVER;\n}";
        assertThat(compile("io.asyncslot.kernel", source)).isEmpty();
        assertThat(compile("io.asyncslot.cluster", source)).containsOnly("compiler.err.package.not.visible");
    }

    /** Codes of the errors of a module that consists of one class. */
    private List<String> compile(String module, String source) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(found, null, null)) {
            compiler.getTask(
                            new StringWriter(),
                            files,
                            found,
                            List.of("-d", directory.toString(), "--module-path", MODULE_PATH),
                            null,
                            List.of(
                                    source(
                                            "module-info",
                                            "module " + module + " { requires io.asyncslot.core; exports consumer; }"),
                                    source("consumer/Consumer", source)))
                    .call();
        }
        return found.getDiagnostics().stream()
                .filter(diagnostic -> diagnostic.getKind() == Diagnostic.Kind.ERROR)
                .map(Diagnostic::getCode)
                .toList();
    }

    private static JavaFileObject source(String name, String content) {
        return new SimpleJavaFileObject(
                URI.create("string:///" + name + JavaFileObject.Kind.SOURCE.extension), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return content;
            }
        };
    }

    private static Set<String> exported() throws Exception {
        try (InputStream descriptor = Files.newInputStream(CLASSES.resolve("module-info.class"))) {
            return ModuleDescriptor.read(descriptor).exports().stream()
                    .filter(export -> !export.isQualified())
                    .map(ModuleDescriptor.Exports::source)
                    .collect(Collectors.toSet());
        }
    }

    private static Set<String> packages() throws Exception {
        try (Stream<Path> files = Files.walk(CLASSES.resolve("io"))) {
            return files.filter(file -> file.toString().endsWith(".class"))
                    .map(file -> CLASSES.relativize(file.getParent()).toString().replace(File.separatorChar, '.'))
                    .collect(Collectors.toSet());
        }
    }

    private static List<String> publicTypes(String inPackage) throws Exception {
        try (Stream<Path> files = Files.list(CLASSES.resolve(inPackage.replace('.', File.separatorChar)))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class") && !name.contains("$") && !name.startsWith("package-info"))
                    .map(name -> inPackage + "." + name.replace(".class", ""))
                    .filter(ModuleBoundaryTests::isPublic)
                    .sorted()
                    .toList();
        }
    }

    private static boolean isPublic(String type) {
        try {
            return Modifier.isPublic(Class.forName(type, false, ModuleBoundaryTests.class.getClassLoader())
                    .getModifiers());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static Path placeOf(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
