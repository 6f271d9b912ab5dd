// Evaluates arithmetic: + - * / and parentheses over whole numbers.
#pragma once

#include <stdbool.h>

// Puts the value of `text` into `*value`. False where it is no expression, divides by zero, or
// leaves the range of a long; `*problem` then says which.
bool abacus_evaluate(const char *text, long *value, const char **problem);
