package io.asyncslot.container;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import com.github.dockerjava.api.exception.NotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipFile;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.images.builder.ImageFromDockerfile;

/** The Docker engine and the one image that all containers here are made from. Made once, at the first question. */
final class Engine {

    static final String BASE = System.getProperty("asyncslot.container.base", "asyncslot/container-base:bookworm");

    private static final boolean REQUIRED = "required".equals(System.getProperty("asyncslot.container.engine"));
    private static final String LOADER_CLASS = "io/asyncslot/kernel/KernelLoader.class";

    private Engine() {}

    /** Why no container can be started here, and what to do; empty if one can. */
    static String obstacle() {
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            return "no Docker engine answers: start one, for example with .ci/docker start";
        }
        if (!hasBase()) {
            return "image " + BASE + " is missing: container-tests/base-image makes it, or name another one with"
                    + " -Dasyncslot.container.base";
        }
        if (!hasLoader()) {
            return "the kernel module was not built, which takes a JDK 25";
        }
        return "";
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

    private static boolean hasBase() {
        try {
            DockerClientFactory.instance().client().inspectImageCmd(BASE).exec();
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

    private static final class Image {

        private static final String NAME = "asyncslot/container-tests:" + Long.toHexString(System.nanoTime());

        static final ImageFromDockerfile MADE = new ImageFromDockerfile(NAME, false)
                .withFileFromPath("application.jar", built("application"))
                .withFileFromPath("loader.jar", built("loader"))
                .withFileFromPath("drill", built("drill"))
                .withFileFromClasspath("supervise", "supervise")
                .withFileFromString("Dockerfile", """
                        FROM %s
                        WORKDIR /app
                        COPY application.jar loader.jar supervise /app/
                        COPY drill /app/drill/io/asyncslot/sample/drill
                        RUN chmod 755 /app/supervise
                        """.formatted(BASE));

        static final Privilege PRIVILEGE = Privilege.find(BASE);

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
