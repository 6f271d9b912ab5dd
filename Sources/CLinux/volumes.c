#include "volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/quota.h>
#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

static int64_t checked(int64_t result) { return result < 0 ? -errno : result; }

int64_t bh_project_get(int fd, uint32_t *id, int32_t *inherited) {
    struct fsxattr found = {0};
    if (ioctl(fd, FS_IOC_FSGETXATTR, &found) < 0) return -errno;
    *id = found.fsx_projid;
    *inherited = (found.fsx_xflags & FS_XFLAG_PROJINHERIT) != 0;
    return 0;
}

int64_t bh_project_set(int fd, uint32_t id, int inherited) {
    struct fsxattr wanted = {0};
    /* All else stays as it is. */
    if (ioctl(fd, FS_IOC_FSGETXATTR, &wanted) < 0) return -errno;
    wanted.fsx_projid = id;
    wanted.fsx_xflags &= ~(uint32_t)FS_XFLAG_PROJINHERIT;
    if (inherited) wanted.fsx_xflags |= FS_XFLAG_PROJINHERIT;
    return checked(ioctl(fd, FS_IOC_FSSETXATTR, &wanted));
}

int64_t bh_quota_get(int fd, uint32_t id, struct bh_quota *result) {
    struct if_dqblk found = {0};
    *result = (struct bh_quota){0};
    if (syscall(SYS_quotactl_fd, fd, QCMD(Q_GETQUOTA, PRJQUOTA), id, &found) < 0)
        /* xfs has none of an id that was never used. */
        return errno == ENOENT ? 0 : -errno;
    *result = (struct bh_quota){
        .bytes = found.dqb_curspace,
        .bytes_max = found.dqb_bhardlimit * 1024,
        .inodes = found.dqb_curinodes,
        .inodes_max = found.dqb_ihardlimit,
    };
    return 0;
}

int64_t bh_quota_set(int fd, uint32_t id, uint64_t bytes_max, uint64_t inodes_max) {
    struct if_dqblk wanted = {
        .dqb_bhardlimit = bytes_max / 1024,
        .dqb_ihardlimit = inodes_max,
        .dqb_valid = QIF_LIMITS,
    };
    return checked(syscall(SYS_quotactl_fd, fd, QCMD(Q_SETQUOTA, PRJQUOTA), id, &wanted));
}

int64_t bh_quota_enforced(int fd) {
    struct fs_quota_statv found = {.qs_version = FS_QSTATV_VERSION1};
    /* The id has no meaning here, the type has one for the file system's own kind of quota only. */
    if (syscall(SYS_quotactl_fd, fd, QCMD(Q_XGETQSTATV, PRJQUOTA), 0, &found) < 0) return -errno;
    return (found.qs_flags & FS_QUOTA_PDQ_ENFD) != 0;
}

int64_t bh_space(int fd, struct bh_space *result) {
    struct statfs found;
    if (fstatfs(fd, &found) < 0) return -errno;
    *result = (struct bh_space){
        .block_size = (uint64_t)found.f_bsize,
        .blocks = found.f_blocks,
        .blocks_free = found.f_bfree,
        .blocks_available = found.f_bavail,
        .inodes = found.f_files,
        .inodes_free = found.f_ffree,
    };
    return 0;
}

int64_t bh_allocated(int fd) {
    struct stat found;
    return fstat(fd, &found) < 0 ? -errno : (int64_t)found.st_blocks * 512;
}

int64_t bh_loop_free(int control) { return checked(ioctl(control, LOOP_CTL_GET_FREE)); }

int64_t bh_loop_configure(int loop, int backing, const char *name, int direct) {
    struct loop_config wanted = {
        .fd = (uint32_t)backing,
        .info = {.lo_flags = LO_FLAGS_AUTOCLEAR | (direct ? LO_FLAGS_DIRECT_IO : 0)},
    };
    snprintf((char *)wanted.info.lo_file_name, sizeof wanted.info.lo_file_name, "%s", name);
    return checked(ioctl(loop, LOOP_CONFIGURE, &wanted));
}

int64_t bh_loop_has(int loop, int backing) {
    struct loop_info64 info;
    struct stat file;
    if (ioctl(loop, LOOP_GET_STATUS64, &info) < 0 || fstat(backing, &file) < 0) return -errno;
    return info.lo_device == file.st_dev && info.lo_inode == file.st_ino;
}

int64_t bh_loop_refresh(int loop) { return checked(ioctl(loop, LOOP_SET_CAPACITY, 0)); }

int64_t bh_ext4_resize(int fd, uint64_t blocks) {
    /* Of the kernel's fs/ext4/ext4.h, which is in no header for programs: EXT4_IOC_RESIZE_FS. */
    return checked(ioctl(fd, _IOW('f', 16, uint64_t), &blocks));
}

int64_t bh_fsconfig_flag(int fd, const char *key) {
    return checked(fsconfig(fd, FSCONFIG_SET_FLAG, key, NULL, 0));
}
int64_t bh_fsconfig_reconfigure(int fd) {
    return checked(fsconfig(fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
}
int64_t bh_fspick(int directory, const char *path) {
    return checked(fspick(directory, path, FSPICK_CLOEXEC | FSPICK_NO_AUTOMOUNT | FSPICK_SYMLINK_NOFOLLOW));
}
int64_t bh_move_mount(int fd, int directory, const char *path) {
    return checked(move_mount(fd, "", directory, path, MOVE_MOUNT_F_EMPTY_PATH));
}
int64_t bh_unmount(const char *path, int lazily) {
    return checked(umount2(path, UMOUNT_NOFOLLOW | (lazily ? MNT_DETACH : 0)));
}
int64_t bh_enter_namespace(int fd) { return checked(setns(fd, CLONE_NEWNS)); }
