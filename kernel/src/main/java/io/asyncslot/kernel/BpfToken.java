package io.asyncslot.kernel;

/** Whether a BPF token can stand for the capabilities that loading needs: each answer with its reason and what to do about it. */
enum BpfToken {
    /** One was made. */
    AVAILABLE("the BPF file system delegates BPF to this user namespace", "Nothing is to be done: loading uses it"),
    /** An older kernel. */
    KERNEL_TOO_OLD("the kernel has no BPF tokens", "Use Linux 6.9 or newer, or asyncslot-kernel-loader"),
    /** An older library. */
    LIBBPF_TOO_OLD("libbpf has no BPF tokens", "Install libbpf 1.4 or newer, or use asyncslot-kernel-loader"),
    /** Tokens are for other namespaces. */
    INITIAL_NAMESPACE(
            "this process is in the initial user namespace, for which the kernel makes none",
            "Use CAP_BPF and CAP_PERFMON, or asyncslot-kernel-loader; a token needs its own user namespace"),
    /** A mount of another namespace, or a user without the capability in its own. */
    OTHER_NAMESPACE(
            "the BPF file system is another user namespace's, or this process has no CAP_BPF in its own",
            "Have one mounted for this user namespace, and give the process CAP_BPF and CAP_PERFMON there"),
    /** A mount like any other. */
    NOT_DELEGATED(
            "the BPF file system delegates nothing",
            "Have it mounted with delegate_cmds, delegate_maps, delegate_progs and delegate_attachs"),
    /** Nothing to make one of. */
    NO_BPFFS(
            "there is no BPF file system, or only a part of one",
            "Have the whole of one mounted for this user namespace"),
    /** Anything else. */
    REFUSED("the kernel refused one", "Use asyncslot-kernel-loader");

    private final String reason;
    private final String remedy;

    BpfToken(String reason, String remedy) {
        this.reason = reason;
        this.remedy = remedy;
    }

    /** What it means that making one failed. */
    static BpfToken of(KernelException failure) {
        boolean opened = !failure.action().startsWith("open ");
        for (Errno errno : Errno.values()) {
            if (errno.number() == failure.errno()) {
                return switch (errno) {
                    case ENOSYS -> LIBBPF_TOO_OLD;
                    case EOPNOTSUPP -> INITIAL_NAMESPACE;
                    case EPERM, EACCES -> OTHER_NAMESPACE;
                    case ENOENT -> opened ? NOT_DELEGATED : NO_BPFFS;
                    case EINVAL, ENOTDIR -> NO_BPFFS;
                    default -> REFUSED;
                };
            }
        }
        return REFUSED;
    }

    String reason() {
        return reason;
    }

    String remedy() {
        return remedy;
    }

    /** As reports show it. */
    String words() {
        return name() + ": " + reason + ". " + remedy;
    }
}
