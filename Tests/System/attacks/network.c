// Reaching services of the host.
#include "attack.h"

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// argv: port, addresses. The test listens there, outside.
ATTACK(connect_by_address) {
    if (argc < 2) return broken("usage: PORT ADDRESS…");
    int verdict = REFUSED;
    for (int index = 1; index < argc; index++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[0]))};
        if (inet_pton(AF_INET, argv[index], &address.sin_addr) != 1)
            return broken("no address: %s", argv[index]);
        int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int result = connect(handle, (struct sockaddr *)&address, sizeof address);
        verdict = worse(verdict, ought_to_fail(result, "connect %s:%s", argv[index], argv[0]));
        if (handle >= 0) close(handle);
    }
    return verdict;
}

// argv: name of an abstract socket that the test listens on, outside.
ATTACK(connect_by_abstract_name) {
    if (argc != 1) return broken("usage: NAME");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path + 1, argv[0], sizeof address.sun_path - 2);
    int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(argv[0]);
    return ought_to_fail(connect(handle, (struct sockaddr *)&address, length), "connect @%s",
                         argv[0]);
}

ATTACK(connect_to_daemons) {
    static const char *const paths[] = {"/run/systemd/private", "/run/dbus/system_bus_socket",
                                        "/run/systemd/journal/socket", "/dev/log",
                                        "/run/docker.sock", "/run/bulkhead/control.sock"};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof paths / sizeof *paths; index++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        strcpy(address.sun_path, paths[index]);
        for (int kind = SOCK_STREAM; kind <= SOCK_DGRAM; kind++) {
            int handle = socket(AF_UNIX, kind | SOCK_CLOEXEC, 0);
            int result = connect(handle, (struct sockaddr *)&address, sizeof address);
            verdict = worse(verdict, ought_to_fail(result, "connect %s", paths[index]));
            if (handle >= 0) close(handle);
        }
    }
    return verdict;
}

ATTACK(see_host_interfaces) {
    struct if_nameindex *list = if_nameindex();
    int verdict = REFUSED, count = 0;
    for (struct if_nameindex *entry = list; entry && entry->if_index; entry++, count++)
        if (strcmp(entry->if_name, "lo")) verdict = escaped("sees interface %s", entry->if_name);
    if_freenameindex(list);
    errno = ENODEV;
    return verdict ? verdict : refused("sees %d interface", count);
}

ATTACK(open_raw_sockets) {
    static const struct {
        const char *name;
        int family, kind, protocol;
    } sockets[] = {
        {"IPv4 raw", AF_INET, SOCK_RAW, IPPROTO_ICMP}, {"IPv6 raw", AF_INET6, SOCK_RAW, 58},
        {"packet", AF_PACKET, SOCK_RAW, 0x0300},       {"packet", AF_PACKET, SOCK_DGRAM, 0x0300},
        {"vsock", AF_VSOCK, SOCK_STREAM, 0},           {"bluetooth", 31, SOCK_RAW, 1},
        {"xdp", 44, SOCK_RAW, 0},                      {"key", AF_KEY, SOCK_RAW, 2},
        {"alg", AF_ALG, SOCK_SEQPACKET, 0},            {"tipc", 30, SOCK_DGRAM, 0},
    };
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof sockets / sizeof *sockets; index++) {
        int handle = socket(sockets[index].family, sockets[index].kind | SOCK_CLOEXEC,
                            sockets[index].protocol);
        verdict = worse(verdict, ought_to_fail(handle, "%s socket", sockets[index].name));
        if (handle >= 0) close(handle);
    }
    return verdict;
}

ATTACK(configure_network) {
    int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (handle < 0) return refused("socket");
    struct ifreq request = {0};
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = 0;
    int verdict = ought_to_fail(ioctl(handle, SIOCSIFFLAGS, &request), "take loopback down");
    request.ifr_mtu = 1000;
    verdict = worse(verdict, ought_to_fail(ioctl(handle, SIOCSIFMTU, &request), "SIOCSIFMTU"));
    close(handle);
    return verdict;
}

// Loopback is promised to work, or attacks on it would be refused for the wrong reason.
ATTACK(talk_to_oneself) {
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(server, (struct sockaddr *)&address, length)) return broken("bind");
    if (listen(server, 1)) return broken("listen");
    getsockname(server, (struct sockaddr *)&address, &length);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(client, (struct sockaddr *)&address, length)) return broken("connect loopback");
    errno = 0;
    return refused("loopback works, nothing else is needed");
}
