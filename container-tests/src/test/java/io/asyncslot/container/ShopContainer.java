package io.asyncslot.container;

import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.HostConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.output.OutputFrame;
import org.testcontainers.containers.startupcheck.StartupCheckStrategy;
import org.testcontainers.containers.wait.strategy.Wait;

/** A container from the one image. Its output is kept in {@code target/NAME.log}. */
final class ShopContainer extends GenericContainer<ShopContainer> {

    static final String LABEL = "io.asyncslot.container-tests";

    private static final int PORT = 8080;
    private static final Duration PATIENCE = Duration.ofMinutes(5); // a busy machine takes minutes to start a shop

    private ShopContainer(String name, List<String> command) {
        super(Engine.image());
        withLabel(LABEL, name);
        withLogConsumer(logTo(name));
        withCommand(command.toArray(String[]::new));
    }

    /** The shop, which is ready when it says so over HTTP. */
    static ShopContainer shop(String name, String... properties) {
        return new ShopContainer(name, application(List.of(), properties)).awaitsHealth();
    }

    /** The shop under a supervisor that waits before it starts it again. */
    static ShopContainer supervisedShop(String name, String... properties) {
        return new ShopContainer(name, application(List.of("/app/supervise"), properties)).awaitsHealth();
    }

    /** The shop that is expected to end by itself. */
    static ShopContainer endingShop(String name, String... properties) {
        return new ShopContainer(name, application(List.of(), properties)).withStartupCheckStrategy(new Ended());
    }

    /** The loader, which ends by itself. */
    static ShopContainer loader(String name, String... arguments) {
        List<String> command = new ArrayList<>(List.of("java", "-jar", "/app/loader.jar"));
        command.addAll(List.of(arguments));
        return new ShopContainer(name, command).withStartupCheckStrategy(new Ended());
    }

    /** A container that only waits to be looked from. */
    static ShopContainer lookout(String name) {
        return new ShopContainer(name, List.of("sleep", "infinity"));
    }

    private static List<String> application(List<String> before, String... properties) {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                "java",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "-Dloader.path=/app/drill",
                "-cp",
                "/app/application.jar",
                "org.springframework.boot.loader.launch.PropertiesLauncher",
                "--spring.main.banner-mode=off",
                "--asyncslot.kernel.capacity=2048",
                // work items that have run are looked at in the kernel
                "--asyncslot.maps.reindex.when-idle=keep"));
        for (String property : properties) {
            command.add("--" + property);
        }
        return command;
    }

    private ShopContainer awaitsHealth() {
        return withExposedPorts(PORT)
                .waitingFor(Wait.forHttp("/actuator/health").forPort(PORT).withStartupTimeout(PATIENCE));
    }

    /** Every privilege of the host, and the kernel's list of timers. */
    ShopContainer privileged() {
        return bound("/proc:/host/proc:ro").configured(Engine.privilege()::grant);
    }

    ShopContainer bound(String bind) {
        return configured(config -> {
            List<Bind> binds = new ArrayList<>(config.getBinds() == null ? List.of() : List.of(config.getBinds()));
            binds.add(Bind.parse(bind));
            config.withBinds(binds);
        });
    }

    ShopContainer configured(Consumer<HostConfig> change) {
        return withCreateContainerCmdModifier(create -> change.accept(create.getHostConfig()));
    }

    ShopContainer as(String user) {
        return withCreateContainerCmdModifier(create -> create.withUser(user));
    }

    /** The shop's own interface. */
    Shop customer() {
        return new Shop("http://" + getHost() + ":" + getMappedPort(PORT));
    }

    /** Runs a command inside and gives its output; fails if the command does. */
    String run(String... command) {
        try {
            ExecResult result = execInContainer(command);
            if (result.getExitCode() != 0) {
                throw new AssertionError(String.join(" ", command) + " ended with " + result.getExitCode() + ": "
                        + result.getStdout() + result.getStderr());
            }
            return result.getStdout();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** SIGKILL to the whole container. */
    void kill() {
        DockerClientFactory.instance()
                .client()
                .killContainerCmd(getContainerId())
                .exec();
    }

    long exitCode() {
        Long code = getCurrentContainerInfo().getState().getExitCodeLong();
        return code == null ? -1 : code;
    }

    private static Consumer<OutputFrame> logTo(String name) {
        Path file = Path.of(System.getProperty("asyncslot.container.results", "target"), name + ".log");
        return frame -> {
            try {
                Files.writeString(file, frame.getUtf8String(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    /** Started is what has ended, whichever way. */
    private static final class Ended extends StartupCheckStrategy {

        private Ended() {
            withTimeout(PATIENCE);
        }

        @Override
        public StartupStatus checkStartupState(com.github.dockerjava.api.DockerClient docker, String containerId) {
            ContainerState state = getCurrentState(docker, containerId);
            return "exited".equals(state.getStatus()) ? StartupStatus.SUCCESSFUL : StartupStatus.NOT_YET_KNOWN;
        }
    }
}
