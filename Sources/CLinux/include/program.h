/* What a program asks of the kernel about itself. */
#ifndef BULKHEAD_PROGRAM_H
#define BULKHEAD_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

/* The length without the NUL, or -errno: -ENOENT where the directory is gone or unreachable. */
int64_t bh_getcwd(char *buffer, size_t size);
/* Ends the process without running anything that was registered for its end. */
_Noreturn void bh_exit(int status);

/* Starts a program in a process of its own, with no signal blocked or ignored and with these of our
 * descriptors as its 0, 1, 2, …; -1 becomes /dev/null. Writes the child's pid. posix_spawn(3). */
int64_t bh_spawn_program(const char *path, char *const *arguments, char *const *environment,
    const int32_t *descriptors, uint32_t count, int32_t *pid);

/* The number of a group by its name: getgrnam_r(3); -ENOENT where there is none. */
int64_t bh_group_number(const char *name);

/* The variables, `NAME=VALUE` each, ended by NULL: environ(7). */
const char *const *bh_environment(void);
/* The permissions that new files do not get: umask(2). */
void bh_umask(uint32_t mask);
/* Becomes another user for good: these numbers in every place, no supplementary group, no capability,
 * and none to be had by executing anything. Only for a process of one thread. */
int64_t bh_become(uint32_t user, uint32_t group);

/* Begins a session, and a process group, of its own: setsid(2). */
int64_t bh_begin_session(void);
/* Kills every process of our group, ourselves too: kill(2) with 0. */
void bh_kill_own_group(void);

/* As getenv(3), for a program that changes no variable. */
const char *bh_getenv(const char *name);

#endif
