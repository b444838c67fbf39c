package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The manifests of docs/deploy: they can be read, give the application no privilege, and ask the loader for what it knows. */
class ManifestTests {

    private static final Path DEPLOY = Path.of("docs/deploy");
    private static final String PINS = "/sys/fs/bpf/orders";
    private static final Pattern LOADER_OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]+");

    private final Map<String, Object> deployment = yaml("kubernetes.yaml");
    private final Map<String, Object> pod = map(map(map(deployment, "spec"), "template"), "spec");

    @Test
    void kubernetes_applicationHasNoPrivilege() {
        assertThat(deployment).containsEntry("kind", "Deployment").containsEntry("apiVersion", "apps/v1");
        assertThat(map(map(deployment, "spec"), "strategy")).containsEntry("type", "Recreate");
        Map<String, Object> application = only(pod, "containers");
        Map<String, Object> security = map(application, "securityContext");
        assertThat(security)
                .containsEntry("runAsNonRoot", true)
                .containsEntry("allowPrivilegeEscalation", false)
                .containsEntry("readOnlyRootFilesystem", true)
                .containsKeys("runAsUser", "runAsGroup");
        assertThat(map(security, "capabilities")).isEqualTo(Map.of("drop", List.of("ALL")));
        assertThat(environment(application))
                .containsEntry("ASYNCSLOT_BACKEND", "kernel")
                .containsEntry("ASYNCSLOT_KERNEL_PINPATH", PINS);
        assertThat(application).containsKeys("readinessProbe", "livenessProbe");
    }

    @Test
    void kubernetes_loaderHasTwoCapabilitiesAndTheRightToGiveToTheGroup() {
        Map<String, Object> loader = only(pod, "initContainers");
        Map<String, Object> security = map(loader, "securityContext");
        assertThat(security).containsEntry("runAsUser", 0).containsEntry("allowPrivilegeEscalation", false);
        assertThat(map(security, "capabilities"))
                .isEqualTo(Map.of("drop", List.of("ALL"), "add", List.of("BPF", "PERFMON", "CHOWN")));
        String group =
                String.valueOf(map(only(pod, "containers"), "securityContext").get("runAsGroup"));
        assertThat(strings(loader, "args"))
                .containsSubsequence("--pin-path", PINS)
                .containsSubsequence("--group", group);
        assertKnown(String.join(" ", strings(loader, "args")));
    }

    @Test
    void kubernetes_mountsAreVolumes_andTheBpfFileSystemIsTheNodes() {
        List<Object> volumes =
                list(pod, "volumes").stream().map(volume -> volume.get("name")).toList();
        for (String kind : List.of("initContainers", "containers")) {
            List<Map<String, Object>> mounts = list(only(pod, kind), "volumeMounts");
            assertThat(mounts).extracting(mount -> mount.get("name")).isSubsetOf(volumes);
            assertThat(mounts).extracting(mount -> mount.get("mountPath")).contains("/sys/fs/bpf", "/tmp");
        }
        assertThat(list(pod, "volumes"))
                .filteredOn(volume -> "bpf".equals(volume.get("name")))
                .singleElement()
                .satisfies(volume -> assertThat(map(volume, "hostPath"))
                        .isEqualTo(Map.of("path", "/sys/fs/bpf", "type", "Directory")));
    }

    @Test
    void seccomp_refusesMuch_butNotBpf() {
        assertThat(map(map(pod, "securityContext"), "seccompProfile"))
                .isEqualTo(Map.of("type", "Localhost", "localhostProfile", "seccomp-slots.json"));
        Map<String, Object> profile = yaml("seccomp-slots.json"); // JSON is YAML
        assertThat(profile).containsEntry("defaultAction", "SCMP_ACT_ALLOW");
        Map<String, Object> refused = only(profile, "syscalls");
        assertThat(refused).containsEntry("action", "SCMP_ACT_ERRNO");
        assertThat(strings(refused, "names"))
                .isSorted()
                .doesNotHaveDuplicates()
                .contains("mount", "ptrace", "kexec_load", "setns", "unshare", "perf_event_open")
                .doesNotContain("bpf", "flock", "timerfd_create", "ppoll", "mmap");
    }

    @Test
    void systemd_loaderAsRoot_applicationWithoutCapabilities() {
        String loader = read("orders-slots.service");
        assertThat(values(loader, "Service", "CapabilityBoundingSet")).containsExactly("CAP_BPF CAP_PERFMON CAP_CHOWN");
        assertThat(values(loader, "Service", "Type")).containsExactly("oneshot");
        assertThat(values(loader, "Service", "User")).isEmpty();
        assertThat(values(loader, "Service", "ExecStart"))
                .singleElement()
                .asString()
                .contains("--pin-path " + PINS)
                .satisfies(ManifestTests::assertKnown);
        String application = read("orders.service");
        assertThat(values(application, "Service", "CapabilityBoundingSet")).containsExactly("");
        assertThat(values(application, "Service", "User")).containsExactly("orders");
        assertThat(values(application, "Service", "SystemCallFilter")).containsExactly("@system-service bpf");
        assertThat(values(application, "Service", "ReadWritePaths")).containsExactly(PINS);
        assertThat(values(application, "Service", "Environment")).contains("ASYNCSLOT_KERNEL_PINPATH=" + PINS);
        assertThat(values(application, "Unit", "Requires")).containsExactly("orders-slots.service");
        assertThat(values(application, "Unit", "After"))
                .singleElement()
                .asString()
                .contains("orders-slots.service");
    }

    /** Java's option is not the loader's. */
    private static void assertKnown(String command) {
        String text = command.replace("--enable-native-access=ALL-UNNAMED", "");
        Set<String> options =
                LOADER_OPTION.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
        assertThat(options).isNotEmpty();
        String loader = page(Path.of("kernel/src/main/java/io/asyncslot/kernel/KernelLoader.java"));
        options.forEach(option -> assertThat(loader).contains("case \"" + option + "\""));
    }

    /** What a unit says of a key in a section; lines that are continued are one. */
    private static List<String> values(String unit, String section, String key) {
        List<String> values = new ArrayList<>();
        String present = "";
        for (String line : unit.replaceAll("\\\\\n\\s*", "").split("\n")) {
            if (line.startsWith("[")) {
                present = line.substring(1, line.indexOf(']'));
            } else if (present.equals(section) && line.startsWith(key + "=")) {
                values.add(line.substring(key.length() + 1));
            }
        }
        return values;
    }

    private static Map<Object, Object> environment(Map<String, Object> container) {
        return list(container, "env").stream()
                .collect(Collectors.toMap(entry -> entry.get("name"), entry -> entry.get("value")));
    }

    private static Map<String, Object> only(Map<String, Object> of, String key) {
        List<Map<String, Object>> all = list(of, key);
        assertThat(all).as(key).hasSize(1);
        return all.get(0);
    }

    @SuppressWarnings("unchecked") // the shape of a manifest; another one fails the tests
    private static Map<String, Object> map(Map<String, Object> of, String key) {
        return (Map<String, Object>) of.get(key);
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Map<String, Object> of, String key) {
        return (List<Map<String, Object>>) of.get(key);
    }

    @SuppressWarnings("unchecked")
    private static List<String> strings(Map<String, Object> of, String key) {
        return (List<String>) of.get(key);
    }

    private static Map<String, Object> yaml(String file) {
        return new Yaml().load(read(file));
    }

    private static String read(String file) {
        return page(DEPLOY.resolve(file));
    }

    private static String page(Path path) {
        try {
            return Pages.read(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
