package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Loading by a BPF token, in a user namespace whose BPF file system delegates it, with the kernel of this machine. */
class RealTokenTests {

    private static final String[] EVERYTHING = {
        "delegate_cmds=any", "delegate_maps=any", "delegate_progs=any", "delegate_attachs=any"
    };

    @BeforeAll
    static void needTokens() {
        RealKernel.assume();
        KernelReport report = KernelProbe.probe(null);
        String token = String.valueOf(report.details().get("bpfToken"));
        assumeTrue(token.startsWith(BpfToken.INITIAL_NAMESPACE.name()), "SKIPPED: " + token);
    }

    @Test
    void withoutDelegation_theReasonIsNamed() throws Exception {
        assertThat(child())
                .anyMatch(line -> line.startsWith("token NOT_DELEGATED"))
                .anyMatch(line -> line.startsWith("finding USER_NAMESPACE") && line.contains("delegates nothing"));
    }

    @Test
    void withTooLittleDelegated_theReasonIsNamed() throws Exception {
        assertThat(child("delegate_cmds=map_create", "delegate_maps=array"))
                .anyMatch(line -> line.startsWith("token AVAILABLE"))
                .anyMatch(line -> line.startsWith("finding USER_NAMESPACE") && line.contains("does not cover it"));
    }

    @Test
    void withDelegation_aSlotIsLoadedPinnedAndFires() throws Exception {
        assertThat(child(EVERYTHING))
                .anyMatch(line -> line.startsWith("token AVAILABLE"))
                .noneMatch(line -> line.startsWith("finding"))
                .contains("fired true");
    }

    /** What a process in a namespace of its own says whose BPF file system delegates that. */
    private static List<String> child(String... delegated) throws IOException, InterruptedException {
        Path unshare = List.of(Path.of("/usr/bin/unshare"), Path.of("/bin/unshare")).stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        assumeTrue(unshare != null, "SKIPPED: there is no unshare");
        Process process = new ProcessBuilder(
                        String.valueOf(unshare),
                        "-U",
                        "-r",
                        "-m",
                        ProcessHandle.current().info().command().orElse("java"),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TokenChild.class.getName())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            String first = said.readLine();
            assumeTrue(
                    first != null && first.startsWith("context "),
                    "SKIPPED: no user namespace with a BPF file system here: " + first);
            TokenChild.delegate(process.pid(), Long.parseLong(first.substring("context ".length())), delegated);
            process.outputWriter(StandardCharsets.UTF_8).append('\n').flush();
            List<String> lines = said.lines().toList();
            lines.forEach(System.out::println);
            assertThat(process.waitFor()).isZero();
            return lines;
        } finally {
            process.destroyForcibly();
        }
    }
}
