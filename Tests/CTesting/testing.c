#include "CTesting.h"

#include <errno.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct bht_thread {
    pthread_t thread;
    int apart;
    void (*body)(void *);
    void *context;
    int error;
};

static void *run(void *argument) {
    struct bht_thread *thread = argument;
    /* Tests run on threads that have most signals blocked. */
    sigset_t interruption;
    sigemptyset(&interruption);
    sigaddset(&interruption, SIGUSR2);
    pthread_sigmask(SIG_UNBLOCK, &interruption, NULL);
    /* Not even for a moment a copy of what other tests have open: it would keep their pipes and locks
     * alive. */
    if (thread->apart && close_range(3, ~0U, CLOSE_RANGE_UNSHARE) < 0)
        thread->error = errno;
    else
        thread->body(thread->context);
    return NULL;
}

int64_t bht_start(int apart, void (*body)(void *), void *context, struct bht_thread **result) {
    struct bht_thread *thread = calloc(1, sizeof *thread);
    if (!thread) return -ENOMEM;
    *thread = (struct bht_thread){.apart = apart, .body = body, .context = context};
    int error = pthread_create(&thread->thread, NULL, run, thread);
    if (error) {
        free(thread);
        return -error;
    }
    *result = thread;
    return 0;
}

static void nothing(int signal) { (void)signal; }

int64_t bht_interrupt(struct bht_thread *thread) {
    /* Without SA_RESTART, so that the call fails with EINTR. */
    struct sigaction action = {.sa_handler = nothing};
    if (sigaction(SIGUSR2, &action, NULL) < 0) return -errno;
    return -pthread_kill(thread->thread, SIGUSR2);
}

int64_t bht_join(struct bht_thread *thread) {
    int error = pthread_join(thread->thread, NULL);
    if (error == 0) error = thread->error;
    free(thread);
    return -error;
}

int64_t bht_send_descriptors(int socket, int count) {
    int numbers[16];
    if (count < 1 || count > 16) return -EINVAL;
    for (int i = 0; i < count; i++) numbers[i] = 2;
    size_t size = sizeof(int) * (size_t)count;
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof numbers)];
    } control = {0};
    char byte = 1;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(size)};
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(&control.header), numbers, size);
    return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int64_t bht_make_fifo(const char *path) { return mkfifo(path, 0600) < 0 ? -errno : 0; }

int64_t bht_receive_datagrams(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (receiver < 0) return -errno;
    if (bind(receiver, (struct sockaddr *)&address, sizeof address) == 0) return receiver;
    int error = errno;
    close(receiver);
    return -error;
}

int64_t bht_mount(const char *type, const char *target, const char *options) {
    return mount(type, target, type, 0, options) < 0 ? -errno : 0;
}

int64_t bht_unmount(const char *target) { return umount2(target, MNT_DETACH) < 0 ? -errno : 0; }
