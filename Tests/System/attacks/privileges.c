// Becoming somebody else, and getting back what was given up.
#include "attack.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The kernel's own account: every capability set empty (CVE-2022-27650, CVE-2022-29162: the
// inheritable one too), no_new_privs set, a filter in force.
ATTACK(hold_capabilities) {
    FILE *status = fopen("/proc/self/status", "re");
    if (!status) return broken("open /proc/self/status");
    int verdict = REFUSED, seen = 0;
    for (char line[256]; fgets(line, sizeof line, status);) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "Cap", 3)) {
            seen++;
            if (strtoull(strchr(line, ':') + 1, NULL, 16)) verdict = escaped("%s", line);
        } else if (!strncmp(line, "NoNewPrivs:", 11)) {
            seen++;
            if (atoi(line + 11) != 1) verdict = escaped("%s", line);
        } else if (!strncmp(line, "Seccomp:", 8)) {
            seen++;
            if (atoi(line + 8) != 2) verdict = escaped("%s", line);
        }
    }
    fclose(status);
    if (seen != 7) return escaped("/proc/self/status has %d of 7 lines", seen);
    errno = EPERM;
    return verdict ? verdict : refused("every capability set is empty");
}

ATTACK(gain_capabilities) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    memset(data, 0xff, sizeof data);
    int verdict = ought_to_fail(syscall(SYS_capset, &header, data), "capset");
    verdict = worse(verdict, ought_to_fail(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
                                                 CAP_SYS_ADMIN, 0, 0),
                                           "raise an ambient capability"));
    verdict = worse(verdict, ought_to_fail(prctl(PR_SET_SECUREBITS, 0), "clear securebits"));
    return worse(verdict, ought_to_fail(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0),
                                        "clear no_new_privs"));
}

ATTACK(become_root) {
    int verdict = ought_to_fail(setuid(0), "setuid 0");
    verdict = worse(verdict, ought_to_fail(setgid(0), "setgid 0"));
    verdict = worse(verdict, ought_to_fail(setresuid(0, 0, 0), "setresuid 0"));
    gid_t root = 0;
    verdict = worse(verdict, ought_to_fail(syscall(SYS_setgroups, 1, &root), "setgroups 0"));
    // setfsuid returns the old id and never fails: ask twice.
    syscall(SYS_setfsuid, 0);
    if (syscall(SYS_setfsuid, -1) == 0) verdict = escaped("setfsuid 0");
    return verdict;
}

// Run again from a setuid or file-capability copy of this program: did it help?
ATTACK(report_privilege) {
    int capable = prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {0};
    syscall(SYS_capget, &header, data);
    if (!geteuid()) return escaped("effective user is root");
    if (data[0].effective || data[0].permitted || data[1].permitted)
        return escaped("has capabilities");
    if (capable == 1) return escaped("CAP_SYS_ADMIN is in the bounding set");
    errno = EPERM;
    return refused("still user %d without a capability", (int)geteuid());
}

// argv: a program with a setuid bit or file capabilities, which is a copy of this one.
ATTACK(run_privileged_file) {
    if (argc != 1) return broken("usage: PROGRAM");
    struct stat status;
    if (stat(argv[0], &status)) return broken("stat %s", argv[0]);
    execl(argv[0], argv[0], "report_privilege", NULL);
    return refused("execve %s", argv[0]);
}

ATTACK(make_setuid_file) {
    int file = open("/tmp/setuid", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    if (file < 0) return broken("create /tmp/setuid");
    int verdict = ought_to_fail(fchown(file, 0, 0), "fchown to root");
    close(file);
    return worse(verdict, ought_to_fail(syscall(SYS_setxattr, "/tmp/setuid", "security.capability",
                                                "\1\0\0\2\377\377\377\377", 20, 0),
                                        "setxattr security.capability"));
}

ATTACK(nest_user_namespace) {
    int verdict = ought_to_fail(unshare(CLONE_NEWUSER), "unshare a user namespace");
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    verdict = worse(verdict, ought_to_fail(child, "clone a user namespace"));
    struct {
        uint64_t flags, rest[10];
    } arguments = {.flags = CLONE_NEWUSER, .rest = {[3] = SIGCHLD}};
    child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0) _exit(0);
    return worse(verdict, ought_to_fail(child, "clone3 a user namespace"));
}

ATTACK(nest_other_namespaces) {
    static const struct {
        const char *name;
        int flag;
    } kinds[] = {{"mount", CLONE_NEWNS},   {"pid", CLONE_NEWPID}, {"network", CLONE_NEWNET},
                 {"ipc", CLONE_NEWIPC},    {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP},
                 {"time", 0x00000080}};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++)
        verdict = worse(verdict, ought_to_fail(unshare(kinds[index].flag),
                                               "unshare a %s namespace", kinds[index].name));
    return verdict;
}

ATTACK(rewrite_id_maps) {
    int verdict = ought_to_fail(-1, "rewrite id maps");
    static const char *const paths[] = {"/proc/self/uid_map", "/proc/self/gid_map",
                                        "/proc/self/setgroups", "/proc/self/projid_map"};
    for (size_t index = 0; index < sizeof paths / sizeof *paths; index++) {
        int file = open(paths[index], O_WRONLY | O_CLOEXEC);
        if (file < 0) continue;
        verdict = worse(verdict, ought_to_fail(write(file, "0 0 1\n", 6), "write %s",
                                               paths[index]));
        close(file);
    }
    return verdict;
}

// Every descriptor above stderr that was not opened here came from outside.
ATTACK(use_inherited_descriptors) {
    int verdict = REFUSED;
    for (int number = 3; number < 65536; number++) {
        struct stat status;
        if (fstat(number, &status)) continue;
        char name[64], target[4096];
        snprintf(name, sizeof name, "/proc/self/fd/%d", number);
        ssize_t length = readlink(name, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = 0;
        verdict = escaped("descriptor %d is open: %s", number, target);
    }
    errno = EBADF;
    return verdict ? verdict : refused("descriptors 3 to 65535");
}
