#!/usr/bin/env bash
# Builds the pinned llama.cpp runtime once, into a cache outside the checkout, and prints the folder that holds it.
#
#   scripts/llama-runtime.sh            build it if it is missing, print its folder on standard output
#   scripts/llama-runtime.sh --where    print the folder without building
#
# Progress and errors go to standard error. The folder's name carries everything that changes the result: the version,
# the build options below, the patches in scripts/llama.cpp and this processor's features (the kernels are compiled for
# the processor of this machine).
# NEXUS_CACHE_DIR moves the cache (default: $XDG_CACHE_HOME/llama-nexus, else ~/.cache/llama-nexus).
set -euo pipefail

version=0.3.36
sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
options=(
    -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON
    -DGGML_RPC=ON -DGGML_NATIVE=ON
    # OpenMP instead of ggml's own threads: those spin at each barrier however long it takes, and a step takes ten times as
    # long as soon as something else wants a core. OpenMP's sleep after a while.
    -DGGML_OPENMP=ON -DGGML_CCACHE=OFF
    -DLLAMA_BUILD_IS_DEV=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TOOLS=OFF
    -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF
    -DLLAMA_BUILD_MTMD=ON -DMTMD_VIDEO=OFF
    # ggml calls itself by git's commit, which a distribution does not have; what it is called instead stands below.
    -DGIT_EXE=/bin/true
    -DCMAKE_INSTALL_LIBDIR=lib
    '-DCMAKE_INSTALL_RPATH=$ORIGIN'
)

patches=$(cd "$(dirname "$0")" && pwd)/llama.cpp
cache=${NEXUS_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/llama-nexus}
features=$(grep -m1 -E '^(flags|Features)' /proc/cpuinfo 2>/dev/null || uname -m)
key=$({ printf '%s\n' "$version" "${options[@]}" "$(uname -m)" "$features"; cat "$patches"/*.patch; } | sha256sum | cut -c1-12)
prefix=$cache/llama.cpp-$version-$key

say() { printf '\033[2mllama.cpp:\033[0m %s\n' "$*" >&2; }
fail() { printf '\033[31mllama.cpp: %s\033[0m\n' "$1" >&2; shift; printf '  %s\n' "$@" >&2; exit 1; }

if [ "${1:-}" = --where ]; then echo "$prefix"; exit 0; fi
if [ -f "$prefix/lib/pkgconfig/llama.pc" ]; then echo "$prefix"; exit 0; fi

mkdir -p "$cache"
exec 9>"$cache/llama.cpp.lock"
flock 9    # two checkouts that start together build once
if [ -f "$prefix/lib/pkgconfig/llama.pc" ]; then echo "$prefix"; exit 0; fi

work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT

say "fetching the source distribution llama-cpp-python $version (77 MB)"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary llama-cpp-python \
    --dest "$work" "llama-cpp-python==$version" >"$work/pip.log" 2>&1 ||
    fail "the source could not be fetched from the Python package index" "$(tail -n 3 "$work/pip.log")" \
        "Check the network, or build llama.cpp elsewhere and put it into $prefix."
archive=$(find "$work" -maxdepth 1 -name '*.tar.gz' | head -n 1)
echo "$sha256  $archive" | sha256sum --check --status ||
    fail "the fetched source is not the pinned one (wrong SHA-256)" "expected $sha256"

tar -xzf "$archive" -C "$work"
source=$work/llama_cpp_python-$version/vendor/llama.cpp
[ -f "$source/CMakeLists.txt" ] || fail "the source distribution has an unexpected layout" "no vendor/llama.cpp in it"
for change in "$patches"/*.patch; do
    patch --quiet --strip=1 --directory="$source" --input="$change" >"$work/patch.log" 2>&1 ||
        fail "$(basename "$change") does not apply" "$(tail -n 5 "$work/patch.log")"
done

# Receipts and kept states name the runtime that made them: another patch makes another one.
sed -i "s/set(GGML_BUILD_COMMIT \"unknown\")/set(GGML_BUILD_COMMIT \"nexus-$key\")/" "$source/ggml/CMakeLists.txt"

say "configuring (once for this machine; the build takes 5 to 8 minutes on two cores)"
cmake -S "$source" -B "$work/build" -G Ninja "${options[@]}" -DCMAKE_INSTALL_PREFIX="$prefix" \
    >"$work/configure.log" 2>&1 || fail "cmake could not configure it" "$(tail -n 15 "$work/configure.log")"

# Ninja's own status line, one line every 25 steps, so that a log stays readable.
NINJA_STATUS='[%f/%t %es] ' ninja -C "$work/build" >"$work/build.log" 2>&1 &
builder=$!
while kill -0 "$builder" 2>/dev/null; do
    sleep 5
    line=$(tr '\r' '\n' <"$work/build.log" | grep -oE '^\[[0-9]+/[0-9]+ [0-9.]+s\]' | tail -n 1 || true)
    if [ -n "$line" ] && [ "$line" != "${last:-}" ]; then say "building $line"; last=$line; fi
done
wait "$builder" || fail "the build failed" "$(tail -n 25 "$work/build.log")"

staging=$work/install
DESTDIR="$staging" cmake --install "$work/build" >"$work/install.log" 2>&1 ||
    fail "the install step failed" "$(tail -n 15 "$work/install.log")"
cp "$source/LICENSE" "$staging$prefix/LICENSE"
rm -rf "$prefix"
mv "$staging$prefix" "$prefix"    # one rename, so that a half-made folder is never taken for a whole one
say "ready in $prefix"
echo "$prefix"
