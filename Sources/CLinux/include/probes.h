/* Questions about what a kernel can do. Each leaves nothing behind: what it makes is attached
 * nowhere, or belongs to a child that has ended when the call returns. The answer is 0 or the
 * number asked for, or the negated error number. */
#ifndef BULKHEAD_PROBES_H
#define BULKHEAD_PROBES_H

#include <stdint.h>

/* Creates a child in these new namespaces (CLONE_NEW*) and, unless -1, in this cgroup directory; in
 * it mounts, unless NULL, a file system of this type over target. */
int64_t bh_probe_child(uint64_t namespaces, int cgroup, const char *type, const char *target);
/* close_range(2), over no descriptor at all. */
int64_t bh_probe_close_range(void);
/* The number of Landlock's ABI: landlock_create_ruleset(2). */
int64_t bh_probe_landlock(void);
/* Whether a seccomp filter may return this action: seccomp(2), SECCOMP_GET_ACTION_AVAIL. */
int64_t bh_probe_seccomp_action(uint32_t action);
/* Whether project quota is counted on the file system of this descriptor: quotactl_fd, Q_GETINFO. */
int64_t bh_probe_project_quota(int fd);
/* Whether there are keyrings: keyctl(2), KEYCTL_GET_KEYRING_ID of the session, creating none. */
int64_t bh_probe_keyrings(void);

#endif
