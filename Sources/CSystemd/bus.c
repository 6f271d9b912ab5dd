#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CSystemd.h"
#include "library.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define OBJECT "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"

struct bh_bus {
    const struct bh_library *lib;
    sd_bus *bus;
};

static void say(struct bh_bus_error *error, const char *name, const char *text) {
    snprintf(error->name, sizeof error->name, "%s", name ? name : "");
    snprintf(error->text, sizeof error->text, "%s", text ? text : "");
}

static uint64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int64_t bh_bus_open(struct bh_bus **result, struct bh_bus_error *error) {
    char text[sizeof error->text];
    say(error, NULL, NULL);
    const struct bh_library *lib = bh_library(text, sizeof text);
    if (!lib) {
        say(error, NULL, text);
        return -ENOPKG;
    }
    struct bh_bus *bus = calloc(1, sizeof *bus);
    if (!bus) return -ENOMEM;
    bus->lib = lib;
    /* Connects without waiting: the broker's greeting is read with the first answer. */
    int r = lib->sd_bus_open_system(&bus->bus);
    if (r < 0) {
        free(bus);
        return r;
    }
    *result = bus;
    return 0;
}

void bh_bus_close(struct bh_bus *bus) {
    bus->lib->sd_bus_flush_close_unref(bus->bus);
    free(bus);
}

/* Sends a call and takes its answer; what the other side says against it goes to error. */
static int call(
    struct bh_bus *bus, sd_bus_message *message, uint64_t timeout_us, struct bh_bus_error *error,
    sd_bus_message **reply) {
    sd_bus_error refusal = SD_BUS_ERROR_NULL;
    int r = bus->lib->sd_bus_call(bus->bus, message, timeout_us, &refusal, reply);
    /* sd-bus invents errors of its own for what failed on our side, such as a lost connection. */
    if (r < 0) say(error, refusal.name, refusal.message);
    bus->lib->sd_bus_error_free(&refusal);
    return r;
}

static int number(struct bh_bus *bus, sd_bus_message *m, const char *name, uint64_t value) {
    if (value == BH_UNLIMITED) return 0;
    return bus->lib->sd_bus_message_append(m, "(sv)", name, "t", value);
}

static int flag(struct bh_bus *bus, sd_bus_message *m, const char *name) {
    return bus->lib->sd_bus_message_append(m, "(sv)", name, "b", 1);
}

static int device(struct bh_bus *bus, sd_bus_message *m, const char *name, const char *path, uint64_t value) {
    if (value == BH_UNLIMITED) return 0;
    return bus->lib->sd_bus_message_append(m, "(sv)", name, "a(st)", 1, path, value);
}

/* Stops at the first call that fails. */
#define TRY(call)              \
    do {                       \
        int tried = (call);    \
        if (tried < 0) return tried; \
    } while (0)

/* Without it the kernel's counters would not be there to be read. */
static int append_accounting(struct bh_bus *bus, sd_bus_message *m) {
    TRY(flag(bus, m, "CPUAccounting"));
    TRY(flag(bus, m, "MemoryAccounting"));
    TRY(flag(bus, m, "TasksAccounting"));
    return flag(bus, m, "IOAccounting");
}

static int processors(struct bh_bus *bus, sd_bus_message *m, const struct bh_unit_limits *limits) {
    const struct bh_library *lib = bus->lib;
    TRY(lib->sd_bus_message_open_container(m, 'r', "sv"));
    TRY(lib->sd_bus_message_append(m, "s", "AllowedCPUs"));
    TRY(lib->sd_bus_message_open_container(m, 'v', "ay"));
    TRY(lib->sd_bus_message_append_array(m, 'y', limits->cpus, limits->cpus_size));
    TRY(lib->sd_bus_message_close_container(m));
    return lib->sd_bus_message_close_container(m);
}

static int append_limits(struct bh_bus *bus, sd_bus_message *m, const struct bh_unit_limits *limits) {
    TRY(number(bus, m, "MemoryMin", limits->memory_min));
    TRY(number(bus, m, "MemoryLow", limits->memory_low));
    TRY(number(bus, m, "MemoryHigh", limits->memory_high));
    TRY(number(bus, m, "MemoryMax", limits->memory_max));
    TRY(number(bus, m, "MemorySwapMax", limits->memory_swap_max));
    TRY(number(bus, m, "TasksMax", limits->tasks_max));
    TRY(number(bus, m, "CPUQuotaPerSecUSec", limits->cpu_usec_per_sec));
    TRY(number(bus, m, "CPUWeight", limits->cpu_weight));
    TRY(number(bus, m, "IOWeight", limits->io_weight));
    if (limits->cpus_size > 0) TRY(processors(bus, m, limits));
    for (size_t i = 0; i < limits->io_count; i++) {
        const struct bh_scope_io *io = &limits->io[i];
        TRY(device(bus, m, "IOReadBandwidthMax", io->device, io->read_bytes));
        TRY(device(bus, m, "IOWriteBandwidthMax", io->device, io->write_bytes));
        TRY(device(bus, m, "IOReadIOPSMax", io->device, io->read_operations));
        TRY(device(bus, m, "IOWriteIOPSMax", io->device, io->write_operations));
    }
    return 0;
}

static int append_properties(struct bh_bus *bus, sd_bus_message *m, const struct bh_scope *scope) {
    const struct bh_library *lib = bus->lib;
    TRY(lib->sd_bus_message_append(m, "(sv)", "Description", "s", scope->description));
    TRY(lib->sd_bus_message_append(m, "(sv)", "Slice", "s", scope->slice));
    TRY(lib->sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, scope->pid));
    /* A unit that failed would keep its name, and nobody would ever reset it. */
    TRY(lib->sd_bus_message_append(m, "(sv)", "CollectMode", "s", "inactive-or-failed"));
    /* systemd keeps its hands off what is below, and an OOM kill in it does not end the scope. */
    TRY(flag(bus, m, "Delegate"));
    TRY(append_accounting(bus, m));
    if (!scope->makes_slice) return append_limits(bus, m, &scope->limits);
    /* When the machine goes down the supervisor is stopped first, and ends its projects in their order.
     * Where it could not, init, which no signal but SIGKILL ends, is not waited for long. */
    TRY(lib->sd_bus_message_append(m, "(sv)", "Before", "as", 1, "bulkhead.service"));
    return number(bus, m, "TimeoutStopUSec", 10000000);
}

/* The slice as an auxiliary unit: made with the scope, and started before it, for it is in it. */
static int append_slice(struct bh_bus *bus, sd_bus_message *m, const struct bh_scope *scope) {
    const struct bh_library *lib = bus->lib;
    TRY(lib->sd_bus_message_open_container(m, 'a', "(sa(sv))"));
    if (scope->makes_slice) {
        TRY(lib->sd_bus_message_open_container(m, 'r', "sa(sv)"));
        TRY(lib->sd_bus_message_append(m, "s", scope->slice));
        TRY(lib->sd_bus_message_open_container(m, 'a', "(sv)"));
        TRY(lib->sd_bus_message_append(m, "(sv)", "Description", "s", scope->description));
        TRY(lib->sd_bus_message_append(m, "(sv)", "CollectMode", "s", "inactive-or-failed"));
        TRY(append_accounting(bus, m));
        TRY(append_limits(bus, m, &scope->limits));
        TRY(lib->sd_bus_message_close_container(m));
        TRY(lib->sd_bus_message_close_container(m));
    }
    return lib->sd_bus_message_close_container(m);
}

/* Which job we wait for, and how it ended. */
struct wait {
    const struct bh_library *lib;
    char job[96];
    bool done;
    char result[32];
};

static int job_removed(sd_bus_message *m, void *data, sd_bus_error *error) {
    (void)error;
    struct wait *wait = data;
    uint32_t id;
    const char *job, *unit, *result;
    if (wait->lib->sd_bus_message_read(m, "uoss", &id, &job, &unit, &result) < 0) return 0;
    if (strcmp(job, wait->job) != 0) return 0;
    snprintf(wait->result, sizeof wait->result, "%s", result);
    wait->done = true;
    return 0;
}

static int await_job(struct bh_bus *bus, struct wait *wait, uint64_t deadline) {
    while (!wait->done) {
        int r = bus->lib->sd_bus_process(bus->bus, NULL);
        if (r < 0) return r;
        if (r > 0) continue;
        uint64_t now = now_us();
        if (now >= deadline) return -ETIME;
        r = bus->lib->sd_bus_wait(bus->bus, deadline - now);
        if (r < 0 && r != -EINTR) return r;
    }
    return 0;
}

static int start_scope(
    struct bh_bus *bus, sd_bus_message *m, const struct bh_scope *scope, uint64_t timeout_us,
    struct bh_bus_error *error) {
    const struct bh_library *lib = bus->lib;
    uint64_t deadline = now_us() + timeout_us;
    /* "fail": never in place of a job that somebody else queued for the unit. */
    TRY(lib->sd_bus_message_append(m, "ss", scope->unit, "fail"));
    TRY(lib->sd_bus_message_open_container(m, 'a', "(sv)"));
    TRY(append_properties(bus, m, scope));
    TRY(lib->sd_bus_message_close_container(m));
    TRY(append_slice(bus, m, scope));

    struct wait wait = {.lib = lib};
    sd_bus_slot *slot = NULL;
    /* Before the call, so that its end cannot be missed; without waiting for the broker's word, for
     * it handles our messages in their order. */
    TRY(lib->sd_bus_match_signal_async(
        bus->bus, &slot, SYSTEMD, OBJECT, MANAGER, "JobRemoved", job_removed, NULL, &wait));
    sd_bus_message *reply = NULL;
    const char *job = NULL;
    int r = call(bus, m, timeout_us, error, &reply);
    if (r >= 0) r = lib->sd_bus_message_read(reply, "o", &job);
    if (r >= 0) {
        /* Signals that came before the answer are still in the queue, none is handled yet. */
        snprintf(wait.job, sizeof wait.job, "%s", job);
        r = await_job(bus, &wait, deadline);
    }
    lib->sd_bus_message_unref(reply);
    lib->sd_bus_slot_unref(slot);
    if (r >= 0 && strcmp(wait.result, "done") != 0) {
        say(error, NULL, wait.result);
        return -ECANCELED;
    }
    return r < 0 ? r : 0;
}

int64_t bh_bus_start_scope(
    struct bh_bus *bus, const struct bh_scope *scope, uint64_t timeout_us, struct bh_bus_error *error) {
    say(error, NULL, NULL);
    sd_bus_message *m = NULL;
    int r = bus->lib->sd_bus_message_new_method_call(
        bus->bus, &m, SYSTEMD, OBJECT, MANAGER, "StartTransientUnit");
    if (r >= 0) r = start_scope(bus, m, scope, timeout_us, error);
    bus->lib->sd_bus_message_unref(m);
    return r;
}

/* A limit, also where it is none. */
static int any_number(struct bh_bus *bus, sd_bus_message *m, const char *name, uint64_t value) {
    return bus->lib->sd_bus_message_append(m, "(sv)", name, "t", value);
}

/* Forgets all devices of a property: an empty list does. */
static int no_device(struct bh_bus *bus, sd_bus_message *m, const char *name) {
    return bus->lib->sd_bus_message_append(m, "(sv)", name, "a(st)", 0);
}

static int append_all_limits(struct bh_bus *bus, sd_bus_message *m, const struct bh_unit_limits *limits) {
    TRY(any_number(bus, m, "MemoryMin", limits->memory_min == BH_UNLIMITED ? 0 : limits->memory_min));
    TRY(any_number(bus, m, "MemoryLow", limits->memory_low == BH_UNLIMITED ? 0 : limits->memory_low));
    TRY(any_number(bus, m, "MemoryHigh", limits->memory_high));
    TRY(any_number(bus, m, "MemoryMax", limits->memory_max));
    TRY(any_number(bus, m, "MemorySwapMax", limits->memory_swap_max));
    TRY(any_number(bus, m, "TasksMax", limits->tasks_max));
    TRY(any_number(bus, m, "CPUQuotaPerSecUSec", limits->cpu_usec_per_sec));
    TRY(any_number(bus, m, "CPUWeight", limits->cpu_weight));
    TRY(any_number(bus, m, "IOWeight", limits->io_weight));
    TRY(processors(bus, m, limits));
    TRY(no_device(bus, m, "IOReadBandwidthMax"));
    TRY(no_device(bus, m, "IOWriteBandwidthMax"));
    TRY(no_device(bus, m, "IOReadIOPSMax"));
    TRY(no_device(bus, m, "IOWriteIOPSMax"));
    const struct bh_unit_limits devices = {
        .memory_min = BH_UNLIMITED, .memory_low = BH_UNLIMITED, .io_weight = BH_UNLIMITED,
        .memory_max = BH_UNLIMITED, .memory_high = BH_UNLIMITED, .memory_swap_max = BH_UNLIMITED,
        .cpu_usec_per_sec = BH_UNLIMITED, .cpu_weight = BH_UNLIMITED, .tasks_max = BH_UNLIMITED,
        .io = limits->io, .io_count = limits->io_count,
    };
    return append_limits(bus, m, &devices);
}

static int set_limits(
    struct bh_bus *bus, sd_bus_message *m, const char *unit, const struct bh_unit_limits *limits) {
    const struct bh_library *lib = bus->lib;
    TRY(lib->sd_bus_message_append(m, "sb", unit, 1));
    TRY(lib->sd_bus_message_open_container(m, 'a', "(sv)"));
    TRY(append_all_limits(bus, m, limits));
    return lib->sd_bus_message_close_container(m);
}

int64_t bh_bus_set_limits(
    struct bh_bus *bus, const char *unit, const struct bh_unit_limits *limits, uint64_t timeout_us,
    struct bh_bus_error *error) {
    say(error, NULL, NULL);
    sd_bus_message *m = NULL;
    int r = bus->lib->sd_bus_message_new_method_call(
        bus->bus, &m, SYSTEMD, OBJECT, MANAGER, "SetUnitProperties");
    if (r >= 0) r = set_limits(bus, m, unit, limits);
    if (r >= 0) r = call(bus, m, timeout_us, error, NULL);
    bus->lib->sd_bus_message_unref(m);
    return r < 0 ? r : 0;
}

static int set_protection(
    struct bh_bus *bus, sd_bus_message *m, const char *unit, uint64_t memory_min, uint64_t memory_low) {
    const struct bh_library *lib = bus->lib;
    TRY(lib->sd_bus_message_append(m, "sb", unit, 1));
    TRY(lib->sd_bus_message_open_container(m, 'a', "(sv)"));
    TRY(any_number(bus, m, "MemoryMin", memory_min));
    TRY(any_number(bus, m, "MemoryLow", memory_low));
    return lib->sd_bus_message_close_container(m);
}

int64_t bh_bus_set_protection(
    struct bh_bus *bus, const char *unit, uint64_t memory_min, uint64_t memory_low, uint64_t timeout_us,
    struct bh_bus_error *error) {
    say(error, NULL, NULL);
    sd_bus_message *m = NULL;
    int r = bus->lib->sd_bus_message_new_method_call(
        bus->bus, &m, SYSTEMD, OBJECT, MANAGER, "SetUnitProperties");
    if (r >= 0) r = set_protection(bus, m, unit, memory_min, memory_low);
    if (r >= 0) r = call(bus, m, timeout_us, error, NULL);
    bus->lib->sd_bus_message_unref(m);
    return r < 0 ? r : 0;
}

/* A call of the manager that takes a unit and, with a mode, that too. */
static int64_t unit_call(
    struct bh_bus *bus, const char *member, const char *unit, const char *mode, uint64_t timeout_us,
    struct bh_bus_error *error) {
    say(error, NULL, NULL);
    sd_bus_message *m = NULL;
    int r = bus->lib->sd_bus_message_new_method_call(bus->bus, &m, SYSTEMD, OBJECT, MANAGER, member);
    if (r >= 0) r = bus->lib->sd_bus_message_append(m, mode ? "ss" : "s", unit, mode);
    if (r >= 0) r = call(bus, m, timeout_us, error, NULL);
    bus->lib->sd_bus_message_unref(m);
    return r < 0 ? r : 0;
}

int64_t bh_bus_stop_unit(struct bh_bus *bus, const char *unit, uint64_t timeout_us, struct bh_bus_error *error) {
    return unit_call(bus, "StopUnit", unit, "replace", timeout_us, error);
}

int64_t bh_bus_reset_failed(struct bh_bus *bus, const char *unit, uint64_t timeout_us, struct bh_bus_error *error) {
    return unit_call(bus, "ResetFailedUnit", unit, NULL, timeout_us, error);
}

int64_t bh_bus_property(
    struct bh_bus *bus, const char *name, char *value, size_t size, uint64_t timeout_us,
    struct bh_bus_error *error) {
    const struct bh_library *lib = bus->lib;
    say(error, NULL, NULL);
    sd_bus_message *m = NULL, *reply = NULL;
    const char *text = NULL;
    int r = lib->sd_bus_message_new_method_call(
        bus->bus, &m, SYSTEMD, OBJECT, "org.freedesktop.DBus.Properties", "Get");
    if (r >= 0) r = lib->sd_bus_message_append(m, "ss", MANAGER, name);
    if (r >= 0) r = call(bus, m, timeout_us, error, &reply);
    if (r >= 0) r = lib->sd_bus_message_read(reply, "v", "s", &text);
    if (r >= 0) snprintf(value, size, "%s", text);
    lib->sd_bus_message_unref(reply);
    lib->sd_bus_message_unref(m);
    return r < 0 ? r : 0;
}
