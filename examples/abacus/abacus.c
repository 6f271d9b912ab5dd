#include "abacus.h"

#include <ctype.h>
#include <stddef.h>

// expression := term (('+' | '-') term)*
// term       := factor (('*' | '/') factor)*
// factor     := number | '-' factor | '(' expression ')'

enum { depth_max = 64 };

struct reader {
    const char *next;
    const char *problem;
    int depth;
};

static long expression(struct reader *reader);

static long give_up(struct reader *reader, const char *problem) {
    if (!reader->problem) reader->problem = problem;
    return 0;
}

static char look(struct reader *reader) {
    while (isspace((unsigned char)*reader->next)) reader->next++;
    return *reader->next;
}

static long number(struct reader *reader) {
    if (!isdigit((unsigned char)look(reader))) return give_up(reader, "expected a number");
    long value = 0;
    while (isdigit((unsigned char)*reader->next)) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *reader->next - '0', &value))
            return give_up(reader, "too large");
        reader->next++;
    }
    return value;
}

static long factor(struct reader *reader) {
    if (++reader->depth > depth_max) return give_up(reader, "too deep");
    long value = 0;
    if (look(reader) == '-') {
        reader->next++;
        if (__builtin_sub_overflow(0L, factor(reader), &value))
            return give_up(reader, "too large");
    } else if (look(reader) == '(') {
        reader->next++;
        value = expression(reader);
        if (look(reader) != ')') return give_up(reader, "expected ')'");
        reader->next++;
    } else {
        value = number(reader);
    }
    reader->depth--;
    return value;
}

static long term(struct reader *reader) {
    long value = factor(reader);
    while (!reader->problem && (look(reader) == '*' || look(reader) == '/')) {
        char sign = *reader->next++;
        long right = factor(reader);
        if (reader->problem) break;
        if (sign == '/' && right == 0) return give_up(reader, "division by zero");
        // The one quotient that is out of range is the least number by -1.
        if (sign == '/' && right == -1) {
            if (__builtin_sub_overflow(0L, value, &value)) return give_up(reader, "too large");
        } else if (sign == '/') {
            value /= right;
        } else if (__builtin_mul_overflow(value, right, &value)) {
            return give_up(reader, "too large");
        }
    }
    return value;
}

static long expression(struct reader *reader) {
    long value = term(reader);
    while (!reader->problem && (look(reader) == '+' || look(reader) == '-')) {
        char sign = *reader->next++;
        long right = term(reader);
        bool over = sign == '+' ? __builtin_add_overflow(value, right, &value)
                                : __builtin_sub_overflow(value, right, &value);
        if (over) return give_up(reader, "too large");
    }
    return value;
}

bool abacus_evaluate(const char *text, long *value, const char **problem) {
    struct reader reader = {.next = text};
    *value = expression(&reader);
    if (!reader.problem && look(&reader)) reader.problem = "expected an operator";
    *problem = reader.problem;
    return !reader.problem;
}
