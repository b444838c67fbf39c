package io.asyncslot.container;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.WaitContainerResultCallback;
import com.github.dockerjava.api.exception.NotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * The Docker engine and the one image that all containers here are made from. Made once, at the first question: on the base that
 * is named, or that {@code base-image} has made here, and otherwise, by the same build, on the stock images of Debian and a JDK.
 */
final class Engine {

    /** What base-image makes, where no registry answers. */
    private static final String LOCAL = "asyncslot/container-base:bookworm";

    private static final String NAMED = System.getProperty("asyncslot.container.base", "");
    private static final String JDK = System.getProperty("asyncslot.container.jdk", "eclipse-temurin:25-jdk");
    private static final String DEBIAN = System.getProperty("asyncslot.container.debian", "debian:bookworm-slim");

    private static final String BTF = "/sys/kernel/btf/vmlinux";
    private static final boolean REQUIRED = "required".equals(System.getProperty("asyncslot.container.engine"));
    private static final String LOADER_CLASS = "io/asyncslot/kernel/KernelLoader.class";

    private Engine() {}

    /** Why no container can be started here, and what to do; empty if one can. */
    static String obstacle() {
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            return "no Docker engine answers: start one, for example with .ci/docker start";
        }
        if (isRootless(DockerClientFactory.instance().client().infoCmd().exec().getSecurityOptions())) {
            return "the engine is rootless: root in its containers is root of a user namespace, which may load no BPF program; use an"
                    + " engine that root runs";
        }
        if (!NAMED.isEmpty() && !has(NAMED)) {
            return "image " + NAMED
                    + ", which asyncslot.container.base names, is not there: pull it, or name another one";
        }
        if (!hasLoader()) {
            return "the kernel module was not built, which takes a JDK 25";
        }
        return Image.OBSTACLE;
    }

    /** Whether an engine says of itself that it runs without root. */
    static boolean isRootless(@Nullable List<String> securityOptions) {
        return securityOptions != null && securityOptions.stream().anyMatch(option -> option.contains("name=rootless"));
    }

    /** On what the image is built, in words. */
    static String base() {
        if (!NAMED.isEmpty()) {
            return NAMED;
        }
        return has(LOCAL) ? LOCAL : DEBIAN + " with " + JDK;
    }

    /** Goes on where containers can be started; otherwise fails where they are required, and skips elsewhere. */
    static void require() {
        String obstacle = obstacle();
        if (!obstacle.isEmpty()) {
            if (REQUIRED) {
                fail(obstacle);
            }
            abort(obstacle);
        }
    }

    /** The image: a JDK, libbpf and bpftool below, the sample application and the loader above. */
    static ImageFromDockerfile image() {
        require();
        return Image.MADE;
    }

    static Privilege privilege() {
        return Image.PRIVILEGE;
    }

    private static boolean has(String image) {
        try {
            DockerClientFactory.instance().client().inspectImageCmd(image).exec();
            return true;
        } catch (NotFoundException e) {
            return false;
        }
    }

    private static boolean hasLoader() {
        Path jar = built("loader");
        if (!Files.exists(jar)) {
            return false;
        }
        try (ZipFile classes = new ZipFile(jar.toFile())) {
            return classes.getEntry(LOADER_CLASS) != null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path built(String what) {
        String path = System.getProperty("asyncslot.container." + what);
        if (path == null) {
            throw new IllegalStateException("run by Maven, these tests know what was built: mvn -pl container-tests -am"
                    + " verify; asyncslot.container." + what + " is not set");
        }
        return Path.of(path);
    }

    /** A base from stock images: Debian with libbpf and bpftool, and the JDK of another one. */
    static String stock() {
        return """
                FROM %s AS jdk
                RUN cp -rL "$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")" /stock-jdk
                FROM %s
                RUN apt-get update && apt-get install -y --no-install-recommends libbpf1 bpftool && rm -rf /var/lib/apt/lists/*
                COPY --from=jdk /stock-jdk /opt/java
                ENV PATH=/opt/java/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
                """.formatted(JDK, DEBIAN);
    }

    private static final class Image {

        private static final String NAME = "asyncslot/container-tests:" + Long.toHexString(System.nanoTime());

        static final ImageFromDockerfile MADE = new ImageFromDockerfile(NAME, false)
                .withFileFromPath("application.jar", built("application"))
                .withFileFromPath("loader.jar", built("loader"))
                .withFileFromPath("drill", built("drill"))
                .withFileFromClasspath("supervise", "supervise")
                .withFileFromString("Dockerfile", from() + """
                        WORKDIR /app
                        COPY application.jar loader.jar supervise /app/
                        COPY drill /app/drill/io/asyncslot/sample/drill
                        RUN chmod 755 /app/supervise
                        """);

        /** Why there is none that can be used; empty if there is. */
        static final String OBSTACLE = make();

        static final Privilege PRIVILEGE = Privilege.find(NAME);

        private static String from() {
            String base = NAMED.isEmpty() && has(LOCAL) ? LOCAL : NAMED;
            return base.isEmpty() ? stock() : "FROM " + base + "\n";
        }

        private static String make() {
            try {
                MADE.get();
            } catch (RuntimeException e) {
                return "the image could not be built on " + base() + ": " + root(e)
                        + "; where no registry answers, container-tests/base-image makes a base";
            }
            return hasBtf() ? "" : "the engine's kernel has no BTF at " + BTF + ", which loading needs";
        }

        private static Throwable root(Throwable thrown) {
            Throwable root = thrown;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            return root;
        }

        /** Asked in a container, for the engine may run on another machine. */
        private static boolean hasBtf() {
            DockerClient docker = DockerClientFactory.instance().client();
            String id = docker.createContainerCmd(NAME)
                    .withCmd("test", "-r", BTF)
                    .exec()
                    .getId();
            try {
                docker.startContainerCmd(id).exec();
                return docker.waitContainerCmd(id)
                                .exec(new WaitContainerResultCallback())
                                .awaitStatusCode()
                        == 0;
            } finally {
                docker.removeContainerCmd(id).withForce(true).exec();
            }
        }

        static {
            // Testcontainers leaves the removal to Ryuk, which is off
            Runtime.getRuntime().addShutdownHook(new Thread(Image::remove, "remove-image"));
        }

        private static void remove() {
            try {
                DockerClientFactory.instance()
                        .client()
                        .removeImageCmd(NAME)
                        .withForce(true)
                        .exec();
            } catch (NotFoundException e) {
                // no container was started from it
            }
        }
    }
}
