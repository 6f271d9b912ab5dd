// Reading and writing what was not granted.
#include "attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int ought_not_to_be_writable(const char *path) {
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return REFUSED;
    close(file);
    return escaped("open %s for writing", path);
}

// More files than any kernel has below these directories.
static const int files_max = 200000;

ATTACK(write_proc_sys) {
    int verdict = walk("/proc/sys", files_max, ought_not_to_be_writable);
    verdict = worse(verdict, ought_not_to_open("/proc/sys/kernel/core_pattern", O_WRONLY));
    verdict = worse(verdict, ought_not_to_open("/proc/sys/kernel/modprobe", O_WRONLY));
    verdict = worse(verdict, ought_not_to_open("/proc/sys/vm/panic_on_oom", O_WRONLY));
    return worse(verdict, ought_not_to_open("/proc/sys/fs/binfmt_misc/register", O_WRONLY));
}

ATTACK(write_sys) {
    int verdict = walk("/sys", files_max, ought_not_to_be_writable);
    verdict = worse(verdict, ought_not_to_open("/sys/kernel/uevent_helper", O_WRONLY));
    verdict = worse(verdict, ought_not_to_open("/sys/power/state", O_WRONLY));
    return worse(verdict, ought_not_to_open("/sys/kernel/debug", O_RDONLY | O_DIRECTORY));
}

ATTACK(write_cgroups) {
    static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified",
                                        "/sys/fs/cgroup/bulkhead.slice"};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof roots / sizeof *roots; index++) {
        static const char *const names[] = {"cgroup.procs", "memory.max", "pids.max", "cpu.max",
                                            "cgroup.kill", "cgroup.subtree_control"};
        char path[256];
        for (size_t name = 0; name < sizeof names / sizeof *names; name++) {
            snprintf(path, sizeof path, "%s/%s", roots[index], names[name]);
            verdict = worse(verdict, ought_not_to_open(path, O_WRONLY));
        }
        snprintf(path, sizeof path, "%s/new", roots[index]);
        verdict = worse(verdict, ought_to_fail(mkdir(path, 0755), "mkdir %s", path));
    }
    return verdict;
}

// Single files of /proc that act on, or tell about, the whole machine.
ATTACK(use_proc_files) {
    int verdict = ought_not_to_open("/proc/sysrq-trigger", O_WRONLY);
    static const char *const secrets[] = {"/proc/kcore", "/proc/kmsg", "/proc/keys",
                                          "/proc/timer_list", "/proc/sched_debug",
                                          "/proc/latency_stats"};
    for (size_t index = 0; index < sizeof secrets / sizeof *secrets; index++) {
        int file = open(secrets[index], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        char bytes[16];
        ssize_t count = file < 0 ? -1 : read(file, bytes, sizeof bytes);
        // A masked file opens, and is empty.
        if (count > 0) verdict = worse(verdict, escaped("read %s", secrets[index]));
        if (file >= 0) close(file);
    }
    static const char *const directories[] = {"/proc/acpi", "/proc/scsi", "/proc/asound",
                                              "/sys/firmware"};
    for (size_t index = 0; index < sizeof directories / sizeof *directories; index++) {
        DIR *stream = opendir(directories[index]);
        if (!stream) continue;
        int count = 0;
        while (readdir(stream)) count++;
        closedir(stream);
        if (count > 2) verdict = worse(verdict, escaped("list %s", directories[index]));
    }
    verdict = worse(verdict, ought_not_to_open("/proc/irq/default_smp_affinity", O_WRONLY));
    return worse(verdict, ought_not_to_open("/proc/bus/pci/devices", O_WRONLY));
}

ATTACK(open_devices) {
    static const char *const paths[] = {"/dev/mem", "/dev/kmem", "/dev/port",  "/dev/kmsg",
                                        "/dev/kvm", "/dev/vda",  "/dev/sda",   "/dev/loop0",
                                        "/dev/fuse", "/dev/net/tun", "/dev/ttyS0", "/dev/tty1",
                                        "/dev/loop-control", "/dev/mapper/control",
                                        "/dev/userfaultfd", "/dev/vhost-net", "/dev/vport0p1"};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof paths / sizeof *paths; index++)
        verdict = worse(verdict, ought_not_to_open(paths[index], O_RDWR));
    return verdict;
}

// argv: paths that lead to a secret outside. Any that can be read is an escape.
ATTACK(read_files) {
    if (argc < 1) return broken("usage: PATH…");
    int verdict = REFUSED;
    for (int index = 0; index < argc; index++)
        verdict = worse(verdict, ought_not_to_open(argv[index], O_RDONLY));
    return verdict;
}

static const char *wanted;

static int ought_not_to_be_wanted(const char *path) {
    return strstr(path, wanted) ? escaped("found %s", path) : REFUSED;
}

// argv: a part of a file name that exists outside only. Looks everywhere.
ATTACK(find_file) {
    if (argc != 1) return broken("usage: NAME");
    wanted = argv[0];
    int verdict = walk("/", files_max, ought_not_to_be_wanted);
    errno = ENOENT;
    return verdict ? verdict : refused("looked for '%s' everywhere", wanted);
}

// argv: a path outside, without the leading slash. Climbs further than any directory is deep.
ATTACK(climb_out) {
    if (argc != 1) return broken("usage: PATH");
    static const char *const starts[] = {".", "/tmp", "/dev/shm", "/proc/self/cwd", "/proc/self/root"};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof starts / sizeof *starts; index++) {
        char path[4096] = "";
        strcat(path, starts[index]);
        for (int level = 0; level < 64; level++) strcat(path, "/..");
        strcat(path, "/");
        strncat(path, argv[0], 1024);
        verdict = worse(verdict, ought_not_to_open(path, O_RDONLY));
    }
    return verdict;
}

// argv: a path outside. CVE-2024-21626: a descriptor of the host's that the launch left open, as a
// way to the host's root; /proc/*/root and /proc/*/cwd are the same class.
ATTACK(climb_out_of_descriptors) {
    if (argc != 1) return broken("usage: PATH");
    int verdict = REFUSED;
    DIR *stream = opendir("/proc");
    if (!stream) return refused("opendir /proc");
    for (struct dirent *entry; (entry = readdir(stream));) {
        if (atoi(entry->d_name) <= 0) continue;
        char path[4096];
        for (int number = 0; number < 32; number++) {
            snprintf(path, sizeof path, "/proc/%s/fd/%d/../../../../../../../..%s", entry->d_name,
                     number, argv[0]);
            if (open(path, O_RDONLY | O_CLOEXEC) >= 0) verdict = escaped("open %s", path);
        }
        static const char *const links[] = {"root", "cwd"};
        for (int link = 0; link < 2; link++) {
            snprintf(path, sizeof path, "/proc/%s/%s%s", entry->d_name, links[link], argv[0]);
            verdict = worse(verdict, ought_not_to_open(path, O_RDONLY));
            snprintf(path, sizeof path, "/proc/%s/%s/../../../../../../../../..%s", entry->d_name,
                     links[link], argv[0]);
            verdict = worse(verdict, ought_not_to_open(path, O_RDONLY));
        }
    }
    closedir(stream);
    return verdict;
}

// A file by its inode number, past every mount namespace (the "shocker" attack on Docker).
ATTACK(open_by_handle) {
    int verdict = REFUSED;
    static const char *const mounts[] = {"/", ".", "/usr", "/tmp"};
    for (size_t index = 0; index < sizeof mounts / sizeof *mounts; index++) {
        int mount = open(mounts[index], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct {
            unsigned bytes;
            int kind;
            unsigned inode, generation;
        } handle = {8, 1, 2, 0};
        verdict = worse(verdict, ought_to_fail(syscall(SYS_open_by_handle_at, mount, &handle,
                                                       O_RDONLY),
                                               "open_by_handle_at below %s", mounts[index]));
        if (mount >= 0) close(mount);
    }
    return verdict;
}

// argv: a file of somebody else's that is visible but not one's own.
ATTACK(change_granted_file) {
    if (argc != 1) return broken("usage: PATH");
    int verdict = ought_not_to_open(argv[0], O_WRONLY);
    verdict = worse(verdict, ought_to_fail(chmod(argv[0], 0777), "chmod %s", argv[0]));
    verdict = worse(verdict, ought_to_fail(unlink(argv[0]), "unlink %s", argv[0]));
    verdict = worse(verdict, ought_to_fail(link(argv[0], "linked"), "link %s", argv[0]));
    return worse(verdict, ought_to_fail(truncate(argv[0], 0), "truncate %s", argv[0]));
}
