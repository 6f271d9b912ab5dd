// What a sandbox's init could become in the hands of an attacker: it says to its supervisor whatever
// the command's first argument asks for. The control socket is descriptor 3.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STARTED = 3, CASUALTY = 5, ENDED = 6 };

static void say(const void *bytes, size_t size, const int *descriptors, size_t count, int flags) {
    char control[CMSG_SPACE(sizeof(int) * 32)] = {0};
    struct iovec part = {(void *)bytes, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
    }
    sendmsg(3, &message, MSG_NOSIGNAL | flags);
}

// Run 0, which is the only one of `bulkhead run`, is eight bytes in each: InitMessage+Coding.swift.
static const unsigned char started[1 + 8 + 4] = {STARTED, [9] = 2};
static const unsigned char casualty[1 + 8 + 4 + 15] = {
    CASUALTY, [9] = 7, [13] = '\33', '[', '3', '1', 'm', 0xff, '\n'};
static const unsigned char ended[3 + 8 + 4 + 16] = {ENDED, 0, 42, [11] = 2};

int main(void) {
    char request[64];
    struct iovec part = {request, sizeof request};
    char control[CMSG_SPACE(sizeof(int))];
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(3, &message, 0) <= 0) return 1;
    int file;
    memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof file);
    // The arguments are somewhere in the request.
    static char asked[1 << 20];
    ssize_t size = pread(file, asked, sizeof asked, 0);
#define ASKED(word) (memmem(asked, (size_t)size, "attack=" word, sizeof "attack=" word - 1))
    int many[32];
    for (int i = 0; i < 32; i++) many[i] = open("/dev/null", O_RDWR);
    if (ASKED("garbage")) {
        say("\377\377\377", 3, NULL, 0, 0);
    } else if (ASKED("long")) {
        say(request - 0, sizeof request, NULL, 0, 0);
        static char much[4096] = {STARTED};
        say(much, sizeof much, NULL, 0, 0);
    } else if (ASKED("empty")) {
        for (;;) say("", 0, NULL, 0, 0);
    } else if (ASKED("flood")) {
        say(started, sizeof started, NULL, 0, 0);
        for (;;) say(casualty, sizeof casualty, NULL, 0, 0);
    } else if (ASKED("descriptors")) {
        say(started, sizeof started, NULL, 0, 0);
        for (int i = 0; i < 2000; i++) say(casualty, sizeof casualty, many, 1 + i % 31, 0);
        say(ended, sizeof ended, many, 2, 0);
    } else if (ASKED("terminal")) {
        say(started, sizeof started, many, 1, 0);
    } else if (ASKED("twice")) {
        say(started, sizeof started, NULL, 0, 0);
        say(started, sizeof started, NULL, 0, 0);
    } else if (ASKED("hangup")) {
        say(started, sizeof started, NULL, 0, 0);
        close(3);
    } else if (ASKED("shut")) {
        shutdown(3, SHUT_RDWR);
    }
    // Neither ends nor listens, whatever it is asked.
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (;;) pause();
}
