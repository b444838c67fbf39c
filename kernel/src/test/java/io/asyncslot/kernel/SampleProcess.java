package io.asyncslot.kernel;

import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The sample application in a process of its own, and a customer of it. */
final class SampleProcess implements AutoCloseable {

    private static final Duration UP = Duration.ofMinutes(12);
    private static final Duration REPLY = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Process process;
    private final Path output;
    private final URI url;

    private SampleProcess(Process process, Path output, URI url) {
        this.process = process;
        this.output = output;
        this.url = url;
    }

    /** What the shop answered. */
    record Reply(int status, String body) {}

    /** Starts it from the directory in {@code asyncslot.sample}, where its jar is, and its libraries in {@code lib}. */
    static SampleProcess start(String... arguments) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        List<String> all = new ArrayList<>(List.of("--server.port=" + port));
        all.addAll(List.of(arguments));
        return start("io.asyncslot.sample.SampleApplication", URI.create("http://127.0.0.1:" + port), all);
    }

    /** Starts the sample's own load generator against this one. */
    SampleProcess load(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(url.toString()));
        all.addAll(List.of(arguments));
        return start("io.asyncslot.sample.load.LoadGenerator", url, all);
    }

    private static SampleProcess start(String main, URI url, List<String> arguments) throws IOException {
        String directory = System.getProperty("asyncslot.sample");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                directory + "/*:" + directory + "/lib/*",
                main));
        command.addAll(arguments);
        Path output = Files.createTempFile("asyncslot-sample", ".log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new SampleProcess(process, output, url);
    }

    /** Waits until it answers. */
    void awaitUp() throws IOException {
        long end = System.nanoTime() + UP.toNanos();
        while (System.nanoTime() - end < 0 && process.isAlive()) {
            try {
                if (get("/actuator/health").status() == 200) {
                    return;
                }
            } catch (ConnectException e) {
                pause();
            }
        }
        throw new AssertionError("the sample does not answer after " + UP + ":\n" + output());
    }

    Reply get(String path) throws IOException {
        return send("GET", path, "");
    }

    Reply post(String path, String body) throws IOException {
        return send("POST", path, body);
    }

    Reply send(String method, String path, String body) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(url.resolve(path))
                .timeout(REPLY)
                .header("content-type", "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        try {
            HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
            return new Reply(response.statusCode(), response.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** The exit status, or -1 if it has not ended by then. */
    int awaitExit(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS) ? process.exitValue() : -1;
    }

    String output() throws IOException {
        return Files.readString(output);
    }

    private static void pause() {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            Files.delete(output);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
