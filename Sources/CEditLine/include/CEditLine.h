/* Lines edited on a terminal, by libedit, which is opened when it is first needed: editline(3). A
 * program has at most one editor. */
#ifndef BULKHEAD_CEDITLINE_H
#define BULKHEAD_CEDITLINE_H

#include <stddef.h>
#include <stdint.h>

/* Writes what Tab inserts at the cursor into `result`, ended by a NUL. `line` is what stands in front
 * of the cursor. Returns 1 where it has printed something, so that the line has to be drawn again. */
typedef int (*bh_complete)(const char *line, size_t length, char *result, size_t size);

/* 0, or -ELIBACC with the loader's words in `text` where there is no libedit, or another -errno. */
int64_t bh_editor_open(const char *prompt, bh_complete complete, char *text, size_t size);
/* The next line with its newline, which is good until the next call; its length in *count: 0 at the
 * end of the input, -1 where Ctrl-C has ended it. */
const char *bh_editor_line(int *count);
/* Reads the history from a file, keeping `lines_max`. A file that is not there is no error. */
void bh_editor_load(const char *path, int lines_max);
void bh_editor_remember(const char *line);
/* Writes the history over a file. */
int64_t bh_editor_save(const char *path);
void bh_editor_close(void);
/* Lets Ctrl-C and Ctrl-\ interrupt this process's calls and do nothing else to it. */
int64_t bh_editor_survive_signals(void);

#endif
