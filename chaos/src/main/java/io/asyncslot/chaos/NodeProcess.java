package io.asyncslot.chaos;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A {@link Node} in a process of its own, as the driver sees it. Driven by one thread. */
final class NodeProcess {

    private static final long LIMIT_SECONDS = 120;
    private static final int KILLED = 137;

    private final Process process;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private boolean isStopped;

    /**
     * Starts it.
     *
     * @param prefix begins the command line
     */
    NodeProcess(List<String> prefix, String backend, Path directory, String name, String where, List<String> options)
            throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(java(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.addAll(options);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                Node.class.getName(),
                backend,
                directory.resolve(name + ".ledger").toString(),
                name,
                where));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        directory.resolve(name + ".log").toFile()))
                .start();
        Thread reader = new Thread(this::read, "answers of " + name);
        reader.setDaemon(true);
        reader.start();
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                answers.add(line);
            }
        } catch (IOException e) {
            // it was killed
        }
        answers.add("gone");
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Whether it has come up; false if it ended instead. */
    boolean isReady() throws InterruptedException {
        return "ready".equals(answer());
    }

    private String answer() throws InterruptedException {
        String answer = answers.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
        return answer == null ? "silent" : answer;
    }

    /** Carries a command out. */
    void command(String line) throws IOException, InterruptedException {
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        String answer = answer();
        if (!answer.equals("done")) {
            throw new IllegalStateException("'" + line + "' was answered by '" + answer + "'");
        }
    }

    void kill() throws InterruptedException {
        process.destroyForcibly();
        int code = process.waitFor();
        if (code != KILLED) {
            throw new IllegalStateException("the process ended by itself, with " + code);
        }
    }

    /** Stops it, or lets it continue. */
    void signal(String signal) throws IOException, InterruptedException {
        signal(process.pid(), signal);
        isStopped = signal.equals("STOP");
    }

    static void signal(long pid, String signal) throws IOException, InterruptedException {
        if (new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor() != 0) {
            throw new IllegalStateException("kill -" + signal + " " + pid + " failed");
        }
    }

    /** Ends it as a deployment does. */
    void end() throws IOException, InterruptedException {
        process.getOutputStream().write("end\n".getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException("the process did not end in order");
        }
    }

    /** At the end of all. */
    void destroy() throws IOException, InterruptedException {
        if (isStopped && process.isAlive()) {
            signal("CONT");
        }
        process.destroyForcibly().waitFor();
    }
}
