// Getting more than the limits allow.
#include "attack.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

ATTACK(raise_resource_limits) {
    static const struct {
        const char *name;
        int resource;
    } resources[] = {{"RLIMIT_NOFILE", RLIMIT_NOFILE}, {"RLIMIT_CORE", RLIMIT_CORE},
                     {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK}, {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
                     {"RLIMIT_NICE", RLIMIT_NICE}};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof resources / sizeof *resources; index++) {
        struct rlimit limit;
        if (getrlimit(resources[index].resource, &limit)) return broken("getrlimit");
        if (limit.rlim_max == RLIM_INFINITY) {
            verdict = escaped("%s has no bound", resources[index].name);
            continue;
        }
        limit.rlim_max += 1;
        verdict = worse(verdict, ought_to_fail(setrlimit(resources[index].resource, &limit),
                                               "raise %s", resources[index].name));
    }
    struct rlimit many = {1 << 20, 1 << 20};
    return worse(verdict, ought_to_fail(prlimit(1, RLIMIT_NOFILE, &many, NULL),
                                        "prlimit of init"));
}

ATTACK(raise_priority) {
    struct sched_param parameter = {.sched_priority = 50};
    int verdict = ought_to_fail(sched_setscheduler(0, SCHED_FIFO, &parameter), "SCHED_FIFO");
    verdict = worse(verdict, ought_to_fail(sched_setscheduler(0, SCHED_RR, &parameter),
                                           "SCHED_RR"));
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } deadline = {sizeof deadline, 6, 0, 0, 0, 10000000, 20000000, 20000000};
    verdict = worse(verdict, ought_to_fail(syscall(SYS_sched_setattr, 0, &deadline, 0),
                                           "SCHED_DEADLINE"));
    verdict = worse(verdict, ought_to_fail(setpriority(PRIO_PROCESS, 0, -20), "nice -20"));
    // IOPRIO_CLASS_RT, highest.
    return worse(verdict, ought_to_fail(syscall(SYS_ioprio_set, 1, 0, 1 << 13), "ioprio_set"));
}

ATTACK(hide_from_oom_killer) {
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return refused("open oom_score_adj");
    int verdict = ought_to_fail(write(file, "-1000", 5), "write oom_score_adj");
    close(file);
    return verdict;
}

// A child born into another cgroup would be outside every limit.
ATTACK(leave_cgroup) {
    int cgroup = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
            set_tid_size, cgroup;
    } arguments = {.flags = 0x200000000ULL, .exit_signal = 17, .cgroup = cgroup};
    long child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0) _exit(0);
    return ought_to_fail(child, "clone3 into a cgroup");
}
