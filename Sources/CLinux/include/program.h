/* What a program asks of the kernel about itself. */
#ifndef BULKHEAD_PROGRAM_H
#define BULKHEAD_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

/* The length without the NUL, or -errno: -ENOENT where the directory is gone or unreachable. */
int64_t bh_getcwd(char *buffer, size_t size);
/* Ends the process without running anything that was registered for its end. */
_Noreturn void bh_exit(int status);

/* As getenv(3), for a program that changes no variable. */
const char *bh_getenv(const char *name);

#endif
