#include "limits.h"

#include <errno.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t checked(int64_t result) { return result < 0 ? -errno : result; }

int64_t bh_open_files_get(int pid, uint64_t *soft, uint64_t *hard) {
    struct rlimit now;
    if (prlimit(pid, RLIMIT_NOFILE, NULL, &now) < 0) return -errno;
    *soft = now.rlim_cur;
    *hard = now.rlim_max;
    return 0;
}

int64_t bh_open_files_set(int pid, uint64_t soft, uint64_t hard) {
    const struct rlimit wanted = {.rlim_cur = soft, .rlim_max = hard};
    return checked(prlimit(pid, RLIMIT_NOFILE, &wanted, NULL));
}

int64_t bh_inotify(void) { return checked(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)); }

int64_t bh_inotify_add(int fd, const char *path) {
    return checked(inotify_add_watch(fd, path, IN_MODIFY));
}

int64_t bh_inotify_remove(int fd, int watch) { return checked(inotify_rm_watch(fd, watch)); }

int64_t bh_inotify_read(int fd, int32_t *watches, size_t room, int32_t *lost) {
    /* Files are watched and no directories, so no event has a name. */
    struct inotify_event events[64];
    const size_t most = room < 64 ? room : 64;
    const ssize_t size = read(fd, events, most * sizeof events[0]);
    if (size < 0) return -errno;
    const size_t count = (size_t)size / sizeof events[0];
    size_t found = 0;
    *lost = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i].mask & IN_Q_OVERFLOW) *lost = 1;
        if (events[i].mask & IN_MODIFY) watches[found++] = events[i].wd;
    }
    return (int64_t)found;
}
