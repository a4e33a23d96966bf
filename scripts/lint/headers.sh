#!/bin/sh
# headers.sh - each header compiles alone, twice, and its .c includes it first
#
#   headers.sh <top> <compiler and flags>...
#
# Twice, so that a header without a guard is found.
set -eu
top=$1
shift
cd "$top"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

cat >"$dir/one" <<'END'
#!/bin/sh
# one <header> <compiler and flags>...: silent unless the header is wrong
header=$1
shift
name=${header#src/}
printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
	"$@" -fsyntax-only -x c - || {
	echo "$header:1: does not compile alone"
	exit 1
}
END
chmod +x "$dir/one"

rc=0
find src -name '*.h' | sort | xargs -r -P2 -I '{}' "$dir/one" '{}' "$@" || rc=1

for header in $(find src -name '*.h' | sort); do
	source=${header%.h}.c
	[ -f "$source" ] || continue
	first=$(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]\([^">]*\)[">].*/\1/p' "$source" |
		head -n 1)
	if [ "src/$first" != "$header" ]; then
		echo "$source:1: the first include is not \"${header#src/}\" but \"$first\""
		rc=1
	fi
done
exit $rc
