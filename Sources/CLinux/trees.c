#include "trees.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

static int64_t checked(int64_t result) { return result < 0 ? -errno : result; }

static int64_t nanoseconds(struct statx_timestamp at) {
    return at.tv_sec * 1000000000 + at.tv_nsec;
}

int64_t bh_node_status(int directory, const char *name, struct bh_node *result) {
    struct statx found;
    if (statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
            STATX_BASIC_STATS | STATX_BTIME, &found) < 0)
        return -errno;
    *result = (struct bh_node){
        .mode = found.stx_mode,
        .user = found.stx_uid,
        .group = found.stx_gid,
        .links = found.stx_nlink,
        .node_major = found.stx_rdev_major,
        .node_minor = found.stx_rdev_minor,
        .inode = found.stx_ino,
        .size = found.stx_size,
        .blocks = found.stx_blocks,
        .device = makedev(found.stx_dev_major, found.stx_dev_minor),
        .accessed_ns = nanoseconds(found.stx_atime),
        .modified_ns = nanoseconds(found.stx_mtime),
        .changed_ns = nanoseconds(found.stx_ctime),
        .born_ns = found.stx_mask & STATX_BTIME ? nanoseconds(found.stx_btime) : -1,
    };
    return 0;
}

int64_t bh_renameat2(int from, const char *from_name, int to, const char *to_name, unsigned flags) {
    return checked(renameat2(from, from_name, to, to_name, flags));
}
int64_t bh_link_open(int fd, int directory, const char *name) {
    return checked(linkat(fd, "", directory, name, AT_EMPTY_PATH));
}
int64_t bh_mkfifoat(int directory, const char *name, uint32_t mode) {
    return checked(mkfifoat(directory, name, mode));
}

int64_t bh_fchmod(int fd, uint32_t mode) { return checked(fchmod(fd, mode)); }

int64_t bh_set_times(int directory, const char *name, int64_t accessed_ns, int64_t modified_ns) {
    // A second before the epoch has a negative count of seconds and a positive one of nanoseconds.
    const int64_t second = 1000000000;
    int64_t times[2] = {accessed_ns, modified_ns};
    struct timespec at[2];
    for (int i = 0; i < 2; i++) {
        int64_t rest = ((times[i] % second) + second) % second;
        at[i] = (struct timespec){.tv_sec = (times[i] - rest) / second, .tv_nsec = rest};
    }
    if (name[0] == 0) return checked(futimens(directory, at));
    return checked(utimensat(directory, name, at, AT_SYMLINK_NOFOLLOW));
}

int64_t bh_flistxattr(int fd, char *names, size_t size) { return checked(flistxattr(fd, names, size)); }
int64_t bh_fgetxattr(int fd, const char *name, void *value, size_t size) {
    return checked(fgetxattr(fd, name, value, size));
}
int64_t bh_fsetxattr(int fd, const char *name, const void *value, size_t size) {
    return checked(fsetxattr(fd, name, value, size, 0));
}
int64_t bh_fremovexattr(int fd, const char *name) { return checked(fremovexattr(fd, name)); }

int64_t bh_pread(int fd, void *buffer, size_t size, int64_t offset) {
    return checked(pread(fd, buffer, size, offset));
}
int64_t bh_pwrite(int fd, const void *bytes, size_t size, int64_t offset) {
    return checked(pwrite(fd, bytes, size, offset));
}
int64_t bh_seek_data(int fd, int64_t offset) { return checked(lseek(fd, offset, SEEK_DATA)); }
int64_t bh_seek_hole(int fd, int64_t offset) { return checked(lseek(fd, offset, SEEK_HOLE)); }
int64_t bh_clone_file(int to, int from) { return checked(ioctl(to, FICLONE, from)); }

int64_t bh_syncfs(int fd) { return checked(syncfs(fd)); }
int64_t bh_freeze_file_system(int fd) { return checked(ioctl(fd, FIFREEZE, 0)); }
int64_t bh_thaw_file_system(int fd) { return checked(ioctl(fd, FITHAW, 0)); }
