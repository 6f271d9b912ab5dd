/* What we ask of systemd, over D-Bus, by way of sd-bus(3).
 *
 * libsystemd is opened when it is first needed: linked, it and its dependencies would cost every
 * start of every program of ours more than half a millisecond, also where there is no systemd. */
#ifndef BULKHEAD_CSYSTEMD_H
#define BULKHEAD_CSYSTEMD_H

#include <stddef.h>
#include <stdint.h>

/* A connection to the system bus. Not for two threads at once. */
struct bh_bus;

/* What went wrong, cut to fit. The name is that of a D-Bus error; empty: the failure is our side's,
 * told by the returned error number alone. */
struct bh_bus_error {
    char name[96];
    char text[400];
};

/* Connects. -ENOPKG with the loader's words in the error: no usable libsystemd. */
int64_t bh_bus_open(struct bh_bus **result, struct bh_bus_error *error);
void bh_bus_close(struct bh_bus *bus);

/* A property of systemd's Manager that is a text, ended by a NUL. */
int64_t bh_bus_property(
    struct bh_bus *bus, const char *name, char *value, size_t size, uint64_t timeout_us,
    struct bh_bus_error *error);

/* A limit that is not set. */
#define BH_UNLIMITED UINT64_MAX

struct bh_scope_io {
    const char *device;
    uint64_t read_bytes, write_bytes, read_operations, write_operations;
};

/* Limits of a unit: systemd.resource-control(5). */
struct bh_unit_limits {
    uint64_t memory_min, memory_low, memory_max, memory_high, memory_swap_max;
    uint64_t cpu_usec_per_sec, cpu_weight;
    uint64_t io_weight;
    uint64_t tasks_max;
    /* A bit for each processor that may be used, the lowest of the first byte for number 0; none: all. */
    const uint8_t *cpus;
    size_t cpus_size;
    const struct bh_scope_io *io;
    size_t io_count;
};

/* A transient scope: systemd.scope(5). */
struct bh_scope {
    const char *unit, *description, *slice;
    uint32_t pid;
    /* The slice is made with it, as a transient unit, and the limits are the slice's. */
    int32_t makes_slice;
    struct bh_unit_limits limits;
};

/* Makes the scope and waits until the process is in it. -ETIME: not within the time; -ECANCELED:
 * the job ended otherwise than done, which the error's text names. */
int64_t bh_bus_start_scope(
    struct bh_bus *bus, const struct bh_scope *scope, uint64_t timeout_us, struct bh_bus_error *error);

/* Sets all limits of a unit that runs, until it ends: what is BH_UNLIMITED is so from then on, or is
 * what systemd has for it. */
int64_t bh_bus_set_limits(
    struct bh_bus *bus, const char *unit, const struct bh_unit_limits *limits, uint64_t timeout_us,
    struct bh_bus_error *error);

/* Sets what a unit is spared of memory, until it ends: bulkhead.slice, of which the projects' slices
 * have theirs. */
int64_t bh_bus_set_protection(
    struct bh_bus *bus, const char *unit, uint64_t memory_min, uint64_t memory_low, uint64_t timeout_us,
    struct bh_bus_error *error);

/* Stops a unit without waiting for the end of it. */
int64_t bh_bus_stop_unit(struct bh_bus *bus, const char *unit, uint64_t timeout_us, struct bh_bus_error *error);

/* Forgets a unit that failed and keeps its name for that. */
int64_t bh_bus_reset_failed(struct bh_bus *bus, const char *unit, uint64_t timeout_us, struct bh_bus_error *error);

#endif
