/* The functions of libsystemd that we call, found at run time. */
#ifndef BULKHEAD_LIBRARY_H
#define BULKHEAD_LIBRARY_H

#include <systemd/sd-bus.h>

#define BH_LIBRARY_FUNCTIONS(X)         \
    X(sd_bus_call)                      \
    X(sd_bus_error_free)                \
    X(sd_bus_flush_close_unref)         \
    X(sd_bus_match_signal_async)        \
    X(sd_bus_message_append)            \
    X(sd_bus_message_append_array)      \
    X(sd_bus_message_close_container)   \
    X(sd_bus_message_new_method_call)   \
    X(sd_bus_message_open_container)    \
    X(sd_bus_message_read)              \
    X(sd_bus_message_unref)             \
    X(sd_bus_open_system)               \
    X(sd_bus_process)                   \
    X(sd_bus_slot_unref)                \
    X(sd_bus_wait)

struct bh_library {
#define BH_DECLARE(name) __typeof__(name) *name;
    BH_LIBRARY_FUNCTIONS(BH_DECLARE)
#undef BH_DECLARE
};

/* Opens the library, once; NULL with the loader's words in text where that fails. */
const struct bh_library *bh_library(char *text, size_t size);

#endif
