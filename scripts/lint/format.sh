#!/bin/sh
# format.sh <top> - clang-format has nothing to change
set -eu
cd "$1"
find src tests -name '*.[ch]' | sort | xargs -r clang-format --dry-run -Werror
