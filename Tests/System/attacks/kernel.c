// System calls that act on the whole machine, or have been the way into the kernel.
#include "attack.h"

#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/personality.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

ATTACK(load_modules) {
    int verdict = ought_to_fail(syscall(SYS_init_module, "", 0, ""), "init_module");
    verdict = worse(verdict, ought_to_fail(syscall(SYS_finit_module, 0, "", 0), "finit_module"));
    verdict = worse(verdict, ought_to_fail(syscall(SYS_delete_module, "loop", 0),
                                           "delete_module"));
    verdict = worse(verdict, ought_to_fail(syscall(SYS_kexec_load, 0, 0, 0, 0), "kexec_load"));
    return worse(verdict, ought_to_fail(syscall(SYS_kexec_file_load, 0, 0, 0, "", 0),
                                        "kexec_file_load"));
}

ATTACK(load_bpf) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = 4;
    attributes.value_size = 4;
    attributes.max_entries = 1;
    return ought_to_fail(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes), "bpf");
}

ATTACK(watch_with_perf) {
    struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE,
                                         .size = sizeof attributes,
                                         .config = PERF_COUNT_SW_TASK_CLOCK,
                                         .exclude_kernel = 1};
    return ought_to_fail(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0),
                         "perf_event_open");
}

ATTACK(use_io_uring) {
    struct io_uring_params parameters = {0};
    return ought_to_fail(syscall(SYS_io_uring_setup, 4, &parameters), "io_uring_setup");
}

ATTACK(use_userfaultfd) {
    return ought_to_fail(syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */), "userfaultfd");
}

ATTACK(use_keyrings) {
    int verdict = ought_to_fail(syscall(SYS_add_key, "user", "k", "v", 1, KEY_SPEC_USER_KEYRING),
                                "add_key");
    verdict = worse(verdict, ought_to_fail(syscall(SYS_request_key, "user", "k", NULL, 0),
                                           "request_key"));
    return worse(verdict, ought_to_fail(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
                                                KEY_SPEC_SESSION_KEYRING, 0),
                                        "keyctl"));
}

ATTACK(administer_machine) {
    struct timespec now = {0};
    struct timeval clock = {0};
    // Times and values that change nothing, should one of them be obeyed.
    clock_gettime(CLOCK_REALTIME, &now);
    clock.tv_sec = now.tv_sec;
    int verdict = ought_to_fail(clock_settime(CLOCK_REALTIME, &now), "clock_settime");
    verdict = worse(verdict, ought_to_fail(settimeofday(&clock, NULL), "settimeofday"));
    struct timex timex = {.modes = ADJ_TICK, .tick = 10000};
    verdict = worse(verdict, ought_to_fail(adjtimex(&timex), "adjtimex"));
    verdict = worse(verdict, ought_to_fail(sethostname("taken", 5), "sethostname"));
    verdict = worse(verdict, ought_to_fail(setdomainname("taken", 5), "setdomainname"));
    verdict = worse(verdict, ought_to_fail(reboot(RB_DISABLE_CAD), "reboot"));
    verdict = worse(verdict, ought_to_fail(swapon("/tmp", 0), "swapon"));
    verdict = worse(verdict, ought_to_fail(swapoff("/tmp"), "swapoff"));
    verdict = worse(verdict, ought_to_fail(acct("/tmp/acct"), "acct"));
    verdict = worse(verdict, ought_to_fail(klogctl(3, (char[64]){0}, 64), "syslog"));
    verdict = worse(verdict, ought_to_fail(syscall(SYS_quotactl, 0, "", 0, 0), "quotactl"));
    verdict = worse(verdict, ought_to_fail(syscall(SYS_iopl, 3), "iopl"));
    verdict = worse(verdict, ought_to_fail(syscall(SYS_ioperm, 0, 1, 1), "ioperm"));
    verdict = worse(verdict, ought_to_fail(syscall(SYS_vhangup), "vhangup"));
    verdict = worse(verdict, ought_to_fail(syscall(SYS_fanotify_init, 0, 0), "fanotify_init"));
    verdict = worse(verdict, ought_to_fail(syscall(SYS_lookup_dcookie, 1, "", 1),
                                           "lookup_dcookie"));
    verdict = worse(verdict, ought_to_fail(syscall(SYS_mbind, 0, 4096, 0, 0, 0, 2), "mbind"));
    return worse(verdict, ought_to_fail(syscall(SYS_move_pages, 1, 0, 0, 0, 0, 0), "move_pages"));
}

// A filter that looks at numbers only must not take another table's numbers for its own.
static int x32_is_answered(void) { return syscall(0x40000000 | SYS_getpid) == getpid(); }

static int i386_is_answered(void) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
    return result == getpid();
}

// Tries in a child: being killed by SIGSYS is as good a refusal as an error.
static int try_in_child(const char *name, int (*is_answered)(void)) {
    pid_t child = fork();
    if (child < 0) return broken("fork");
    if (!child) _exit(is_answered() ? 77 : 0);
    int status;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return escaped("%s was answered", name);
    errno = ENOSYS;
    return refused("%s", name);
}

ATTACK(use_x32_calls) { return try_in_child("x32 getpid", x32_is_answered); }

ATTACK(use_i386_calls) { return try_in_child("i386 getpid", i386_is_answered); }

ATTACK(change_personality) {
    // Without address randomisation, or with pages at zero: what exploits like best.
    return ought_to_fail(personality(ADDR_NO_RANDOMIZE | MMAP_PAGE_ZERO), "personality");
}
