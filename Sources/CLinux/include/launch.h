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
    /* Becomes user and group 0 of its user namespace, with no other groups, in a session of its own. */
    BH_STEP_BECOME_ROOT = 1,
    /* Is killed when its parent dies. After every change of user, which would undo it. */
    BH_STEP_DIE_WITH_PARENT,
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

/* Steps that are walked without a stop. */
struct bh_walk {
    const struct bh_step *steps;
    uint32_t count;
    /* Fault injection: the index of the step that fails with EIO instead of running; -1: none. */
    int32_t fault;
    /* Written by the child before it ends without having become init. */
    uint32_t failed_step; /* index + 1; 0: none failed */
    int32_t failed_errno;
};

struct bh_launch {
    /* For bh_launch_begin: namespaces as clone3 takes them, and a cgroup's directory or -1; what
     * uid_map and gid_map shall say; and what the child may do as soon as they do. */
    uint64_t namespaces;
    int32_t cgroup;
    const char *id_map;
    struct bh_walk early;

    /* For bh_launch_walk. */
    struct bh_walk main;
    int32_t control; /* init's end of the control socket */
    int32_t standard[3]; /* what becomes descriptors 0, 1 and 2 */

    /* Written by bh_launch_join. */
    int32_t pid;
    int32_t pidfd;
    int32_t mapped; /* 0, or -errno: the id maps could not be written */

    /* Ours. */
    uint32_t settled; /* nonzero when the child is through with the early steps */
    void *stacks;
    int32_t parent; /* pidfd */
    int32_t go_ahead[2];
    int32_t thread; /* nonzero while the thread lives that makes the child */
    int32_t thread_id;
    int64_t cloned;
};

/* Begins to make the child, on another processor where there is one, and returns at once. 0 or
 * -errno; on error nothing is left behind. */
int64_t bh_launch_begin(struct bh_launch *launch);

/* Waits until the child exists. 0 or what clone3 said; it then waits for bh_launch_walk. */
int64_t bh_launch_join(struct bh_launch *launch);

/* Waits until the child is through with the early steps, or has ended: until then it may have a
 * descriptor open in our table that nobody would close if it were killed. */
void bh_launch_settle(struct bh_launch *launch);

/* Lets the child walk the steps. Descriptors that they name must be open now. */
int64_t bh_launch_walk(struct bh_launch *launch);

/* Releases what the child shares; only after it has become init or ended, or was never made. */
void bh_launch_finish(struct bh_launch *launch);

#endif
