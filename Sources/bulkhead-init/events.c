/* Sockets and pipes, none of which init ever waits for but in one place. */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "../CLinux/include/raw.h"

enum {
    SIGNAL_SET_SIZE = 8,
    DESCRIPTORS_MAX = 5,
    /* Supervisors that connected and died before init looked, and the one that lives. */
    BACKLOG = 4,
    EVENTS_MAX = 16,
};

int64_t init_listen(void) { return raw(SYS_listen, INIT_CONTROL, BACKLOG); }

int64_t init_accept(void) {
    return raw(SYS_accept4, INIT_CONTROL, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int64_t init_receive(
    int32_t socket, void *buffer, size_t size, int32_t descriptors[5], int32_t *count) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control;
    struct iovec part = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        /* Not the padded size: that has room for one more, and the kernel would open it. */
        .msg_controllen = CMSG_LEN(DESCRIPTORS_MAX * sizeof(int)),
    };
    *count = 0;
    long length = raw(SYS_recvmsg, socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (length < 0) return length;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        size_t bytes = header->cmsg_len - CMSG_LEN(0);
        memcpy(descriptors, CMSG_DATA(header), bytes);
        *count = (int32_t)(bytes / sizeof(int));
    }
    return length;
}

int64_t init_send(int32_t socket, const void *bytes, size_t size, int32_t descriptor, int wait) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof descriptor);
        memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
    }
    return raw(SYS_sendmsg, socket, &message, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
}

int64_t init_receive_text(
    int32_t socket, void *buffer, size_t size, void *address, size_t *address_size) {
    struct iovec part = {.iov_base = buffer, .iov_len = size};
    /* Without room for descriptors the kernel closes those that come: unix(7). */
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_name = address, .msg_namelen = *address_size};
    long length = raw(SYS_recvmsg, socket, &message, MSG_DONTWAIT | MSG_TRUNC);
    /* More than there was room for is no address of ours. */
    *address_size = length < 0 || message.msg_namelen > *address_size ? 0 : message.msg_namelen;
    return length;
}

int64_t init_send_to(
    int32_t socket, const void *bytes, size_t size, const void *address, size_t address_size) {
    return raw(
        SYS_sendto, socket, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL, address, address_size);
}

int64_t init_read_some(int32_t descriptor, void *buffer, size_t size) {
    long count;
    do count = raw(SYS_read, descriptor, buffer, size);
    while (count == -EINTR);
    return count;
}

int64_t init_pipe(int32_t *ours, int32_t *theirs) {
    int ends[2];
    long result = raw(SYS_pipe2, ends, O_CLOEXEC);
    if (result < 0) return result;
    *ours = ends[0];
    *theirs = ends[1];
    /* Only ours: each end has flags of its own. */
    return init_set_nonblocking(*ours);
}

int64_t init_bind(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (path[0] != '/' || length >= sizeof address.sun_path) return -EINVAL;
    memcpy(address.sun_path, path, length + 1);
    long fd = raw(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return fd;
    /* Whatever user the run has: mode 0666, by the mask that init_prepare set. */
    long result = raw(SYS_bind, fd, &address, sizeof address);
    if (result < 0) {
        raw(SYS_close, fd);
        return result;
    }
    return fd;
}

void init_unlink(const char *path) { raw(SYS_unlink, path); }
int64_t init_open_null(void) { return raw(SYS_open, "/dev/null", O_RDWR | O_CLOEXEC, 0); }

int64_t init_set_nonblocking(int32_t descriptor) {
    long flags = raw(SYS_fcntl, descriptor, F_GETFL, 0);
    return flags < 0 ? flags : raw(SYS_fcntl, descriptor, F_SETFL, flags | O_NONBLOCK);
}

int64_t init_events(void) { return raw(SYS_epoll_create1, EPOLL_CLOEXEC); }

int64_t init_watch(int32_t events, int32_t descriptor, int interest, uint32_t tag, uint32_t slot) {
    struct epoll_event event = {
        .events = (interest & INIT_IN ? EPOLLIN : 0) | (interest & INIT_OUT ? EPOLLOUT : 0) |
                  (interest & INIT_CHANGE ? EPOLLET : 0),
        .data.u64 = (uint64_t)tag << 32 | slot,
    };
    /* Taken out and not only muted: an end is told whether it is asked for or not, and a descriptor
     * that has a duplicate elsewhere stays when ours is closed: epoll(7). */
    if (!interest) return raw(SYS_epoll_ctl, events, EPOLL_CTL_DEL, descriptor, NULL);
    long result = raw(SYS_epoll_ctl, events, EPOLL_CTL_MOD, descriptor, &event);
    if (result == -ENOENT) result = raw(SYS_epoll_ctl, events, EPOLL_CTL_ADD, descriptor, &event);
    return result;
}

int64_t init_wait_events(int32_t events, struct init_event *occurred, int count, int timeout_ms) {
    struct epoll_event all[EVENTS_MAX];
    if (count > EVENTS_MAX) count = EVENTS_MAX;
    long result;
    do result = raw(SYS_epoll_pwait, events, all, count, timeout_ms, NULL, SIGNAL_SET_SIZE);
    while (result == -EINTR);
    for (long i = 0; i < result; i++) {
        occurred[i].tag = (uint32_t)(all[i].data.u64 >> 32);
        occurred[i].slot = (uint32_t)all[i].data.u64;
    }
    return result;
}

int64_t init_hints(const uint8_t *bytes, size_t count) {
    static const struct {
        const char *words;
        int64_t hint;
    } all[] = {
        {"oo many open files", 1},
        {"o space left on device", 2},
        {"isk quota exceeded", 2},
    };
    int64_t found = 0;
    for (size_t index = 0; index < sizeof all / sizeof *all; index++)
        if (memmem(bytes, count, all[index].words, strlen(all[index].words)))
            found |= all[index].hint;
    return found;
}
