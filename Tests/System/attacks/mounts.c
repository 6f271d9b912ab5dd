// Changing what is mounted, and making devices.
#include "attack.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

ATTACK(make_devices) {
    static const struct {
        const char *path;
        mode_t mode;
        unsigned major, minor;
    } nodes[] = {
        {"/tmp/mem", S_IFCHR, 1, 1},
        {"/tmp/kmsg", S_IFCHR, 1, 11},
        {"/tmp/disk", S_IFBLK, 254, 0},
        {"mem", S_IFCHR, 1, 1},
        {"/dev/disk", S_IFBLK, 254, 0},
        {"/dev/shm/mem", S_IFCHR, 1, 1},
    };
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof nodes / sizeof *nodes; index++) {
        dev_t device = makedev(nodes[index].major, nodes[index].minor);
        int result = mknod(nodes[index].path, nodes[index].mode | 0666, device);
        verdict = worse(verdict, ought_to_fail(result, "mknod %s", nodes[index].path));
    }
    return verdict;
}

ATTACK(mount_file_systems) {
    static const struct {
        const char *source, *target, *kind;
        unsigned long flags;
    } mounts[] = {
        {"none", "/tmp", "tmpfs", 0},
        {"proc", "/proc", "proc", 0},
        {"sysfs", "/tmp", "sysfs", 0},
        {"cgroup2", "/tmp", "cgroup2", 0},
        {"/", "/tmp", NULL, MS_BIND | MS_REC},
        {"none", "/usr", NULL, MS_REMOUNT | MS_BIND},
        {"none", "/", NULL, MS_REC | MS_SHARED},
        {"/tmp", "/usr", NULL, MS_MOVE},
    };
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof mounts / sizeof *mounts; index++) {
        int result = mount(mounts[index].source, mounts[index].target, mounts[index].kind,
                           mounts[index].flags, NULL);
        verdict = worse(verdict, ought_to_fail(result, "mount %s on %s", mounts[index].source,
                                               mounts[index].target));
    }
    return verdict;
}

ATTACK(unmount_file_systems) {
    static const char *const targets[] = {"/proc", "/proc/sys", "/proc/kcore", "/dev", "/tmp",
                                          "/usr",  "/sys",      "/",           "."};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof targets / sizeof *targets; index++)
        verdict = worse(verdict, ought_to_fail(umount2(targets[index], MNT_DETACH), "umount %s",
                                               targets[index]));
    return verdict;
}

ATTACK(change_root) {
    mkdir("/tmp/root", 0755);
    int verdict = ought_to_fail(syscall(SYS_pivot_root, "/tmp", "/tmp/root"), "pivot_root");
    verdict = worse(verdict, ought_to_fail(syscall(SYS_pivot_root, ".", "."), "pivot_root . ."));
    return worse(verdict, ought_to_fail(chroot("/tmp/root"), "chroot"));
}

ATTACK(use_new_mount_calls) {
    int verdict = ought_to_fail(syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */),
                                "open_tree");
    verdict = worse(verdict, ought_to_fail(syscall(SYS_fsopen, "tmpfs", 0), "fsopen"));
    verdict = worse(verdict, ought_to_fail(syscall(SYS_fspick, AT_FDCWD, "/", 0), "fspick"));
    verdict = worse(verdict, ought_to_fail(syscall(SYS_move_mount, AT_FDCWD, "/tmp", AT_FDCWD,
                                                   "/usr", 0),
                                           "move_mount"));
    struct {
        uint64_t set, clear, propagation, user;
    } writable = {0, 1 /* MOUNT_ATTR_RDONLY */, 0, 0};
    return worse(verdict, ought_to_fail(syscall(SYS_mount_setattr, AT_FDCWD, "/usr", 0, &writable,
                                                sizeof writable),
                                        "mount_setattr"));
}

ATTACK(write_system_files) {
    static const char *const paths[] = {"/usr/bin/env", "/usr/bin/new", "/usr/lib/new",
                                        "/etc/passwd",  "/etc/new",     "/new",
                                        "/bin/new",     "/lib/new",     "/dev/new"};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof paths / sizeof *paths; index++) {
        int file = open(paths[index], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        verdict = worse(verdict, ought_to_fail(file, "write %s", paths[index]));
    }
    verdict = worse(verdict, ought_to_fail(chmod("/usr/bin/env", 04755), "chmod /usr/bin/env"));
    verdict = worse(verdict, ought_to_fail(unlink("/usr/bin/env"), "unlink /usr/bin/env"));
    return worse(verdict, ought_to_fail(rename("/usr/bin", "/usr/gone"), "rename /usr/bin"));
}
