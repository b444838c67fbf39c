package io.asyncslot.kernel;

import io.asyncslot.kernel.KernelReport.Finding;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether slots can be kept in the kernel, and if not, why: by looking and by trying, never by version numbers.
 * Leaves nothing behind.
 */
public final class KernelProbe {

    private static final String BTF = "/sys/kernel/btf/vmlinux";
    private static final int CAP_SYS_ADMIN = 21;
    private static final int CAP_PERFMON = 38;
    private static final int CAP_BPF = 39;
    private static final int LOG_LINES = 8;

    private final Surroundings surroundings;
    private final Map<String, Object> details = new LinkedHashMap<>();

    /** The result of the attempt to make a token; null before the attempt, and if there was no reason for one. */
    private @Nullable BpfToken token;

    KernelProbe(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /**
     * Probes this machine, for this process.
     *
     * @param pinPath where slots are to be pinned, or null
     * @return what was found
     */
    public static KernelReport probe(@Nullable Path pinPath) {
        return new KernelProbe(new SystemSurroundings()).look(pinPath);
    }

    /**
     * The meaning of a failure to open the kernel's slots.
     *
     * @param failure what {@link LibbpfPort#open} threw
     * @return a finding with reason and remedy
     */
    public static KernelReport.Finding explain(KernelException failure) {
        return new KernelProbe(new SystemSurroundings()).explained(failure);
    }

    KernelReport look(@Nullable Path pinPath) {
        details.put("os", surroundings.property("os.name"));
        details.put("architecture", surroundings.property("os.arch"));
        Optional<Finding> obstacle = platform().or(this::library);
        if (obstacle.isPresent()) {
            return report(obstacle.get());
        }
        if (pinPath != null) {
            details.put("pinPath", pinPath.toString());
            Pins.Contents contents;
            try {
                contents = surroundings.pinned(pinPath);
            } catch (KernelException e) {
                return report(explained(e));
            }
            details.put("pinned", contents.name().toLowerCase(Locale.ROOT));
            if (contents == Pins.Contents.COMPLETE || contents == Pins.Contents.DAMAGED) {
                return pins(pinPath).map(this::report).orElseGet(this::clear);
            }
            if (!surroundings.isBpffs(pinPath)) {
                return report(Finding.of(KernelProblem.BPFFS_NOT_MOUNTED, pinPath.toString()));
            }
        }
        Optional<Finding> refused = load(pinPath);
        if (refused.isPresent() && "incomplete".equals(details.get("pinned"))) {
            return report(Finding.of(KernelProblem.PIN_INCOMPLETE, refused.get().reason()));
        }
        return refused.map(this::report).orElseGet(this::clear);
    }

    private Optional<Finding> platform() {
        if (!surroundings.property("os.name").equals("Linux")) {
            return found(KernelProblem.NOT_LINUX, surroundings.property("os.name"));
        }
        details.put("kernel", surroundings.read("/proc/sys/kernel/osrelease").orElse("unknown"));
        if (!surroundings.littleEndian()
                || !surroundings.property("sun.arch.data.model").equals("64")) {
            return found(KernelProblem.ARCHITECTURE, surroundings.property("os.arch"));
        }
        return Optional.empty();
    }

    private Optional<Finding> library() {
        try {
            details.put("libbpf", surroundings.libbpf());
            return Optional.empty();
        } catch (KernelException e) {
            KernelProblem problem = e.problem();
            return found(problem == null ? KernelProblem.NO_LIBBPF : problem, e.action());
        }
    }

    private Optional<Finding> pins(Path pinPath) {
        try {
            surroundings.tryPins(pinPath);
            return Optional.empty();
        } catch (KernelException e) {
            return Optional.of(explained(e));
        }
    }

    private Optional<Finding> load(@Nullable Path pinPath) {
        permissions();
        if (!surroundings.isReadable(BTF)) {
            return found(KernelProblem.NO_BTF, "");
        }
        KernelTypes types;
        try {
            types = surroundings.kernelTypes();
        } catch (KernelException e) {
            return found(KernelProblem.NO_BTF, String.valueOf(e.getMessage()));
        }
        details.put("bpf_timer", types.timer());
        details.put("bpf_wq", types.work());
        token = token(types, pinPath);
        details.put("bpfToken", token.words());
        ProgramVariant variant = types.variant();
        if (variant == null) {
            boolean missing = !types.timer() || !types.work();
            return found(
                    missing ? KernelProblem.KFUNC_MISSING : KernelProblem.KFUNC_SIGNATURE,
                    details.getOrDefault("kernel", "").toString());
        }
        details.put("program", variant.resource());
        details.put("cancelAsync", variant.cancelAsync());
        try {
            surroundings.tryLoad(variant, pinPath);
            return Optional.empty();
        } catch (KernelException e) {
            List<String> log = surroundings.log();
            details.put("log", log.subList(Math.max(0, log.size() - LOG_LINES), log.size()));
            return Optional.of(explained(e));
        }
    }

    private BpfToken token(KernelTypes types, @Nullable Path pinPath) {
        if (!types.token()) {
            return BpfToken.KERNEL_TOO_OLD;
        }
        try {
            surroundings.tryToken(pinPath);
            return BpfToken.AVAILABLE;
        } catch (KernelException e) {
            return BpfToken.of(e);
        }
    }

    private void permissions() {
        status("CapEff").ifPresent(mask -> details.put("capabilities", capabilities(mask)));
        surroundings
                .read("/proc/sys/kernel/unprivileged_bpf_disabled")
                .ifPresent(value -> details.put("unprivilegedBpfDisabled", value));
        surroundings.read("/sys/kernel/security/lockdown").ifPresent(value -> details.put("lockdown", value));
        status("Seccomp").ifPresent(value -> details.put("seccomp", value.equals("0") ? "off" : "filter"));
    }

    Finding explained(KernelException failure) {
        KernelProblem known = failure.problem();
        if (failure instanceof PinLayoutException layout) {
            return new Finding(KernelProblem.PIN_LAYOUT, String.valueOf(layout.getMessage()), layout.remedy());
        }
        if (known != null) {
            return new Finding(known, String.valueOf(failure.getMessage()), known.remedy());
        }
        KernelProblem problem = problem(failure.errno(), failure.action());
        return Finding.of(problem, String.valueOf(failure.getMessage()) + lacking(problem));
    }

    private KernelProblem problem(int number, String action) {
        if (Errno.ENOSYS.number() == number) {
            return KernelProblem.NO_BPF;
        }
        if (Errno.ENOMEM.number() == number || Errno.E2BIG.number() == number) {
            return KernelProblem.NO_MEMORY;
        }
        boolean refused = Errno.EPERM.number() == number || Errno.EACCES.number() == number;
        if (refused && action.startsWith("open ")) {
            return isFiltered() && Errno.EPERM.number() == number
                    ? KernelProblem.SYSTEM_CALL_FILTERED
                    : KernelProblem.PIN_NOT_PERMITTED;
        }
        if (surroundings.read("/sys/kernel/security/lockdown").orElse("").contains("[confidentiality]")) {
            return KernelProblem.LOCKDOWN;
        }
        if (surroundings.read("/sys/kernel/realtime").orElse("").equals("1")) {
            return KernelProblem.REALTIME_KERNEL;
        }
        if (!refused) {
            return KernelProblem.LOAD_REFUSED;
        }
        if (token != null && isInUserNamespace()) {
            return KernelProblem.USER_NAMESPACE;
        }
        if (!has(CAP_BPF) && !has(CAP_SYS_ADMIN)) {
            String disabled = surroundings
                    .read("/proc/sys/kernel/unprivileged_bpf_disabled")
                    .orElse("0");
            return disabled.equals("0") ? KernelProblem.NOT_PERMITTED : KernelProblem.UNPRIVILEGED_BPF_DISABLED;
        }
        if (!has(CAP_PERFMON) && !has(CAP_SYS_ADMIN)) {
            return KernelProblem.NOT_PERMITTED;
        }
        return isFiltered() && Errno.EPERM.number() == number
                ? KernelProblem.SYSTEM_CALL_FILTERED
                : KernelProblem.LOAD_REFUSED;
    }

    private String lacking(KernelProblem problem) {
        if (problem == KernelProblem.USER_NAMESPACE && token != null) {
            return token == BpfToken.AVAILABLE
                    ? "; the token does not cover it"
                    : "; no token: " + token.reason() + ". " + token.remedy();
        }
        if (problem != KernelProblem.NOT_PERMITTED) {
            return "";
        }
        String bpf = has(CAP_BPF) || has(CAP_SYS_ADMIN) ? "" : " CAP_BPF";
        String perfmon = has(CAP_PERFMON) || has(CAP_SYS_ADMIN) ? "" : " CAP_PERFMON";
        return "; missing:" + bpf + perfmon;
    }

    /** All users of the initial namespace are mapped to themselves. */
    private boolean isInUserNamespace() {
        return surroundings
                .read("/proc/self/uid_map")
                .map(map -> !map.strip().replaceAll("\\s+", " ").equals("0 0 4294967295"))
                .orElse(false);
    }

    private boolean isFiltered() {
        return status("Seccomp").map(value -> !value.equals("0")).orElse(false);
    }

    private boolean has(int capability) {
        return status("CapEff")
                .map(mask -> (Long.parseUnsignedLong(mask, 16) >>> capability & 1) == 1)
                .orElse(false);
    }

    private static String capabilities(String mask) {
        long bits = Long.parseUnsignedLong(mask, 16);
        StringBuilder names = new StringBuilder();
        append(names, bits, CAP_BPF, "CAP_BPF");
        append(names, bits, CAP_PERFMON, "CAP_PERFMON");
        append(names, bits, CAP_SYS_ADMIN, "CAP_SYS_ADMIN");
        return names.isEmpty() ? "none that matters" : names.toString();
    }

    private static void append(StringBuilder names, long bits, int capability, String name) {
        if ((bits >>> capability & 1) == 1) {
            names.append(names.isEmpty() ? "" : ", ").append(name);
        }
    }

    private Optional<String> status(String field) {
        return surroundings
                .read("/proc/self/status")
                .flatMap(text -> text.lines()
                        .filter(line -> line.startsWith(field + ":"))
                        .findFirst())
                .map(line -> line.substring(field.length() + 1).strip());
    }

    private static Optional<Finding> found(KernelProblem problem, String seen) {
        return Optional.of(Finding.of(problem, seen));
    }

    private KernelReport report(Finding finding) {
        return new KernelReport(List.of(finding), details);
    }

    private KernelReport clear() {
        return new KernelReport(List.of(), details);
    }
}
