// What Swift's runtime asks of a C library and musl does not have.
#include <stddef.h>
#include <sys/random.h>
#include <unistd.h>

// Seeds Swift's hash tables; arc4random(3) never fails.
void arc4random_buf(void *bytes, size_t count) {
    unsigned char *next = bytes;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        // Without randomness nothing that counts on it may run.
        if (got < 0) _exit(70);
        next += got;
        count -= (size_t)got;
    }
}
