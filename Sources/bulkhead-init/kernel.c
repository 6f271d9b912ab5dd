#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "../CLinux/include/raw.h"

enum {
    SIGNAL_SET_SIZE = 8,
    /* TASK_COMM_LEN less the final NUL: linux/sched.h. */
    NAME_MAX_LENGTH = 15,
};

/* What the caller ignores the command must not inherit, nor may init miss the end of its children:
 * CLONE_CLEAR_SIGHAND leaves ignored signals ignored. */
static void default_signals(void) {
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } standard = {0};
    /* SIGKILL and SIGSTOP are refused, and need not be set. */
    for (int signal = 1; signal <= 64; signal++)
        raw(SYS_rt_sigaction, signal, &standard, NULL, SIGNAL_SET_SIZE);
}

int64_t init_prepare(void) {
    /* Anywhere else it would signal and reap what is not its own. */
    if (raw(SYS_getpid) != 1) {
        static const char message[] = "bulkhead-init: only bulkhead starts this, as PID 1 of a sandbox\n";
        raw(SYS_write, 2, message, sizeof message - 1);
        raw(SYS_exit_group, 2);
    }
    /* Nobody inside may look into init, read its memory or its descriptors: ptrace(2). */
    long result = raw(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (result < 0) return result;
    default_signals();
    /* Of sockets that init binds; a workload sets its own. */
    raw(SYS_umask, 0111);
    /* Whoever started init has most likely blocked them already; SIGCHLD is read from here. */
    uint64_t every = ~0ULL;
    raw(SYS_rt_sigprocmask, SIG_BLOCK, &every, NULL, SIGNAL_SET_SIZE);
    uint64_t children = 1ULL << (SIGCHLD - 1);
    return raw(SYS_signalfd4, -1, &children, SIGNAL_SET_SIZE, O_CLOEXEC | O_NONBLOCK);
}

int64_t init_wait(int children) {
    struct pollfd entries[2] = {
        {.fd = INIT_CONTROL, .events = POLLIN},
        {.fd = children, .events = POLLIN},
    };
    long result;
    do result = raw(SYS_ppoll, entries, 2, NULL, NULL, SIGNAL_SET_SIZE);
    while (result == -EINTR);
    if (result < 0) return result;
    if (entries[1].revents) init_drain(children);
    return (entries[0].revents ? 1 : 0) | (entries[1].revents ? 2 : 0);
}

void init_drain(int children) {
    /* Signals of one kind merge, so the count says nothing: whoever ended is found by wait. */
    char drained[sizeof(uint64_t) * 16];
    raw(SYS_read, children, drained, sizeof drained);
}

int64_t init_read(int32_t descriptor, void *buffer, size_t size) {
    size_t done = 0;
    while (done < size) {
        long count = raw(SYS_pread64, descriptor, (char *)buffer + done, size - done, done);
        if (count == -EINTR) continue;
        if (count < 0) return count;
        if (count == 0) break;
        done += (size_t)count;
    }
    return (int64_t)done;
}

int64_t init_size(int32_t descriptor) { return raw(SYS_lseek, descriptor, 0, SEEK_END); }
void init_close(int32_t descriptor) { raw(SYS_close, descriptor); }

void init_close_standard(void) {
    /* A descriptor that init kept would hold a pipe open that the workload has closed. */
    int null = raw(SYS_open, "/dev/null", O_RDWR | O_CLOEXEC, 0);
    for (int i = 0; i < 3; i++) {
        if (null >= 0)
            raw(SYS_dup3, null, i, O_CLOEXEC);
        else
            raw(SYS_close, i);
    }
    if (null > 2) raw(SYS_close, null);
}

int64_t init_keep_capabilities(uint64_t kept) {
    long result = 0;
    /* What is not in the bounding set no execve brings back. EINVAL is the first number that this
     * kernel does not know. */
    for (int capability = 0; capability < 64; capability++) {
        if (kept & (1ULL << capability)) continue;
        result = raw(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
        if (result == -EINVAL) break;
        if (result < 0) return result;
    }
    /* And user 0 is nobody by its number alone. */
    result = raw(SYS_prctl, PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0);
    if (result == 0) result = raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (result < 0) return result;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct now[2], wanted[2];
    result = raw(SYS_capget, &header, now);
    if (result < 0) return result;
    for (int half = 0; half < 2; half++) {
        /* Some may not be there: the host's own limits. */
        uint32_t left = now[half].permitted & (uint32_t)(kept >> (32 * half));
        wanted[half] = (struct __user_cap_data_struct){left, left, 0};
    }
    return raw(SYS_capset, &header, wanted);
}

void init_signal_all(int signal) { raw(SYS_kill, -1, signal); }
void init_signal(int32_t pid, int signal) { raw(SYS_kill, pid, signal); }

uint64_t init_now(void) {
    struct timespec now = {0};
    raw(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void init_end(void) {
    /* The kernel kills whatever is left in the pid namespace: pid_namespaces(7). */
    for (;;) raw(SYS_exit_group, 0);
}

int64_t init_name(int32_t pid, uint8_t *name) {
    char path[32] = "/proc/";
    char digits[12];
    int count = 0;
    for (uint32_t rest = (uint32_t)pid; rest > 0; rest /= 10) digits[count++] = '0' + rest % 10;
    char *end = path + 6;
    while (count > 0) *end++ = digits[--count];
    memcpy(end, "/comm", 6);
    /* Without waiting: where the command may mount, a fifo can be there. */
    int fd = raw(SYS_open, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd < 0) return fd;
    uint8_t bytes[NAME_MAX_LENGTH + 1];
    long length = raw(SYS_read, fd, bytes, sizeof bytes);
    raw(SYS_close, fd);
    if (length > 0 && bytes[length - 1] == '\n') length--;
    if (length > NAME_MAX_LENGTH) length = NAME_MAX_LENGTH;
    if (length > 0) memcpy(name, bytes, (size_t)length);
    return length;
}

int32_t init_session(int32_t pid) { return (int32_t)raw(SYS_getsid, pid); }

static uint64_t microseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

int64_t init_find_ended(struct init_ended *ended) {
    siginfo_t info = {0};
    memset(ended, 0, sizeof *ended);
    long result = raw(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL, NULL);
    if (result < 0) return result;
    ended->pid = info.si_pid;
    ended->signalled = info.si_code != CLD_EXITED;
    ended->status = info.si_status;
    return ended->pid;
}

int64_t init_reap(struct init_ended *ended) {
    siginfo_t info = {0};
    struct rusage usage = {0};
    long result = raw(SYS_waitid, P_PID, ended->pid, &info, WEXITED | __WALL, &usage);
    if (result < 0) return result;
    ended->user_us = microseconds(usage.ru_utime);
    ended->system_us = microseconds(usage.ru_stime);
    return 0;
}

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

/* A new terminal as its user: devpts gives the other side to whoever opens this one, and so init
 * needs no capability to give files away. */
static long open_terminal_as(uint32_t user, uint32_t group) {
    raw(SYS_setfsgid, group);
    raw(SYS_setfsuid, user);
    long fd = raw(SYS_open, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
    raw(SYS_setfsuid, 0);
    raw(SYS_setfsgid, 0);
    /* A change of user makes a process dumpable where fs.suid_dumpable says so: proc(5). */
    raw(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    return fd;
}

int64_t init_open_terminal(
    uint16_t rows, uint16_t columns, uint32_t user, uint32_t group, int32_t *controller, int32_t *side) {
    long fd = open_terminal_as(user, group);
    if (fd < 0) return fd;
    int unlock = 0;
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    long result = raw(SYS_ioctl, fd, TIOCSPTLCK, &unlock);
    if (result == 0) result = raw(SYS_ioctl, fd, TIOCSWINSZ, &size);
    /* The other side by its descriptor, not by a name that could come to mean another. */
    long peer = result == 0 ? raw(SYS_ioctl, fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC) : result;
    if (peer >= 0) {
        struct stat owner;
        result = raw(SYS_fstat, peer, &owner);
        if (result == 0 && (owner.st_uid != user || owner.st_gid != group)) result = -EPERM;
        if (result < 0) {
            raw(SYS_close, peer);
            peer = result;
        }
    }
    if (peer < 0) {
        raw(SYS_close, fd);
        return peer;
    }
    *controller = (int32_t)fd;
    *side = (int32_t)peer;
    return 0;
}
