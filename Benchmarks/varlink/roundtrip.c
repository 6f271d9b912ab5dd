/* How long a call over a Varlink socket takes, there and back.
 *
 *   roundtrip SOCKET CALLS [MESSAGE]
 *
 * Sends the message (a call of org.varlink.service.GetInfo unless given) and reads to the end of the
 * reply, one after the other, and prints quartiles in microseconds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: %s SOCKET CALLS [MESSAGE]\n", arguments[0]);
        return 2;
    }
    const char *message =
        count > 3 ? arguments[3] : "{\"method\":\"org.varlink.service.GetInfo\",\"parameters\":{}}";
    long calls = strtol(arguments[2], NULL, 10);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (calls < 1 || calls > 10000000 || strlen(arguments[1]) >= sizeof address.sun_path) return 2;
    strcpy(address.sun_path, arguments[1]);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        fprintf(stderr, "%s: %s\n", arguments[1], strerror(errno));
        return 1;
    }
    double *times = malloc(sizeof *times * (size_t)calls);
    static char reply[1 << 20];
    size_t length = strlen(message) + 1, size = 0;
    for (long index = 0; times && index < calls; index++) {
        double start = now();
        if (send(fd, message, length, MSG_NOSIGNAL) != (ssize_t)length) return 1;
        size = 0;
        do {
            ssize_t got = recv(fd, reply + size, sizeof reply - size, 0);
            if (got <= 0) return 1;
            size += (size_t)got;
        } while (reply[size - 1] != 0);
        times[index] = now() - start;
    }
    if (!times) return 1;
    qsort(times, (size_t)calls, sizeof *times, compare);
    printf("%ld calls, reply of %zu bytes: %.1f us median, quartiles %.1f ... %.1f, 99 %% %.1f\n", calls,
           size, times[calls / 2], times[calls / 4], times[calls * 3 / 4], times[calls * 99 / 100]);
    return 0;
}
