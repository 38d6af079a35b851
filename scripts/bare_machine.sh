#!/usr/bin/env bash
# Run both commands from a clean clone in a bare Debian 12, as the release check that the promise
# "a machine with only Python" holds. Needs root and debootstrap on a Debian-like system.
#
#   scripts/bare_machine.sh [--keep] [--setup-only] [--bind DIR]... [DIRECTORY]
#
# What is committed is what is tested. The network settings of this computer (apt, pip, uv, proxies,
# certificates) are carried over; --bind makes a directory of it visible inside, read-only.
set -euo pipefail

keep=no only=no binds=()
while [[ "${1:-}" == --* ]]; do
    case "$1" in
        --keep) keep=yes ;;
        --setup-only) only=yes ;;
        --bind) binds+=("$2"); shift ;;
        *) echo "unknown option: $1" >&2; exit 2 ;;
    esac
    shift
done
source_tree=$(cd "$(dirname "$0")/.." && pwd)
bare=$(realpath -m "${1:-/var/tmp/brokerdesk-bare}")
mirror=${DEBIAN_MIRROR:-} # empty: the one that debootstrap chooses

cleanup() {
    for place in "${binds[@]}" /proc /sys /dev/shm /dev/pts /dev; do
        if mountpoint -q "$bare$place"; then umount -l "$bare$place" || true; fi
    done
    [[ $keep == yes ]] && return
    # Removing what is still mounted would remove this computer's own files.
    if grep -qF " $bare/" /proc/self/mounts; then
        echo "left in place, something is still mounted: $bare" >&2
    elif [[ -e $bare/.brokerdesk-bare ]]; then
        rm -rf --one-file-system "$bare"
    fi
}
trap cleanup EXIT

timed() { # NAME COMMAND...: how long it took, and whether it worked
    local name=$1 started=$SECONDS code=0
    shift
    "$@" || code=$?
    echo "== $name: $((SECONDS - started)) s, exit $code"
    return $code
}

if [[ -e $bare && ! -e $bare/.brokerdesk-bare ]]; then
    echo "$bare exists and was not made by this script" >&2
    exit 2
fi
if [[ ! -e $bare/etc/debian_version ]]; then
    mkdir -p "$bare"
    touch "$bare/.brokerdesk-bare"
    debootstrap --variant=minbase bookworm "$bare" ${mirror:+"$mirror"} >/dev/null
fi
cp /etc/resolv.conf "$bare/etc/"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$bare/etc/hosts" # an installer writes it
for place in /proc /sys /dev /dev/pts /dev/shm "${binds[@]}"; do
    mkdir -p "$bare$place"
    mountpoint -q "$bare$place" || mount --bind "$place" "$bare$place"
done
for place in "${binds[@]}"; do mount -o remount,bind,ro "$bare$place"; done
for file in /etc/pip.conf /etc/uv/uv.toml /etc/apt/apt.conf.d/*proxy*; do
    if [[ -e $file ]]; then install -D -m 644 "$file" "$bare$file"; fi
done
if [[ -d /usr/local/share/ca-certificates ]]; then
    mkdir -p "$bare/usr/local/share/ca-certificates"
    cp -r /usr/local/share/ca-certificates/. "$bare/usr/local/share/ca-certificates/"
fi

carried=()
while IFS= read -r line; do carried+=("$line"); done < <(
    env | grep -iE '^(PIP|UV)_|^(https?|no|all)_proxy=|^SSL_CERT_' || true
)
inside() { # a login as on a fresh machine: nothing of this shell but the network settings
    chroot "$bare" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${CI:+CI=$CI} "${carried[@]}" bash -c "cd /src 2>/dev/null || cd /; $1"
}

inside "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends python3 python3-venv python3-pip ca-certificates" >/dev/null
rm -rf "$bare/src"
git clone -q --no-local "$source_tree" "$bare/src"

timed "first run" inside "python3 dev.py run -- --version"
timed "second run" inside "python3 dev.py run -- --version"
timed "self-test" inside "QT_QPA_PLATFORM=offscreen python3 dev.py run -- self-test --json"
if [[ $only == no ]]; then
    timed "tests" inside "python3 dev.py test"
fi
