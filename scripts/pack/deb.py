"""The Debian package around the bundled program.

The program lies in ``/usr/lib/brokerdesk``, a link in ``/usr/bin`` puts it on the PATH, and the
desktop finds it by its desktop file, metainfo and icons. Nothing is run at installation or removal:
the system's own triggers take up icons and menus.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from scripts.pack.product import ROOT, product

PARTS = ROOT / "packaging" / "linux"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def glibc_floor(payload: Path) -> str:
    """The newest glibc that anything in ``payload`` asks for, such as "2.34"."""
    newest = (2, 28)
    for path in payload.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.read_bytes()[:4] == b"\x7fELF":
            for found in re.findall(rb"GLIBC_(\d+)\.(\d+)", path.read_bytes()):
                newest = max(newest, (int(found[0]), int(found[1])))
    return f"{newest[0]}.{newest[1]}"


def control(payload: Path, libraries: Iterable[str], machine: str, kilobytes: int) -> str:
    depends = [f"libc6 (>= {glibc_floor(payload)})", *libraries]
    told = product()
    return f"""\
Package: brokerdesk
Version: {told.version}
Section: misc
Priority: optional
Architecture: {MACHINES[machine]}
Maintainer: {told.contact}
Installed-Size: {kilobytes}
Depends: {", ".join(depends)}
Recommends: gnome-keyring | kwalletmanager, xdg-utils
Description: {told.summary.lower()}
 BrokerDesk signs in at each broker in your own browser, reads accounts,
 balances, positions, activity and orders, and shows them in one window.
 What it has read stays on this computer, and every figure says how old it
 is. Orders are written in a ticket, read in a review and sent once.
 .
 Practice data comes from a market simulator inside the program.
"""


def lay_out(tree: Path, payload: Path, icons: Path) -> None:
    """Everything that the package installs, under ``tree``."""
    share, documents = tree / "usr/share", tree / "usr/share/doc/brokerdesk"
    shutil.copytree(payload, tree / "usr/lib/brokerdesk", symlinks=True)
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/brokerdesk").symlink_to("../lib/brokerdesk/brokerdesk")
    shutil.copytree(icons / "hicolor", share / "icons/hicolor")
    (share / "applications").mkdir()
    shutil.copyfile(PARTS / "brokerdesk.desktop", share / "applications/brokerdesk.desktop")
    (share / "metainfo").mkdir()
    (share / f"metainfo/{product().identifier}.metainfo.xml").write_text(metainfo(), "utf-8")
    documents.mkdir(parents=True)
    (documents / "copyright").write_text(rights(), "utf-8")
    changes = (ROOT / "CHANGELOG.md").read_bytes()
    _packed(documents / "CHANGELOG.md.gz", changes)
    _packed(documents / "changelog.gz", changelog().encode())
    manual = share / "man/man1"
    manual.mkdir(parents=True)
    _packed(manual / "brokerdesk.1.gz", product().fill(_part("brokerdesk.1.in")).encode())
    overrides = share / "lintian/overrides"
    overrides.mkdir(parents=True)
    (overrides / "brokerdesk").write_text(_part("lintian-overrides"), "utf-8")


def _packed(target: Path, content: bytes) -> None:
    target.write_bytes(gzip.compress(content, 9, mtime=0))


def _part(name: str) -> str:
    return (PARTS / name).read_text("utf-8")


def changelog() -> str:
    """What tools of Debian read; what changed stands in the file that it names."""
    told = product()
    day = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(told.moment))
    return f"""\
brokerdesk ({told.version}) unstable; urgency=medium

  * What changed is in CHANGELOG.md.gz beside this file.

 -- {told.contact}  {day}
"""


def metainfo() -> str:
    return product().fill(_part("metainfo.xml.in"))


def rights() -> str:
    lines = (ROOT / "LICENSE").read_text("utf-8").strip().splitlines()
    licence = "\n".join(f" {line.strip()}" if line.strip() else " ." for line in lines)
    return product().fill(_part("copyright.in"), licence=licence)


def settle(tree: Path) -> int:
    """Rights as a package has them, one time for all that was made; the size in kilobytes."""
    size = 0
    programs = {tree / "usr/lib/brokerdesk/brokerdesk"}  # libraries and texts are none
    for path in sorted([tree, *tree.rglob("*")]):
        if not path.is_symlink():
            runs = path.is_dir() or path in programs
            path.chmod(0o755 if runs else 0o644)
            if path.is_file():
                size += path.stat().st_size
        moment = product().moment
        os.utime(path, (moment, moment), follow_symlinks=False)
    return size // 1024


def build(
    payload: Path,
    icons: Path,
    target: Path,
    libraries: Iterable[str],
    work: Path,
    level: int = 6,
) -> Path:
    """Make the package of ``payload``, a bundle, in ``target``; its path."""
    machine = os.uname().machine
    tree = work / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    lay_out(tree, payload, icons)
    kilobytes = settle(tree)
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    sums = [f"{_md5(path)}  {path.relative_to(tree)}\n" for path in files]
    administration = tree / "DEBIAN"
    administration.mkdir()
    (administration / "control").write_text(control(payload, libraries, machine, kilobytes))
    (administration / "md5sums").write_text("".join(sums))
    settle(administration)
    made = target / f"brokerdesk_{product().version}_{MACHINES[machine]}.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", f"-z{level}", "--threads-max=2", "--build"]
    # The format's own date, and no later time in the archive than that.
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(product().moment)}
    subprocess.run([*command, str(tree), str(made)], check=True, env=environment, stdout=2)
    shutil.rmtree(tree)
    return made


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
