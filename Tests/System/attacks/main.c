#include "attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct attack __start_attacks[], __stop_attacks[];

static int say(int verdict, const char *word, const char *error, const char *format, va_list list) {
    printf("%s: ", word);
    vprintf(format, list);
    if (error) printf(": %s", error);
    putchar('\n');
    return verdict;
}

int refused(const char *format, ...) {
    const char *error = strerrorname_np(errno);
    va_list list;
    va_start(list, format);
    int verdict = say(REFUSED, "refused", error ? error : "no error", format, list);
    va_end(list);
    return verdict;
}

int escaped(const char *format, ...) {
    va_list list;
    va_start(list, format);
    int verdict = say(ESCAPED, "ESCAPED", NULL, format, list);
    va_end(list);
    return verdict;
}

int broken(const char *format, ...) {
    va_list list;
    va_start(list, format);
    int verdict = say(BROKEN, "broken", strerror(errno), format, list);
    va_end(list);
    return verdict;
}

int ought_to_fail(long result, const char *format, ...) {
    const char *error = strerrorname_np(errno);
    va_list list;
    va_start(list, format);
    int verdict = result < 0 ? say(REFUSED, "refused", error, format, list)
                             : say(ESCAPED, "ESCAPED", NULL, format, list);
    va_end(list);
    return verdict;
}

int worse(int one, int other) { return one > other ? one : other; }

int ought_not_to_open(const char *path, int flags) {
    int file = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int verdict = ought_to_fail(file, "open %s", path);
    if (file >= 0) close(file);
    return verdict;
}

static int walk_down(const char *directory, int depth, int *left, int (*visit)(const char *)) {
    // Deep enough for /proc/sys and /sys, and a bound for directories that contain themselves.
    if (depth > 12) return REFUSED;
    DIR *stream = opendir(directory);
    if (!stream) return REFUSED;
    int verdict = REFUSED;
    for (struct dirent *entry; *left > 0 && (entry = readdir(stream));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", strcmp(directory, "/") ? directory : "",
                 entry->d_name);
        struct stat status;
        if (lstat(path, &status)) continue;
        if (S_ISDIR(status.st_mode)) {
            verdict = worse(verdict, walk_down(path, depth + 1, left, visit));
        } else if (S_ISREG(status.st_mode)) {
            verdict = worse(verdict, visit(path));
            *left -= 1;
        }
    }
    closedir(stream);
    return verdict;
}

int walk(const char *directory, int files_max, int (*visit)(const char *path)) {
    int left = files_max;
    return walk_down(directory, 0, &left, visit);
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2) {
        for (const struct attack *attack = __start_attacks; attack < __stop_attacks; attack++)
            puts(attack->name);
        return BROKEN;
    }
    for (const struct attack *attack = __start_attacks; attack < __stop_attacks; attack++)
        if (!strcmp(attack->name, argv[1])) return attack->run(argc - 2, argv + 2);
    errno = EINVAL;
    return broken("no attack is called '%s'", argv[1]);
}
