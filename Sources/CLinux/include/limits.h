/* Limits of other processes, and notice of files that are written. */
#ifndef BULKHEAD_LIMITS_H
#define BULKHEAD_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* RLIMIT_NOFILE of another process: prlimit(2). */
int64_t bh_open_files_get(int pid, uint64_t *soft, uint64_t *hard);
int64_t bh_open_files_set(int pid, uint64_t soft, uint64_t hard);

/* Not blocking, closed on exec: inotify_init1(2). */
int64_t bh_inotify(void);
/* Notice of writes to a file, by its path: the watch's number. inotify_add_watch(2). */
int64_t bh_inotify_add(int fd, const char *path);
int64_t bh_inotify_remove(int fd, int watch);
/* The numbers of watches of which there is news, each as often as it came; -EAGAIN: none. 0 of them:
 * some were lost (then *lost is 1). */
int64_t bh_inotify_read(int fd, int32_t *watches, size_t room, int32_t *lost);

#endif
