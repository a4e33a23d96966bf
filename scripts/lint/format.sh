#!/bin/sh
# format.sh <top> - clang-format has nothing to change; one line for each file where it has.
# Comments are kept by hand: comments.py looks at them. No file has what a merge left open:
# of scripts and texts no compiler would tell.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
marks=$(grep -rnE '^(<<<<<<<|>>>>>>>) ' --exclude-dir=.git --exclude-dir='build*' --exclude-dir=autom4te.cache . | cut -c1-90 || true)
[ -z "$marks" ] || echo "$marks"
found=$(find src tests -name '*.[ch]' | sort | xargs -r clang-format --dry-run 2>&1) || {
	echo "$found"
	exit 1
}
files=$(echo "$found" | sed -n 's/^\([^ :]*\):[0-9]*:[0-9]*: .*-Wclang-format.*/\1/p' | uniq)
for file in $files; do
	echo "$file:1: clang-format -i $file"
done
"$here/comments.py" . && [ -z "$found$marks" ]
