#include "tracing.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/hw_breakpoint.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "raw.h"

static uint64_t address_of(const void *pointer) { return (uint64_t)(uintptr_t)pointer; }

int64_t bh_bpf_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = type;
    attributes.key_size = key_size;
    attributes.value_size = value_size;
    attributes.max_entries = entries;
    return raw(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
}

static int64_t element(int command, int map, const void *key, const void *value) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_fd = (uint32_t)map;
    attributes.key = address_of(key);
    attributes.value = address_of(value);
    return raw(SYS_bpf, command, &attributes, sizeof attributes);
}

int64_t bh_bpf_lookup(int map, const void *key, void *value) {
    return element(BPF_MAP_LOOKUP_ELEM, map, key, value);
}

int64_t bh_bpf_update(int map, const void *key, const void *value) {
    return element(BPF_MAP_UPDATE_ELEM, map, key, value);
}

int64_t bh_bpf_delete(int map, const void *key) {
    return element(BPF_MAP_DELETE_ELEM, map, key, 0);
}

int64_t bh_bpf_next(int map, const void *key, void *next) {
    return element(BPF_MAP_GET_NEXT_KEY, map, key, next);
}

int64_t bh_bpf_program(uint32_t type, const void *instructions, uint32_t count) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = type;
    attributes.insns = address_of(instructions);
    attributes.insn_cnt = count;
    attributes.license = address_of("");
    return raw(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
}

int64_t bh_bpf_raw_tracepoint(const char *name, int program) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.raw_tracepoint.name = address_of(name);
    attributes.raw_tracepoint.prog_fd = (uint32_t)program;
    return raw(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attributes, sizeof attributes);
}

int64_t bh_breakpoint(uint64_t address, int processor, int program) {
    struct perf_event_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.type = PERF_TYPE_BREAKPOINT;
    attributes.size = sizeof attributes;
    attributes.sample_period = 1;
    attributes.bp_type = HW_BREAKPOINT_X;
    attributes.bp_addr = address;
    attributes.bp_len = sizeof(long);
    attributes.disabled = 1;
    long event = raw(SYS_perf_event_open, &attributes, -1, processor, -1, PERF_FLAG_FD_CLOEXEC);
    if (event < 0) return event;
    long result = raw(SYS_ioctl, event, PERF_EVENT_IOC_SET_BPF, program);
    if (result >= 0) result = raw(SYS_ioctl, event, PERF_EVENT_IOC_ENABLE, 0);
    if (result < 0) {
        raw(SYS_close, event);
        return result;
    }
    return event;
}

int64_t bh_audit_exclude(uint32_t first, uint32_t last) {
    struct {
        struct nlmsghdr header;
        struct audit_rule_data rule;
    } request;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = AUDIT_ADD_RULE;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.rule.flags = AUDIT_FILTER_EXCLUDE;
    request.rule.action = AUDIT_NEVER;
    request.rule.field_count = 3;
    memset(request.rule.mask, 0xff, sizeof request.rule.mask);
    const uint32_t fields[3][3] = {
        {AUDIT_MSGTYPE, AUDIT_EQUAL, AUDIT_SECCOMP},
        {AUDIT_UID, AUDIT_GREATER_THAN_OR_EQUAL, first},
        {AUDIT_UID, AUDIT_LESS_THAN_OR_EQUAL, last},
    };
    for (int index = 0; index < 3; index++) {
        request.rule.fields[index] = fields[index][0];
        request.rule.fieldflags[index] = fields[index][1];
        request.rule.values[index] = fields[index][2];
    }
    int channel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
    if (channel < 0) return -errno;
    // The kernel answers while it is asked; should it not, nobody waits for it.
    struct timeval patience = {.tv_sec = 1};
    setsockopt(channel, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct {
        struct nlmsghdr header;
        struct nlmsgerr answer;
        char rest[4096];
    } reply;
    int64_t result = send(channel, &request, sizeof request, 0) < 0 ? -errno : 0;
    if (result == 0) {
        ssize_t length = recv(channel, &reply, sizeof reply, 0);
        if (length < 0)
            result = -errno;
        else if ((size_t)length < sizeof reply.header + sizeof reply.answer ||
            reply.header.nlmsg_type != NLMSG_ERROR)
            result = -EPROTO;
        else
            result = reply.answer.error;
    }
    close(channel);
    // It is there already: whoever was here before us left it.
    return result == -EEXIST ? 0 : result;
}
