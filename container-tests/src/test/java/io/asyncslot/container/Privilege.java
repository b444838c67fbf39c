package io.asyncslot.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;

/** How a container gets every privilege of this host: the engine is tried once, with a container that does nothing. */
enum Privilege {

    /** {@code --privileged}. */
    PRIVILEGED {
        @Override
        void grant(HostConfig config) {
            config.withPrivileged(true);
        }
    },

    /**
     * What older engines need on a host that lacks a capability itself, where they refuse {@code --privileged}: all
     * capabilities but those.
     */
    EVERY_CAPABILITY_OF_THE_HOST {
        @Override
        void grant(HostConfig config) {
            config.withCapAdd(Capability.ALL)
                    .withCapDrop(missing().toArray(Capability[]::new))
                    .withSecurityOpts(List.of("seccomp=unconfined", "apparmor=unconfined"));
        }
    };

    private static final Logger LOG = LoggerFactory.getLogger(Privilege.class);
    private static final String REFUSAL = "unable to apply caps";

    /** Capabilities by their numbers, which are the kernel's. */
    private static final List<Capability> BY_NUMBER = List.of(
            Capability.CHOWN,
            Capability.DAC_OVERRIDE,
            Capability.DAC_READ_SEARCH,
            Capability.FOWNER,
            Capability.FSETID,
            Capability.KILL,
            Capability.SETGID,
            Capability.SETUID,
            Capability.SETPCAP,
            Capability.LINUX_IMMUTABLE,
            Capability.NET_BIND_SERVICE,
            Capability.NET_BROADCAST,
            Capability.NET_ADMIN,
            Capability.NET_RAW,
            Capability.IPC_LOCK,
            Capability.IPC_OWNER,
            Capability.SYS_MODULE,
            Capability.SYS_RAWIO,
            Capability.SYS_CHROOT,
            Capability.SYS_PTRACE,
            Capability.SYS_PACCT,
            Capability.SYS_ADMIN,
            Capability.SYS_BOOT,
            Capability.SYS_NICE,
            Capability.SYS_RESOURCE,
            Capability.SYS_TIME,
            Capability.SYS_TTY_CONFIG,
            Capability.MKNOD,
            Capability.LEASE,
            Capability.AUDIT_WRITE,
            Capability.AUDIT_CONTROL,
            Capability.SETFCAP,
            Capability.MAC_OVERRIDE,
            Capability.MAC_ADMIN,
            Capability.SYSLOG,
            Capability.WAKE_ALARM,
            Capability.BLOCK_SUSPEND,
            Capability.AUDIT_READ,
            Capability.PERFMON,
            Capability.BPF,
            Capability.CHECKPOINT_RESTORE);

    abstract void grant(HostConfig config);

    /** The way that works with this engine. */
    static Privilege find(String image) {
        DockerClient docker = DockerClientFactory.instance().client();
        HostConfig config = HostConfig.newHostConfig();
        PRIVILEGED.grant(config);
        String id = docker.createContainerCmd(image)
                .withHostConfig(config)
                .withCmd("true")
                .exec()
                .getId();
        try {
            docker.startContainerCmd(id).exec();
            return PRIVILEGED;
        } catch (DockerException e) {
            if (!e.getMessage().contains(REFUSAL)) {
                throw e;
            }
            LOG.warn(
                    "The engine refuses --privileged ({}), because the host lacks {}: containers get all other"
                            + " capabilities instead, without seccomp",
                    REFUSAL,
                    missing());
            return EVERY_CAPABILITY_OF_THE_HOST;
        } finally {
            docker.removeContainerCmd(id).withForce(true).exec();
        }
    }

    /** What this host's bounding set lacks; the engine is taken to run on this host. */
    private static List<Capability> missing() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            long bounding = lines.filter(line -> line.startsWith("CapBnd:"))
                    .map(line -> Long.parseUnsignedLong(
                            line.substring("CapBnd:".length()).strip(), 16))
                    .findFirst()
                    .orElse(-1L);
            return BY_NUMBER.stream()
                    .filter(capability -> (bounding >> BY_NUMBER.indexOf(capability) & 1) == 0)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
