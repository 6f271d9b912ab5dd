#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t bh_getcwd(char *buffer, size_t size) {
    // The C library's, not the bare call: it refuses what lies outside the root, which the kernel
    // answers with "(unreachable)" in front.
    return getcwd(buffer, size) == NULL ? -errno : (int64_t)strlen(buffer);
}

const char *const *bh_environment(void) { return (const char *const *)environ; }
void bh_umask(uint32_t mask) { umask(mask); }
const char *bh_getenv(const char *name) { return getenv(name); }
void bh_exit(int status) { _exit(status); }

int64_t bh_spawn_program(const char *path, char *const *arguments, char *const *environment,
    const int32_t *descriptors, uint32_t count, int32_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0) return -result;
    result = posix_spawnattr_init(&attributes);
    if (result != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -result;
    }
    // Numbers that the child's own would overwrite are the caller's to avoid: ours are above them.
    for (uint32_t i = 0; i < count && result == 0; i++)
        result = descriptors[i] < 0
            ? posix_spawn_file_actions_addopen(&actions, (int)i, "/dev/null", O_RDWR, 0)
            : posix_spawn_file_actions_adddup2(&actions, descriptors[i], (int)i);
    if (result == 0) result = posix_spawnattr_setsigmask(&attributes, &none);
    if (result == 0) result = posix_spawnattr_setsigdefault(&attributes, &all);
    if (result == 0)
        result = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pid_t child = 0;
    if (result == 0) result = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    *pid = child;
    return -result;
}

int64_t bh_begin_session(void) { return setsid() < 0 ? -errno : 0; }
void bh_kill_own_group(void) { kill(0, SIGKILL); }

int64_t bh_group_number(const char *name) {
    struct group group, *found = NULL;
    // Longer than any group's line worth reading.
    char buffer[65536];
    int result = getgrnam_r(name, &group, buffer, sizeof buffer, &found);
    if (result != 0) return -result;
    return found ? (int64_t)group.gr_gid : -ENOENT;
}

int64_t bh_become(uint32_t user, uint32_t group) {
    // The user last: without root the rest would be refused. Leaving user 0 in all three places takes
    // every capability away, capabilities(7), and makes us closed to others of that user, proc(5).
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
        setresgid(group, group, group) < 0 || setresuid(user, user, user) < 0)
        return -errno;
    return 0;
}
