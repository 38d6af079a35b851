"""The bill of materials of a package, in CycloneDX 1.6: what is in it, exactly, and from where.

Read from the runtime lock and the metadata of what is installed, and from the program's own parts
that no lock names: Python, the SQLite and the OpenSSL that libraries carry. Equal input gives equal
text.
"""

from __future__ import annotations

import json
import platform
import re
import uuid
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from scripts import notices
from scripts.pack.product import ROOT, product

_IDENTIFIER = re.compile(r"[A-Za-z0-9.+-]+")
_KNOWN = {
    "MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "Zlib", "PSF-2.0", "MPL-2.0",
    "LGPL-3.0-only", "GPL-2.0-only", "GPL-3.0-only", "CC0-1.0", "0BSD", "Unlicense", "Python-2.0",
}  # fmt: skip
_LOCKED = re.compile(
    r"^([A-Za-z0-9._-]+)==([^ ;\\]+)[^\n]*\n((?:[ ]+--hash=sha256:[0-9a-f]{64}[ \\]*\n?)*)", re.M
)


def components() -> list[dict[str, Any]]:
    """Of the lock: those that are installed here, for the package holds no others."""
    found = []
    for name, version, _ in _LOCKED.findall((ROOT / "requirements.lock").read_text("utf-8")):
        try:
            metadata = distribution(name).metadata
        except PackageNotFoundError:
            continue
        if metadata["Version"] != version:
            continue  # the line of another Python
        found.append(
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name}@{version}",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name}@{version}",
                "licenses": _licence(notices.licence(name)),
            }
        )
    return sorted(found, key=lambda each: str(each["name"]))


def _licence(said: str) -> list[dict[str, Any]]:
    if said in _KNOWN:
        return [{"license": {"id": said}}]
    words = re.split(r" (?:AND|OR) |[()]", said)
    if all(not word.strip() or word.strip() in _KNOWN for word in words):
        return [{"expression": said}]
    return [{"license": {"name": said}}]


def carried() -> list[dict[str, Any]]:
    """What packages bring along inside of them, as it says itself which version it is."""
    import ssl

    import sqlcipher3.dbapi2 as sqlite
    from cryptography.hazmat.backends.openssl import backend
    from PySide6.QtCore import qVersion

    connection = sqlite.connect(":memory:")
    try:
        cipher = str(connection.execute("PRAGMA cipher_version").fetchone()[0])
    finally:
        connection.close()
    openssl = _IDENTIFIER.findall(ssl.OPENSSL_VERSION)[1]
    other = _IDENTIFIER.findall(backend.openssl_version_text())[1]
    return [
        _part("CPython", platform.python_version(), "Python-2.0", "pkg:generic/python"),
        _part("OpenSSL (Python)", openssl, "Apache-2.0", "pkg:generic/openssl"),
        _part("OpenSSL (cryptography)", other, "Apache-2.0", "pkg:generic/openssl"),
        _part("Qt", qVersion(), "LGPL-3.0-only", "pkg:generic/qt"),
        _part("SQLCipher", cipher.split()[0], "BSD-3-Clause", "pkg:generic/sqlcipher"),
        _part("SQLite", sqlite.sqlite_version, "Public domain", "pkg:generic/sqlite"),
    ]


def _part(name: str, version: str, licence: str, purl: str) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": f"part:{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"{purl}@{version}",
        "licenses": _licence(licence),
    }


def document() -> dict[str, Any]:
    told = product()
    parts = [*components(), *carried()]
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


def write(target: Path) -> Path:
    """The bill beside the packages; its path."""
    file = target / f"brokerdesk-{product().version}-{platform.system().lower()}.cdx.json"
    file.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return file
