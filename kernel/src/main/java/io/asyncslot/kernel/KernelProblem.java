package io.asyncslot.kernel;

/** Why slots cannot be kept in the kernel: each its own reason, and what to do about it. */
public enum KernelProblem {
    /** Another operating system. */
    NOT_LINUX("this is not Linux", "Use the jvm backend here"),
    /** Not a little-endian machine of 64 bits. */
    ARCHITECTURE("the program is made for little-endian machines of 64 bits", "Use the jvm backend on this machine"),
    /** Java does not let this code call native functions. */
    NATIVE_ACCESS(
            "Java denies native access",
            "Start Java with --enable-native-access=ALL-UNNAMED, or put Enable-Native-Access: ALL-UNNAMED into the"
                    + " manifest of the application's jar"),
    /** No library. */
    NO_LIBBPF("there is no libbpf.so.1", "Install libbpf: apt-get install libbpf1, dnf install libbpf, apk add libbpf"),
    /** A library of another age. */
    LIBBPF_TOO_OLD("libbpf is too old", "Install libbpf 1.0 or newer, which is libbpf.so.1"),
    /** The kernel does not describe its types. */
    NO_BTF(
            "the kernel's BTF cannot be read at /sys/kernel/btf/vmlinux",
            "Use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as distributions' kernels are; in a container, /sys has to"
                    + " be mounted"),
    /** The system call itself is missing. */
    NO_BPF("the kernel has no bpf(2)", "Use a kernel built with CONFIG_BPF_SYSCALL=y"),
    /** An older kernel. */
    KFUNC_MISSING("the kernel has no bpf_wq, or no bpf_timer", "Use Linux 6.10 or newer, or the jvm backend"),
    /** A kernel that is newer than this code, or patched. */
    KFUNC_SIGNATURE(
            "the kernel's bpf_wq functions have a form that this version does not know",
            "Use a newer version of AsyncSlot, or the jvm backend"),
    /** PREEMPT_RT has no timers for programs. */
    REALTIME_KERNEL("a PREEMPT_RT kernel offers no bpf_timer", "Use a kernel without PREEMPT_RT, or the jvm backend"),
    /** Locked down. */
    LOCKDOWN(
            "the kernel is locked down (confidentiality), so that programs may not read kernel memory",
            "Boot with lockdown=integrity or none, or use the jvm backend"),
    /** No capability, and without one the kernel allows nothing. */
    UNPRIVILEGED_BPF_DISABLED(
            "this process has no CAP_BPF, and kernel.unprivileged_bpf_disabled is set, so it may load nothing",
            "Run asyncslot-kernel-loader once with CAP_BPF and CAP_PERFMON and set asyncslot.kernel.pin-path to what it"
                    + " pinned; or give this process both capabilities"),
    /** A capability is missing. */
    NOT_PERMITTED(
            "this process lacks a capability",
            "Run asyncslot-kernel-loader once with CAP_BPF and CAP_PERFMON and set asyncslot.kernel.pin-path to what it"
                    + " pinned; or give this process both capabilities"),
    /** Capabilities that count in a namespace only. */
    USER_NAMESPACE(
            "the capabilities of this process count in its own user namespace only, which is not enough to load",
            "Run asyncslot-kernel-loader once outside of it and set asyncslot.kernel.pin-path to what it pinned; or have a BPF file"
                    + " system mounted for this user namespace that delegates BPF to it"),
    /** A filter refuses the system call. */
    SYSTEM_CALL_FILTERED(
            "a seccomp filter refuses bpf(2)",
            "Allow bpf in the container's seccomp profile, for example --security-opt seccomp=unconfined, even if"
                    + " everything is pinned already"),
    /** The verifier or libbpf refused. */
    LOAD_REFUSED("the kernel refused the program", "Report it with the log lines below, or use the jvm backend"),
    /** No memory. */
    NO_MEMORY(
            "the kernel had no memory for the maps",
            "Set a smaller asyncslot.kernel.capacity, or raise the memory limit of the control group"),
    /** Nowhere to pin. */
    BPFFS_NOT_MOUNTED(
            "the pin path is not in a BPF file system",
            "Mount one: mount -t bpf bpf /sys/fs/bpf; in a container, mount the host's there"),
    /** Clocks that cannot be compared with the kernel's. */
    TIME_NAMESPACE(
            "how far the clocks of this process are from the kernel's cannot be found out",
            "Start the application outside the time namespace, or with /proc mounted there"),
    /** Pins that this user may not use. */
    PIN_NOT_PERMITTED(
            "this user may not use the pins at the pin path",
            "Give the pins to this user's group: asyncslot-kernel-loader --pin-path ... --group ...; every directory on"
                    + " the way needs the x permission"),
    /** A directory that others may have filled. */
    PIN_DIRECTORY(
            "the pin path is not this user's own: a stranger may have put anything there",
            "Remove the directory, and let asyncslot-kernel-loader make it; or name its owner with --owner, and mount the BPF"
                    + " file system with a mode that is sticky or lets only root write"),
    /** Pins that are not all there, and no privilege to make them. */
    PIN_INCOMPLETE(
            "the pins at the pin path are incomplete: the loader was interrupted",
            "Run asyncslot-kernel-loader with this pin path again"),
    /** Pins of another version. */
    PIN_LAYOUT("the pins at the pin path were made by another version", "Migrate or drop it"),
    /** Pins that somebody else uses. */
    PIN_HELD("another process uses this pin path", "Stop it, or give each application its own pin path");

    private final String reason;
    private final String remedy;

    KernelProblem(String reason, String remedy) {
        this.reason = reason;
        this.remedy = remedy;
    }

    /**
     * What is wrong.
     *
     * @return a clause without a full stop
     */
    public String reason() {
        return reason;
    }

    /**
     * What to do about it.
     *
     * @return a sentence without a full stop
     */
    public String remedy() {
        return remedy;
    }
}
