#!/bin/sh
# One line a test, as automake's test driver prints them.
failures=0
check() {
    got=$(./abacus "$1" 2>&1)
    if [ "$got" = "$2" ]; then echo "PASS: $1"; else
        echo "FAIL: $1 gave '$got' and not '$2'"
        failures=$((failures + 1))
    fi
}
check '1 + 2 * 3' 7
check '(1 + 2) * 3' 9
check '7 / 2 - -1' 4
check '2 * (3 + (4 - 1))' 12
check '1 / 0' 'abacus: 1 / 0: division by zero'
check '9223372036854775807 + 1' 'abacus: 9223372036854775807 + 1: too large'
check '1 +' 'abacus: 1 +: expected a number'
check '(1' "abacus: (1: expected ')'"
exit $failures
