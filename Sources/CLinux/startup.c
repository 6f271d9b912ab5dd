/* Two things that the Swift runtime does before main and that no program of ours needs, in place of
 * which the linker finds these: found before the archive's, they keep its versions out. Together
 * they took a tenth of a start. */
#include <stddef.h>

static char **arguments;
static int argument_count;

/* The C library hands main's arguments to constructors as well. */
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
}

/* CommandLine's arguments. The runtime's own version searches /proc/self/maps for the stack, which a
 * program that runs where /proc is absent does not survive. */
char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
    *count = argument_count;
    return arguments;
}

void _swift_stdlib_overrideUnsafeArgvArgc(char **values, int count) {
    argument_count = count;
    arguments = values;
}

/* Where the backtracer is: nowhere. The runtime's own version looks in seven directories, and what
 * it found there a privileged program would run when it crashes. */
char *swift_copyAuxiliaryExecutablePath(const char *name) {
    (void)name;
    return NULL;
}
