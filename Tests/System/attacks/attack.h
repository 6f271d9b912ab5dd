// What every attack shares. An attack is a function that tries one way out of a sandbox from
// inside, says what came of it, and returns a verdict:
//
//     refused: open /proc/1/mem: EACCES          0   the sandbox holds
//     ESCAPED: read 'secret' through a symlink   1   it does not
//     broken: no argument given                  2   the attack itself could not be tried
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REFUSED = 0, ESCAPED = 1, BROKEN = 2 };

struct attack {
    const char *name;
    int (*run)(int argc, char **argv);
};

// Declares an attack and lists it; `argv[0]` is its first own argument.
#define ATTACK(id)                                                                     \
    static int id(int argc, char **argv);                                              \
    static const struct attack id##_entry                                              \
        __attribute__((used, section("attacks"))) = {#id, id};                         \
    static int id(int argc __attribute__((unused)), char **argv __attribute__((unused)))

// Prints the refusal with the name of errno, and returns REFUSED.
int refused(const char *format, ...) __attribute__((format(printf, 1, 2)));
int escaped(const char *format, ...) __attribute__((format(printf, 1, 2)));
int broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The verdict on a system call that ought to fail: `result` is what it returned.
int ought_to_fail(long result, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The worse of two verdicts.
int worse(int one, int other);

// Opens `path`, closes it again, and judges.
int ought_not_to_open(const char *path, int flags);

// Calls `visit` with every regular file below `directory` on the same file system kind, not
// following symbolic links, at most `files_max` of them. Returns the worst verdict.
int walk(const char *directory, int files_max, int (*visit)(const char *path));
