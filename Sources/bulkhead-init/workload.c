/* The child half of a workload's start: from init's fork to the command's first instruction. */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../CLinux/include/raw.h"
#include "landlock.h"

/* Control's SpawnStage. */
enum stage {
    FORK = 3,
    NEW_SESSION,
    ATTACH_TERMINAL,
    RESOURCE_LIMITS,
    KEYRING,
    LANDLOCK,
    USER,
    CAPABILITIES,
    NO_NEW_PRIVILEGES,
    DIRECTORY,
    CLOSE_DESCRIPTORS,
    SECCOMP,
    EXECUTE,
    STANDARD_STREAMS = 19,
};

static long attach_terminal(int terminal) {
    if (terminal < 0) return 0;
    long result = raw(SYS_ioctl, terminal, TIOCSCTTY, 0);
    for (int i = 0; i < 3 && result >= 0; i++) result = raw(SYS_dup3, terminal, i, 0);
    return result < 0 ? result : 0;
}

static long connect_standard(const struct init_workload *workload) {
    long result = 0;
    /* Every descriptor of init but the first three is above them, so none is overwritten. */
    for (int i = 0; i < 3 && result >= 0; i++)
        if (workload->standard[i] >= 0) result = raw(SYS_dup3, workload->standard[i], i, 0);
    return result;
}

static long set_limits(const struct init_workload *workload) {
    for (uint32_t i = 0; i < workload->limit_count; i++) {
        const struct init_limit *limit = &workload->limits[i];
        struct {
            uint64_t soft, hard;
        } now, wanted = {limit->soft, limit->hard};
        long result = raw(SYS_prlimit64, 0, limit->resource, NULL, &now);
        if (result < 0) return result;
        /* Only CAP_SYS_RESOURCE of the host could raise one. */
        if (wanted.hard > now.hard) wanted.hard = now.hard;
        if (wanted.soft > wanted.hard) wanted.soft = wanted.hard;
        result = raw(SYS_prlimit64, 0, limit->resource, &wanted, NULL);
        if (result < 0) return result;
    }
    return 0;
}

static long become_user(const struct init_workload *workload) {
    /* No fix-up of capabilities on a change of user, and none for user 0: from here on a set changes
     * only where this file says so. */
    long result = raw(SYS_prctl, PR_SET_SECUREBITS,
        SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
            SECBIT_KEEP_CAPS_LOCKED,
        0, 0, 0);
    if (result == 0) result = raw(SYS_setgroups, 0, NULL);
    if (result == 0) result = raw(SYS_setresgid, workload->group, workload->group, workload->group);
    if (result == 0) result = raw(SYS_setresuid, workload->user, workload->user, workload->user);
    /* Where fs.suid_dumpable is set, a process of that user could write init's memory from now on. */
    raw(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    return result;
}

static long set_capabilities(uint64_t permitted, uint64_t inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)permitted, (uint32_t)permitted, (uint32_t)inheritable},
        {(uint32_t)(permitted >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
    };
    return raw(SYS_capset, &header, data);
}

static long drop_capabilities(uint64_t kept) {
    /* First the bounding set, for which CAP_SETPCAP is needed. EINVAL is the first number that this
     * kernel does not know. */
    for (int capability = 0; capability < 64; capability++) {
        if (kept & (1ULL << capability)) continue;
        long result = raw(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
        if (result == -EINVAL) break;
        if (result < 0) return result;
    }
    long result = set_capabilities(kept | 1ULL << CAP_SETPCAP, kept);
    /* Ambient ones reach a command that is not user 0 through its execve. */
    for (int capability = 0; capability < 64 && result >= 0; capability++)
        if (kept & (1ULL << capability))
            result = raw(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
    if (result < 0) return result;
    result = raw(SYS_prctl, PR_SET_SECUREBITS,
        SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
            SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
        0, 0, 0);
    return result < 0 ? result : set_capabilities(kept, kept);
}

static long install_filter(const struct init_workload *workload) {
    struct sock_fprog program = {
        .len = (unsigned short)workload->filter_length,
        .filter = (struct sock_filter *)workload->filter,
    };
    return raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, workload->filter_flags, &program);
}

/* execvp(3): the first file that can be executed; else the most telling of the refusals. */
static long execute(const struct init_workload *workload) {
    long worst = -ENOENT;
    for (const char *const *path = workload->candidates; *path; path++) {
        long result = raw(SYS_execve, *path, workload->arguments, workload->environment);
        if (result == -ENOENT || result == -ENOTDIR) continue;
        worst = result;
        if (result != -EACCES) break;
    }
    return worst;
}

/* Runs in init's memory while init waits (CLONE_VFORK): raw system calls and this stack only. */
static void workload_main(void *argument) {
    struct init_workload *workload = argument;
    int stage = NEW_SESSION;
    uint64_t no_signals = 0;
    int fence = -1;
    long result = raw(SYS_setsid);
    if (result >= 0) {
        stage = ATTACH_TERMINAL;
        result = attach_terminal(workload->terminal);
    }
    if (result >= 0) {
        stage = STANDARD_STREAMS;
        result = connect_standard(workload);
    }
    if (result >= 0) {
        stage = RESOURCE_LIMITS;
        raw(SYS_umask, 022);
        result = set_limits(workload);
    }
    if (result >= 0) {
        stage = KEYRING;
        result = raw(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0);
    }
    if (result >= 0) {
        /* While every directory can still be searched. */
        stage = LANDLOCK;
        result = fence = landlock_fence(workload->writable);
        if (result == -EOPNOTSUPP) result = 0;
    }
    if (result >= 0) {
        stage = USER;
        result = become_user(workload);
    }
    if (result >= 0) {
        stage = CAPABILITIES;
        result = drop_capabilities(workload->capabilities);
    }
    if (result >= 0) {
        stage = NO_NEW_PRIVILEGES;
        result = raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }
    if (result >= 0 && fence >= 0) {
        stage = LANDLOCK;
        result = landlock_enter(fence);
    }
    if (result >= 0) {
        /* As the user: a directory that it may not search is no place to start in. */
        stage = DIRECTORY;
        result = raw(SYS_chdir, workload->directory);
    }
    if (result >= 0) {
        stage = CLOSE_DESCRIPTORS;
        result = raw(SYS_close_range, 3, ~0U, 0);
    }
    if (result >= 0) {
        raw(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof no_signals);
        /* Last: the filter need not allow any of the above. */
        stage = SECCOMP;
        result = install_filter(workload);
    }
    if (result >= 0) {
        stage = EXECUTE;
        result = execute(workload);
    }
    workload->failed_stage = stage;
    workload->failed_errno = (int32_t)-result;
    for (;;) raw(SYS_exit_group, 127);
}

static char workload_stack[16384] __attribute__((aligned(16)));

int64_t init_start(struct init_workload *workload) {
    /* linux/sched.h, struct clone_args, the version of Linux 5.7. */
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
        uint64_t set_tid, set_tid_size, cgroup;
    } arguments = {
        .flags = CLONE_VM | CLONE_VFORK | 0x100000000ULL /* CLONE_CLEAR_SIGHAND */,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)workload_stack,
        .stack_size = sizeof workload_stack,
    };
    if (workload->cgroup >= 0) {
        /* It never is in init's: not a page of it is counted there. */
        arguments.flags |= 0x200000000ULL /* CLONE_INTO_CGROUP */;
        arguments.cgroup = (uint64_t)workload->cgroup;
    }
    workload->failed_stage = 0;
    long pid = raw_clone_onto(&arguments, sizeof arguments, workload_main, workload);
    if (pid < 0) {
        workload->failed_stage = FORK;
        workload->failed_errno = (int32_t)-pid;
        return pid;
    }
    return workload->failed_stage ? -workload->failed_errno : pid;
}
