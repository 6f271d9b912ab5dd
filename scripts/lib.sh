# Shared by the scripts beside this file, which source it. Not a program of its own.
# shellcheck shell=bash disable=SC2034

# The checkout, whatever the caller's directory is.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# What survives `git clean`: machine images and fetched sources.
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/bulkhead
# Python packages of the system tests, put there by scripts/deps --test.
python_cache=$cache/python
# A build uses two processors: more would starve whatever else the machine does.
jobs_max=2

# say TEXT…: one line of progress for the person who waits. Standard error, so that what a script
# prints as its result stays clean.
say() { printf '%s\n' "$*" >&2; }

# fail TEXT…: says what went wrong and ends the script.
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# quietly LOG COMMAND…: runs a command with its output in LOG, which is shown only when it fails.
quietly() {
    local log=$1 status=0
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    [ "$status" -eq 0 ] && return 0
    tail -n 40 "$log" >&2
    say "failed with status $status: $1 (all of its output: $log)"
    return "$status"
}

# seconds SINCE: how long ago $SECONDS had that value.
seconds() { printf '%d s' $((SECONDS - $1)); }

# The toolchain: what PATH has, else where the vendor's archive is usually unpacked.
find_swift() {
    command -v swift >/dev/null && return 0
    local directory
    for directory in /opt/swift/usr/bin /usr/local/swift/usr/bin "${HOME:-/root}/.local/share/swiftly/bin"; do
        [ -x "$directory/swift" ] || continue
        PATH=$directory:$PATH
        export PATH
        return 0
    done
    fail "no Swift toolchain found: install Swift 6.2 or later and put its bin directory into PATH"
}
