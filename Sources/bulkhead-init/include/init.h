/* What init asks of the kernel. Every function returns its result or -errno.
 *
 * No C library header is included: Embedded Swift imports this one. */
#ifndef BULKHEAD_INIT_H
#define BULKHEAD_INIT_H

#include <stddef.h>
#include <stdint.h>

enum { INIT_CONTROL = 3 };

/* Hides init from the sandbox's other processes and opens a signalfd for SIGCHLD. */
int64_t init_prepare(void);
/* Waits for the control socket (bit 0 of the result) or a child's end (bit 1). */
int64_t init_wait(int children);
/* The next packet, with the descriptor that came with it or -1; 0 at the end, -EAGAIN for none. */
int64_t init_receive(void *buffer, size_t size, int32_t *descriptor);
/* Sends a packet, with a descriptor unless -1; waits for room only if told to. */
int64_t init_send(const void *bytes, size_t size, int32_t descriptor, int wait);
/* Reads a whole file from its beginning. */
int64_t init_read(int32_t descriptor, void *buffer, size_t size);
int64_t init_size(int32_t descriptor);
void init_close(int32_t descriptor);
/* Replaces standard input, output and error, which are the workload's, by nothing. */
void init_close_standard(void);
/* Keeps CAP_KILL, for the command's signals, and gives up every other capability: what somebody who
 * took init over would then have is little. */
void init_drop_capabilities(void);
/* Sends a signal to every process but init. */
void init_signal_all(int signal);
void init_end(void) __attribute__((noreturn));

struct init_ended {
    int32_t pid;
    int32_t signalled, status;
    uint64_t user_us, system_us;
    uint8_t name[16];
    int32_t name_length;
};
/* Reaps a child that has ended; 0 where none has, -ECHILD where there is none. The name is read
 * only for a child that a SIGKILL ended and for the one called `first`. */
int64_t init_reap(int32_t first, struct init_ended *ended);

/* A new terminal of this size whose other side belongs to user and group. */
int64_t init_open_terminal(
    uint16_t rows, uint16_t columns, uint32_t user, uint32_t group, int32_t *controller, int32_t *side);

struct init_limit {
    uint32_t resource;
    uint64_t soft, hard;
};
struct init_workload {
    uint32_t user, group;
    uint64_t capabilities;
    int32_t terminal; /* -1: none */
    const struct init_limit *limits;
    uint32_t limit_count;
    const char *directory;
    const char *const *candidates; /* ended by NULL, as the next three */
    const char *const *arguments;
    const char *const *environment;
    const char *const *writable;
    const void *filter;
    uint32_t filter_length; /* instructions of 8 bytes */
    /* Where it failed: the numbers of Control's SpawnStage. */
    int32_t failed_stage;
    int32_t failed_errno;
};
/* Starts the workload and returns its pid once it has executed its command. */
int64_t init_start(struct init_workload *workload);

#endif
