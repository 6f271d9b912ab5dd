/* What init asks of the kernel. Every function returns its result or -errno.
 *
 * No C library header is included: Embedded Swift imports this one. */
#ifndef BULKHEAD_INIT_H
#define BULKHEAD_INIT_H

#include <stddef.h>
#include <stdint.h>

enum { INIT_CONTROL = 3 };

/* Processes: kernel.c. */

/* Hides init from the sandbox's other processes and opens a signalfd for SIGCHLD. */
int64_t init_prepare(void);
/* Waits for the control socket (bit 0 of the result) or a child's end (bit 1). */
int64_t init_wait(int children);
/* Takes what SIGCHLD has left in the signalfd. */
void init_drain(int children);
/* Reads a whole file from its beginning. */
int64_t init_read(int32_t descriptor, void *buffer, size_t size);
int64_t init_size(int32_t descriptor);
void init_close(int32_t descriptor);
/* Replaces standard input, output and error, which are the workload's, by nothing. */
void init_close_standard(void);
/* Keeps these capabilities (bit N is capability N) and gives up every other, for good and in every
 * set: what somebody who took init over would then have is little. */
int64_t init_keep_capabilities(uint64_t kept);
/* Sends a signal to every process but init. */
void init_signal_all(int signal);
void init_signal(int32_t pid, int signal);
void init_end(void) __attribute__((noreturn));
/* Microseconds of CLOCK_MONOTONIC. */
uint64_t init_now(void);

struct init_ended {
    int32_t pid;
    int32_t signalled, status;
    uint64_t user_us, system_us;
};
/* Finds a child that has ended and leaves it a zombie; 0 where none has, -ECHILD where there is none. */
int64_t init_find_ended(struct init_ended *ended);
/* The name, up to 15 bytes, and the session of a zombie, which nobody else can have yet. */
int64_t init_name(int32_t pid, uint8_t *name);
int32_t init_session(int32_t pid);
/* Reaps it, and adds what it used. */
int64_t init_reap(struct init_ended *ended);

/* A new terminal of this size whose other side belongs to user and group. */
int64_t init_open_terminal(
    uint16_t rows, uint16_t columns, uint32_t user, uint32_t group, int32_t *controller, int32_t *side);

/* Sockets, pipes and waiting for many of them: events.c. */

/* Begins to listen at the control socket; -EINVAL where it is one of a connected pair. */
int64_t init_listen(void);
/* The next connection; -EAGAIN for none. */
int64_t init_accept(void);
/* The next packet; 0 at the end, -EAGAIN for none. The descriptors that came with it, at most five. */
int64_t init_receive(
    int32_t socket, void *buffer, size_t size, int32_t descriptors[5], int32_t *count);
/* Sends a packet, with a descriptor unless -1; waits for room only if told to. */
int64_t init_send(int32_t socket, const void *bytes, size_t size, int32_t descriptor, int wait);
/* A datagram, cut to size, and the descriptors that came with it closed; its whole length. Whose it is,
   with how many bytes that has; 0: nobody can answer it. */
int64_t init_receive_text(
    int32_t socket, void *buffer, size_t size, void *address, size_t *address_size);
/* A datagram to whoever sent one; does not wait for room. */
int64_t init_send_to(
    int32_t socket, const void *bytes, size_t size, const void *address, size_t address_size);
/* What there is to read, without waiting. */
int64_t init_read_some(int32_t descriptor, void *buffer, size_t size);
/* A pipe of which init reads one end without waiting. */
int64_t init_pipe(int32_t *ours, int32_t *theirs);
/* A socket for datagrams that everybody may send, at a path. */
int64_t init_bind(const char *path);
void init_unlink(const char *path);
int64_t init_open_null(void);
int64_t init_set_nonblocking(int32_t descriptor);

/* Of the bits of Control's Hints, those whose words are in the text. */
int64_t init_hints(const uint8_t *bytes, size_t count);

struct init_event {
    uint32_t tag, slot;
};
/* INIT_CHANGE: only when something happens, and not for as long as it is so. */
enum { INIT_IN = 1, INIT_OUT = 2, INIT_CHANGE = 4 };
int64_t init_events(void);
/* From now on tells when the descriptor can be read or written; with 0 it tells nothing any more. */
int64_t init_watch(int32_t events, int32_t descriptor, int interest, uint32_t tag, uint32_t slot);
/* Waits so many milliseconds, for ever with -1; the number of events. */
int64_t init_wait_events(int32_t events, struct init_event *occurred, int count, int timeout_ms);

/* The start of a workload: workload.c. */

struct init_limit {
    uint32_t resource;
    uint64_t soft, hard;
};
struct init_workload {
    uint32_t user, group;
    uint64_t capabilities;
    int32_t terminal; /* -1: none */
    int32_t standard[3]; /* -1: stays as it is */
    int32_t cgroup; /* directory; -1: that of init */
    const struct init_limit *limits;
    uint32_t limit_count;
    const char *directory;
    const char *const *candidates; /* ended by NULL, as the next three */
    const char *const *arguments;
    const char *const *environment;
    const char *const *writable;
    const void *filter;
    uint32_t filter_length; /* instructions of 8 bytes */
    uint32_t filter_flags;  /* SECCOMP_FILTER_FLAG_... */
    /* Where it failed: the numbers of Control's SpawnStage. */
    int32_t failed_stage;
    int32_t failed_errno;
};
/* Starts the workload and returns its pid once it has executed its command. */
int64_t init_start(struct init_workload *workload);

#endif
