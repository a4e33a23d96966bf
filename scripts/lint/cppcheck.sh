#!/bin/sh
# cppcheck.sh - cppcheck over src/ (scripts/cppcheck-suppressions.txt has the exceptions)
#
#   cppcheck.sh <top> <build folder>
set -eu
top=$1
build=$2
cache=$build/lint/cppcheck
cd "$top"
mkdir -p "$cache"
sed -e 's/[[:space:]]*#.*//' -e '/^$/d' scripts/cppcheck-suppressions.txt >"$cache.suppressions"
exec cppcheck --quiet -j2 --cppcheck-build-dir="$cache" --error-exitcode=1 \
	--enable=warning,portability --std=c11 --platform=unix64 --library=posix,gnu \
	--suppressions-list="$cache.suppressions" --template='{file}:{line}: {message} [{id}]' \
	--max-configs=1 --include="$build/config.h" -DHAVE_CONFIG_H -DSYN_FAULTS=1 -I"$build/src" -Isrc src
