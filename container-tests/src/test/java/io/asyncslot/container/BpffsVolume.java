package io.asyncslot.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import java.util.Map;
import org.testcontainers.DockerClientFactory;

/**
 * A BPF file system of a test's own, as a volume: the engine mounts it when the first container with it starts and takes it
 * away, with all that is pinned in it, after the last. Nothing has to be mounted on the machine. A privileged container
 * that only looks keeps it mounted.
 */
final class BpffsVolume implements AutoCloseable {

    private final String name = "asyncslot-container-tests-" + Long.toHexString(System.nanoTime());
    private final DockerClient docker = DockerClientFactory.instance().client();
    private final ShopContainer lookout;

    private BpffsVolume(String lookoutName) {
        docker.createVolumeCmd()
                .withName(name)
                .withDriver("local")
                .withDriverOpts(Map.of("type", "bpf", "device", "bpf", "o", "mode=0711"))
                .withLabels(Map.of(ShopContainer.LABEL, lookoutName))
                .exec();
        lookout = mountedBy(ShopContainer.lookout(lookoutName).privileged());
    }

    /** Mounts one, kept by a container of that name. */
    static BpffsVolume mount(String lookoutName) {
        Engine.require();
        BpffsVolume volume = new BpffsVolume(lookoutName);
        try {
            volume.lookout.start();
            return volume;
        } catch (RuntimeException | Error e) {
            volume.close();
            throw e;
        }
    }

    /** What looks at the pins. */
    ShopContainer lookout() {
        return lookout;
    }

    /** The path of a directory in it, for containers that have the whole of it. */
    String path(String directory) {
        return "/sys/fs/bpf/" + directory;
    }

    /** Gives a container the whole of it. */
    ShopContainer mountedBy(ShopContainer container) {
        return container.bound(name + ":/sys/fs/bpf");
    }

    /** Gives a container one directory of it, and no other. */
    ShopContainer mountedBy(ShopContainer container, String directory, String at) {
        String place = docker.inspectVolumeCmd(name).exec().getMountpoint();
        return container.bound(place + "/" + directory + ":" + at);
    }

    @Override
    public void close() {
        lookout.stop();
        try {
            docker.removeVolumeCmd(name).exec();
        } catch (NotFoundException e) {
            // the engine has been cleaned meanwhile
        }
    }
}
