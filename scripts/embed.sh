#!/bin/sh
# embed.sh - turn text files (SQL, Lua, Python) into a C table
#
#   embed.sh <prefix> <out.c> <out.h> file...
#
# The header gets one enum constant per file, named after its basename, and the table
# itself (struct embed is in base/embed.h):
#
#   enum queue_lua_text { QUEUE_LUA_ADMIT, QUEUE_LUA_CLAIM, QUEUE_LUA_COUNT };
#   extern const struct embed queue_lua_texts[];   /* QUEUE_LUA_COUNT entries */
#
# The order of the table is the order of the arguments. A text always ends in a newline,
# whether its file does or not. An output that would not change is not touched, so what
# depends on it is not compiled again. Needs nothing but a POSIX shell and sed.
set -eu
LC_ALL=C
export LC_ALL

die() {
	echo "embed.sh: $*" >&2
	exit 1
}

[ $# -ge 4 ] || die "usage: embed.sh <prefix> <out.c> <out.h> file..."
prefix=$1
out_c=$2
out_h=$3
shift 3

upper() {
	printf '%s' "$1" | tr 'a-z.-' 'A-Z__'
}

case $prefix in
'' | [0-9]* | *[!a-z0-9_]*) die "prefix '$prefix' is not a lower-case C name" ;;
esac
PREFIX=$(upper "$prefix")

mkdir -p "$(dirname "$out_c")" "$(dirname "$out_h")"
tmp_c=$out_c.$$.tmp
tmp_h=$out_h.$$.tmp
trap 'rm -f "$tmp_c" "$tmp_h"' EXIT
trap 'exit 1' HUP INT TERM

# The constant of a file: PREFIX_ and its basename without the last extension.
constant() {
	base=${1##*/}
	base=${base%.*}
	case $base in
	'' | *[!A-Za-z0-9_.-]*) die "$1: a basename is made of letters, digits, _ . and -" ;;
	esac
	name=${PREFIX}_$(upper "$base")
	[ "$name" != "${PREFIX}_COUNT" ] || die "$1: ${PREFIX}_COUNT is the number of texts"
}

seen=' '
for file; do
	[ -r "$file" ] || die "cannot read $file"
	# C strings end at a zero byte, and so would what a reader of the table sees.
	[ "$(tr -d '\000' <"$file" | wc -c)" -eq "$(wc -c <"$file")" ] ||
		die "$file holds a zero byte: not a text"
	constant "$file"
	case $seen in
	*" $name "*) die "$file: $name is taken by another file" ;;
	esac
	seen="$seen$name "
done

{
	echo "/* Made by scripts/embed.sh; do not edit. */"
	echo "#ifndef ${PREFIX}_TEXTS_H"
	echo "#define ${PREFIX}_TEXTS_H"
	echo
	echo '#include "base/embed.h"'
	echo
	echo "enum ${prefix}_text {"
	for file; do
		constant "$file"
		printf '\t%s,\n' "$name"
	done
	printf '\t%s_COUNT,\n' "$PREFIX"
	echo "};"
	echo
	echo "/* One entry per constant above, in its order. */"
	echo "extern const struct embed ${prefix}_texts[];"
	echo
	echo "#endif"
} >"$tmp_h"

tab=$(printf '\t')
cr=$(printf '\r')
{
	echo "/* Made by scripts/embed.sh; do not edit. */"
	echo "#include \"${out_h##*/}\""
	i=0
	for file; do
		echo
		echo "static const char text_${i}[] = \"\""
		# One literal per line. A question mark is escaped against trigraphs.
		sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e "s/$tab/\\\\t/g" \
			-e "s/$cr/\\\\r/g" -e "s/^/$tab\"/" -e 's/$/\\n"/' "$file"
		# A last line without its newline leaves sed's output without one as well.
		[ -z "$(tail -c 1 "$file")" ] || echo
		printf '\t;\n'
		i=$((i + 1))
	done
	echo
	echo "const struct embed ${prefix}_texts[] = {"
	i=0
	for file; do
		constant "$file"
		printf '\t[%s] = { "%s", text_%d, sizeof(text_%d) - 1 },\n' "$name" "$base" $i $i
		i=$((i + 1))
	done
	echo "};"
} >"$tmp_c"

replace() {
	if [ -f "$2" ] && cmp -s "$1" "$2"; then
		rm -f "$1"
	else
		mv -f "$1" "$2"
	fi
}
replace "$tmp_h" "$out_h"
replace "$tmp_c" "$out_c"
