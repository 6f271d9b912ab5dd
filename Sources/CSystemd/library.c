#include "library.h"

#include <dlfcn.h>
#include <stdio.h>

/* Filled at the first call, which comes before any second thread of a program of ours could. */
static struct bh_library library;
static void *handle;

const struct bh_library *bh_library(char *text, size_t size) {
    if (handle) return &library;
    void *opened = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!opened) {
        snprintf(text, size, "%s", dlerror());
        return NULL;
    }
#define BH_FIND(name)                                             \
    if (!(library.name = (__typeof__(name) *)dlsym(opened, #name))) { \
        snprintf(text, size, "libsystemd.so.0 has no " #name);   \
        dlclose(opened);                                          \
        return NULL;                                              \
    }
    BH_LIBRARY_FUNCTIONS(BH_FIND)
#undef BH_FIND
    handle = opened;
    return &library;
}
