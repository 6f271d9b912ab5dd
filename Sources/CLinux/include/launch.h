/* The child half of a launch.
 *
 * Between clone3 and execve the child shares the parent's memory (CLONE_VM), so it may neither
 * allocate nor touch the C library's state: it walks a list of steps that was complete before it
 * existed, by raw system calls only. Steps and strings belong to the parent, which keeps them alive
 * until the child has executed or ended. */
#ifndef BULKHEAD_LAUNCH_H
#define BULKHEAD_LAUNCH_H

#include <stdint.h>

enum bh_step_kind {
    /* Waits for one byte on fd: the parent has written the id maps. End of file: the parent died. */
    BH_STEP_AWAIT_GO_AHEAD = 1,
    /* Becomes user and group 0 of its user namespace, is killed with its parent, leaves no core. */
    BH_STEP_BECOME_ROOT,
    /* unshare(flags): the cgroup namespace, which is rooted where the process is at that moment. */
    BH_STEP_UNSHARE,
    BH_STEP_SET_HOSTNAME,
    /* Sets the loopback interface of its network namespace up. */
    BH_STEP_LOOPBACK_UP,
    /* Joins a new, anonymous session keyring. */
    BH_STEP_NEW_KEYRING,
    /* Attaches the detached root (fd) over /usr of the namespace's copy of the host and makes it the
     * working directory; the paths of the later steps are below it. */
    BH_STEP_ENTER_ROOT,
    /* Attaches the detached tree fd at path, resolved inside the new root. */
    BH_STEP_ATTACH,
    /* mount(type, path, flags, data). */
    BH_STEP_MOUNT,
    /* Binds path over itself, read-only. Absent paths are passed over. */
    BH_STEP_READ_ONLY,
    /* Hides path under the null device or, if a directory, under the empty sys/fs/cgroup. Absent
     * paths are passed over. */
    BH_STEP_MASK,
    /* pivot_root to the working directory and detaches the host's tree. */
    BH_STEP_LEAVE_HOST,
    /* Executes fd with argument and environment; the control socket becomes descriptor 3, nothing
     * above it stays open. */
    BH_STEP_EXECUTE,
};

struct bh_step {
    int32_t kind;
    int32_t fd;
    uint64_t flags;
    const char *path;
    const char *type;
    const char *data;
};

struct bh_launch {
    const struct bh_step *steps;
    uint32_t count;
    /* Namespaces, as clone3 takes them; CLONE_INTO_CGROUP with cgroup. */
    uint64_t namespaces;
    int32_t cgroup; /* -1: the parent's */
    int32_t control; /* init's end of the control socket */
    int32_t standard[3]; /* what becomes descriptors 0, 1 and 2 */
    /* Fault injection: the index of the step that fails with EIO instead of running; -1: none. */
    int32_t fault;

    /* Written by the child, read by the parent once the report pipe is at its end. */
    uint32_t failed_step; /* index + 1; 0: none failed */
    int32_t failed_errno;

    /* Written by bh_launch. */
    int32_t pid;
    int32_t pidfd;
    int32_t report; /* read end; end of file when the child has executed or ended */
    void *stack;
};

/* Starts the child. 0 or -errno; on error nothing is left behind. */
int64_t bh_launch_start(struct bh_launch *launch);

/* Releases the child's stack; only after the report pipe reached its end. */
void bh_launch_finish(struct bh_launch *launch);

#endif
