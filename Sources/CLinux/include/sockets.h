/* Sockets that have a name or a port. Each that is made here neither blocks nor survives an exec,
 * unless it says otherwise. */
#ifndef BULKHEAD_SOCKETS_H
#define BULKHEAD_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

/* AF_UNIX, of SOCK_STREAM or, with packets, SOCK_SEQPACKET. */
int64_t bh_unix_socket(int packets, int blocking);
/* AF_UNIX, of SOCK_DGRAM. */
int64_t bh_unix_datagrams(void);
/* Both: -ENAMETOOLONG where the path does not fit into an address: unix(7). */
int64_t bh_bind_unix(int socket, const char *path);
int64_t bh_connect_unix(int socket, const char *path);
int64_t bh_listen(int socket, int backlog);
int64_t bh_accept(int socket);

struct bh_peer {
    int32_t pid;
    uint32_t user, group;
};
/* Who made the other end, when it did: SO_PEERCRED. */
int64_t bh_peer(int socket, struct bh_peer *result);
/* Its supplementary groups, and how many there are; -ERANGE where there is not room for them. */
int64_t bh_peer_groups(int socket, uint32_t *groups, size_t room);
/* A pidfd of who made the other end: SO_PEERPIDFD. -ESRCH: it has ended, -EOPNOTSUPP: before
 * Linux 6.5. */
int64_t bh_peer_pidfd(int socket);

/* As many of the bytes as there is room for, and these descriptors with them. */
int64_t bh_stream_send(
    int socket, const void *bytes, size_t size, const int32_t *descriptors, uint32_t count);
/* What a message can carry along here. */
#define BH_DESCRIPTORS_MAX 5
/* Bytes, and the descriptors that came with them. -EMSGSIZE: there were more descriptors, and all of
 * them are closed. */
int64_t bh_stream_receive(
    int socket, void *buffer, size_t size, int32_t descriptors[BH_DESCRIPTORS_MAX], uint32_t *count);

/* A TCP socket (of AF_INET6 if six) in the network namespace of the process of this pidfd. Our own
 * thread is in that namespace for the moment of the call; should there be no way back, the process is
 * aborted. */
int64_t bh_tcp_socket_in(int pidfd, int six);
/* Begins to connect to a port of the loopback address. */
int64_t bh_connect_loopback(int socket, int six, uint16_t port);
/* 0, or what came of the last thing that the socket did by itself, negated: SO_ERROR. */
int64_t bh_socket_error(int socket);

#endif
