#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../CLinux/include/raw.h"

enum { SIGNAL_SET_SIZE = 8 };

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
    /* Every signal is blocked since before init existed; SIGCHLD is read from here. */
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
    if (entries[1].revents) {
        /* Signals of one kind merge, so the count says nothing: whoever ended is found by wait. */
        char drained[sizeof(uint64_t) * 16];
        raw(SYS_read, children, drained, sizeof drained);
    }
    return (entries[0].revents ? 1 : 0) | (entries[1].revents ? 2 : 0);
}

union one_descriptor {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

int64_t init_receive(void *buffer, size_t size, int32_t *descriptor) {
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
    long count = raw(SYS_recvmsg, INIT_CONTROL, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (count < 0) return count;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(descriptor, CMSG_DATA(header), sizeof(int));
    return count;
}

int64_t init_send(const void *bytes, size_t size, int32_t descriptor, int wait) {
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
    return raw(SYS_sendmsg, INIT_CONTROL, &message, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
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

void init_drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{1U << CAP_KILL, 1U << CAP_KILL, 0}, {0}};
    raw(SYS_capset, &header, data);
}

void init_signal_all(int signal) { raw(SYS_kill, -1, signal); }

void init_end(void) {
    /* The kernel kills whatever is left in the pid namespace: pid_namespaces(7). */
    for (;;) raw(SYS_exit_group, 0);
}

/* A zombie's name, of the process that nobody else can have taken yet. */
static void read_name(struct init_ended *ended) {
    char path[32] = "/proc/";
    char digits[12];
    int count = 0;
    for (uint32_t pid = (uint32_t)ended->pid; pid > 0; pid /= 10) digits[count++] = '0' + pid % 10;
    char *end = path + 6;
    while (count > 0) *end++ = digits[--count];
    memcpy(end, "/comm", 6);
    /* Without waiting: where the command may mount, a fifo can be there. */
    int fd = raw(SYS_open, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd < 0) return;
    long length = raw(SYS_read, fd, ended->name, sizeof ended->name);
    raw(SYS_close, fd);
    if (length > 0 && ended->name[length - 1] == '\n') length--;
    if (length > 15) length = 15;
    ended->name_length = length < 0 ? 0 : (int32_t)length;
}

static uint64_t microseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

int64_t init_reap(int32_t first, struct init_ended *ended) {
    siginfo_t info = {0};
    memset(ended, 0, sizeof *ended);
    long result = raw(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL, NULL);
    if (result < 0) return result;
    if (info.si_pid == 0) return 0;
    ended->pid = info.si_pid;
    ended->signalled = info.si_code != CLD_EXITED;
    ended->status = info.si_status;
    if (ended->pid == first || (ended->signalled && ended->status == SIGKILL)) read_name(ended);
    struct rusage usage = {0};
    result = raw(SYS_waitid, P_PID, info.si_pid, &info, WEXITED | __WALL, &usage);
    if (result < 0) return result;
    ended->user_us = microseconds(usage.ru_utime);
    ended->system_us = microseconds(usage.ru_stime);
    return ended->pid;
}

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

int64_t init_open_terminal(
    uint16_t rows, uint16_t columns, uint32_t user, uint32_t group, int32_t *controller, int32_t *side) {
    long fd = raw(SYS_open, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    int unlock = 0;
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    long result = raw(SYS_ioctl, fd, TIOCSPTLCK, &unlock);
    if (result == 0) result = raw(SYS_ioctl, fd, TIOCSWINSZ, &size);
    /* The other side by its descriptor, not by a name that could come to mean another. */
    long peer = result == 0 ? raw(SYS_ioctl, fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC) : result;
    if (peer >= 0) {
        result = raw(SYS_fchown, peer, user, group);
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
