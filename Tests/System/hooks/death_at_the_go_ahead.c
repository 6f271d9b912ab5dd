// Preloaded into bulkhead: it dies, as by the hand of an impatient operator, at the moment at which
// its child has everything and waits for the word to go ahead.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t write(int file, const void *bytes, size_t size);
ssize_t write(int file, const void *bytes, size_t size) {
    // The word: one byte, zero. Nothing else that bulkhead writes is.
    if (size == 1 && *(const char *)bytes == 0) kill(getpid(), SIGKILL);
    return syscall(SYS_write, file, bytes, size);
}
