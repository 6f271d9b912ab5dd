/* Shims over Linux system calls for Swift.
 *
 * Each returns the call's result, or the negated error number: Swift never reads errno, which the
 * Swift runtime may overwrite between a call and its check. Nothing here keeps state. The names are
 * those of the calls with the prefix bh_; the manual pages of the calls describe them. */
#ifndef BULKHEAD_CLINUX_H
#define BULKHEAD_CLINUX_H

#include <stddef.h>
#include <stdint.h>

#include "launch.h"

/* Files and directories. */
int64_t bh_openat2(int directory, const char *path, uint64_t flags, uint32_t mode, uint64_t resolve);
int64_t bh_close(int fd);
int64_t bh_read(int fd, void *buffer, size_t size);
int64_t bh_write(int fd, const void *bytes, size_t size);
int64_t bh_lseek(int fd, int64_t offset, int whence);
int64_t bh_fsync(int fd);
int64_t bh_ftruncate(int fd, int64_t size);
int64_t bh_getdents64(int fd, void *buffer, size_t size);
int64_t bh_mkdirat(int directory, const char *path, uint32_t mode);
int64_t bh_unlinkat(int directory, const char *path, int flags);
int64_t bh_renameat(int from_directory, const char *from, int to_directory, const char *to);
int64_t bh_symlinkat(const char *target, int directory, const char *path);
int64_t bh_readlinkat(int directory, const char *path, char *buffer, size_t size);
int64_t bh_mknodat(int directory, const char *path, uint32_t mode, uint32_t major, uint32_t minor);
int64_t bh_fchownat(int directory, const char *path, uint32_t user, uint32_t group, int flags);
int64_t bh_fchmodat(int directory, const char *path, uint32_t mode);
int64_t bh_memfd_create(const char *name, unsigned flags);
int64_t bh_fcntl(int fd, int command, uint64_t argument);
/* Takes an open-file-description write lock on one byte without waiting: F_OFD_SETLK. */
int64_t bh_lock_byte(int fd, int64_t offset);
/* The same for this process, so that others can ask who has it: F_SETLK, F_GETLK. */
int64_t bh_lock_own_byte(int fd, int64_t offset);
/* The process that has the byte, 0 for none. */
int64_t bh_lock_holder(int fd, int64_t offset);
/* Takes an exclusive lock on a whole open file without waiting: flock, LOCK_EX | LOCK_NB. */
int64_t bh_flock(int fd);

struct bh_stat {
    uint32_t mode, user, group, links;
    uint64_t inode, device, size;
    uint32_t device_major, device_minor; /* of the file system */
    uint32_t node_major, node_minor;     /* of a device node */
    int64_t modified_ns, changed_ns;     /* since the epoch */
};
int64_t bh_fstatat(int directory, const char *path, int flags, struct bh_stat *result);
/* The magic number of the file system: statfs(2). */
int64_t bh_file_system_type(int fd);

/* Mounts. */
int64_t bh_fsopen(const char *type, unsigned flags);
int64_t bh_fsconfig_string(int fd, const char *key, const char *value);
int64_t bh_fsconfig_create(int fd);
int64_t bh_fsmount(int fd, unsigned flags, unsigned attributes);
int64_t bh_open_tree(int directory, const char *path, unsigned flags);
int64_t bh_mount_setattr(int fd, unsigned flags, uint64_t set, uint64_t clear, int user_namespace);

/* Processes. */
int64_t bh_getpid(void);
int64_t bh_geteuid(void);
int64_t bh_effective_capabilities(void);
int64_t bh_pidfd_open(int pid);
int64_t bh_pidfd_send_signal(int pidfd, int signal);
struct bh_exit {
    int32_t code;   /* CLD_EXITED, CLD_KILLED, CLD_DUMPED */
    int32_t status; /* exit status or signal */
    uint64_t user_us, system_us;
    uint64_t resident_peak_kib;
};
/* Waits for a child; with no_hang, returns 0 and a zero code where it still runs. */
int64_t bh_wait(int pidfd, int no_hang, struct bh_exit *result);
/* Creates a child in a new user namespace that sleeps until it is killed: what carries the id maps
 * of an idmapped mount. Its pid and pidfd are written; it shares our memory and touches none. */
int64_t bh_spawn_id_holder(int32_t *pid, int32_t *pidfd);

/* A tiny process that sees to it that a cgroup goes when we die before we could remove it. */
struct bh_undertaker {
    int32_t pid, pidfd;
    void *memory; /* its stack and its orders */
};
/* Starts one for the directory `name` below `parent`, which need not exist yet. It waits until the
 * process `watched` (a pidfd, normally our own) is dead, then kills what is in the cgroup and
 * removes it. It sleeps otherwise, holds these two descriptors only, and shares our memory. */
int64_t bh_undertaker_start(int parent, const char *name, int watched, struct bh_undertaker *result);
/* Tells it the inode of the cgroup that was made. Until then it kills nothing: a directory of that
 * name may be somebody else's. */
void bh_undertaker_entrust(struct bh_undertaker *undertaker, uint64_t inode);
/* Ends and reaps it. */
void bh_undertaker_dismiss(struct bh_undertaker *undertaker);

/* Sockets, pipes, waiting. */
int64_t bh_pipe2(int32_t *pair, int flags);
int64_t bh_socketpair_seqpacket(int32_t *pair);
/* Sends one packet, and with it a descriptor unless that is -1. */
int64_t bh_send(int socket, const void *bytes, size_t size, int descriptor);
/* Receives one packet and at most one descriptor with it (else -1 is written). */
int64_t bh_receive(int socket, void *buffer, size_t size, int32_t *descriptor);
struct bh_poll {
    int32_t fd;
    int16_t events, revents;
};
int64_t bh_poll(struct bh_poll *entries, uint32_t count, int64_t timeout_ms);
/* Lets a signal do what it does by default: sigaction(2), SIG_DFL. */
int64_t bh_default_signal(int signal);
/* Blocks the signals in mask and opens a signalfd for them. */
int64_t bh_signalfd(uint64_t mask);
int64_t bh_read_signal(int fd);

/* Terminals. */
int64_t bh_is_terminal(int fd);
#define BH_TERMINAL_STATE_SIZE 64
int64_t bh_terminal_state(int fd, void *state);
int64_t bh_terminal_make_raw(int fd, const void *state);
int64_t bh_terminal_restore(int fd, const void *state);
/* Rows in the upper, columns in the lower 16 bits. */
int64_t bh_window_size(int fd);
int64_t bh_copy_window_size(int from, int to);
/* A new terminal of this machine's, in raw mode, neither side blocking: pty(7). */
int64_t bh_open_terminal(uint16_t rows, uint16_t columns, int32_t *controller, int32_t *terminal);
/* Makes it the controlling terminal of our session, which we lead: TIOCSCTTY. */
int64_t bh_make_controlling(int fd);

/* Time, randomness, memory. */
int64_t bh_monotonic_us(void);
int64_t bh_boottime_us(void);
int64_t bh_realtime_ns(void);
int64_t bh_random(void *buffer, size_t size);

#endif
