#!/usr/bin/env bash
# Installs the Debian packages that are missing, and is silent and quick when none is.
#
#   scripts/packages.sh build|test|bench
set -euo pipefail

build=(
    build-essential cmake ninja-build patch pkg-config ca-certificates python3 python3-venv python3-pip
    libmicrohttpd-dev libwslay-dev zlib1g-dev libbrotli-dev libcurl4-openssl-dev libsqlite3-dev libpq-dev libyaml-dev libssl-dev
    libsodium-dev libldap-dev libxmlsec1-dev libhiredis-dev libjemalloc-dev libpango1.0-dev libcmark-gfm-dev
    libcmark-gfm-extensions-dev fonts-dejavu-core fonts-droid-fallback
    esbuild node-react node-react-dom node-prismjs libjs-katex fonts-katex fonts-inter-variable fonts-jetbrains-mono
    fonttools python3-brotli
)
test=(postgresql redis-server slapd ldap-utils openssl curl chromium nodejs node-typescript)
bench=(nginx-light wrk chromium)

case "${1:-}" in
    build) wanted=("${build[@]}") ;;
    test) wanted=("${build[@]}" "${test[@]}") ;;
    bench) wanted=("${build[@]}" "${bench[@]}") ;;
    *) echo "usage: $0 build|test|bench" >&2; exit 2 ;;
esac

fail() { printf '\033[31mpackages: %s\033[0m\n' "$1" >&2; shift; printf '  %s\n' "$@" >&2; exit 1; }

if ! command -v swift >/dev/null; then
    fail "there is no Swift toolchain on the PATH" "Install Swift 6.3 or later: https://www.swift.org/install/linux/"
fi

if ! command -v dpkg-query >/dev/null; then
    echo "packages: this is no Debian; make sure that these are installed: ${wanted[*]}" >&2
    exit 0
fi
missing=()
for package in "${wanted[@]}"; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
        fail "some packages are missing and this is neither root nor has it sudo" "Install: ${missing[*]}"
    as_root=(sudo)
fi
printf '\033[2mpackages:\033[0m installing %s\n' "${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# A package's own server must not start by itself: the tests start private ones.
{
    "${as_root[@]}" apt-get update -qq &&
        RUNLEVEL=1 "${as_root[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}"
} >"$log" 2>&1 || fail "apt-get could not install ${missing[*]}" "$(tail -n 8 "$log")"
