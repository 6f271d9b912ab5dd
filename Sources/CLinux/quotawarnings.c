#include "quotawarnings.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/quota.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A message of generic netlink: netlink(7), linux/genetlink.h. */
struct message {
    struct nlmsghdr header;
    struct genlmsghdr generic;
    char attributes[4096];
};

/* The attribute of this kind among those from start to end; NULL for none. */
static const struct nlattr *attribute(const char *start, const char *end, uint16_t kind) {
    while (end - start >= NLA_HDRLEN) {
        const struct nlattr *found = (const struct nlattr *)(const void *)start;
        if (found->nla_len < NLA_HDRLEN || found->nla_len > end - start) return NULL;
        if ((found->nla_type & NLA_TYPE_MASK) == kind) return found;
        start += NLA_ALIGN(found->nla_len);
    }
    return NULL;
}

static const char *content(const struct nlattr *attribute) {
    return (const char *)attribute + NLA_HDRLEN;
}

static const char *content_end(const struct nlattr *attribute) {
    return (const char *)attribute + attribute->nla_len;
}

static uint64_t number(const char *start, const char *end, uint16_t kind) {
    const struct nlattr *found = attribute(start, end, kind);
    uint64_t value = 0;
    if (!found) return 0;
    size_t size = (size_t)(found->nla_len - NLA_HDRLEN);
    memcpy(&value, content(found), size < sizeof value ? size : sizeof value);
    return value;
}

/* Asks for the number of the family's group; -ENOENT where there is none. */
static int64_t quota_group(int socket) {
    static const char family[] = "VFS_DQUOT";
    struct message message = {
        .header = {.nlmsg_type = GENL_ID_CTRL, .nlmsg_flags = NLM_F_REQUEST},
        .generic = {.cmd = CTRL_CMD_GETFAMILY, .version = 1},
    };
    struct nlattr name = {.nla_len = NLA_HDRLEN + sizeof family, .nla_type = CTRL_ATTR_FAMILY_NAME};
    memcpy(message.attributes, &name, sizeof name);
    memcpy(message.attributes + NLA_HDRLEN, family, sizeof family);
    message.header.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN + NLA_ALIGN(name.nla_len));
    if (send(socket, &message, message.header.nlmsg_len, 0) < 0) return -errno;
    ssize_t length = recv(socket, &message, sizeof message, 0);
    if (length < 0) return -errno;
    if (length < (ssize_t)NLMSG_LENGTH(GENL_HDRLEN)) return -EPROTO;
    if (message.header.nlmsg_type == NLMSG_ERROR) return -ENOENT;
    const char *end = (const char *)&message + length;
    const struct nlattr *groups =
        attribute(message.attributes, end, CTRL_ATTR_MCAST_GROUPS);
    if (!groups || groups->nla_len < 2 * NLA_HDRLEN) return -ENOENT;
    /* It has one, "events". */
    const struct nlattr *first = (const struct nlattr *)(const void *)content(groups);
    if (content_end(first) > content_end(groups)) return -EPROTO;
    uint64_t group = number(content(first), content_end(first), CTRL_ATTR_MCAST_GRP_ID);
    return group ? (int64_t)group : -ENOENT;
}

int64_t bh_quota_warnings(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
    if (fd < 0) return -errno;
    int64_t result = quota_group(fd);
    if (result > 0) {
        uint32_t group = (uint32_t)result;
        result = setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0
                     ? -errno
                     : fd;
    }
    if (result < 0) close(fd);
    return result;
}

int64_t bh_quota_warning(int socket, struct bh_quota_warning *warning) {
    struct message message;
    struct sockaddr_nl from = {0};
    socklen_t size = sizeof from;
    ssize_t length =
        recvfrom(socket, &message, sizeof message, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
    if (length < 0) return -errno;
    memset(warning, 0, sizeof *warning);
    /* Only the kernel is believed; of what is no warning, nothing is told. */
    if (from.nl_pid != 0 || length < (ssize_t)NLMSG_LENGTH(GENL_HDRLEN)) return 0;
    if (message.generic.cmd != QUOTA_NL_C_WARNING) return 0;
    const char *start = message.attributes, *end = (const char *)&message + length;
    warning->type = (uint32_t)number(start, end, QUOTA_NL_A_QTYPE);
    warning->id = number(start, end, QUOTA_NL_A_EXCESS_ID);
    warning->warning = (uint32_t)number(start, end, QUOTA_NL_A_WARNING);
    warning->major = (uint32_t)number(start, end, QUOTA_NL_A_DEV_MAJOR);
    warning->minor = (uint32_t)number(start, end, QUOTA_NL_A_DEV_MINOR);
    return 1;
}
