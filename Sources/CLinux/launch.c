#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/if.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CLinux.h"
#include "raw.h"

/* The child's frames are small, but a step resolves paths in the kernel on another stack, so two
 * pages would do; sixteen leave room for a sanitizer's frames. */
enum { STACK_SIZE = 64 * 1024 };

/* What a mount of the sandbox's own never honours. */
enum { QUIET = MS_NOSUID | MS_NODEV | MS_NOEXEC };

static long become_root(void) {
    long result = raw(SYS_setresgid, 0, 0, 0);
    /* Supplementary groups of the caller would open the host's files by their group bits. */
    if (result == 0) result = raw(SYS_setgroups, 0, NULL);
    if (result == 0) result = raw(SYS_setresuid, 0, 0, 0);
    /* Out of the caller's session: its terminal must not be what init finds as /dev/tty. */
    if (result == 0) result = raw(SYS_setsid);
    if (result > 0) result = 0;
    return result;
}

static long loopback_up(void) {
    int fd = raw(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    struct ifreq request = {.ifr_name = "lo"};
    long result = raw(SYS_ioctl, fd, SIOCGIFFLAGS, &request);
    if (result == 0) {
        request.ifr_flags |= IFF_UP;
        result = raw(SYS_ioctl, fd, SIOCSIFFLAGS, &request);
    }
    raw(SYS_close, fd);
    return result;
}

static long enter_root(int root) {
    /* /usr exists on every host and is hidden in this namespace's copy only; the copies of host
     * mounts are slaves of the originals, so nothing travels back. */
    long result = raw(SYS_move_mount, root, "", AT_FDCWD, "/usr", MOVE_MOUNT_F_EMPTY_PATH);
    return result < 0 ? result : raw(SYS_fchdir, root);
}

/* A path below the working directory, which is the new root; links in it stay inside. */
static int open_inside(const char *path, uint64_t flags) {
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | flags,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    return raw(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

static long attach(int tree, const char *path) {
    int target = open_inside(path, 0);
    if (target < 0) return target;
    long result = raw(
        SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    raw(SYS_close, target);
    return result;
}

static long read_only(const char *path) {
    long result = raw(SYS_mount, path, path, NULL, MS_BIND | MS_REC, NULL);
    if (result == -ENOENT) return 0;
    if (result < 0) return result;
    return raw(SYS_mount, NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | QUIET, NULL);
}

static long mask(const char *path) {
    /* Asked for first: a bind mount that does not fit is undone by the kernel only after a grace
     * period, which takes longer than all the masks. */
    int directory = raw(SYS_open, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (directory == -ENOENT) return 0;
    if (directory < 0 && directory != -ENOTDIR) return directory;
    if (directory >= 0) raw(SYS_close, directory);
    /* The null device does not fit over a directory; sys/fs/cgroup is empty until the cgroup's file
     * system is mounted there, and only the host's root could write to it. */
    const char *cover = directory >= 0 ? "sys/fs/cgroup" : "dev/null";
    return raw(SYS_mount, cover, path, NULL, MS_BIND, NULL);
}

static long leave_host(void) {
    /* With both arguments the same the old root ends up stacked over the new one, and no directory
     * is needed to put it in: pivot_root(2), "pivot_root(".", ".")". */
    long result = raw(SYS_pivot_root, ".", ".");
    if (result == 0) result = raw(SYS_umount2, ".", MNT_DETACH);
    return result < 0 ? result : raw(SYS_chdir, "/");
}

/* Moves the descriptors that init gets to 0…3. They are copied above 3 first: a source may sit
 * where another one goes. */
static long place_descriptors(const struct bh_launch *launch, int *executable) {
    int sources[4] = {launch->standard[0], launch->standard[1], launch->standard[2], launch->control};
    for (int i = 0; i < 4; i++)
        if ((sources[i] = raw(SYS_fcntl, sources[i], F_DUPFD_CLOEXEC, 16)) < 0) return sources[i];
    *executable = raw(SYS_fcntl, *executable, F_DUPFD_CLOEXEC, 16);
    if (*executable < 0) return *executable;
    for (int i = 0; i < 4; i++) {
        long result = raw(SYS_dup3, sources[i], i, 0);
        if (result < 0) return result;
    }
    return raw(SYS_close_range, 4, ~0U, CLOSE_RANGE_CLOEXEC);
}

static long execute(const struct bh_launch *launch, int executable) {
    static char *const arguments[] = {"bulkhead-init", NULL};
    static char *const environment[] = {NULL};
    long result = place_descriptors(launch, &executable);
    if (result < 0) return result;
    return raw(SYS_execveat, executable, "", arguments, environment, AT_EMPTY_PATH);
}

/* Until the other side says so with a byte, or the parent has died: a pipe alone would not tell,
 * for the child itself shares the end that is written to. */
static long await(const struct bh_launch *launch) {
    struct pollfd entries[2] = {
        {.fd = launch->go_ahead[0], .events = POLLIN},
        {.fd = launch->parent, .events = POLLIN},
    };
    char byte;
    long count;
    do count = raw(SYS_ppoll, entries, 2, NULL, NULL, 8);
    while (count == -EINTR);
    if (count < 0) return count;
    if (!entries[0].revents) return -EOWNERDEAD;
    count = raw(SYS_read, launch->go_ahead[0], &byte, 1);
    return count < 0 ? count : count == 1 ? 0 : -EOWNERDEAD;
}

static long run_step(const struct bh_launch *launch, const struct bh_step *step) {
    switch ((enum bh_step_kind)step->kind) {
    case BH_STEP_BECOME_ROOT: return become_root();
    case BH_STEP_DIE_WITH_PARENT: return raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    case BH_STEP_UNSHARE: return raw(SYS_unshare, step->flags);
    case BH_STEP_SET_HOSTNAME: return raw(SYS_sethostname, step->data, step->flags);
    case BH_STEP_LOOPBACK_UP: return loopback_up();
    case BH_STEP_NEW_KEYRING: {
        long key = raw(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0);
        return key < 0 ? key : 0;
    }
    case BH_STEP_ENTER_ROOT: return enter_root(step->fd);
    case BH_STEP_ATTACH: return attach(step->fd, step->path);
    case BH_STEP_MOUNT: return raw(SYS_mount, step->type, step->path, step->type, step->flags, step->data);
    case BH_STEP_READ_ONLY: return read_only(step->path);
    case BH_STEP_MASK: return mask(step->path);
    case BH_STEP_LEAVE_HOST: return leave_host();
    case BH_STEP_EXECUTE: return execute(launch, step->fd);
    }
    return -ENOSYS;
}

static long walk(const struct bh_launch *launch, struct bh_walk *walk) {
    long result = 0;
    for (uint32_t i = 0; i < walk->count; i++) {
        result = (int32_t)i == walk->fault ? -EIO : run_step(launch, &walk->steps[i]);
        if (result >= 0) continue;
        walk->failed_errno = (int32_t)-result;
        walk->failed_step = i + 1;
        break;
    }
    return result;
}

/* The child. Never returns: its stack has no caller. */
static void child_main(void *argument) {
    struct bh_launch *launch = argument;
    long result = await(launch);
    if (result == 0) result = walk(launch, &launch->early);
    __atomic_store_n(&launch->settled, 1, __ATOMIC_RELEASE);
    if (result == 0) result = await(launch);
    /* From here on the parent may close what it opened for us. */
    if (result == 0) result = raw(SYS_unshare, CLONE_FILES);
    if (result == 0) walk(launch, &launch->main);
    for (;;) raw(SYS_exit, 127);
}

/* Writes one of the maps of the child's user namespace: user_namespaces(7). */
static long write_map(int32_t pid, const char *name, const char *map) {
    char path[40] = "/proc/", digits[12];
    int count = 0, length = 0;
    for (int32_t rest = pid; rest > 0; rest /= 10) digits[count++] = (char)('0' + rest % 10);
    char *end = path + 6;
    while (count > 0) *end++ = digits[--count];
    do *end++ = *name;
    while (*name++);
    long fd = raw(SYS_open, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    while (map[length]) length++;
    long result = raw(SYS_write, fd, map, length);
    raw(SYS_close, fd);
    return result < 0 ? result : 0;
}

/* The thread that makes the child. Making namespaces, the network's above all, takes as long as all
 * that the parent prepares meanwhile. It is no thread of the C library's and calls nothing of it. */
static void make_child(void *argument) {
    struct bh_launch *launch = argument;
    struct clone_args arguments = {
        /* CLONE_FILES: what the parent opens from now on is there when the child needs it. */
        .flags = launch->namespaces | CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_CLEAR_SIGHAND |
                 (launch->cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uint64_t)(uintptr_t)&launch->pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)launch->stacks,
        .stack_size = STACK_SIZE,
        .cgroup = launch->cgroup >= 0 ? (uint64_t)launch->cgroup : 0,
    };
    launch->cloned = raw_clone_onto(&arguments, sizeof arguments, child_main, launch);
    if (launch->cloned > 0) {
        int32_t pid = (int32_t)launch->cloned;
        long result = write_map(pid, "/uid_map", launch->id_map);
        if (result == 0) result = write_map(pid, "/gid_map", launch->id_map);
        /* Unwritten, any process of the sandbox could choose what to write. */
        if (result == 0) result = write_map(pid, "/projid_map", launch->id_map);
        if (result == 0) result = raw(SYS_write, launch->go_ahead[1], "", 1);
        launch->mapped = result < 0 ? (int32_t)result : 0;
    }
    for (;;) raw(SYS_exit, 0);
}

static void *new_stacks(void) {
    void *stacks = mmap(NULL, 2 * STACK_SIZE, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    return stacks == MAP_FAILED ? NULL : stacks;
}

int64_t bh_launch_begin(struct bh_launch *launch) {
    launch->mapped = 0;
    launch->settled = 0;
    launch->pid = launch->pidfd = launch->parent = -1;
    launch->thread = 1;
    if (pipe2(launch->go_ahead, O_CLOEXEC) < 0) return -errno;
    launch->parent = (int32_t)syscall(SYS_pidfd_open, getpid(), 0);
    launch->stacks = launch->parent < 0 ? NULL : new_stacks();
    long result = -errno;
    if (launch->stacks) {
        struct clone_args arguments = {
            .flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                     CLONE_CHILD_CLEARTID,
            .child_tid = (uint64_t)(uintptr_t)&launch->thread,
            .stack = (uint64_t)(uintptr_t)launch->stacks + STACK_SIZE,
            .stack_size = STACK_SIZE,
        };
        /* No handler may run in either: block everything around the call. init inherits the full
         * mask and sets its own. */
        sigset_t everything, before;
        sigfillset(&everything);
        sigprocmask(SIG_SETMASK, &everything, &before);
        result = raw_clone_onto(&arguments, sizeof arguments, make_child, launch);
        launch->thread_id = (int32_t)result;
        sigprocmask(SIG_SETMASK, &before, NULL);
    }
    if (result < 0) {
        launch->thread = 0;
        bh_launch_finish(launch);
        return result;
    }
    return 0;
}

int64_t bh_launch_join(struct bh_launch *launch) {
    int32_t alive;
    while ((alive = __atomic_load_n(&launch->thread, __ATOMIC_ACQUIRE)) != 0)
        raw(SYS_futex, &launch->thread, FUTEX_WAIT, alive, NULL, NULL, 0);
    /* It clears `thread` before it hands its child to our thread, and then the child would get its
     * parent-death signal: wait until there is no such thread any more. */
    while (raw(SYS_tgkill, getpid(), launch->thread_id, 0) == 0) raw(SYS_sched_yield);
    if (launch->cloned < 0) return launch->cloned;
    launch->pid = (int32_t)launch->cloned;
    return 0;
}

void bh_launch_settle(struct bh_launch *launch) {
    struct pollfd entry = {.fd = launch->pidfd, .events = POLLIN};
    /* Without ids it waits for a word that never comes, and has opened nothing. */
    if (launch->mapped < 0) return;
    while (!__atomic_load_n(&launch->settled, __ATOMIC_ACQUIRE))
        if (poll(&entry, 1, 1) > 0) return;
}

int64_t bh_launch_walk(struct bh_launch *launch) {
    return write(launch->go_ahead[1], "", 1) < 0 ? -errno : 0;
}

void bh_launch_finish(struct bh_launch *launch) {
    if (launch->stacks) munmap(launch->stacks, 2 * STACK_SIZE);
    if (launch->parent >= 0) close(launch->parent);
    close(launch->go_ahead[0]);
    close(launch->go_ahead[1]);
    launch->stacks = NULL;
}

static char holder_stack[4096] __attribute__((aligned(16)));

static void hold(void *parent) {
    /* Dies with its parent; and should that have died before this call, at once. */
    raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (raw(SYS_getppid) != (long)parent) raw(SYS_exit, 0);
    for (;;) raw(SYS_pause);
}

int64_t bh_spawn_id_holder(int32_t *pid, int32_t *pidfd) {
    struct clone_args arguments = {
        .flags = CLONE_NEWUSER | CLONE_VM | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)holder_stack,
        .stack_size = sizeof holder_stack,
    };
    sigset_t everything, before;
    sigfillset(&everything);
    sigprocmask(SIG_SETMASK, &everything, &before);
    long result = raw_clone_onto(&arguments, sizeof arguments, hold, (void *)(intptr_t)getpid());
    sigprocmask(SIG_SETMASK, &before, NULL);
    *pid = (int32_t)result;
    return result < 0 ? result : 0;
}
