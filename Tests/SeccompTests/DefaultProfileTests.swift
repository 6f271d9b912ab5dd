import Testing

@testable import Seccomp

/// Verdicts of the compiled filter, evaluated as the kernel would.
struct DefaultProfileTests {
    let machine: Machine
    let profile: ResolvedProfile

    private static let compiled = Result {
        let profile = try repositoryStore.profile(for: "default")
        return (profile, Machine(try SeccompProgram(compiling: profile)))
    }

    init() throws { (profile, machine) = try Self.compiled.get() }

    @Test func everyCallOfTheKernelsTableIsNamed() {
        let named = profile.rules
        let forgotten = SystemCallTable.names().filter { named[$0] == nil }
        #expect(forgotten == [])
    }

    @Test func everyGroupSaysWhy() {
        #expect(profile.groups.filter { ($0.comment ?? "").count < 10 } == [])
    }

    @Test(arguments: [
        "read", "write", "close", "mmap", "mprotect", "brk", "execve", "execveat", "fork", "vfork",
        "wait4", "exit", "exit_group", "rt_sigaction", "rt_sigreturn", "rt_sigprocmask", "futex",
        "set_robust_list", "rseq", "arch_prctl", "set_tid_address", "getrandom", "prlimit64",
        "statx", "newfstatat", "getdents64", "pipe2", "dup2", "fcntl", "poll", "epoll_wait",
        "clock_gettime", "nanosleep", "kill", "setpgid", "setsid", "getpgid", "sched_yield",
        "sched_getaffinity", "getxattr", "setxattr", "listxattr", "renameat2", "linkat",
        "symlinkat", "unlinkat", "utimensat", "connect", "bind", "listen", "accept4", "sendmsg",
        "recvmsg", "shmget", "semop", "msgrcv", "mq_open", "memfd_create", "copy_file_range",
        "splice", "inotify_init1", "signalfd4", "timerfd_create", "eventfd2", "landlock_add_rule",
        "seccomp", "pidfd_open", "membarrier", "mlock", "getcpu", "sysinfo", "uname", "flock",
        "uretprobe", "uprobe", "setresuid", "capset", "faccessat2", "close_range", "mseal",
        "map_shadow_stack", "restart_syscall", "sigaltstack", "tgkill", "sendfile", "fallocate",
        "getitimer", "setitimer", "ioprio_set", "readlinkat", "chown", "fchownat", "open",
        "openat", "umask", "sync", "statfs", "alarm", "pkey_alloc", "epoll_pwait2",
    ])
    func isAllowed(call: String) {
        #expect(machine.verdict(call) == .allow)
    }

    @Test(arguments: [
        "setns", "mount", "umount2", "pivot_root", "chroot", "fsopen", "fsmount", "fsconfig",
        "fspick", "move_mount", "open_tree", "open_tree_attr", "mount_setattr", "ptrace",
        "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease",
        "pidfd_getfd", "kcmp", "bpf", "perf_event_open", "userfaultfd", "add_key", "request_key",
        "keyctl", "init_module", "finit_module", "delete_module", "kexec_load",
        "kexec_file_load", "reboot", "swapon", "swapoff", "quotactl", "quotactl_fd", "acct",
        "iopl", "ioperm", "syslog", "sethostname", "setdomainname", "vhangup", "settimeofday",
        "clock_settime", "clock_adjtime", "adjtimex", "open_by_handle_at", "fanotify_init",
        "fanotify_mark", "mbind", "set_mempolicy", "migrate_pages", "move_pages", "modify_ldt",
        "lsm_set_self_attr", "set_mempolicy_home_node",
    ])
    func isRefused(call: String) {
        #expect(machine.verdict(call) == .errno(1))
    }

    @Test(arguments: [
        "clone3", "openat2", "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup",
        "io_submit", "cachestat", "memfd_secret", "statmount", "listmount", "futex_wait",
        "name_to_handle_at", "file_setattr", "lookup_dcookie", "nfsservctl", "_sysctl", "uselib",
        "remap_file_pages",
    ])
    func isNotThere(call: String) {
        #expect(machine.verdict(call) == .errno(38))
    }

    @Test func callsYoungerThanTheTableAreNotThere() {
        for number: UInt32 in [471, 472, 500, 511, 512, 547, 1_000, 0x3fff_ffff, .max] {
            #expect(machine.verdict(number) == .errno(38), "number \(number)")
        }
        // Holes of the table below its end.
        #expect(machine.verdict(337) == .errno(1))
        #expect(machine.verdict(423) == .errno(1))
    }

    @Test func callsByAnotherABIAreNotThereOrKill() {
        let numbers: [UInt32] = Array(0..<600) + [.max]
        #expect(numbers.filter { machine.verdict($0 | 0x4000_0000) != .errno(38) } == [])  // x32
        #expect(numbers.filter { machine.verdict($0, architecture: i386) != .killProcess } == [])
        #expect(machine.verdict(0, architecture: 0xc000_00b7) == .killProcess)  // aarch64
    }

    @Test func cloneMakesThreadsAndProcessesButNoNamespace() {
        // fork, vfork, posix_spawn, pthread_create of glibc and musl.
        for flags: UInt64 in [17, 0x4111, 0x4100, 0x01200011, 0x003d_0f00, 0x007d_0f00] {
            #expect(machine.verdict("clone", flags) == .allow)
        }
        for bit: UInt64 in [17, 25, 26, 27, 28, 29, 30] {
            #expect(machine.verdict("clone", 17 | 1 << bit) == .errno(1))
            #expect(machine.verdict("clone", 0xffff_ffff_0000_0000 | 1 << bit) == .errno(1))
            #expect(machine.verdict("unshare", 1 << bit) == .errno(1))
        }
        #expect(machine.verdict("unshare", 0x80) == .errno(1))  // CLONE_NEWTIME
        #expect(machine.verdict("unshare", 0x400) == .allow)  // CLONE_FILES
        #expect(machine.verdict("clone", 0, 0x1000_0000) == .allow)  // a stack, not flags
    }

    @Test func noFileBecomesSetUserOrGroupID() {
        for bits: UInt64 in [0o4000, 0o2000, 0o6000] {
            for high: UInt64 in [0, 0xdead_beef_0000_0000] {
                let mode = bits | 0o755 | high
                #expect(machine.verdict("chmod", 0, mode) == .errno(1))
                #expect(machine.verdict("fchmod", 3, mode) == .errno(1))
                #expect(machine.verdict("fchmodat", 3, 0, mode) == .errno(1))
                #expect(machine.verdict("fchmodat2", 3, 0, mode, 0x100) == .errno(1))
                #expect(machine.verdict("creat", 0, mode) == .errno(1))
                #expect(machine.verdict("mkdir", 0, mode) == .errno(1))
                #expect(machine.verdict("mkdirat", 3, 0, mode) == .errno(1))
                #expect(machine.verdict("mknod", 0, 0o100000 | mode) == .errno(1))
                #expect(machine.verdict("mknodat", 3, 0, 0o100000 | mode) == .errno(1))
                for create: UInt64 in [0o100, 0o101, 0o20000000, 0o20200002, 0o20000100] {
                    #expect(machine.verdict("open", 0, create | high, mode) == .errno(1))
                    #expect(machine.verdict("openat", 3, 0, create | high, mode) == .errno(1))
                }
                // Without O_CREAT and O_TMPFILE the mode is not looked at: garbage may stand there.
                #expect(machine.verdict("open", 0, 0o2000000, mode) == .allow)
                #expect(machine.verdict("openat", 3, 0, 0o200000, mode) == .allow)
            }
        }
        for mode: UInt64 in [0, 0o644, 0o755, 0o1777] {
            #expect(machine.verdict("chmod", 0, mode) == .allow)
            #expect(machine.verdict("fchmodat2", 3, 0, mode) == .allow)
            #expect(machine.verdict("mkdir", 0, mode) == .allow)
            #expect(machine.verdict("open", 0, 0o1101, mode) == .allow)
            #expect(machine.verdict("openat", 3, 0, 0o1101, mode) == .allow)
        }
    }

    @Test func mknodMakesNoDevice() {
        for type: UInt64 in [0, 0o100000, 0o010000, 0o140000] {
            #expect(machine.verdict("mknod", 0, type | 0o644) == .allow)
            #expect(machine.verdict("mknodat", 3, 0, type | 0o644) == .allow)
        }
        for type: UInt64 in [0o020000, 0o060000, 0o040000, 0o120000, 0o160000] {
            #expect(machine.verdict("mknod", 0, type | 0o644) == .errno(1))
            #expect(machine.verdict("mknodat", 3, 0, type | 0o644) == .errno(1))
        }
    }

    @Test func nothingIsPushedIntoATerminal() {
        for command: UInt64 in [0x5412, 0x541c, 0x541d, 0x5423] {
            for high: UInt64 in [0, 1 << 32, 0xffff_ffff_0000_0000, 1 << 63] {
                #expect(machine.verdict("ioctl", 0, command | high) == .errno(1))
            }
        }
        for command: UInt64 in [0x5401, 0x5413, 0x5411, 0x541b, 0x5422, 0x5410, 0x5421] {
            #expect(machine.verdict("ioctl", 0, command) == .allow)
        }
        #expect(machine.verdict("ioctl", 0x5412, 0x5401, 0x5412) == .allow)
        // musl passes the command as an int: sign-extended.
        #expect(machine.verdict("ioctl", 0, 0xffff_ffff_8004_5430) == .allow)
    }

    @Test func socketsAreLocalOrOfTheInternetOrForListingInterfaces() {
        let refused = Action.errno(97)
        let flags: UInt64 = 0o2004000  // SOCK_CLOEXEC | SOCK_NONBLOCK
        for family: UInt64 in [2, 10] {
            #expect(machine.verdict("socket", family, 1 | flags, 0) == .allow)
            #expect(machine.verdict("socket", family, 1, 6) == .allow)
            #expect(machine.verdict("socket", family, 2 | flags, 0) == .allow)
            #expect(machine.verdict("socket", family, 2, 17) == .allow)
            #expect(machine.verdict("socket", family, 2, family == 2 ? 1 : 58) == .allow)
            #expect(machine.verdict("socket", family, 1, 262) == refused)  // MPTCP
            #expect(machine.verdict("socket", family, 1, 132) == refused)  // SCTP
            #expect(machine.verdict("socket", family, 3, 0) == refused)  // SOCK_RAW
            #expect(machine.verdict("socket", family, 3, 255) == refused)
            #expect(machine.verdict("socket", family, 5, 0) == refused)  // SOCK_SEQPACKET
            #expect(machine.verdict("socket", family, 6, 0) == refused)  // SOCK_DCCP
            #expect(machine.verdict("socket", family, 2, 136) == refused)  // UDPLITE
        }
        #expect(machine.verdict("socket", 1, 1, 0) == .allow)
        #expect(machine.verdict("socket", 1, 5 | flags, 0) == .allow)
        #expect(machine.verdict("socket", 16, 3 | flags, 0) == .allow)  // NETLINK_ROUTE
        for netlink: UInt64 in [4, 9, 12, 15, 16] {
            #expect(machine.verdict("socket", 16, 3, netlink) == refused)
        }
        for family: UInt64 in 0..<64 where ![1, 2, 10, 16].contains(family) {
            #expect(machine.verdict("socket", family, 1, 0) == refused)
            #expect(machine.verdict("socket", family | 1 << 32, 1, 0) == refused)
        }
        // The kernel reads 32 bits: 1 << 32 | AF_VSOCK is AF_VSOCK, 1 << 32 | AF_UNIX is AF_UNIX.
        #expect(machine.verdict("socket", 1 << 32 | 1, 1, 0) == .allow)
        #expect(machine.verdict("socketpair", 1, 1, 0) == .allow)
        #expect(machine.verdict("socketpair", 2, 1, 0) == refused)
        #expect(machine.verdict("socketpair", 30, 1, 0) == refused)  // AF_TIPC
    }

    @Test func personalitiesAreHarmless() {
        for persona: UInt64 in [0, 8, 0x20000, 0x20008, 0x40000, 0xffff_ffff] {
            #expect(machine.verdict("personality", persona) == .allow)
            #expect(machine.verdict("personality", persona | 1 << 40) == .allow)
        }
        for persona: UInt64 in [0x0400000, 0x0100000, 0x0200000, 0x8000000, 0x0440000, 1, 6] {
            #expect(machine.verdict("personality", persona) == .errno(1))
        }
    }

    @Test func prctlKeepsTheBoundsOfAProcessAndTheReservesOfMemory() {
        #expect(machine.verdict("prctl", 35) == .errno(1))
        #expect(machine.verdict("prctl", 57) == .errno(1))
        #expect(machine.verdict("prctl", 1 << 32 | 35) == .errno(1))
        for option: UInt64 in [1, 3, 4, 15, 22, 38, 0x5356_4d41] {
            #expect(machine.verdict("prctl", option) == .allow)
        }
    }

    @Test func aCallCostsFewInstructions() {
        let steps = (0..<UInt32(471)).map { machine.run($0).steps }
        #expect(steps.max()! < 80)
        #expect(steps.reduce(0, +) / steps.count < 45)
        #expect(machine.program.count < 1_500)
    }
}
