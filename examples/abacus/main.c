#include <stdio.h>

#include "abacus.h"

int main(int argc, char **argv) {
    for (int index = 1; index < argc; index++) {
        long value;
        const char *problem;
        if (!abacus_evaluate(argv[index], &value, &problem)) {
            fprintf(stderr, "abacus: %s: %s\n", argv[index], problem);
            return 1;
        }
        printf("%ld\n", value);
    }
    return 0;
}
