#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "CLinux.h"

static int64_t checked(int64_t result) { return result < 0 ? -errno : result; }

int64_t bh_openat2(int directory, const char *path, uint64_t flags, uint32_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
    return checked(syscall(SYS_openat2, directory, path, &how, sizeof how));
}

int64_t bh_close(int fd) { return checked(close(fd)); }
int64_t bh_read(int fd, void *buffer, size_t size) { return checked(read(fd, buffer, size)); }
int64_t bh_write(int fd, const void *bytes, size_t size) { return checked(write(fd, bytes, size)); }
int64_t bh_fsync(int fd) { return checked(fsync(fd)); }
int64_t bh_lseek(int fd, int64_t offset, int whence) { return checked(lseek(fd, offset, whence)); }
int64_t bh_ftruncate(int fd, int64_t size) { return checked(ftruncate(fd, size)); }
int64_t bh_getdents64(int fd, void *buffer, size_t size) {
    return checked(syscall(SYS_getdents64, fd, buffer, size));
}
int64_t bh_mkdirat(int directory, const char *path, uint32_t mode) {
    return checked(mkdirat(directory, path, mode));
}
int64_t bh_unlinkat(int directory, const char *path, int flags) {
    return checked(unlinkat(directory, path, flags));
}
int64_t bh_renameat(int from_directory, const char *from, int to_directory, const char *to) {
    return checked(renameat(from_directory, from, to_directory, to));
}
int64_t bh_symlinkat(const char *target, int directory, const char *path) {
    return checked(symlinkat(target, directory, path));
}
int64_t bh_readlinkat(int directory, const char *path, char *buffer, size_t size) {
    return checked(readlinkat(directory, path, buffer, size));
}
int64_t bh_mknodat(int directory, const char *path, uint32_t mode, uint32_t major, uint32_t minor) {
    return checked(mknodat(directory, path, mode, makedev(major, minor)));
}
int64_t bh_fchownat(int directory, const char *path, uint32_t user, uint32_t group, int flags) {
    return checked(fchownat(directory, path, user, group, flags));
}
int64_t bh_fchmodat(int directory, const char *path, uint32_t mode) {
    return checked(fchmodat(directory, path, mode, 0));
}
int64_t bh_memfd_create(const char *name, unsigned flags) { return checked(memfd_create(name, flags)); }
int64_t bh_fcntl(int fd, int command, uint64_t argument) { return checked(fcntl(fd, command, argument)); }

int64_t bh_lock_byte(int fd, int64_t offset) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
    return checked(fcntl(fd, F_OFD_SETLK, &lock));
}

int64_t bh_lock_own_byte(int fd, int64_t offset) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
    return checked(fcntl(fd, F_SETLK, &lock));
}

int64_t bh_lock_holder(int fd, int64_t offset) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
    if (fcntl(fd, F_GETLK, &lock) < 0) return -errno;
    return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

int64_t bh_flock(int fd) { return checked(flock(fd, LOCK_EX | LOCK_NB)); }

static int64_t nanoseconds(struct statx_timestamp time) {
    int64_t result;
    /* Some file systems keep any number that a file's owner says: the nearest that can be told. */
    if (__builtin_mul_overflow(time.tv_sec, 1000000000LL, &result) ||
        __builtin_add_overflow(result, (int64_t)time.tv_nsec, &result))
        return time.tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return result;
}

int64_t bh_fstatat(int directory, const char *path, int flags, struct bh_stat *result) {
    struct statx found;
    if (statx(directory, path, flags, STATX_BASIC_STATS, &found) < 0) return -errno;
    *result = (struct bh_stat){
        .mode = found.stx_mode,
        .user = found.stx_uid,
        .group = found.stx_gid,
        .links = found.stx_nlink,
        .inode = found.stx_ino,
        .device = makedev(found.stx_dev_major, found.stx_dev_minor),
        .size = found.stx_size,
        .device_major = found.stx_dev_major,
        .device_minor = found.stx_dev_minor,
        .node_major = found.stx_rdev_major,
        .node_minor = found.stx_rdev_minor,
        .modified_ns = nanoseconds(found.stx_mtime),
        .changed_ns = nanoseconds(found.stx_ctime),
    };
    return 0;
}

int64_t bh_file_system_type(int fd) {
    struct statfs found;
    return fstatfs(fd, &found) < 0 ? -errno : (int64_t)(uint32_t)found.f_type;
}

int64_t bh_fsopen(const char *type, unsigned flags) { return checked(fsopen(type, flags)); }
int64_t bh_fsconfig_string(int fd, const char *key, const char *value) {
    return checked(fsconfig(fd, FSCONFIG_SET_STRING, key, value, 0));
}
int64_t bh_fsconfig_create(int fd) { return checked(fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0)); }
int64_t bh_fsmount(int fd, unsigned flags, unsigned attributes) {
    return checked(fsmount(fd, flags, attributes));
}
int64_t bh_open_tree(int directory, const char *path, unsigned flags) {
    return checked(open_tree(directory, path, flags));
}
int64_t bh_mount_setattr(int fd, unsigned flags, uint64_t set, uint64_t clear, int user_namespace) {
    struct mount_attr attributes = {.attr_set = set, .attr_clr = clear, .propagation = MS_PRIVATE};
    if (set & MOUNT_ATTR_IDMAP) attributes.userns_fd = user_namespace;
    return checked(mount_setattr(fd, "", flags | AT_EMPTY_PATH, &attributes, sizeof attributes));
}

int64_t bh_getpid(void) { return getpid(); }
int64_t bh_geteuid(void) { return geteuid(); }

int64_t bh_effective_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) return -errno;
    return data[0].effective | (int64_t)data[1].effective << 32;
}

int64_t bh_pidfd_open(int pid) { return checked(syscall(SYS_pidfd_open, pid, 0)); }
int64_t bh_pidfd_send_signal(int pidfd, int signal) {
    return checked(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

static uint64_t microseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

int64_t bh_wait(int pidfd, int no_hang, struct bh_exit *result) {
    siginfo_t info = {0};
    struct rusage usage = {0};
    /* The library's waitid hides the fifth argument, the resource use. */
    if (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | __WALL | (no_hang ? WNOHANG : 0), &usage) < 0)
        return -errno;
    *result = (struct bh_exit){0};
    if (info.si_pid == 0) return 0;
    *result = (struct bh_exit){
        .code = info.si_code,
        .status = info.si_status,
        .user_us = microseconds(usage.ru_utime),
        .system_us = microseconds(usage.ru_stime),
        .resident_peak_kib = (uint64_t)usage.ru_maxrss,
    };
    return info.si_pid;
}

int64_t bh_pipe2(int32_t *pair, int flags) { return checked(pipe2(pair, flags | O_CLOEXEC)); }
int64_t bh_socketpair_seqpacket(int32_t *pair) {
    return checked(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
}
union one_descriptor {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

int64_t bh_send(int socket, const void *bytes, size_t size, int descriptor) {
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = size};
    union one_descriptor control = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof descriptor);
        memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
    }
    return checked(sendmsg(socket, &message, MSG_NOSIGNAL));
}

int64_t bh_receive(int socket, void *buffer, size_t size, int32_t *descriptor) {
    struct iovec part = {.iov_base = buffer, .iov_len = size};
    union one_descriptor control;
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        /* Not the padded size: that has room for two, and the kernel would open both. */
        .msg_controllen = CMSG_LEN(sizeof(int)),
    };
    *descriptor = -1;
    ssize_t count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (count < 0) return -errno;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(descriptor, CMSG_DATA(header), sizeof(int));
    /* A packet that did not fit is no packet: whoever sent it breaks the protocol. */
    if (message.msg_flags & MSG_TRUNC) {
        if (*descriptor >= 0) close(*descriptor);
        *descriptor = -1;
        return -EMSGSIZE;
    }
    return count;
}

_Static_assert(sizeof(struct bh_poll) == sizeof(struct pollfd), "bh_poll is pollfd by another name");
int64_t bh_poll(struct bh_poll *entries, uint32_t count, int64_t timeout_ms) {
    struct timespec timeout = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000};
    return checked(ppoll((struct pollfd *)entries, count, timeout_ms < 0 ? NULL : &timeout, NULL));
}

int64_t bh_default_signal(int signal) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    return checked(sigaction(signal, &standard, NULL));
}

int64_t bh_signalfd(uint64_t mask) {
    sigset_t set;
    sigemptyset(&set);
    for (int signal = 1; signal < 64; signal++)
        if (mask & (1ULL << signal)) sigaddset(&set, signal);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return -errno;
    return checked(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int64_t bh_read_signal(int fd) {
    struct signalfd_siginfo info;
    ssize_t count = read(fd, &info, sizeof info);
    return count < 0 ? -errno : (int64_t)info.ssi_signo;
}

int64_t bh_is_terminal(int fd) { return isatty(fd); }

_Static_assert(sizeof(struct termios) <= BH_TERMINAL_STATE_SIZE, "the state of a terminal must fit");
int64_t bh_terminal_state(int fd, void *state) {
    struct termios found;
    if (tcgetattr(fd, &found) < 0) return -errno;
    memcpy(state, &found, sizeof found);
    return 0;
}
int64_t bh_terminal_make_raw(int fd, const void *state) {
    struct termios raw;
    memcpy(&raw, state, sizeof raw);
    cfmakeraw(&raw);
    return checked(tcsetattr(fd, TCSADRAIN, &raw));
}
int64_t bh_terminal_restore(int fd, const void *state) {
    struct termios saved;
    memcpy(&saved, state, sizeof saved);
    return checked(tcsetattr(fd, TCSADRAIN, &saved));
}
int64_t bh_window_size(int fd) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) < 0) return -errno;
    return size.ws_row << 16 | size.ws_col;
}
int64_t bh_copy_window_size(int from, int to) {
    struct winsize size;
    if (ioctl(from, TIOCGWINSZ, &size) < 0) return -errno;
    return checked(ioctl(to, TIOCSWINSZ, &size));
}

int64_t bh_open_terminal(uint16_t rows, uint16_t columns, int32_t *controller, int32_t *terminal) {
    int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return -errno;
    int unlock = 0;
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    /* The other side by its descriptor, not by a name that could come to mean another. */
    int peer = -1;
    if (ioctl(fd, TIOCSPTLCK, &unlock) == 0 && ioctl(fd, TIOCSWINSZ, &size) == 0)
        peer = ioctl(fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    struct termios state;
    if (peer < 0 || tcgetattr(peer, &state) < 0) goto failed;
    cfmakeraw(&state);
    if (tcsetattr(peer, TCSANOW, &state) < 0) goto failed;
    *controller = fd;
    *terminal = peer;
    return 0;
failed:;
    int64_t error = -errno;
    if (peer >= 0) close(peer);
    close(fd);
    return error;
}
int64_t bh_make_controlling(int fd) { return checked(ioctl(fd, TIOCSCTTY, 0)); }

static int64_t clock_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int64_t bh_monotonic_us(void) { return clock_us(CLOCK_MONOTONIC); }

int64_t bh_boottime_us(void) { return clock_us(CLOCK_BOOTTIME); }

int64_t bh_realtime_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int64_t bh_random(void *buffer, size_t size) { return checked(getrandom(buffer, size, 0)); }
