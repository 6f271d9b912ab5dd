internal import CSeccomp

/// Names and numbers of x86-64 system calls: arch/x86/entry/syscalls/syscall_64.tbl.
///
/// libseccomp has its own table, but Debian 12's ends at Linux 5.17; what came after is here.
enum SystemCallTable {
    /// `AUDIT_ARCH_X86_64` of linux/audit.h.
    static let architecture: UInt32 = 0xc000_003e

    /// The highest number that this table knows. A call above it did not exist when the profiles
    /// were written.
    static let newest: Int32 = 470

    enum Entry: Equatable {
        case number(Int32)
        /// A call of other machines only: a rule for it does nothing here.
        case elsewhere
        case unknown
    }

    static func entry(_ name: String) -> Entry {
        if let number = younger[name] { return .number(number) }
        let number = seccomp_syscall_resolve_name_arch(architecture, name)
        // libseccomp: -1 is an error, below -99 are calls without a number on this machine.
        return number >= 0 ? .number(number) : number == -1 ? .unknown : .elsewhere
    }

    /// All names that have a number here, for finding what somebody meant.
    static func names() -> [String] {
        var result = Array(younger.keys)
        for number in 0...newest {
            guard let name = seccomp_syscall_resolve_num_arch(architecture, number) else {
                continue
            }
            result.append(String(cString: name))
            name.deallocate()
        }
        return result.sorted()
    }

    /// The name of a call of x86-64; nil where none has that number.
    static func name(of number: Int32) -> String? {
        if let found = younger.first(where: { $0.value == number }) { return found.key }
        guard let name = seccomp_syscall_resolve_num_arch(architecture, number) else { return nil }
        defer { name.deallocate() }
        return String(cString: name)
    }

    private static let younger: [String: Int32] = [
        "uretprobe": 335,  // 6.11
        "uprobe": 336,  // 6.18
        "cachestat": 451,  // 6.5
        "fchmodat2": 452, "map_shadow_stack": 453,  // 6.6
        "futex_wake": 454, "futex_wait": 455, "futex_requeue": 456,  // 6.7
        "statmount": 457, "listmount": 458,  // 6.8
        "lsm_get_self_attr": 459, "lsm_set_self_attr": 460, "lsm_list_modules": 461,  // 6.8
        "mseal": 462,  // 6.10
        "setxattrat": 463, "getxattrat": 464, "listxattrat": 465, "removexattrat": 466,  // 6.13
        "open_tree_attr": 467,  // 6.15
        "file_getattr": 468, "file_setattr": 469,  // 6.17
        "listns": 470,  // 6.19
    ]

    /// Arguments that the kernel declares 32 bits wide or less and so reads only the lower half of,
    /// for the calls whose arguments are worth comparing.
    static func readsLowerHalf(of index: UInt32, in name: String) -> Bool {
        narrow[name]?.contains(index) ?? false
    }

    private static let narrow: [String: Set<UInt32>] = [
        "ioctl": [0, 1], "fcntl": [0, 1], "prctl": [0], "personality": [0],
        "socket": [0, 1, 2], "socketpair": [0, 1, 2], "setsockopt": [0, 1, 2],
        "getsockopt": [0, 1, 2], "open": [1, 2], "openat": [0, 2, 3],
        "creat": [1], "chmod": [1], "fchmod": [0, 1], "fchmodat": [0, 2], "fchmodat2": [0, 2, 3],
        "mkdir": [1], "mkdirat": [0, 2], "mknod": [1, 2], "mknodat": [0, 2, 3],
        "kill": [0, 1], "tkill": [0, 1], "tgkill": [0, 1, 2], "setns": [0, 1],
        "keyctl": [0], "bpf": [0], "seccomp": [0, 1], "umount2": [1], "memfd_create": [1],
        "sched_setscheduler": [0, 1], "quotactl": [0], "kcmp": [0, 1, 2],
    ]
}

/// What a call is called, as the kernel's audit log has its number; nil where it is none.
///
/// - Parameter architecture: AUDIT_ARCH_… of linux/audit.h. Programs of 32 bits have numbers of their
///   own.
public func systemCallName(_ number: Int32, architecture: UInt32) -> String? {
    if architecture == SystemCallTable.architecture { return SystemCallTable.name(of: number) }
    guard let name = seccomp_syscall_resolve_num_arch(architecture, number) else { return nil }
    defer { name.deallocate() }
    return "\(String(cString: name)) of \(architecture == i386 ? "i386" : "another machine")"
}

/// AUDIT_ARCH_I386.
private let i386: UInt32 = 0x4000_0003
