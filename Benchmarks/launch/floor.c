/* The floor: the least that a C program could do to run one command with the protection of
 * `bulkhead run`, as `bulkhead run --plan` lists it. No options to decide, no init, no errors to
 * explain, no clean-up after a failure: what a launch takes longer than this is ours to justify.
 *
 *   floor [--time] [--filter FILE] [--cgroup PARENT] [--limits] --workdir DIR COMMAND [ARG…]
 *
 * --filter has the bytes of a seccomp program; --cgroup makes a cgroup below PARENT for the run;
 * --limits sets bulkhead's default limits in it; --time prints two numbers on standard error: µs
 * from the start of the launch until the command executes, and until it is reaped. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "raw.h"

enum { BASE = 0x7fff0000, USER = 1000, QUIET = MS_NOSUID | MS_NODEV | MS_NOEXEC };

static const char *const links[][2] = {{"usr/bin", "bin"}, {"usr/lib", "lib"},
    {"usr/lib64", "lib64"}, {"usr/sbin", "sbin"}, {"../usr/lib/os-release", "etc/os-release"},
    {"/proc/self/mounts", "etc/mtab"}, {"/usr/share/zoneinfo/Etc/UTC", "etc/localtime"}};
static const char *const device_links[][2] = {{"pts/ptmx", "dev/ptmx"}, {"/proc/self/fd", "dev/fd"},
    {"/proc/self/fd/0", "dev/stdin"}, {"/proc/self/fd/1", "dev/stdout"},
    {"/proc/self/fd/2", "dev/stderr"}};
static const struct {
    const char *path;
    unsigned major, minor;
} devices[] = {{"dev/null", 1, 3}, {"dev/zero", 1, 5}, {"dev/full", 1, 7}, {"dev/random", 1, 8},
    {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
static const struct {
    const char *path;
    mode_t mode;
} directories[] = {{"proc", 0555}, {"tmp", 01777}, {"run", 0755}, {"home", 0755}, {"root", 0700},
    {"var", 0755}, {"var/tmp", 01777}, {"etc", 0755}, {"usr", 0755}};
static const char *const files[][2] = {
    {"etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n"
                   "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
    {"etc/group", "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n"}, {"etc/hostname", "floor\n"},
    {"etc/hosts", "127.0.0.1 localhost floor\n::1 localhost floor\n"},
    {"etc/nsswitch.conf", "hosts: files dns\n"}};
static const char *const shown[] = {"/usr", "/etc/alternatives", "/etc/fonts",
    "/etc/java-11-openjdk", "/etc/java-17-openjdk", "/etc/java-21-openjdk", "/etc/ld.so.cache",
    "/etc/protocols", "/etc/services", "/etc/ssl"};
static const char *const masked[] = {"acpi", "asound", "interrupts", "kcore", "keys",
    "latency_stats", "scsi", "sched_debug", "timer_list"};
static const char *const read_only[] = {"bus", "fs", "irq", "sys", "sysrq-trigger"};
static const char *writable[] = {
    "/tmp", "/var/tmp", "/dev", "/run", "/proc", "/home/user", NULL /* the working directory */};

enum { SHOWN = sizeof shown / sizeof *shown };
#define EACH(i, list) (size_t i = 0; i < sizeof list / sizeof *list; i++)

static struct {
    const char *workdir;
    char *const *command;
    struct sock_fprog filter;
    int root, trees[SHOWN], workdir_tree, go_ahead[2];
} launch;

static long must(long result, const char *what) {
    if (result >= 0) return result;
    char line[128];
    int length = snprintf(line, sizeof line, "floor: %s: error %ld\n", what, -result);
    raw(SYS_write, 2, line, length);
    raw(SYS_exit_group, 125);
    __builtin_unreachable();
}
#define MUST(...) must(raw(__VA_ARGS__), #__VA_ARGS__)

static void write_file(int directory, const char *path, int flags, const char *text) {
    int fd = MUST(SYS_openat, directory, path, O_WRONLY | O_CLOEXEC | flags, 0644);
    MUST(SYS_write, fd, text, strlen(text));
    raw(SYS_close, fd);
}

static void write_id_maps(int pid, unsigned inside, unsigned outside, unsigned count) {
    char path[40], line[40];
    snprintf(line, sizeof line, "%u %u %u\n", inside, outside, count);
    snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
    write_file(AT_FDCWD, path, 0, line);
    path[6 + strcspn(path + 6, "u")] = 'g';
    write_file(AT_FDCWD, path, 0, line);
}

/* Everything that the sandbox does not have to see mounted can be made before there is one. */
static void make_root(void) {
    char id[16];
    snprintf(id, sizeof id, "%u", BASE);
    int context = MUST(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
    const char *const options[][2] = {{"source", "tmpfs"}, {"size", "256m"}, {"nr_inodes", "32768"},
        {"mode", "0755"}, {"uid", id}, {"gid", id}};
    for EACH(i, options)
        MUST(SYS_fsconfig, context, FSCONFIG_SET_STRING, options[i][0], options[i][1], 0);
    MUST(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    int root = launch.root =
        MUST(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID);
    raw(SYS_close, context);

    raw(SYS_umask, 0);
    MUST(SYS_mkdirat, root, "sys", 0555);
    MUST(SYS_mkdirat, root, "sys/fs", 0555);
    MUST(SYS_mkdirat, root, "sys/fs/cgroup", 0555);
    MUST(SYS_mkdirat, root, "dev", 0755);
    MUST(SYS_mkdirat, root, "dev/pts", 0755);
    MUST(SYS_mkdirat, root, "dev/shm", 01777);
    for EACH(i, devices)
        MUST(SYS_mknodat, root, devices[i].path, S_IFCHR | 0666,
            makedev(devices[i].major, devices[i].minor));
    for EACH(i, device_links)
        MUST(SYS_symlinkat, device_links[i][0], root, device_links[i][1]);
    /* The rest belongs to the sandbox's root, without a chown for each. */
    raw(SYS_setfsgid, BASE);
    raw(SYS_setfsuid, BASE);
    for EACH(i, directories) MUST(SYS_mkdirat, root, directories[i].path, directories[i].mode);
    for EACH(i, links) MUST(SYS_symlinkat, links[i][0], root, links[i][1]);
    for EACH(i, files) write_file(root, files[i][0], O_CREAT, files[i][1]);
    raw(SYS_setfsuid, 0);
    raw(SYS_setfsgid, 0);
    MUST(SYS_mkdirat, root, "home/user", 0700);
    MUST(SYS_fchownat, root, "home/user", BASE + USER, BASE + USER, 0);
}

/* A detached copy of a tree of the host, with a mount point for it. -1: there is no such path. */
static int show(const char *path, uint64_t attributes, int userns) {
    int file = raw(SYS_open, path, O_PATH | O_CLOEXEC, 0);
    if (file < 0) return -1;
    struct stat found;
    fstat(file, &found);
    int tree = MUST(SYS_open_tree, file, "",
        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
    raw(SYS_close, file);
    struct mount_attr attr = {.attr_set = attributes, .propagation = MS_PRIVATE};
    if (userns >= 0) {
        attr.attr_set |= MOUNT_ATTR_IDMAP;
        attr.userns_fd = userns;
    }
    MUST(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr);
    char place[256];
    for (const char *slash = path; (slash = strchr(slash + 1, '/'));) {
        snprintf(place, sizeof place, "%.*s", (int)(slash - path - 1), path + 1);
        raw(SYS_mkdirat, launch.root, place, 0755);
    }
    if (S_ISDIR(found.st_mode)) {
        raw(SYS_mkdirat, launch.root, path + 1, 0755);
    } else {
        int point = raw(SYS_openat, launch.root, path + 1, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        raw(SYS_close, point);
    }
    return tree;
}

static void hold(void *unused) {
    (void)unused;
    for (;;) raw(SYS_pause);
}

/* A user namespace that shows the owner of the working directory as the command's user. */
static int owner_namespace(unsigned owner) {
    static char stack[4096] __attribute__((aligned(16)));
    int pidfd;
    struct clone_args arguments = {.flags = CLONE_NEWUSER | CLONE_VM | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD, .stack = (uintptr_t)stack,
        .stack_size = sizeof stack};
    int pid = must(raw_clone_onto(&arguments, sizeof arguments, hold, NULL), "clone3");
    write_id_maps(pid, owner, BASE + USER, 1);
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
    int userns = MUST(SYS_open, path, O_RDONLY | O_CLOEXEC, 0);
    raw(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    MUST(SYS_waitid, P_PIDFD, pidfd, NULL, WEXITED, NULL);
    raw(SYS_close, pidfd);
    return userns;
}

static void attach(int tree, const char *path) {
    if (tree >= 0) MUST(SYS_move_mount, tree, "", AT_FDCWD, path + 1, MOVE_MOUNT_F_EMPTY_PATH);
}

static void loopback_up(void) {
    int fd = MUST(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK};
    MUST(SYS_ioctl, fd, SIOCSIFFLAGS, &request);
    raw(SYS_close, fd);
}

static void mount_everything(void) {
    char path[64];
    MUST(SYS_move_mount, launch.root, "", AT_FDCWD, "/usr", MOVE_MOUNT_F_EMPTY_PATH);
    MUST(SYS_fchdir, launch.root);
    for (int i = 0; i < SHOWN; i++) attach(launch.trees[i], shown[i]);
    MUST(SYS_mount, "proc", "proc", "proc", QUIET, NULL);
    for EACH(i, masked) {
        snprintf(path, sizeof path, "proc/%s", masked[i]);
        int fd = raw(SYS_open, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        if (fd == -ENOENT) continue;
        MUST(SYS_mount, fd >= 0 ? "sys/fs/cgroup" : "dev/null", path, NULL, MS_BIND, NULL);
        raw(SYS_close, fd);
    }
    for EACH(i, read_only) {
        snprintf(path, sizeof path, "proc/%s", read_only[i]);
        if (raw(SYS_mount, path, path, NULL, MS_BIND | MS_REC, NULL) == 0)
            MUST(SYS_mount, NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | QUIET, NULL);
    }
    MUST(SYS_mount, "devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
        "newinstance,ptmxmode=0666,mode=0620");
    MUST(SYS_mount, "cgroup2", "sys/fs/cgroup", "cgroup2", QUIET | MS_RDONLY, NULL);
    attach(launch.workdir_tree, launch.workdir);
    MUST(SYS_pivot_root, ".", ".");
    MUST(SYS_umount2, ".", MNT_DETACH);
    MUST(SYS_chdir, launch.workdir);
}

/* Write access below the writable directories, reading and executing everywhere. */
static int landlock_fence(void) {
    const uint64_t reading =
        LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    const uint64_t devices_made = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;
    struct {
        uint64_t handled_fs, handled_net, scoped;
    } attributes = {.handled_fs = (1 << 16) - 1, .scoped = 3};
    long version = MUST(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    size_t size = version >= 6 ? sizeof attributes : 8;
    if (version < 5) attributes.handled_fs &= ~(1 << 15);
    if (version < 3) attributes.handled_fs &= ~(1 << 14);
    int ruleset = MUST(SYS_landlock_create_ruleset, &attributes, size, 0);
    struct landlock_path_beneath_attr rule = {.allowed_access = reading};
    rule.parent_fd = MUST(SYS_open, "/", O_PATH | O_CLOEXEC, 0);
    MUST(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    raw(SYS_close, rule.parent_fd);
    rule.allowed_access = attributes.handled_fs & ~devices_made;
    for EACH(i, writable) {
        rule.parent_fd = MUST(SYS_open, writable[i], O_PATH | O_CLOEXEC, 0);
        MUST(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
        raw(SYS_close, rule.parent_fd);
    }
    return ruleset;
}

static void drop_privileges(void) {
    static const struct {
        int resource;
        struct rlimit limit;
    } limits[] = {{RLIMIT_CORE, {0, 0}}, {RLIMIT_NOFILE, {1024, 16384}},
        {RLIMIT_MEMLOCK, {8 << 20, 8 << 20}}, {RLIMIT_NICE, {0, 0}}, {RLIMIT_RTPRIO, {0, 0}}};
    for EACH(i, limits) MUST(SYS_prlimit64, 0, limits[i].resource, &limits[i].limit, NULL);
    int ruleset = landlock_fence();
    unsigned bits = SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_CAP_AMBIENT_RAISE;
    bits |= bits << 1 | SECBIT_KEEP_CAPS_LOCKED;
    MUST(SYS_prctl, PR_SET_SECUREBITS, bits, 0, 0, 0);
    MUST(SYS_setresgid, USER, USER, USER);
    MUST(SYS_setresuid, USER, USER, USER);
    for (int i = 0; raw(SYS_prctl, PR_CAPBSET_DROP, i, 0, 0, 0) == 0; i++) continue;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};
    MUST(SYS_capset, &header, none);
    MUST(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    MUST(SYS_landlock_restrict_self, ruleset, 0);
    if (launch.filter.len) MUST(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &launch.filter);
}

static void child(void *unused) {
    (void)unused;
    static char *const environment[] = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/home/user",
        "USER=user", "LANG=C.UTF-8", "TERM=dumb", NULL};
    uint64_t no_signals = 0;
    char byte;
    MUST(SYS_read, launch.go_ahead[0], &byte, 1);
    MUST(SYS_setresgid, 0, 0, 0);
    MUST(SYS_setgroups, 0, NULL);
    MUST(SYS_setresuid, 0, 0, 0);
    MUST(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    MUST(SYS_unshare, CLONE_NEWCGROUP);
    MUST(SYS_sethostname, "floor", 5);
    loopback_up();
    MUST(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0);
    mount_everything();
    MUST(SYS_setsid);
    raw(SYS_umask, 022);
    /* The rest is CLOEXEC, ours and (as far as floor is started well) the caller's. */
    MUST(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    raw(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof no_signals);
    drop_privileges();
    MUST(SYS_execve, launch.command[0], launch.command, environment);
}

static double now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static int make_cgroup(const char *parent, char *path, size_t size, int with_limits) {
    snprintf(path, size, "%s/floor-%d", parent, getpid());
    must(-!!mkdir(path, 0755), "mkdir of the cgroup");
    int fd = MUST(SYS_open, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (with_limits) {
        write_file(fd, "memory.max", 0, "536870912");
        write_file(fd, "memory.swap.max", 0, "0");
        write_file(fd, "cpu.max", 0, "100000 100000");
        write_file(fd, "pids.max", 0, "256");
    }
    return fd;
}

static void read_filter(const char *path) {
    static struct sock_filter program[4096];
    int fd = MUST(SYS_open, path, O_RDONLY | O_CLOEXEC, 0);
    launch.filter.len = MUST(SYS_read, fd, program, sizeof program) / sizeof *program;
    launch.filter.filter = program;
    raw(SYS_close, fd);
}

int main(int argc, char **argv) {
    const char *filter = NULL, *cgroup_parent = NULL;
    int print_time = 0, with_limits = 0, i = 1;
    for (; i < argc && !strncmp(argv[i], "--", 2); i++) {
        if (!strcmp(argv[i], "--time")) print_time = 1;
        if (!strcmp(argv[i], "--limits")) with_limits = 1;
        if (!strcmp(argv[i], "--filter")) filter = argv[++i];
        if (!strcmp(argv[i], "--cgroup")) cgroup_parent = argv[++i];
        if (!strcmp(argv[i], "--workdir")) launch.workdir = argv[++i];
    }
    launch.command = argv + i;
    if (i >= argc || !launch.workdir) must(-EINVAL, "usage");

    double began = now_us();
    char cgroup_path[256];
    int cgroup = -1, pidfd, report[2];
    if (filter) read_filter(filter);
    make_root();
    for (int k = 0; k < SHOWN; k++)
        launch.trees[k] =
            show(shown[k], MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, -1);
    struct stat owner;
    must(-!!stat(launch.workdir, &owner), "stat of the working directory");
    int userns = owner_namespace(owner.st_uid);
    launch.workdir_tree = show(launch.workdir, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, userns);
    writable[sizeof writable / sizeof *writable - 1] = launch.workdir;
    if (cgroup_parent) cgroup = make_cgroup(cgroup_parent, cgroup_path, sizeof cgroup_path, with_limits);
    MUST(SYS_pipe2, launch.go_ahead, O_CLOEXEC);
    MUST(SYS_pipe2, report, O_CLOEXEC);

    static char stack[32768] __attribute__((aligned(16)));
    struct clone_args arguments = {
        .flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
                 CLONE_NEWNET | CLONE_VM | CLONE_PIDFD | CLONE_CLEAR_SIGHAND |
                 (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD, .stack = (uintptr_t)stack,
        .stack_size = sizeof stack, .cgroup = cgroup};
    int pid = must(raw_clone_onto(&arguments, sizeof arguments, child, NULL), "clone3");
    raw(SYS_close, report[1]);
    write_id_maps(pid, 0, BASE, 65536);
    MUST(SYS_write, launch.go_ahead[1], "", 1);
    char byte;
    MUST(SYS_read, report[0], &byte, 1); /* Its end: the command executes. */
    double executing = now_us();
    siginfo_t info = {0};
    MUST(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED, NULL);
    if (cgroup >= 0) must(-!!rmdir(cgroup_path), "rmdir of the cgroup");
    double reaped = now_us();
    if (print_time) fprintf(stderr, "%.1f %.1f\n", executing - began, reaped - began);
    _exit(info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status);
}
