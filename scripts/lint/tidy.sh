#!/bin/sh
# tidy.sh - clang-tidy over src/, two files at a time (.clang-tidy says which checks)
#
#   tidy.sh <top> <folder for stamps> <compiler flag>...
#
# TIDY_NODES bounds the analyzer's work per function: a fraction of its default (225000),
# which takes several times as long and is what ./bootstrap check-long gives it.
#
# A file that was clean is looked at again only when it, a header of ours, .clang-tidy or
# the flags have changed: its stamp holds a checksum of them.
set -eu
top=$1
stamps=$2/tidy
shift 2
analyzer=$(cd "$(dirname "$0")" && pwd)/analyzer.h
cd "$top"
mkdir -p "$stamps"

set -- "$@" -Xclang -analyzer-config -Xclang max-nodes="${TIDY_NODES:-25000}"
common=$({
	printf '%s\n' "$@"
	clang-tidy --version
	cat .clang-tidy "$analyzer"
	find src -name '*.h' | sort | xargs -r cat
} | sha256sum)

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
cat >"$dir/one" <<'END'
#!/bin/sh
# one <common sum> <stamps> <analyzer.h> <file> <flag>...
common=$1
stamp=$2/$(printf '%s' "$4" | tr / +)
analyzer=$3
file=$4
shift 4
# Its macros would garble the definitions.
[ "$file" = src/base/err.c ] || set -- "$@" -include "$analyzer"
sum=$({ echo "$common"; cat "$file"; } | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ]; then exit 0; fi
out=$(clang-tidy --quiet "$file" -- "$@" 2>&1) || { printf '%s\n' "$out"; exit 1; }
printf '%s\n' "$sum" >"$stamp"
END
chmod +x "$dir/one"
# The longest files first, so that neither process waits for the other at the end.
find src -name '*.c' -size +0 -printf '%s %p\n' | sort -rn | cut -d' ' -f2- |
	xargs -r -P2 -I '{}' "$dir/one" "$common" "$stamps" "$analyzer" '{}' "$@"
