#include "program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int64_t bh_getcwd(char *buffer, size_t size) {
    // The C library's, not the bare call: it refuses what lies outside the root, which the kernel
    // answers with "(unreachable)" in front.
    return getcwd(buffer, size) == NULL ? -errno : (int64_t)strlen(buffer);
}

const char *bh_getenv(const char *name) { return getenv(name); }
void bh_exit(int status) { _exit(status); }
