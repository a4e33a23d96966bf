#!/bin/bash
# fresh.sh - the README's two commands in a bare Debian 12 root (./bootstrap fresh)
#
# debootstrap makes the smallest Debian 12 there is from this machine's own archive; the
# committed tree (git archive HEAD) goes to /root/synapsed in it, and both commands run
# there as root, with neither git nor a user nor anything else of this machine but its
# network. The root is entered by namespaces and pivot_root (fresh-enter.sh): in a plain
# chroot the kernel refuses user namespaces, and the sandbox would have to fail.
#
# The log is build/fresh.log. The bare root is kept as a tarball for a week, in
# ${XDG_CACHE_HOME:-~/.cache}/synapsed. Mounts live in a namespace that ends with this
# script, and the folder is removed whatever happens.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=bookworm
log=$PWD/build/fresh.log
cache=${XDG_CACHE_HOME:-$HOME/.cache}/synapsed
arch=$(dpkg --print-architecture)
base=$cache/$suite-minbase-$arch.tar.gz

die() {
	printf '%s\n' "fresh: $*" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || die "only root can make and enter a root file system"
unshare --mount --pid --fork --ipc --uts --propagation private true 2>/dev/null ||
	die "the kernel refuses new mount, pid, ipc and uts namespaces: CAP_SYS_ADMIN is missing"
for tool in debootstrap git; do
	command -v "$tool" >/dev/null || die "$tool is missing: ./bootstrap build installs it"
done
git rev-parse -q --verify HEAD >/dev/null || die "there is no commit to take the tree from"

# The commands are what README.md shows first, word for word.
mapfile -t commands < <(sed -n 's/^    \(\.\/bootstrap .*\)$/\1/p' README.md | head -n 2)
[ ${#commands[@]} = 2 ] || die "README.md does not begin with two ./bootstrap commands"

# This machine's lines for Debian's main archive of the suite: uri, suite, keyring.
archive() {
	# shellcheck disable=SC2016 # apt-get expands these
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(SIGNED_BY)' \
		'Created-By: Packages' | sort -u |
		awk -v suite="$suite" '$3 == "main" && ($2 == suite || $2 == suite "-updates" ||
			$2 == suite "-security") { print $1, $2, $4 }'
}
mirror=$(archive | awk -v suite="$suite" '$2 == suite { print $1; exit }')
[ -n "$mirror" ] || die "apt on this machine knows no archive of $suite main"

umask 022
mkdir -p "$cache" build
: >"$log"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/synapsed-fresh.XXXXXX")
root=$work/root
inside=
# unshare shrugs SIGTERM off while it waits; killed, it takes the root's first process with
# it, and that one all others.
cleanup() {
	[ -z "$inside" ] || kill -KILL "$inside" 2>/dev/null || true
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
# mktemp's folder is root's alone, and other users of the root must get through to it.
chmod 755 "$work"
mkdir "$root"

step() {
	printf '== fresh: %s\n' "$*" | tee -a "$log"
}

proxy=$(apt-config dump Acquire::http::Proxy --format '%v' 2>/dev/null || true)
find "$base" -mtime +7 -delete 2>/dev/null || true
if [ ! -f "$base" ]; then
	step "debootstrap --variant=minbase $suite"
	include=()
	case $mirror in https:*) include=(--include=ca-certificates) ;; esac
	http_proxy=${http_proxy:-$proxy} unshare --mount --propagation private \
		debootstrap --variant=minbase "${include[@]}" "$suite" "$root" "$mirror" >>"$log" 2>&1 ||
		die "debootstrap failed, see build/fresh.log"
	rm -f "$root"/var/cache/apt/archives/*.deb
	tar -C "$root" --one-file-system -cf - . | gzip -1 >"$base.$$"
	mv "$base.$$" "$base"
else
	step "the base of $(date -r "$base" -u +%F) from the cache"
	tar -C "$root" -xpf "$base"
fi

# Apt inside sees the same archive by the same way as apt outside, and nothing else of it.
: >"$root/etc/apt/sources.list"
while read -r uri release keyring; do
	signed=
	if [ -f "$keyring" ]; then
		install -D -m 644 "$keyring" "$root$keyring"
		signed="[signed-by=$keyring] "
	fi
	echo "deb $signed$uri $release main" >>"$root/etc/apt/sources.list"
done < <(archive)
apt-config dump | grep -E '^Acquire::(http|https|Check-|Retries|Languages|ForceIPv)' \
	>"$root/etc/apt/apt.conf.d/00outside" || true
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
echo fresh >"$root/etc/hostname"
printf '127.0.0.1 localhost fresh\n::1 localhost\n' >"$root/etc/hosts"

mkdir -p "$root/root/synapsed"
git archive HEAD | tar -C "$root/root/synapsed" -xf -
[ -z "$(git status --porcelain)" ] || step "changes that are not committed are left out"
step "$(git rev-parse --short HEAD) in a root of $(du -sm "$root" | cut -f1) MiB"

rc=0
for command in "${commands[@]}"; do
	step "$command"
	start=$SECONDS
	# The root's processes end with the namespace's first one.
	# In the background: a trap waits for what runs in front, which may be an hour.
	unshare --mount --pid --fork --kill-child --ipc --uts --propagation private \
		scripts/fresh-enter.sh "$root" "$command" </dev/null > >(tee -a "$log") 2>&1 &
	inside=$!
	wait "$inside" || rc=$?
	inside=
	step "$command: ended $rc after $((SECONDS - start)) s"
	[ $rc = 0 ] || break
done
exit $rc
