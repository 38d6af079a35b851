"""The bill of materials of a package, in CycloneDX 1.6: what is in it, exactly, and from where.

Read from what the spec has written down of the bundle (``parts.py``: packages of the lock and
libraries of the system), the metadata of what is installed, and the parts that no lock names:
Python, the loader, the typeface, what libraries carry inside. Equal input gives equal text.
"""

from __future__ import annotations

import json
import platform
import re
import uuid
from collections.abc import Collection, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scripts import notices
from scripts.pack.product import ROOT, product

_IDENTIFIER = re.compile(r"[A-Za-z0-9.+-]+")
_KNOWN = {
    "MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "Zlib", "PSF-2.0", "MPL-2.0",
    "LGPL-3.0-only", "GPL-2.0-only", "GPL-3.0-only", "CC0-1.0", "0BSD", "Unlicense", "Python-2.0",
    "MIT-0", "OFL-1.1", "Unicode-3.0", "GPL-3.0-only WITH GCC-exception-3.1", "LGPL-2.1-or-later",
    "GPL-2.0-or-later WITH Bootloader-exception",
}  # fmt: skip
_OTHERWISE = {"MIT License": "MIT", "Apache 2.0": "Apache-2.0"}
"""What metadata says, and how it is written in the list of SPDX."""
_LOCKED = re.compile(
    r"^([A-Za-z0-9._-]+)==([^ ;\\]+)[^\n]*\n((?:[ ]+--hash=sha256:[0-9a-f]{64}[ \\]*\n?)*)", re.M
)


def components(bundled: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Of the lock: those ``bundled``, else those that are installed here."""
    found = []
    for name, number, _ in _LOCKED.findall((ROOT / "requirements.lock").read_text("utf-8")):
        if bundled is not None and name not in bundled:
            continue
        try:
            metadata = distribution(name).metadata
        except PackageNotFoundError:
            continue
        if metadata["Version"] != number:
            continue  # the line of another Python
        found.append(
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name}@{number}",
                "name": name,
                "version": number,
                "purl": f"pkg:pypi/{name}@{number}",
                "licenses": _licence(notices.licence(name)),
            }
        )
    return sorted(found, key=lambda each: str(each["name"]))


def _licence(said: str) -> list[dict[str, Any]]:
    said = said.partition("; holds ")[0]  # what it holds is named on its own
    said = _OTHERWISE.get(said, said)
    if said in _KNOWN:
        return [{"expression": said} if " WITH " in said else {"license": {"id": said}}]
    words = re.split(r" (?:AND|OR) |[()]", said)
    if all(not word.strip() or word.strip() in _KNOWN for word in words):
        return [{"expression": said}]
    return [{"license": {"name": said}}]


def carried() -> list[dict[str, Any]]:
    """What packages bring along inside of them, as it says itself which version it is."""
    import ssl

    import numpy
    import sqlcipher3.dbapi2 as sqlite
    from cryptography.hazmat.backends.openssl import backend
    from PySide6.QtCore import qVersion

    connection = sqlite.connect(":memory:")
    try:
        cipher = str(connection.execute("PRAGMA cipher_version").fetchone()[0])
    finally:
        connection.close()
    blas = numpy.__config__.CONFIG["Build Dependencies"]["blas"]
    openssl = _IDENTIFIER.findall(ssl.OPENSSL_VERSION)[1]
    other = _IDENTIFIER.findall(backend.openssl_version_text())[1]
    return [
        _part("CPython", platform.python_version(), "Python-2.0", "pkg:generic/python"),
        _part("OpenSSL (Python)", openssl, "Apache-2.0", "pkg:generic/openssl"),
        _part("OpenSSL (cryptography)", other, "Apache-2.0", "pkg:generic/openssl"),
        _part("Qt", qVersion(), "LGPL-3.0-only", "pkg:generic/qt"),
        *_beside(),
        _part("OpenBLAS (numpy)", str(blas["version"]), "BSD-3-Clause", "pkg:generic/openblas"),
        _part("PyInstaller loader", version("pyinstaller"), _LOADER, "pkg:pypi/pyinstaller"),
        _part("SQLCipher", cipher.split()[0], "BSD-3-Clause", "pkg:generic/sqlcipher"),
        _part("SQLite", sqlite.sqlite_version, "Public domain", "pkg:generic/sqlite"),
    ]


_LOADER = "GPL-2.0-or-later WITH Bootloader-exception"
_GCC = "GPL-3.0-only WITH GCC-exception-3.1"
_BESIDE = (
    ("PySide6", r"libicudata\.so\.(\d+)$", "ICU (Qt)", "Unicode-3.0", "icu"),
    ("numpy.libs", r"libgfortran-\w+(?:-\w+)?\.so\.([\d.]+)$", "libgfortran (numpy)", _GCC, "gcc"),
    ("numpy.libs", r"libquadmath-\w+(?:-\w+)?\.so\.([\d.]+)$", "libquadmath (numpy)",
     "LGPL-2.1-or-later", "gcc"),
)  # fmt: skip
"""Libraries that lie beside those of a package: the folder, what their files are called."""


def _beside() -> list[dict[str, Any]]:
    import PySide6

    found = {}
    for folder, pattern, name, licence, purl in _BESIDE:
        for file in (Path(str(PySide6.__file__)).parents[1] / folder).rglob("lib*"):
            if told := re.search(pattern, file.name):
                found[name] = _part(name, told[1], licence, f"pkg:generic/{purl}")
    return list(found.values())


def typeface(fonts: Path = ROOT / "resources" / "fonts") -> list[dict[str, Any]]:
    """Inter, where its cuts are there: ``dev.py`` makes them, a bundle takes them along."""
    if not any(fonts.glob("*.ttf")):
        return []
    return [_part("Inter", version("fontpkg-inter"), "OFL-1.1", "pkg:pypi/fontpkg-inter")]


def system(libraries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Libraries of the system that builds, by the package that they are of."""
    found = []
    for each in libraries:
        name, number = each["package"] or "unknown", each["version"]
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "any")
        purl = f"pkg:deb/{_distribution()}/{name}@{quote(number, safe='')}?arch={machine}"
        part = _part(name, number, f"see licenses/system/{name}.txt", "")
        files = [{"name": "file", "value": file} for file in each["files"]]
        found.append({**part, "bom-ref": f"deb:{name}@{number}", "purl": purl, "properties": files})
    return found


def _distribution() -> str:
    try:
        return str(platform.freedesktop_os_release()["ID"])
    except OSError:
        return "linux"


def _part(name: str, number: str, licence: str, purl: str) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": f"part:{name}@{number}",
        "name": name,
        "version": number,
        "purl": f"{purl}@{number}",
        "licenses": _licence(licence),
    }


def document(record: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """``record`` is what the spec has written down of a bundle; without it the lock is believed."""
    told = product()
    bundle = record or {"packages": None, "system": []}
    parts = [*components(bundle["packages"]), *carried(), *typeface(), *system(bundle["system"])]
    own = f"pkg:generic/brokerdesk@{told.version}"
    name = json.dumps([own, told.moment, parts], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "version": 1,
        "metadata": {
            "timestamp": f"{told.date}T00:00:00Z",
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": told.name,
                "version": told.version,
                "purl": own,
                "licenses": _licence("MIT"),
            },
            "properties": [
                {"name": "platform", "value": f"{platform.system()} {platform.machine()}"}
            ],
        },
        "components": parts,
        "dependencies": [{"ref": own, "dependsOn": sorted(str(each["bom-ref"]) for each in parts)}],
    }


def write(target: Path, record: Mapping[str, Any]) -> Path:
    """The bill beside the packages; its path."""
    file = target / f"brokerdesk-{product().version}-{platform.system().lower()}.cdx.json"
    file.write_text(json.dumps(document(record), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return file
