#include <dlfcn.h>
#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "CEditLine.h"

#define FUNCTIONS(X)  \
    X(el_end)         \
    X(el_gets)        \
    X(el_init)        \
    X(el_insertstr)   \
    X(el_line)        \
    X(el_reset)       \
    X(el_resize)      \
    X(el_set)         \
    X(history)        \
    X(history_end)    \
    X(history_init)

static struct {
#define DECLARE(name) __typeof__(name) *name;
    FUNCTIONS(DECLARE)
#undef DECLARE
} library;

static EditLine *editor;
static History *past;
static char prompt_text[64];
static bh_complete completion;

static char *prompt(EditLine *line) {
    (void)line;
    return prompt_text;
}

static unsigned char complete(EditLine *line, int key) {
    (void)key;
    const LineInfo *info = library.el_line(line);
    char insertion[4096] = "";
    int printed = completion(info->buffer, (size_t)(info->cursor - info->buffer), insertion, sizeof insertion);
    if (insertion[0] && library.el_insertstr(line, insertion) < 0) return CC_ERROR;
    if (printed) return CC_REDISPLAY;
    return insertion[0] ? CC_REFRESH : CC_REFRESH_BEEP;
}

static int64_t find(char *text, size_t size) {
    void *opened = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!opened) {
        snprintf(text, size, "%s", dlerror());
        return -ELIBACC;
    }
#define FIND(name)                                                      \
    if (!(library.name = (__typeof__(name) *)dlsym(opened, #name))) {   \
        snprintf(text, size, "libedit.so.2 has no " #name);             \
        dlclose(opened);                                                \
        return -ELIBACC;                                                \
    }
    FUNCTIONS(FIND)
#undef FIND
    return 0;
}

int64_t bh_editor_open(const char *shown, bh_complete complete_with, char *text, size_t size) {
    if (editor) return -EBUSY;
    int64_t found = find(text, size);
    if (found < 0) return found;
    /* libedit tells characters from bytes by it. */
    setlocale(LC_CTYPE, "");
    snprintf(prompt_text, sizeof prompt_text, "%s", shown);
    completion = complete_with;
    editor = library.el_init("bulkhead", stdin, stdout, stderr);
    past = library.history_init();
    if (!editor || !past) {
        bh_editor_close();
        return -ENOMEM;
    }
    library.el_set(editor, EL_PROMPT, prompt);
    library.el_set(editor, EL_EDITOR, "emacs");
    library.el_set(editor, EL_HIST, library.history, past);
    library.el_set(editor, EL_ADDFN, "bulkhead-complete", "complete the word", complete);
    library.el_set(editor, EL_BIND, "\t", "bulkhead-complete", NULL);
    library.el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    return 0;
}

const char *bh_editor_line(int *count) {
    library.el_resize(editor);
    errno = 0;
    const char *line = library.el_gets(editor, count);
    if (line) return line;
    if (*count < 0 && errno == EINTR) {
        library.el_reset(editor);
        return NULL;
    }
    *count = 0;
    return NULL;
}

void bh_editor_load(const char *path, int lines_max) {
    HistEvent event;
    library.history(past, &event, H_SETSIZE, lines_max);
    library.history(past, &event, H_SETUNIQUE, 1);
    /* A file of another making is no history. */
    library.history(past, &event, H_LOAD, path);
}

void bh_editor_remember(const char *line) {
    HistEvent event;
    library.history(past, &event, H_ENTER, line);
}

int64_t bh_editor_save(const char *path) {
    HistEvent event;
    errno = 0;
    if (library.history(past, &event, H_SAVE, path) >= 0) return 0;
    return errno ? -errno : -EIO;
}

void bh_editor_close(void) {
    if (past) library.history_end(past);
    if (editor) library.el_end(editor);
    past = NULL;
    editor = NULL;
}

static void nothing(int signal) { (void)signal; }

int64_t bh_editor_survive_signals(void) {
    /* Without SA_RESTART: a read that waits returns. */
    struct sigaction ignore = {.sa_handler = nothing};
    if (sigaction(SIGINT, &ignore, NULL) < 0 || sigaction(SIGQUIT, &ignore, NULL) < 0) return -errno;
    return 0;
}
