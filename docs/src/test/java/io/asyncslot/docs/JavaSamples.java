package io.asyncslot.docs;

import io.asyncslot.docs.Samples.Sample;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Compiles blocks of Java: as types, as members or as statements, as they look. */
final class JavaSamples {

    /** A declaration of a type that begins a line. */
    private static final Pattern TYPE =
            Pattern.compile("(?m)^(?:(?:public|final|sealed|abstract) )*(?:class|record|interface|enum) \\w");

    /** A method or an annotated member that begins a line. */
    private static final Pattern MEMBER = Pattern.compile(
            "(?m)^(?:@\\w|(?:(?:public|protected|private|static|final) )*(?!new |return |else )\\w[\\w<>\\[\\], ]* \\w+\\([^;=]*\\{)");

    private static final String IMPORTS = String.join(
            " ",
            List.of(
                            "java.sql.Connection",
                            "java.sql.SQLException",
                            "javax.sql.DataSource",
                            "java.time.*",
                            "java.util.*",
                            "java.util.concurrent.*",
                            "java.util.concurrent.atomic.*",
                            "io.asyncslot.*",
                            "io.asyncslot.annotation.*",
                            "io.asyncslot.TransactionalSlots.Effect",
                            "io.asyncslot.cluster.*",
                            "io.asyncslot.cluster.jdbc.*",
                            "io.asyncslot.cluster.store.*",
                            "io.asyncslot.cluster.spring.AsyncSlotDataSource",
                            "io.asyncslot.docs.given.Given",
                            "io.asyncslot.docs.given.Given.*",
                            "io.asyncslot.spi.*",
                            "io.asyncslot.test.*",
                            "io.asyncslot.test.autoconfigure.AutoConfigureAsyncSlot",
                            "io.asyncslot.test.contract.*",
                            "io.asyncslot.test.explore.*",
                            "org.jspecify.annotations.Nullable",
                            "org.junit.jupiter.api.Test",
                            "org.slf4j.Logger",
                            "org.slf4j.LoggerFactory",
                            "org.springframework.beans.factory.annotation.*",
                            "org.springframework.boot.context.event.ApplicationReadyEvent",
                            "org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest",
                            "org.springframework.boot.test.context.SpringBootTest",
                            "org.springframework.boot.webmvc.test.autoconfigure.WebMvcTest",
                            "org.springframework.context.annotation.*",
                            "org.springframework.context.event.EventListener",
                            "org.springframework.http.HttpMethod",
                            "org.springframework.jdbc.core.JdbcTemplate",
                            "org.springframework.jdbc.datasource.DataSourceUtils",
                            "org.springframework.stereotype.*",
                            "org.springframework.transaction.annotation.Transactional",
                            "static io.asyncslot.Merge.*",
                            "static io.asyncslot.docs.given.Given.State.*",
                            "static io.asyncslot.test.SlotAssertions.assertThat",
                            "static java.util.concurrent.TimeUnit.*",
                            "static org.assertj.core.api.Assertions.assertThat")
                    .stream()
                    .map(name -> "import " + name + ";")
                    .toList());

    private JavaSamples() {}

    /** What the compiler finds wrong, by place in the page. */
    static List<String> errors(List<Sample> samples) {
        Map<URI, Sample> sources = new HashMap<>();
        List<JavaFileObject> files = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            JavaFileObject file = new Source("sample" + i, source(samples.get(i), "sample" + i));
            files.add(file);
            sources.put(file.toUri(), samples.get(i));
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        List<String> options = List.of(
                "--release",
                "17",
                "-proc:none",
                "-parameters",
                "-d",
                "target",
                "-implicit:none",
                "-classpath",
                System.getProperty("java.class.path"),
                "-XDshould-stop.ifError=ATTR");
        compiler.getTask(null, new Nowhere(compiler), found, options, null, files)
                .call();
        return found.getDiagnostics().stream()
                .filter(diagnostic -> diagnostic.getKind() == Diagnostic.Kind.ERROR)
                .map(diagnostic -> message(diagnostic, sources))
                .toList();
    }

    private static String message(Diagnostic<? extends JavaFileObject> diagnostic, Map<URI, Sample> sources) {
        String message = diagnostic.getMessage(Locale.ENGLISH);
        if (diagnostic.getSource() == null) {
            return message;
        }
        Sample sample = sources.get(diagnostic.getSource().toUri());
        // The line of the page: everything before the block is one line of the source.
        return sample.page() + ":" + (sample.line() + diagnostic.getLineNumber() - 2) + ": " + message;
    }

    static String source(Sample sample, String name) {
        String text = sample.text()
                .replaceAll("(?m)^((?:\\w+ )*(?:class|record|interface) [^{]*)\\{ \\.\\.\\. }", "$1{}")
                .replace("{ ... }", "{ throw new UnsupportedOperationException(); }")
                .replaceAll("(?m)^( *)\\.\\.\\.(?= *(?://.*)?$)", "$1;");
        String head = "package " + name + "; " + IMPORTS + " ";
        if (TYPE.matcher(text).find()) {
            return head + sample.given() + "\n" + text;
        }
        head += "abstract class " + name + " extends Given { " + sample.given() + " ";
        if (MEMBER.matcher(text).find()) {
            return head + "\n" + text + "\n}";
        }
        return head + "void statements() throws Exception {\n" + text + "\n}}";
    }

    private static final class Source extends SimpleJavaFileObject {

        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///" + name + "/" + name + ".java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public boolean isNameCompatible(String simpleName, Kind kind) {
            return true;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
