#!/bin/sh
# format.sh <top> - clang-format has nothing to change; one line for each file where it has
set -eu
cd "$1"
found=$(find src tests -name '*.[ch]' | sort | xargs -r clang-format --dry-run 2>&1) || {
	echo "$found"
	exit 1
}
files=$(echo "$found" | sed -n 's/^\([^ :]*\):[0-9]*:[0-9]*: .*-Wclang-format.*/\1/p' | uniq)
for file in $files; do
	echo "$file:1: clang-format -i $file"
done
[ -z "$found" ] || exit 1
