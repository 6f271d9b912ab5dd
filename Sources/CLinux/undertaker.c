#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "CLinux.h"
#include "raw.h"

/* A page of stack would do; a sanitizer's frames are larger. The orders lie above the stack, on the
 * page where it starts: one page is touched, not two. */
enum { MEMORY_SIZE = 16 * 1024, STACK_SIZE = MEMORY_SIZE - 512, NAME_SIZE = 256 };

/* A process in an uninterruptible sleep leaves its cgroup late. After this long it is hung for
 * good, and the empty cgroup is left to whoever next asks for the name. */
enum { WAIT_MS_MAX = 30 * 1000, STEP_MS_MAX = 100 };

struct orders {
    int parent;
    int watched;
    _Atomic uint64_t inode; /* 0: nothing entrusted yet */
    char name[NAME_SIZE];
};
_Static_assert(sizeof(struct orders) <= MEMORY_SIZE - STACK_SIZE, "the orders must fit");

/* Closes everything but two descriptors: any other would keep a pipe, a socket or a mount of ours
 * alive after our death. */
static void keep_only(int one, int other) {
    unsigned low = one < other ? one : other, high = one < other ? other : one;
    if (low > 0) raw(SYS_close_range, 0, low - 1, 0);
    if (high > low + 1) raw(SYS_close_range, low + 1, high - 1, 0);
    raw(SYS_close_range, high + 1, ~0U, 0);
}

static void await_death(int watched) {
    struct pollfd entry = {.fd = watched, .events = POLLIN};
    /* Every signal is blocked; only a stop and its continuation can interrupt. */
    while (raw(SYS_poll, &entry, 1, -1) == -EINTR) continue;
}

/* Kills what is in the cgroup, having made sure that it is the one we were told of. */
static int kill_everything(const struct orders *orders, uint64_t inode) {
    struct statx found;
    int cgroup = raw(
        SYS_openat, orders->parent, orders->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (cgroup < 0) return 0;
    if (raw(SYS_statx, cgroup, "", AT_EMPTY_PATH, STATX_INO, &found) < 0 || found.stx_ino != inode)
        return 0;
    int kill = raw(SYS_openat, cgroup, "cgroup.kill", O_WRONLY | O_CLOEXEC, 0);
    if (kill >= 0) raw(SYS_write, kill, "1", 1);
    return 1;
}

static void remove_cgroup(const struct orders *orders) {
    for (long waited = 0, step = 1; waited <= WAIT_MS_MAX; waited += step) {
        if (raw(SYS_unlinkat, orders->parent, orders->name, AT_REMOVEDIR) != -EBUSY) return;
        if (step < STEP_MS_MAX) step *= 2;
        struct timespec pause = {.tv_sec = 0, .tv_nsec = step * 1000000};
        raw(SYS_nanosleep, &pause, NULL);
    }
}

static void serve(void *argument) {
    struct orders *orders = argument;
    /* What the terminal or a shell sends to our process group must not end it with us. */
    raw(SYS_setsid);
    raw(SYS_prctl, PR_SET_NAME, "bh-undertaker", 0, 0, 0);
    keep_only(orders->parent, orders->watched);
    /* Nor may it keep busy a file system that we were started on. */
    raw(SYS_chdir, "/");
    await_death(orders->watched);
    uint64_t inode = atomic_load(&orders->inode);
    /* Nothing entrusted: we died at mkdir. If the directory is ours it is empty, for processes come
     * later, and goes; somebody else's is in use, and stays. */
    if (inode == 0)
        raw(SYS_unlinkat, orders->parent, orders->name, AT_REMOVEDIR);
    else if (kill_everything(orders, inode))
        remove_cgroup(orders);
    for (;;) raw(SYS_exit, 0);
}

int64_t bh_undertaker_start(int parent, const char *name, int watched, struct bh_undertaker *result) {
    if (strlen(name) >= NAME_SIZE) return -ENAMETOOLONG;
    char *memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return -errno;
    struct orders *orders = (struct orders *)(memory + STACK_SIZE);
    orders->parent = parent;
    orders->watched = watched;
    strcpy(orders->name, name);

    int pidfd = -1;
    struct clone_args arguments = {
        .flags = CLONE_VM | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        /* No signal when it ends: it is no child that anybody else of us waits for. */
        .exit_signal = 0,
        .stack = (uint64_t)(uintptr_t)memory,
        .stack_size = STACK_SIZE,
    };
    /* It inherits the full mask and keeps it. */
    sigset_t everything, before;
    sigfillset(&everything);
    sigprocmask(SIG_SETMASK, &everything, &before);
    long pid = raw_clone_onto(&arguments, sizeof arguments, serve, orders);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) {
        munmap(memory, MEMORY_SIZE);
        return pid;
    }
    *result = (struct bh_undertaker){.pid = (int32_t)pid, .pidfd = pidfd, .memory = memory};
    return 0;
}

void bh_undertaker_entrust(struct bh_undertaker *undertaker, uint64_t inode) {
    struct orders *orders = (struct orders *)((char *)undertaker->memory + STACK_SIZE);
    atomic_store(&orders->inode, inode);
}

void bh_undertaker_dismiss(struct bh_undertaker *undertaker) {
    siginfo_t info;
    syscall(SYS_pidfd_send_signal, undertaker->pidfd, SIGKILL, NULL, 0);
    /* The memory is its stack: it may go only after the process has. */
    while (waitid(P_PIDFD, undertaker->pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR) continue;
    close(undertaker->pidfd);
    munmap(undertaker->memory, MEMORY_SIZE);
}
