#!/usr/bin/env bash
# Runs the concurrency modules' tests under Thread Sanitizer. Any report fails the run.
#
#   scripts/sanitize.sh FLOOR FILTER
set -euo pipefail
cd "$(dirname "$0")/.."
floor=$1
filter=$2
scratch=.build/thread-sanitizer

swift build --build-tests --sanitize=thread --scratch-path "$scratch" 2>&1 | grep -E 'error:|Compiling|Build complete' | tail -n 3
"$(dirname "$(command -v swift)")/clang" -shared -fPIC -O1 -o "$scratch/mutex.so" Tests/ThreadSanitizer/mutex.c

# Not through `swift test`, which would preload the library into itself and its tools as well.
tests=$(swift build --show-bin-path --scratch-path "$scratch")/llama-nexusPackageTests.xctest
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
LD_PRELOAD=$PWD/$scratch/mutex.so TSAN_OPTIONS="halt_on_error=0 exitcode=66" \
    "$tests" --testing-library swift-testing --no-parallel --filter "$filter" >"$log" 2>&1 || status=$?
reports=$(grep -c 'WARNING: ThreadSanitizer' "$log" || true)
grep -E '^✘|SUMMARY: ThreadSanitizer|Test run with' "$log" || true
count=$(grep -oE 'Test run with [0-9]+ tests' "$log" | grep -oE '[0-9]+' | tail -n 1)
echo "Thread Sanitizer: ${count:-0} tests, $reports reports"
[ "$status" -eq 0 ] && [ "$reports" -eq 0 ] || { tail -n 40 "$log"; exit 1; }
[ "${count:-0}" -ge "$floor" ] || { echo "only ${count:-0} tests ran, at least $floor were expected" >&2; exit 1; }
