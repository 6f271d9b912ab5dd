#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int64_t checked(int64_t result) { return result < 0 ? -errno : result; }

int64_t bh_unix_socket(int packets, int blocking) {
    int type = (packets ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC;
    return checked(socket(AF_UNIX, blocking ? type : type | SOCK_NONBLOCK, 0));
}

int64_t bh_unix_datagrams(void) {
    return checked(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

static int named(struct sockaddr_un *address, const char *path) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof address->sun_path) return -ENAMETOOLONG;
    memcpy(address->sun_path, path, length + 1);
    return 0;
}

int64_t bh_bind_unix(int socket, const char *path) {
    struct sockaddr_un address;
    int result = named(&address, path);
    return result < 0 ? result : checked(bind(socket, (struct sockaddr *)&address, sizeof address));
}

int64_t bh_connect_unix(int socket, const char *path) {
    struct sockaddr_un address;
    int result = named(&address, path);
    return result < 0 ? result
                      : checked(connect(socket, (struct sockaddr *)&address, sizeof address));
}

int64_t bh_listen(int socket, int backlog) { return checked(listen(socket, backlog)); }

int64_t bh_accept(int socket) {
    return checked(accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

int64_t bh_peer(int socket, struct bh_peer *result) {
    struct ucred found;
    socklen_t size = sizeof found;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &found, &size) < 0) return -errno;
    *result = (struct bh_peer){.pid = found.pid, .user = found.uid, .group = found.gid};
    return 0;
}

int64_t bh_peer_groups(int socket, uint32_t *groups, size_t room) {
    socklen_t size = room * sizeof *groups;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) return -errno;
    return size / sizeof *groups;
}

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

int64_t bh_peer_pidfd(int socket) {
    int found = -1;
    socklen_t size = sizeof found;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &found, &size) == 0) return found;
    switch (errno) {
    case ENOPROTOOPT: return -EOPNOTSUPP;
    case EINVAL:
    case ENODATA: return -ESRCH;
    default: return -errno;
    }
}

union descriptors {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(BH_DESCRIPTORS_MAX * sizeof(int))];
};

int64_t bh_stream_send(
    int socket, const void *bytes, size_t size, const int32_t *descriptors, uint32_t count) {
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = size};
    union descriptors control = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > BH_DESCRIPTORS_MAX) return -EMSGSIZE;
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof(int));
    }
    return checked(sendmsg(socket, &message, MSG_NOSIGNAL));
}

int64_t bh_stream_receive(
    int socket, void *buffer, size_t size, int32_t descriptors[BH_DESCRIPTORS_MAX], uint32_t *count) {
    struct iovec part = {.iov_base = buffer, .iov_len = size};
    union descriptors control;
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        /* Not the padded size: that has room for one more, and the kernel would open it. */
        .msg_controllen = CMSG_LEN(BH_DESCRIPTORS_MAX * sizeof(int)),
    };
    *count = 0;
    ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (length < 0) return -errno;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        *count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(descriptors, CMSG_DATA(header), *count * sizeof(int));
    }
    if (!(message.msg_flags & MSG_CTRUNC)) return length;
    for (uint32_t i = 0; i < *count; i++) close(descriptors[i]);
    *count = 0;
    return -EMSGSIZE;
}

int64_t bh_tcp_socket_in(int pidfd, int six) {
    int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0) return -errno;
    int64_t result = setns(pidfd, CLONE_NEWNET) < 0 ? -errno : 0;
    if (result == 0) {
        result = checked(
            socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        /* Whatever a supervisor did from now on in a project's network it would do for that project:
         * ending, and being started again, is the way back that is left. */
        if (setns(own, CLONE_NEWNET) < 0) abort();
    }
    close(own);
    return result;
}

int64_t bh_connect_loopback(int socket, int six, uint16_t port) {
    struct sockaddr_in four = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    if (!six) return checked(connect(socket, (struct sockaddr *)&four, sizeof four));
    struct sockaddr_in6 address = {
        .sin6_family = AF_INET6,
        .sin6_port = htons(port),
        .sin6_addr = IN6ADDR_LOOPBACK_INIT,
    };
    return checked(connect(socket, (struct sockaddr *)&address, sizeof address));
}

int64_t bh_socket_error(int socket) {
    int found = 0;
    socklen_t size = sizeof found;
    if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &found, &size) < 0) return -errno;
    return -found;
}
