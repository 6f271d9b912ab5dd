/* What holds the files of projects: project quotas, loop devices, file systems that are mounted. */
#ifndef BULKHEAD_VOLUMES_H
#define BULKHEAD_VOLUMES_H

#include <stddef.h>
#include <stdint.h>

/* The project id of an open file or directory, and whether what is made in it gets the same:
 * ioctl_xfs_fsgetxattr(2). */
int64_t bh_project_get(int fd, uint32_t *id, int32_t *inherited);
/* Sets both; only a directory can be inherited from. */
int64_t bh_project_set(int fd, uint32_t id, int inherited);

struct bh_quota {
    uint64_t bytes, bytes_max, inodes, inodes_max; /* a maximum of 0: none */
};
/* Of a project id on the file system of this descriptor: quotactl_fd(2). One that was never used has
 * used nothing. */
int64_t bh_quota_get(int fd, uint32_t id, struct bh_quota *result);
/* Sets the hard limits and no soft ones. */
int64_t bh_quota_set(int fd, uint32_t id, uint64_t bytes_max, uint64_t inodes_max);
/* 1: limits of projects are enforced on this file system; 0: they are not. */
int64_t bh_quota_enforced(int fd);

struct bh_space {
    uint64_t block_size, blocks, blocks_free, blocks_available, inodes, inodes_free;
};
/* statfs(2). */
int64_t bh_space(int fd, struct bh_space *result);
/* Bytes that a file takes up, holes left out. */
int64_t bh_allocated(int fd);

/* Loop devices: loop(4). The number of one that is free now; another may take it first. */
int64_t bh_loop_free(int control);
/* Gives it a file, to be let go of with its last user; past the page cache where that can be had. */
int64_t bh_loop_configure(int loop, int backing, const char *name, int direct);
/* 1: this file is what it has; 0: another is. -ENXIO: none. */
int64_t bh_loop_has(int loop, int backing);
/* Takes the file's new size. */
int64_t bh_loop_refresh(int loop);
/* Lets the ext4 of this descriptor have so many blocks, while it is mounted; takes CAP_SYS_RESOURCE. */
int64_t bh_ext4_resize(int fd, uint64_t blocks);

/* Mounts. */
int64_t bh_fsconfig_flag(int fd, const char *key);
int64_t bh_fsconfig_reconfigure(int fd);
int64_t bh_fspick(int directory, const char *path);
int64_t bh_move_mount(int fd, int directory, const char *path);
int64_t bh_unmount(const char *path, int lazily);
/* Enters the namespace of this descriptor. */
int64_t bh_enter_namespace(int fd);

/* An overlay file system over two detached mounts, made by a child that has a copy of our mounts to
 * attach them in: mounted nowhere when this returns. Returns the descriptor of its detached mount.
 *
 * scaffold: a detached mount with the directories "lower" and "upper" in it. upper: has "upper" and
 * "work". What the file system makes for itself belongs to user and group. */
int64_t bh_overlay(int scaffold, int lower, int upper, uint32_t user, uint32_t group, uint32_t attributes);

#endif
