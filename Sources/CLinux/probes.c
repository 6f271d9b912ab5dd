#include "probes.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <linux/quota.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

int64_t bh_probe_child(uint64_t namespaces, int cgroup, const char *type, const char *target) {
    struct clone_args arguments = {
        .flags = namespaces | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
        .exit_signal = SIGCHLD,
        .cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
    };
    long child = raw(SYS_clone3, &arguments, sizeof arguments);
    if (child < 0) return child;
    if (child == 0) {
        // A copy of this process: raw calls only, and the answer is the exit status, which has room
        // for any error number.
        long result = 0;
        if (type) result = raw(SYS_mount, type, target, type, 0, 0);
        for (;;) raw(SYS_exit_group, -result);
    }
    int status = 0;
    long waited;
    do waited = raw(SYS_wait4, child, &status, __WALL, 0);
    while (waited == -EINTR);
    if (waited < 0) return waited;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

int64_t bh_probe_close_range(void) { return raw(SYS_close_range, ~0U, ~0U, 0); }

int64_t bh_probe_landlock(void) {
    return raw(SYS_landlock_create_ruleset, 0, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
}

int64_t bh_probe_seccomp_action(uint32_t action) {
    return raw(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

int64_t bh_probe_project_quota(int fd) {
    // Large enough for struct if_dqinfo, which we do not look into.
    uint64_t info[8] = {0};
    return raw(SYS_quotactl_fd, fd, QCMD(Q_GETINFO, PRJQUOTA), 0, info);
}

int64_t bh_probe_keyrings(void) {
    long result = raw(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
    // No session keyring yet: there are keyrings nevertheless.
    return result >= 0 || result == -ENOKEY ? 0 : result;
}
