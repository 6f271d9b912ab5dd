/* Small programs in the kernel: bpf(2), perf_event_open(2), and the audit rule that keeps what they
 * count out of the audit log. Each shim returns the negated error number. */
#ifndef BULKHEAD_TRACING_H
#define BULKHEAD_TRACING_H

#include <stdint.h>

int64_t bh_bpf_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries);
int64_t bh_bpf_lookup(int map, const void *key, void *value);
int64_t bh_bpf_update(int map, const void *key, const void *value);
int64_t bh_bpf_delete(int map, const void *key);
/* `key` null: the first. -ENOENT after the last. */
int64_t bh_bpf_next(int map, const void *key, void *next);
/* `count` instructions of eight bytes. The licence is empty: helpers that ask for one are not used. */
int64_t bh_bpf_program(uint32_t type, const void *instructions, uint32_t count);
int64_t bh_bpf_raw_tracepoint(const char *name, int program);
/* Has the program run whenever `processor` executes the instruction at `address` of the kernel: a
 * breakpoint of the processor's own, so that no code is changed. */
int64_t bh_breakpoint(uint64_t address, int processor, int program);
/* Keeps seccomp's records of the host's users `first` to `last` out of the audit log: what auditctl -a
 * never,exclude does. */
int64_t bh_audit_exclude(uint32_t first, uint32_t last);

#endif
