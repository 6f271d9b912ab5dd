// Typing into the operator's terminal (CVE-2017-5226 and its kin).
#include "attack.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char typed[] = "touch /tmp/typed-from-inside\n";

// Every request in its plain form and with bits above 32, which the kernel ignores and a filter
// that compares 64 bits lets pass (CVE-2019-10063).
ATTACK(type_into_terminal) {
    static const char *const paths[] = {"/dev/tty", "/dev/console", "/dev/stdin", "/dev/tty0",
                                        "/proc/self/fd/0", "/proc/1/fd/0"};
    static const unsigned long highs[] = {0, 1UL << 32, 1UL << 63};
    int verdict = REFUSED;
    for (size_t index = 0; index < 3 + sizeof paths / sizeof *paths; index++) {
        int file = index < 3 ? (int)index
                             : open(paths[index - 3], O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
        if (file < 0) continue;
        for (size_t high = 0; high < sizeof highs / sizeof *highs; high++) {
            long result = 0;
            for (const char *byte = typed; *byte && result >= 0; byte++)
                result = syscall(SYS_ioctl, file, TIOCSTI | highs[high], byte);
            verdict = worse(verdict, ought_to_fail(result, "TIOCSTI on %s",
                                                   index < 3 ? "a standard stream"
                                                             : paths[index - 3]));
            char paste = 3;
            result = syscall(SYS_ioctl, file, TIOCLINUX | highs[high], &paste);
            verdict = worse(verdict, ought_to_fail(result, "TIOCLINUX"));
        }
    }
    return verdict;
}

// Without --tty no terminal is to be had; argv: "own" where --tty gave one.
ATTACK(find_terminal) {
    int verdict = REFUSED;
    for (int number = 0; number < 3; number++)
        if (isatty(number)) verdict = escaped("descriptor %d is a terminal", number);
    return worse(verdict, ought_not_to_open("/dev/tty", O_RDWR));
}

ATTACK(steal_terminal) {
    int verdict = REFUSED;
    for (int number = 0; number < 3; number++) {
        verdict = worse(verdict, ought_to_fail(ioctl(number, TIOCSCTTY, 1), "TIOCSCTTY on %d",
                                               number));
        verdict = worse(verdict, ought_to_fail(ioctl(number, TIOCCONS), "TIOCCONS on %d", number));
        int discipline = 15;
        verdict = worse(verdict, ought_to_fail(ioctl(number, TIOCSETD, &discipline),
                                               "TIOCSETD on %d", number));
    }
    return verdict;
}
