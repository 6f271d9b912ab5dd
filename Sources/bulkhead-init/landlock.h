/* The second fence on the file system: landlock(7). */
#ifndef BULKHEAD_LANDLOCK_H
#define BULKHEAD_LANDLOCK_H

/* A ruleset that lets everything be read and executed and lets the paths in the list, ended by
 * NULL, be written below. -EOPNOTSUPP where the kernel has no Landlock that could be used. */
int landlock_fence(const char *const *writable);
/* Enters it, for this process and all that it starts, and closes it. */
long landlock_enter(int ruleset);

#endif
