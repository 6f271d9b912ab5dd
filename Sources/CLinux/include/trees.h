/* Files in trees that somebody else writes: each name is one component, looked up from an open directory,
 * and no symbolic link is followed. The results are as in CLinux.h. */
#ifndef BULKHEAD_TREES_H
#define BULKHEAD_TREES_H

#include <stddef.h>
#include <stdint.h>

struct bh_node {
    uint32_t mode, user, group, links;
    uint32_t node_major, node_minor; /* of a device node */
    uint64_t inode, size, blocks;    /* blocks of 512 bytes */
    uint64_t device;                 /* of the file system */
    int64_t accessed_ns, modified_ns, changed_ns;
    int64_t born_ns; /* -1 where the file system does not know */
};
/* Of a name below a directory, or with an empty one of what is open there: statx(2). */
int64_t bh_node_status(int directory, const char *name, struct bh_node *result);

/* renameat2(2): 0 replaces, 1 RENAME_NOREPLACE, 2 RENAME_EXCHANGE. */
int64_t bh_renameat2(int from, const char *from_name, int to, const char *to_name, unsigned flags);
/* Gives an open file another name: linkat(2), AT_EMPTY_PATH. */
int64_t bh_link_open(int fd, int directory, const char *name);
int64_t bh_mkfifoat(int directory, const char *name, uint32_t mode);

int64_t bh_fchmod(int fd, uint32_t mode);
/* Of a name, or with an empty one of what is open there; links are not followed: utimensat(2). */
int64_t bh_set_times(int directory, const char *name, int64_t accessed_ns, int64_t modified_ns);

int64_t bh_flistxattr(int fd, char *names, size_t size);
int64_t bh_fgetxattr(int fd, const char *name, void *value, size_t size);
int64_t bh_fsetxattr(int fd, const char *name, const void *value, size_t size);
int64_t bh_fremovexattr(int fd, const char *name);

int64_t bh_pread(int fd, void *buffer, size_t size, int64_t offset);
int64_t bh_pwrite(int fd, const void *bytes, size_t size, int64_t offset);
/* Where data begins, or a hole, at or after `offset`: lseek(2), SEEK_DATA, SEEK_HOLE. */
int64_t bh_seek_data(int fd, int64_t offset);
int64_t bh_seek_hole(int fd, int64_t offset);
/* Shares all blocks of `from`: ioctl_ficlone(2). */
int64_t bh_clone_file(int to, int from);

int64_t bh_syncfs(int fd);
/* Stops, and lets go on, every change of the file system: ioctl FIFREEZE, FITHAW. */
int64_t bh_freeze_file_system(int fd);
int64_t bh_thaw_file_system(int fd);

#endif
