# shellcheck shell=bash
# What the shell scripts share. Source it; it changes to the root of the checkout.

set -euo pipefail

# The script that sources this, absolute, because of the next line.
script=$(realpath "$0")

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Where dear things are kept between runs and checkouts, each in a folder named by the hash of what it was made from.
cache_folder=${MESHNODE_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-$PWD/.build}/.cache}/meshnode}

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Says what is wrong with the command line, and ends.
fail_usage() {
    printf '%s: %s\nSee %s --help.\n' "scripts/${script##*/}" "$*" "scripts/${script##*/}" >&2
    exit 2
}

# Prints the comment at the script's head as help, and ends.
print_help() {
    sed --quiet '2,/^$/s/^# \{0,1\}//p' "$script"
    exit 0
}

# A short hash of the files and words given, to name a cached folder by.
content_key() {
    local item
    for item in "$@"; do
        if [[ -f $item ]]; then sha256sum <"$item"; else printf '%s\n' "$item"; fi
    done | sha256sum | cut --characters=1-16
}

# The interpreter of the virtual environment for the tests in a folder of Tests/; scripts/setup makes it.
environment_python() {
    local key
    key=$(content_key "Tests/$1/requirements.txt" "$(/usr/bin/python3 --version 2>&1)")
    printf '%s\n' "$cache_folder/${1,,}-$key/bin/python"
}

# The interpreter of the Python side's virtual environment.
interop_python() { environment_python Interop; }

# Runs one of the Python programs beside this file, with Debian's interpreter; installs that first where it is missing.
run_python() {
    [[ -x /usr/bin/python3 ]] || scripts/setup --skip-build || return 1
    PYTHONPATH=scripts PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m "$@"
}
