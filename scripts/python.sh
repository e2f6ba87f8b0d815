#!/usr/bin/env bash
# Makes the Python environment of the tests once, outside the checkout, and prints its interpreter.
#
#   scripts/python.sh test|clients|bench
#
# The folder's name carries a hash of the pinned requirements, so that a change of them makes a new one.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
requirements=$here/Tests/Integration/requirements-${1:?test, clients or bench}.txt
cache=${NEXUS_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/llama-nexus}
key=$( (cat "$requirements"; python3 --version) | sha256sum | cut -c1-12)
venv=$cache/python-$key

if [ ! -f "$venv/ready" ]; then
    printf '\033[2mpython:\033[0m installing the test clients of %s\n' "$(basename "$requirements")" >&2
    mkdir -p "$cache"
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    if ! "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >"$venv/pip.log" 2>&1; then
        printf '\033[31mpython: the test clients could not be installed\033[0m\n' >&2
        tail -n 8 "$venv/pip.log" >&2
        exit 1
    fi
    touch "$venv/ready"
fi
echo "$venv/bin/python"
