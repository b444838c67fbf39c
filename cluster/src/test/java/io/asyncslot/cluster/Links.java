package io.asyncslot.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Network namespaces of Linux for the processes of a test, each with a cable to this machine that can be cut: packets are lost then,
 * and nobody is told. Needs root and {@code ip}.
 *
 * <p>Names have the number of this process. What a test left behind that was killed goes with the next one.
 */
final class Links implements AutoCloseable {

    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final String PREFIX = "aslot-";

    private final long self = ProcessHandle.current().pid();
    private final int count;

    private Links(int count) {
        this.count = count;
    }

    /**
     * Makes them.
     *
     * @param count how many processes
     * @return empty where this is not possible
     */
    static Optional<Links> of(int count) throws Exception {
        if (!System.getProperty("user.name").equals("root") || !possible("ip", "netns", "list")) {
            return Optional.empty();
        }
        removeThoseOfTheDead();
        Links links = new Links(count);
        Runtime.getRuntime().addShutdownHook(new Thread(links::remove));
        try {
            for (int i = 0; i < count; i++) {
                links.make(i);
            }
            return Optional.of(links);
        } catch (IOException e) {
            links.remove();
            return Optional.empty(); // a container without the right to
        }
    }

    private void make(int number) throws Exception {
        ip("netns", "add", name(number));
        ip("link", "add", cable(number), "type", "veth", "peer", "name", "eth0", "netns", name(number));
        ip("addr", "add", host(number) + "/30", "dev", cable(number));
        ip("link", "set", cable(number), "up");
        ip("-n", name(number), "addr", "add", guest(number) + "/30", "dev", "eth0");
        ip("-n", name(number), "link", "set", "eth0", "up");
        ip("-n", name(number), "link", "set", "lo", "up");
    }

    private String name(int number) {
        return PREFIX + self + "-" + number;
    }

    /** Names of interfaces have 15 characters at most. */
    private String cable(int number) {
        return "as" + self + "n" + number;
    }

    /** One of 64 x 256 networks of 10.200.0.0/10: tests that run at the same time have different ones. */
    private String network() {
        return "10." + (192 + self / 256 % 64) + "." + self % 256;
    }

    /** How a process calls this machine. */
    String host(int number) {
        return network() + "." + (number * 4 + 1);
    }

    private String guest(int number) {
        return network() + "." + (number * 4 + 2);
    }

    /** Begins the command that runs something at the end of a cable. */
    List<String> command(int number) {
        return List.of("ip", "netns", "exec", name(number));
    }

    void cut(int number) throws Exception {
        ip("link", "set", cable(number), "down");
    }

    void mend(int number) throws Exception {
        ip("link", "set", cable(number), "up");
    }

    private void remove() {
        for (int i = 0; i < count; i++) {
            possible("ip", "netns", "del", name(i));
        }
    }

    @Override
    public void close() {
        remove();
    }

    /** Those of tests that do not run any more, with what runs in them. */
    private static void removeThoseOfTheDead() throws IOException {
        if (!Files.isDirectory(NAMESPACES)) {
            return;
        }
        try (Stream<Path> names = Files.list(NAMESPACES)) {
            names.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith(PREFIX))
                    .filter(name ->
                            ProcessHandle.of(Long.parseLong(name.split("-")[1])).isEmpty())
                    .forEach(name -> possible(
                            "sh", "-c", "kill -9 $(ip netns pids " + name + ") 2>/dev/null; ip netns del " + name));
        }
    }

    private static void ip(String... arguments) throws IOException {
        String[] command = Stream.concat(Stream.of("ip"), Stream.of(arguments)).toArray(String[]::new);
        if (!possible(command)) {
            throw new IOException(String.join(" ", command) + " failed");
        }
    }

    private static boolean possible(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.onExit().orTimeout(20, TimeUnit.SECONDS).join().exitValue() == 0;
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }
}
