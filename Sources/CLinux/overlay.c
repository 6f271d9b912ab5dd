#include <errno.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "raw.h"
#include "volumes.h"

/* What the child is told and what it tells: it shares our memory and our descriptors. */
struct order {
    int scaffold, lower, upper;
    uint32_t user, group, attributes;
    long result;
};

/* Where the scaffold is attached, in the child's own copy of the mounts: a directory that every
 * system has. */
#define PLACE "/usr"

static long attach(int tree, const char *path) {
    return raw(SYS_move_mount, tree, "", AT_FDCWD, path, 4 /* MOVE_MOUNT_F_EMPTY_PATH */);
}

static long configure(int context, const char *key, const char *value) {
    return raw(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value, 0);
}

/* What the file system makes for itself is made with the identity of whoever makes the file system.
 * Changing that takes some of the capabilities away that it needs, and only out of the effective set. */
static long become(const struct order *order) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    raw(SYS_setfsgid, order->group);
    raw(SYS_setfsuid, order->user);
    /* The calls tell what was; asked for what cannot be, they change nothing. */
    if (raw(SYS_setfsuid, -1) != (long)order->user || raw(SYS_setfsgid, -1) != (long)order->group)
        return -EPERM;
    long result = raw(SYS_capget, &header, data);
    if (result < 0) return result;
    for (int i = 0; i < 2; i++) data[i].effective = data[i].permitted;
    return raw(SYS_capset, &header, data);
}

static long make(const struct order *order) {
    long result = raw(SYS_mount, "", "/", "", MS_REC | MS_PRIVATE, "");
    /* Layers have to be attached, in the namespace of whoever makes the file system; it then keeps
     * copies of its own. */
    if (result >= 0) result = attach(order->scaffold, PLACE);
    if (result >= 0) result = attach(order->lower, PLACE "/lower");
    if (result >= 0) result = attach(order->upper, PLACE "/upper");
    if (result >= 0) result = become(order);
    if (result < 0) return result;
    long context = raw(SYS_fsopen, "overlay", 1 /* FSOPEN_CLOEXEC */);
    if (context < 0) return context;
    /* Each feature that would put into the upper layer what only an overlay can read is off. */
    static const char *const options[][2] = {
        {"source", "overlay"},     {"lowerdir", PLACE "/lower"},
        {"upperdir", PLACE "/upper/upper"}, {"workdir", PLACE "/upper/work"},
        {"redirect_dir", "off"},   {"index", "off"},
        {"metacopy", "off"},       {"xino", "off"},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options && result >= 0; i++)
        result = configure((int)context, options[i][0], options[i][1]);
    if (result >= 0) result = raw(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
    if (result >= 0) result = raw(SYS_fsmount, context, 1 /* FSMOUNT_CLOEXEC */, order->attributes);
    raw(SYS_close, context);
    return result;
}

static void child(void *argument) {
    struct order *order = argument;
    order->result = make(order);
    for (;;) raw(SYS_exit, 0);
}

int64_t bh_overlay(
    int scaffold, int lower, int upper, uint32_t user, uint32_t group, uint32_t attributes) {
    struct order order = {scaffold, lower, upper, user, group, attributes, -EIO};
    const size_t stack_size = 65536;
    char *stack = mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return -errno;
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    struct clone_args arguments = {
        /* Its descriptors are ours, so that what it opens stays. */
        .flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_NEWNS | CLONE_CLEAR_SIGHAND,
        .stack = (uint64_t)stack,
        .stack_size = stack_size,
    };
    long pid = raw_clone_onto(&arguments, sizeof arguments, child, &order);
    long waited = pid;
    if (pid > 0) {
        do waited = raw(SYS_wait4, pid, NULL, __WALL, NULL);
        while (waited == -EINTR);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    munmap(stack, stack_size);
    return waited < 0 ? waited : order.result;
}
