#!/usr/bin/env bash
# Install, start and remove what `dev.py package` has built, as users would: the Debian package in a
# bare Debian 12, the Windows installer under Wine. Slow, and no part of the tests.
#
#   scripts/release_check.sh [--keep] [--only deb|wine] [--dist DIRECTORY] [DIRECTORY]
#
# DIRECTORY holds the bare system and Wine's own (default /var/tmp/brokerdesk-release). Needs root, and
# debootstrap, xvfb and wine64 installed. What was seen is also written to DIST/release-check.log.
set -euo pipefail

keep=no only=all
source_tree=$(cd "$(dirname "$0")/.." && pwd)
dist=$source_tree/dist
while [[ "${1:-}" == --* ]]; do
    case "$1" in
        --keep) keep=yes ;;
        --only) only=$2; shift ;;
        --dist) dist=$(realpath "$2"); shift ;;
        *) echo "unknown option: $1" >&2; exit 2 ;;
    esac
    shift
done
place=$(realpath -m "${1:-/var/tmp/brokerdesk-release}")
python=${PYTHON:-$source_tree/.venv/bin/python}
bare=$place/debian
own="/home"/person # in the chroot
failed=0 display_pid=
exec > >(tee "$dist/release-check.log") 2>&1

if [[ -e $place && ! -e $place/.brokerdesk-release ]]; then
    echo "$place exists and was not made by this script" >&2
    exit 2
fi
mkdir -p "$place"
touch "$place/.brokerdesk-release"

cleanup() {
    if [[ -n $display_pid ]]; then kill "$display_pid" 2>/dev/null || true; fi
    for inner in /proc /sys /dev/pts /dev/shm /dev; do
        if mountpoint -q "$bare$inner"; then umount -l "$bare$inner" || true; fi
    done
    # Wine goes on in the background and would write into the folder that is removed.
    if [[ -n ${WINEPREFIX:-} ]]; then "$(wine_server)" -k 2>/dev/null && settled || true; fi
    [[ $keep == yes ]] && return
    # Removing what is still mounted would remove this computer's own files.
    if grep -qF " $bare/" /proc/self/mounts; then
        echo "left in place, something is still mounted: $bare" >&2
    else
        rm -rf --one-file-system "$place"
    fi
}
trap cleanup EXIT

check() { # WHAT COMMAND...: ok when the command says so
    local what=$1
    shift
    if "$@"; then echo "ok      $what"; else echo "FAILED  $what"; failed=$((failed + 1)); fi
}
fails_with() { # CODE COMMAND...
    local wanted=$1 code=0
    shift
    "$@" || code=$?
    [[ $code == "$wanted" ]]
}
is_not() { ! "$@"; }
begin() { echo; echo "== $*"; }

# -- Debian ----------------------------------------------------------------------------------------
prepare_debian() {
    if [[ ! -e $bare/etc/debian_version ]]; then
        debootstrap --variant=minbase bookworm "$bare" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >/dev/null
    fi
    cp /etc/resolv.conf "$bare/etc/"
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$bare/etc/hosts"
    for inner in /proc /sys /dev /dev/pts /dev/shm; do
        mkdir -p "$bare$inner"
        mountpoint -q "$bare$inner" || mount --bind "$inner" "$bare$inner"
    done
    for file in /etc/apt/apt.conf.d/*proxy*; do
        if [[ -e $file ]]; then install -D -m 644 "$file" "$bare$file"; fi
    done
    carried=()
    while IFS= read -r line; do carried+=("$line"); done < <(
        env | grep -iE '^(https?|no|all)_proxy=' || true
    )
    # The screen, a person who is not root, and what apt itself recommends, so that apt would never
    # take it away again: all were there before the package.
    inside "apt-get update -q && apt-get install -y -q --no-install-recommends xvfb ca-certificates" \
        >/dev/null 2>&1
    inside "apt-get purge -y -q brokerdesk; apt-get autoremove --purge -y -q" >/dev/null 2>&1 || true
    rm -rf "$bare$own"
    inside "id -u person >/dev/null 2>&1 || useradd --no-create-home --shell /bin/bash person;
        install -d -o person -g person -m 700 $own"
}
inside() { # as root, with nothing of this shell but the network settings
    chroot "$bare" /usr/bin/env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        "${carried[@]}" bash -c "cd /; $1"
}
as_person() { # as somebody who has just logged in to a desktop
    chroot "$bare" /usr/bin/env -i HOME="$own" USER=person LANG=C.UTF-8 DISPLAY=:97 \
        PATH=/usr/local/bin:/usr/bin:/bin \
        setpriv --reuid person --regid person --init-groups bash -c "cd; $1"
}
listing() { # everything but the package manager's own notes
    (cd "$bare" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp \
        -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log \
        -o -path ./root -o -path ./run \) -prune -o -print | sort)
}
its_processes() { # of the program in the bare system, the oldest first
    for each in $(pgrep -x brokerdesk); do
        if [[ $(readlink "/proc/$each/root") == "$bare" ]]; then echo "$each"; fi
    done
    return 0
}
says() { # WORD: in the last answer
    grep -q -- "$1" "$place/answer"
}
check_debian() {
    local package
    package=$(ls "$dist"/brokerdesk_*.deb)
    begin "Debian: $(basename "$package") in a bare system"
    prepare_debian
    cat "$bare/etc/debian_version"
    listing >"$place/before"
    inside "dpkg-query -W | LC_ALL=C sort" >"$place/packages-before"
    rm -rf "$bare/tmp/"* && mkdir -m 1777 -p "$bare/tmp/.X11-unix"
    cp "$package" "$bare/tmp/"
    check "no Python of the system" is_not test -e "$bare/usr/bin/python3"
    check "installed by apt" inside \
        "apt-get install -y -q --no-install-recommends /tmp/$(basename "$package") >/tmp/apt.log 2>&1"
    inside "dpkg-query -W | LC_ALL=C sort" >"$place/packages-after"
    echo "packages that came, its own counted: $(LC_ALL=C comm -13 "$place/packages-before" \
        "$place/packages-after" | wc -l)"
    inside "dpkg-query -W -f '\${Package} \${Version}, \${Status}, \${Installed-Size} kB\n' brokerdesk"

    mkdir -p "$bare/tmp/screen" && chmod 777 "$bare/tmp/screen"
    chroot "$bare" /usr/bin/Xvfb :97 -screen 0 1440x900x24 -nolisten tcp -fbdir /tmp/screen \
        >/dev/null 2>&1 &
    display_pid=$!
    for _ in $(seq 50); do [[ -e $bare/tmp/.X11-unix/X97 ]] && break; sleep 0.1; done

    as_person "brokerdesk --version" >"$place/answer" 2>&1 || true
    check "on the PATH: $(cat "$place/answer")" says '^BrokerDesk '
    check "self-test" as_person "brokerdesk self-test"
    as_person "brokerdesk --data-dir ~/own --quit-after-paint --json" >"$place/answer" || true
    check "the window paints: $(cut -d, -f1-4 "$place/answer")" says '"ms"'
    check "command line without a display" as_person "unset DISPLAY; brokerdesk accounts --json >/dev/null"

    as_person "exec brokerdesk --practice" & # the window stays
    local processes window=$!
    sleep 25
    "$python" "$source_tree/scripts/xwd_to_png.py" "$bare/tmp/screen/Xvfb_screen0" \
        "$dist/release-check-debian.png"
    check "the window stays: $dist/release-check-debian.png" kill -0 "$window"
    check "a second start raises the first and ends" as_person "timeout 20 brokerdesk --practice"
    mapfile -t processes < <(its_processes)
    for each in "${processes[@]}"; do
        echo "runs: $(tr '\0' ' ' <"/proc/$each/cmdline")"
    done
    if [[ ${#processes[@]} != 0 ]]; then kill -TERM "${processes[0]}"; fi
    check "it ends when the session ends" wait "$window"

    check "removed by apt" inside "apt-get purge -y -q brokerdesk >>/tmp/apt.log 2>&1 &&
        apt-get autoremove --purge -y -q >>/tmp/apt.log 2>&1"
    kill "$display_pid" && wait "$display_pid" 2>/dev/null || true
    display_pid=
    listing >"$place/after"
    echo "what stays behind:"
    diff "$place/before" "$place/after" | sed -n 's/^> ./    /p' | grep -vE "^    $own/.*/.*/.*/.*/" || true
    check "nothing outside of the person's home stays" is_not grep -q '^> \./\(usr\|etc\|opt\|var\)' \
        <(diff "$place/before" "$place/after")
}

# -- Windows, as far as Wine goes ------------------------------------------------------------------
wine() { "${WINE:-/usr/lib/wine/wine64}" "$@" | tr -d '\r'; return "${PIPESTATUS[0]}"; }
wine_server() {
    local found=/usr/lib/wine/wineserver64
    if [[ -x $found ]]; then echo "$found"; else echo "${WINESERVER:-wineserver}"; fi
}
settled() { "$(wine_server)" -w; } # an uninstaller goes on as a copy of itself
uninstall() { wine "$programs/uninstall.exe" /S "$@" && settled; }
registered() { wine reg query 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\BrokerDesk' "$@"; }
is_registered() { registered >/dev/null 2>&1; }
path_of_user() { wine reg query 'HKCU\Environment' /v Path | sed -n 's/.*REG_[A-Z_]* *//p'; }
on_path() { path_of_user | grep -qi 'Programs.BrokerDesk$'; }
check_wine() {
    local setup old local_data start long
    setup=$(ls "$dist"/BrokerDesk-*-setup-*.exe)
    begin "Windows: $(basename "$setup") under $(/usr/lib/wine/wine64 --version)"
    export WINEPREFIX=$place/wine WINEARCH=win64 WINEDLLOVERRIDES="mscoree=;mshtml=" WINEDEBUG=-all
    rm -rf "$WINEPREFIX"
    Xvfb :98 -screen 0 1280x800x24 -nolisten tcp >/dev/null 2>&1 &
    display_pid=$!
    export DISPLAY=:98
    wine wineboot -i >/dev/null 2>&1
    settled
    old=$(cd "$source_tree" && "$python" -m scripts.pack.nsis "$place/old" 0.0.1)
    local_data=$WINEPREFIX/drive_c/users/$(whoami)/AppData/Local
    start="$WINEPREFIX/drive_c/users/$(whoami)/AppData/Roaming/Microsoft/Windows/Start Menu/Programs"
    programs=$local_data/Programs/BrokerDesk
    long=$("$python" -c 'print(";".join(f"C:\\folder {n}\\of a program" for n in range(90)))')
    wine reg add 'HKCU\Environment' /v Path /t REG_EXPAND_SZ /d "$long" /f >/dev/null
    echo "PATH of the user: ${#long} characters"

    wine winecfg -v win7 && settled
    check "refused on Windows 7" fails_with 2 wine "$setup" /S
    wine winecfg -v win10 && settled
    wine cmd /c ver | grep .
    check "an older version installed without a question (/S)" wine "$old" /S
    registered /v DisplayVersion | grep REG_
    check "its Start menu entry" test -e "$start/BrokerDesk.lnk"
    check "on the PATH" on_path
    mkdir -p "$local_data/BrokerDesk" "$local_data/BrokerDesk Practice"
    echo kept >"$local_data/BrokerDesk/portfolio.db"
    echo kept >"$local_data/BrokerDesk Practice/portfolio.db"
    echo kept >"$programs/file of the user.txt"

    wine "$programs/brokerdesk-gui.exe" /HOLD &
    local running=$!
    sleep 3
    check "an upgrade is refused while the program runs (3)" fails_with 3 wine "$setup" /S
    check "so is removing it (3)" fails_with 3 wine "$programs/uninstall.exe" /S \
        "_?=C:\\users\\$(whoami)\\AppData\\Local\\Programs\\BrokerDesk"
    check "and nothing was changed" test -e "$programs/_internal/a folder/another/file.txt"
    wait "$running" || true

    check "the upgrade, once it has ended" wine "$setup" /S
    registered | grep -E 'Display|Install|Uninstall|Publisher|Size'
    check "one entry on the PATH" test "$(path_of_user | grep -oi 'Programs.BrokerDesk' | wc -l)" = 1
    (cd "$programs" && find . -type f | sort | sed 's/^/    /')

    check "uninstalled without a question (/S)" uninstall
    check "not registered any more" is_not is_registered
    check "no Start menu entry" is_not test -e "$start/BrokerDesk.lnk"
    check "the PATH is what it was" test "$(path_of_user)" = "$long"
    check "data is still there" test -e "$local_data/BrokerDesk/portfolio.db" -a \
        -e "$local_data/BrokerDesk Practice/portfolio.db"
    check "and so is what was not the installer's" test -e "$programs/file of the user.txt"
    rm "$programs/file of the user.txt"

    # From a file of commands: /D takes its folder without quotation marks, whatever is in it.
    printf 'start /wait Z:%s /S /D=C:\\My Programs\\Broker Desk\r\n' "${setup//\//\\}" >"$place/own.cmd"
    check "installed into a folder of one's own (/D)" wine cmd /c "Z:$place/own.cmd"
    programs="$WINEPREFIX/drive_c/My Programs/Broker Desk"
    check "which holds it" test -e "$programs/brokerdesk.exe"
    check "uninstalled with its data (/DELETEDATA)" uninstall /DELETEDATA
    check "data is gone" is_not test -e "$local_data/BrokerDesk" -o -e "$local_data/BrokerDesk Practice"
    check "and so is the folder" is_not test -e "$programs"
    check "the PATH is what it was" test "$(path_of_user)" = "$long"
    "$(wine_server)" -k && settled || true
    kill "$display_pid" && wait "$display_pid" 2>/dev/null || true
    display_pid=
}

date -u +%FT%TZ
(cd "$dist" && sha256sum --check SHA256SUMS)
if [[ $only != wine ]]; then check_debian; fi
if [[ $only != deb ]]; then check_wine; fi
begin "$([[ $failed == 0 ]] && echo "all as it should be" || echo "$failed FAILED")"
[[ $failed == 0 ]]
