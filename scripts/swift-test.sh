#!/usr/bin/env bash
# Runs the Swift tests and refuses a run that tested too little: a filter that matches nothing also exits with 0.
#
#   scripts/swift-test.sh FLOOR [arguments of swift test]
set -euo pipefail
floor=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# One after the other: many tests hold real servers against a clock, and two cores are few.
# What passed is left out of what is shown; the log keeps it for the count.
set +e
swift test --disable-xctest --no-parallel "$@" 2>&1 | tee "$log" |
    grep --line-buffered -vE '^(◇|✔ Test "|✔ Test .*case passing|\[[0-9]+/[0-9]+\])'
status=${PIPESTATUS[0]}
set -e
if [ "$status" -ne 0 ]; then
    # Once more at the end, where whoever sees only that can read it.
    grep -E '^✘ (Test|Suite) |^↳ ' "$log" | tail -n 60 >&2 || true
    echo "swift test failed with status $status" >&2
    exit "$status"
fi
count=$(grep -oE 'Test run with [0-9]+ tests' "$log" | grep -oE '[0-9]+' | tail -n 1)
if [ "${count:-0}" -lt "$floor" ]; then
    echo "only ${count:-0} tests ran, at least $floor were expected" >&2
    exit 1
fi
