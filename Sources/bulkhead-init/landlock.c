#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "../CLinux/include/raw.h"

/* linux/landlock.h: our build machine's may be older than the kernel that we run on. */
struct ruleset_attr {
    uint64_t handled_fs, handled_net, scoped;
};
struct path_beneath_attr {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

enum {
    CREATE_VERSION = 1,
    RULE_PATH_BENEATH = 1,
    SYS_create_ruleset = 444,
    SYS_add_rule = 445,
    SYS_restrict_self = 446,
};

#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_MAKE_CHAR (1ULL << 6)
#define FS_MAKE_BLOCK (1ULL << 11)
#define FS_REFER (1ULL << 13)     /* version 2 */
#define FS_TRUNCATE (1ULL << 14)  /* version 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* version 5 */
#define FS_FIRST_VERSION ((1ULL << 13) - 1)
/* Of a file, what a rule may say: the rest is about directories. */
#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0) /* version 6 */
#define SCOPE_SIGNAL (1ULL << 1)               /* version 6 */

static long allow(int ruleset, const char *path, uint64_t access) {
    int fd = raw(SYS_open, path, O_PATH | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    struct path_beneath_attr rule = {.allowed = access, .parent = fd};
    long result = raw(SYS_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    if (result == -EINVAL) {
        /* A file, not a directory. */
        rule.allowed = access & FS_OF_FILES;
        result = raw(SYS_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    }
    raw(SYS_close, fd);
    return result;
}

int landlock_fence(const char *const *writable) {
    long version = raw(SYS_create_ruleset, NULL, 0, CREATE_VERSION);
    /* The first version forbids every rename between directories; no build survives that. */
    if (version < 2) return -EOPNOTSUPP;
    uint64_t all = FS_FIRST_VERSION | FS_REFER;
    if (version >= 3) all |= FS_TRUNCATE;
    if (version >= 5) all |= FS_IOCTL_DEV;
    struct ruleset_attr attributes = {.handled_fs = all};
    /* With the host's network the host's abstract sockets would be in reach: unix(7). And init is
     * none of the workload's business. */
    if (version >= 6) attributes.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
    size_t size = version >= 6 ? sizeof attributes : offsetof(struct ruleset_attr, handled_net);
    int ruleset = raw(SYS_create_ruleset, &attributes, size, 0);
    if (ruleset < 0) return ruleset;
    long result = allow(ruleset, "/", FS_EXECUTE | FS_READ_FILE | FS_READ_DIR);
    for (; result >= 0 && *writable; writable++) {
        result = allow(ruleset, *writable, all & ~(FS_MAKE_CHAR | FS_MAKE_BLOCK));
        /* An image need not have every directory; what is not there is not written either. */
        if (result == -ENOENT || result == -ENOTDIR) result = 0;
    }
    if (result < 0) {
        raw(SYS_close, ruleset);
        return (int)result;
    }
    return ruleset;
}

long landlock_enter(int ruleset) {
    long result = raw(SYS_restrict_self, ruleset, 0);
    raw(SYS_close, ruleset);
    return result;
}
