// Preloaded into bulkhead: it dies, as by the power of an impatient operator, at the moment at which
// its child exists and waits for its id maps.
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t write(int file, const void *bytes, size_t size);
ssize_t write(int file, const void *bytes, size_t size) {
    // "0 BASE 65536": the map of a whole range, and nothing else that bulkhead writes.
    static const char end[] = " 65536\n";
    if (size > sizeof end - 1 &&
        !memcmp((const char *)bytes + size - (sizeof end - 1), end, sizeof end - 1))
        kill(getpid(), SIGKILL);
    return syscall(SYS_write, file, bytes, size);
}
