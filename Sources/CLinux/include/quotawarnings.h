/* What the kernel tells of quotas without being asked again and again. */
#ifndef BULKHEAD_QUOTAWARNINGS_H
#define BULKHEAD_QUOTAWARNINGS_H

#include <stdint.h>

struct bh_quota_warning {
    uint32_t type; /* of the quota: 2 is that of projects */
    uint32_t warning;
    uint64_t id;
    uint32_t major, minor;
};
/* A socket to which the kernel tells that a quota is reached: linux/quota.h, the netlink interface. */
int64_t bh_quota_warnings(void);
/* The next warning; -EAGAIN for none, -ENOBUFS where some were lost. */
int64_t bh_quota_warning(int socket, struct bh_quota_warning *warning);

#endif
