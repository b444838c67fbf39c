package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each obstacle gets its own reason and remedy. What is in the way is made up; the judgement is the real one. */
class KernelProbeTests {

    private static final Path PINS = Path.of("/sys/fs/bpf/asyncslot");
    private static final String NO_CAPABILITIES = "0000000000000000";
    private static final String ONLY_BPF = "0000008000000000";

    private final FakeSurroundings machine = new FakeSurroundings();

    @Test
    void nothingInTheWay() {
        KernelReport report = probe(PINS);
        assertThat(report.available()).isTrue();
        assertThat(report.details())
                .containsEntry("kernel", "6.18.44")
                .containsEntry("libbpf", "1.1")
                .containsEntry("program", "asyncslot-before-7.0.bpf.o")
                .containsEntry("capabilities", "CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN");
    }

    @Test
    void otherSystem() {
        machine.properties.put("os.name", "Mac OS X");
        assertProblem(probe(null), KernelProblem.NOT_LINUX, "Mac OS X");
    }

    @Test
    void otherMachine() {
        machine.littleEndian = false;
        machine.properties.put("os.arch", "s390x");
        assertProblem(probe(null), KernelProblem.ARCHITECTURE, "s390x");
        machine.littleEndian = true;
        machine.properties.put("sun.arch.data.model", "32");
        assertProblem(probe(null), KernelProblem.ARCHITECTURE, "");
    }

    @Test
    void nativeAccessDenied() {
        machine.library = new KernelException(KernelProblem.NATIVE_ACCESS, "Illegal native access from unnamed module");
        assertProblem(probe(null), KernelProblem.NATIVE_ACCESS, "unnamed module");
    }

    @Test
    void noLibrary() {
        machine.library = new KernelException(KernelProblem.NO_LIBBPF, "there is no libbpf.so.1");
        assertProblem(probe(null), KernelProblem.NO_LIBBPF, "libbpf.so.1");
        machine.library = new KernelException(KernelProblem.LIBBPF_TOO_OLD, "only libbpf.so.0 is installed");
        assertProblem(probe(null), KernelProblem.LIBBPF_TOO_OLD, "libbpf.so.0");
    }

    @Test
    void noBtf() {
        machine.files.remove("/sys/kernel/btf/vmlinux");
        assertProblem(probe(null), KernelProblem.NO_BTF, "");
    }

    @Test
    void functionsMissingOrUnknown() {
        machine.types = new KernelTypes(true, false, false, false, false, true);
        assertProblem(probe(null), KernelProblem.KFUNC_MISSING, "6.18.44");
        machine.types = new KernelTypes(false, true, true, false, true, true);
        assertProblem(probe(null), KernelProblem.KFUNC_MISSING, "");
        machine.types = new KernelTypes(true, true, false, false, false, true);
        assertProblem(probe(null), KernelProblem.KFUNC_SIGNATURE, "");
        assertThat(machine.loads).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "true, true, true, SINCE_7_0",
        "true, false, true, SINCE_7_0",
        "false, true, false, BEFORE_7_0",
        "false, true, true, BEFORE_7_0",
    })
    void objectIsChosenByWhatTheKernelHas(boolean plain, boolean hidden, boolean async, ProgramVariant variant) {
        assertThat(new KernelTypes(true, true, plain, hidden, async, true).variant())
                .isEqualTo(variant);
    }

    @ParameterizedTest
    @CsvSource({
        // capabilities, unprivileged_bpf_disabled, seccomp, errno, problem
        NO_CAPABILITIES + ", 2, 0, EPERM, UNPRIVILEGED_BPF_DISABLED",
        NO_CAPABILITIES + ", 1, 2, EPERM, UNPRIVILEGED_BPF_DISABLED",
        NO_CAPABILITIES + ", 0, 0, EPERM, NOT_PERMITTED",
        ONLY_BPF + ", 2, 0, EACCES, NOT_PERMITTED",
        FakeSurroundings.ALL_CAPABILITIES + ", 2, 2, EPERM, SYSTEM_CALL_FILTERED",
        FakeSurroundings.ALL_CAPABILITIES + ", 2, 0, EPERM, LOAD_REFUSED",
        FakeSurroundings.ALL_CAPABILITIES + ", 2, 0, EINVAL, LOAD_REFUSED",
        FakeSurroundings.ALL_CAPABILITIES + ", 2, 0, ENOMEM, NO_MEMORY",
        FakeSurroundings.ALL_CAPABILITIES + ", 2, 0, ENOSYS, NO_BPF",
    })
    void loadRefused(String capabilities, String disabled, int seccomp, Errno errno, KernelProblem problem) {
        machine.files.put("/proc/sys/kernel/unprivileged_bpf_disabled", disabled);
        machine.files.put("/proc/self/status", FakeSurroundings.status(capabilities, seccomp));
        machine.loadFailure = new KernelException("load", errno.number());
        assertProblem(probe(null), problem, errno.name());
        assertThat(probe(null).details()).extractingByKey("log").asString().contains("what it said");
    }

    @Test
    void missingCapabilityIsNamed() {
        machine.files.put("/proc/self/status", FakeSurroundings.status(ONLY_BPF, 0));
        machine.loadFailure = new KernelException("load", Errno.EACCES.number());
        assertProblem(probe(null), KernelProblem.NOT_PERMITTED, "missing: CAP_PERFMON");
    }

    @ParameterizedTest
    @CsvSource({
        "bpf_token_create, ENOSYS, LIBBPF_TOO_OLD",
        "bpf_token_create, EOPNOTSUPP, INITIAL_NAMESPACE",
        "bpf_token_create, EPERM, OTHER_NAMESPACE",
        "bpf_token_create, ENOENT, NOT_DELEGATED",
        "bpf_token_create, EINVAL, NO_BPFFS",
        "open /sys/fs/bpf, ENOENT, NO_BPFFS",
        "bpf_token_create, EBUSY, REFUSED",
    })
    void tokenIsReportedWithReasonAndRemedy(String action, Errno errno, BpfToken token) {
        machine.tokenFailure = new KernelException(action, errno.number());
        assertThat(probe(null).available()).as("a token is one way of several").isTrue();
        assertThat(probe(null).details()).containsEntry("bpfToken", token.words());
        assertThat(token.words()).contains(token.reason(), token.remedy());
        machine.files.put("/proc/self/uid_map", "         0     100000      65536");
        machine.loadFailure = new KernelException("load", Errno.EPERM.number());
        assertProblem(probe(null), KernelProblem.USER_NAMESPACE, token.reason());
        machine.files.put("/proc/self/uid_map", "         0          0 4294967295");
        assertProblem(probe(null), KernelProblem.LOAD_REFUSED, "");
    }

    @Test
    void tokenWhereItCanBeMade_orNotByTheKernel() {
        machine.tokenFailure = null;
        assertThat(probe(PINS).details()).containsEntry("bpfToken", BpfToken.AVAILABLE.words());
        machine.types = new KernelTypes(true, true, false, true, false, false);
        assertThat(probe(PINS).details()).containsEntry("bpfToken", BpfToken.KERNEL_TOO_OLD.words());
    }

    @ParameterizedTest
    @EnumSource
    void everyTokenIsInTheDocs(BpfToken token) throws IOException {
        assertThat(Files.readString(Path.of("../docs/kernel.md")))
                .contains("| `" + token + "` | " + token.reason() + " | " + token.remedy() + " |");
    }

    @Test
    void lockdownAndRealtime() {
        machine.loadFailure = new KernelException("load", Errno.EPERM.number());
        machine.files.put("/sys/kernel/security/lockdown", "none integrity [confidentiality]");
        assertProblem(probe(null), KernelProblem.LOCKDOWN, "");
        machine.files.put("/sys/kernel/security/lockdown", "none [integrity] confidentiality");
        assertProblem(probe(null), KernelProblem.LOAD_REFUSED, "");
        machine.loadFailure = new KernelException("load", Errno.EOPNOTSUPP.number());
        machine.files.put("/sys/kernel/realtime", "1");
        assertProblem(probe(null), KernelProblem.REALTIME_KERNEL, "");
    }

    @Test
    void nowhereToPin() {
        machine.bpffs = false;
        assertProblem(probe(PINS), KernelProblem.BPFFS_NOT_MOUNTED, PINS.toString());
        assertThat(probe(null).available()).as("only with a pin path").isTrue();
    }

    @Test
    void pinsNeedNoPrivilege() {
        machine.pinned = Pins.Contents.COMPLETE;
        machine.loadFailure = new KernelException("load", Errno.EPERM.number());
        machine.files.remove("/sys/kernel/btf/vmlinux");
        assertThat(probe(PINS).available()).isTrue();
        assertThat(machine.loads).isZero();
    }

    @Test
    void pinsInTheWay() {
        machine.pinned = Pins.Contents.COMPLETE;
        machine.pinsFailure = new KernelException("open " + PINS + "/slot_header", Errno.EACCES.number());
        assertProblem(probe(PINS), KernelProblem.PIN_NOT_PERMITTED, "EACCES");
        machine.pinsFailure = new PinPathHeldException(PINS, "process 17 since yesterday (orders)");
        assertProblem(probe(PINS), KernelProblem.PIN_HELD, "process 17");
        machine.pinsFailure = new PinLayoutException(PINS, "its layout has version 9", Pins.remedy(PINS));
        KernelReport report = probe(PINS);
        assertProblem(report, KernelProblem.PIN_LAYOUT, "version 9");
        assertThat(report.reasons().get(0)).contains("--drop").contains("migrate");
    }

    @Test
    void incompletePins() {
        machine.pinned = Pins.Contents.INCOMPLETE;
        assertThat(probe(PINS).available()).as("who may load makes them anew").isTrue();
        machine.files.put("/proc/self/status", FakeSurroundings.status(NO_CAPABILITIES, 0));
        machine.loadFailure = new KernelException("load", Errno.EPERM.number());
        assertProblem(probe(PINS), KernelProblem.PIN_INCOMPLETE, "CAP_BPF");
    }

    @Test
    void filteredCallOnPins() {
        machine.pinned = Pins.Contents.COMPLETE;
        machine.files.put("/proc/self/status", FakeSurroundings.status(NO_CAPABILITIES, 2));
        machine.pinsFailure = new KernelException("open " + PINS + "/slot_header", Errno.EPERM.number());
        assertProblem(probe(PINS), KernelProblem.SYSTEM_CALL_FILTERED, "EPERM");
    }

    @ParameterizedTest
    @EnumSource
    void everyProblemHasWords(KernelProblem problem) {
        assertThat(problem.reason()).isNotBlank().doesNotEndWith(".");
        assertThat(problem.remedy()).isNotBlank().doesNotEndWith(".");
    }

    @ParameterizedTest
    @EnumSource
    void everyProblemIsInTheDocs(KernelProblem problem) throws IOException {
        assertThat(Files.readString(Path.of("../docs/kernel.md")))
                .contains("| `" + problem + "` | " + problem.reason() + " | " + problem.remedy() + " |");
    }

    @Test
    void reasonsDiffer() {
        Set<String> reasons = new HashSet<>();
        for (KernelProblem problem : KernelProblem.values()) {
            assertThat(reasons.add(problem.reason())).as(problem.name()).isTrue();
        }
    }

    @Test
    void errorNumbersInWords() {
        assertThat(Errno.words(-12)).startsWith("ENOMEM (");
        assertThat(Errno.words(9_999)).isEqualTo("error 9999");
        assertThat(Errno.EBUSY.isResult(-16)).isTrue();
        assertThat(new KernelException("load", 1)).hasMessage("load: EPERM (not permitted)");
    }

    private KernelReport probe(Path pinPath) {
        return new KernelProbe(machine).look(pinPath);
    }

    private static void assertProblem(KernelReport report, KernelProblem problem, String words) {
        assertThat(report.available()).isFalse();
        assertThat(report.findings()).hasSize(1);
        KernelReport.Finding finding = report.findings().get(0);
        assertThat(finding.problem()).isEqualTo(problem);
        assertThat(finding.reason()).contains(words);
        assertThat(finding.remedy()).isNotBlank();
    }
}
