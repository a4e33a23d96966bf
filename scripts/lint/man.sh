#!/bin/sh
# man.sh <top> - mandoc has nothing to say about the manual pages
set -eu
cd "$1"
pages=$(find man -name '*.[1-8]' | sort)
[ -n "$pages" ] || {
	echo "man: there is no manual page"
	exit 1
}
# shellcheck disable=SC2086 # a list of names
mandoc -Tlint -Wwarning $pages
