"""What a bundle carries of others is told apart, kept only where it is needed, and named."""

from __future__ import annotations

import json
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

from scripts.pack import parts, sbom

LIB = "/usr/lib/x86_64-linux-gnu"


def system(name: str) -> parts.Entry:
    return (name, f"{LIB}/{name}", "BINARY")


OWN: list[parts.Entry] = [
    ("PySide6/QtCore.abi3.so", "/opt/made/PySide6/QtCore.abi3.so", "EXTENSION"),
    ("libpython3.12.so.1.0", "/usr/lib/libpython3.12.so.1.0", "BINARY"),
    ("libQt6Core.so.6", "PySide6/Qt/lib/libQt6Core.so.6", "SYMLINK"),
]


def test_only_what_is_asked_for_stays_through_any_number_of_steps() -> None:
    asks = {
        OWN[0][1]: ["libglib-2.0.so.0", "libc.so.6"],
        OWN[1][1]: ["libz.so.1"],
        f"{LIB}/libglib-2.0.so.0": ["libpcre2-8.so.0"],
        f"{LIB}/libpcre2-8.so.0": ["libglib-2.0.so.0"],
        f"{LIB}/libz.so.1": [],
        f"{LIB}/libgio-2.0.so.0": ["libmount.so.1"],
        f"{LIB}/libmount.so.1": [],
    }
    names = ("libglib-2.0.so.0", "libpcre2-8.so.0", "libz.so.1", "libgio-2.0.so.0", "libmount.so.1")
    kept = parts.needed([*OWN, *map(system, names)], asks)
    assert kept == [*OWN, *map(system, names[:3])]


@pytest.mark.parametrize("name", ["libreadline.so.8", "libgdbm.so.6", "libdb-5.3.so"])
def test_a_library_whose_licence_is_not_for_the_program_stops_the_build(name: str) -> None:
    asks = {OWN[0][1]: [name], OWN[1][1]: [], f"{LIB}/{name}": []}
    with pytest.raises(SystemExit, match="may not carry"):
        parts.needed([*OWN, system(name)], asks)
    asks[OWN[0][1]] = []
    assert parts.needed([*OWN, system(name)], asks) == OWN


def test_a_package_is_bundled_when_a_file_of_it_is() -> None:
    names = ["httpx/_api.pyc", "anyio", "typing_extensions", "certifi/cacert.pem"]
    assert parts.bundled_packages(names) == ["anyio", "certifi", "httpx", "typing-extensions"]
    assert (
        parts.bundled_packages(["licenses/numpy/LICENSE.txt", "keyring-1.dist-info/METADATA"]) == []
    )
    assert parts.bundled_packages(["httpx\\_api.pyc"]) == ["httpx"], "as Windows writes it"


def test_pythons_own_licence_is_found() -> None:
    name, file = parts.python_rights()
    assert name == "licenses/Python.txt"
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in Path(file).read_text("utf-8")


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="not installed: dpkg-query")
def test_a_library_of_the_system_is_told_with_its_package_and_its_rights(tmp_path: Path) -> None:
    file = next(Path("/usr/lib").glob("*/libz.so.1"), None)
    if file is None:
        pytest.skip("not installed: libz.so.1")
    told = parts.record(tmp_path / "new" / "parts.json", [], [("libz.so.1", str(file), "BINARY")])
    assert json.loads((tmp_path / "new" / "parts.json").read_text("utf-8")) == told
    (library,) = told["system"]
    assert library["package"].startswith("zlib1g")
    assert library["version"][0].isdigit()
    assert library["files"] == ["libz.so.1"]
    pairs = dict(parts.system_rights(told["system"]))
    assert Path(pairs["licenses/system/zlib1g.txt"]).read_bytes()
    part = next(each for each in sbom.document(told)["components"] if each["name"] == "zlib1g")
    assert part["purl"].startswith("pkg:deb/")
    assert part["properties"] == [{"name": "file", "value": "libz.so.1"}]


def test_a_library_of_nobody_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    nobodys = {"package": "", "version": "", "files": ["libstray.so.1"]}
    with pytest.raises(SystemExit, match=r"whose libstray\.so\.1 are"):
        parts.system_rights([nobodys])


@pytest.mark.skipif(sys.platform != "linux", reason="read with objdump")
def test_what_a_library_asks_for_is_read_off_it() -> None:
    if shutil.which("objdump") is None:
        pytest.skip("not installed: objdump")
    import _ctypes

    if not getattr(_ctypes, "__file__", ""):
        pytest.skip("built into the interpreter")
    assert "libc.so.6" in parts.linked(Path(_ctypes.__file__))


@pytest.mark.skipif(sys.platform != "linux", reason="libraries of Linux")
def test_a_library_no_longer_looks_where_python_lay(tmp_path: Path) -> None:
    folder = Path(sysconfig.get_path("stdlib")) / "lib-dynload"
    own = f"{sys.base_prefix}/lib"
    found = [each for each in sorted(folder.glob("*.so")) if parts.runpath(each) == [own]]
    if not found:
        pytest.skip("this Python's libraries look nowhere else")
    copy = tmp_path / found[0].name
    shutil.copy(found[0], copy)
    assert parts.forget_places(tmp_path) == [copy]
    assert parts.runpath(copy) == ["$ORIGIN"]
    assert copy.stat().st_size == found[0].stat().st_size
    assert own.encode() not in copy.read_bytes()
    assert parts.linked(copy) == parts.linked(found[0])
    assert parts.forget_places(tmp_path) == []
