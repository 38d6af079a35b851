"""Write THIRD-PARTY-NOTICES.md anew from the runtime lock. Run it after scripts/lock.py.

What a package says about its own licence is taken from its metadata; the few that say nothing, or
are not installed on this system, are named here. ``--check`` only tells whether the file is true.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "THIRD-PARTY-NOTICES.md"
SAID_ELSEWHERE = {
    # Their metadata says less than their licence files.
    "aeventkit": "BSD-2-Clause",
    "ib-async": "BSD-2-Clause",
    "nest-asyncio": "BSD-2-Clause",
    "colorama": "BSD-3-Clause",
    "sqlcipher3": "Zlib; holds SQLCipher (BSD-3-Clause), SQLite (public domain) and OpenSSL "
    "(Apache-2.0)",
    "pywin32-ctypes": "BSD-3-Clause",
    "numpy": "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0; holds OpenBLAS (BSD-3-Clause) "
    "and libgfortran (GPL-3.0 with GCC exception)",
    "cryptography": "Apache-2.0 OR BSD-3-Clause; holds OpenSSL (Apache-2.0)",
}
HEAD = """\
# Third-party notices

BrokerDesk itself is under the MIT licence (`LICENSE`). It stands on the work of others; the table
lists every package that an installation may contain, with the licence under which it is used. A
bundled program carries the full licence texts in its `licenses` directory.

**Qt and PySide6** are used under the GNU Lesser General Public License, version 3
(`licenses/LGPL-3.0.txt`, `licenses/GPL-3.0.txt`). They are unmodified and stay separate shared
libraries, in a source installation and in a bundled program alike: you may replace them with your
own build of the same version. In a bundled program they lie in `_internal/PySide6` (on Linux under
`/usr/lib/brokerdesk`, on Windows in the folder of the program, on macOS in
`BrokerDesk.app/Contents/Frameworks/PySide6`): put your files in the place of those of the same
names. The program does not check them. On macOS the seal of the app then has to be made anew
(`codesign --force --deep --sign - BrokerDesk.app`); its entitlements allow for that. Their sources
are published by the Qt Project (https://download.qt.io/official_releases/); the modules used are
QtCore, QtGui, QtWidgets, QtNetwork, QtDBus and QtSvg, and what Qt's own plugins need (on Linux
QtOpenGL, QtXcbQpa, QtWaylandClient).

**SQLCipher** is Copyright ZETETIC LLC (`licenses/SQLCipher.txt`). **SQLite** is in the public
domain. A bundled program also holds **Python** (PSF License Version 2, `licenses/Python.txt`) and
the loader of PyInstaller (GPL-2.0, with the exception that lets any program be bundled by it).

**Qt carries works of others** inside its libraries (ICU, HarfBuzz, zlib, PCRE2 and more), which the
Qt Project lists with their licences at https://doc.qt.io/qt-6/licenses-used-in-qt.html.

**System libraries** that Qt and Python are linked to come along in a bundled program for Linux, as
the distribution made them on which it was built, unmodified. The licence of each stands in
`licenses/system`, by package; some (GLib, libsystemd, libgcrypt) are under the LGPL, version 2.1 or
later. Each is a file of its own in `_internal` that you may replace. Their names and versions are
in the bill of materials; their sources are those of the distribution's packages of that version.

**Inter** is Copyright The Inter Project Authors, under the SIL Open Font License, version 1.1
(`licenses/Inter-OFL.txt`). The program carries four static cuts of it, made by `scripts/fonts.py`,
under the family name BrokerDesk Sans.

The client libraries that tests drive against the simulator (`peers` in `pyproject.toml`) are not
part of the program.

| Package | Version | Licence |
|---|---|---|
"""


def licence(name: str) -> str:
    """The licence of an installed package in one line."""
    if name in SAID_ELSEWHERE:
        return SAID_ELSEWHERE[name]
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        raise SystemExit(f"{name} is not here: name its licence in scripts/notices.py") from None
    fields = metadata.json
    said = str(fields.get("license_expression") or fields.get("license") or "")
    if said and len(said) < 80:
        return said
    classifiers = [
        each.rpartition("::")[2].strip()
        for each in metadata.get_all("Classifier", [])
        if each.startswith("License ::")
    ]
    if not classifiers:
        raise SystemExit(f"{name} states no licence: name it in scripts/notices.py")
    return ", ".join(classifiers)


def notices() -> str:
    """The whole file as it should be."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", lock, flags=re.M):
        versions.setdefault(name, []).append(version)
    rows = [f"| {name} | {', '.join(versions[name])} | {licence(name)} |" for name in versions]
    return HEAD + "\n".join(rows) + "\n"


def main(arguments: list[str]) -> int:
    text = notices()
    if "--check" in arguments:
        return 0 if TARGET.read_text("utf-8") == text else 1
    TARGET.write_text(text, "utf-8")
    print(f"{TARGET.name}: {text.count(chr(10) + '| ') - 1} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
