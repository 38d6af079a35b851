"""What is put around the program: desktop files, the Debian package, the installer, sums and bills.

They are made around small payloads here; the program itself is started by ``test_frozen``, and the
packages are installed by ``scripts/release_check.sh``.
"""

from __future__ import annotations

import json
import os
import plistlib
import re
import shutil
import struct
import subprocess
import sys
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from support.source import ROOT

from scripts.pack import build, deb, nsis, sbom
from scripts.pack.product import Product, product

linux = pytest.mark.skipif(sys.platform != "linux", reason="made on Linux")


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"not installed: {program}")


def ask(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def icons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("icons")
    command = [sys.executable, "-m", "scripts.pack.icon", str(target)]
    subprocess.run(command, cwd=ROOT, check=True)
    return target


@pytest.fixture
def payload(tmp_path: Path) -> Path:
    """A bundle in small: a program, a library in a folder, a link."""
    place = tmp_path / "brokerdesk"
    (place / "_internal" / "inner").mkdir(parents=True)
    program = place / "brokerdesk"
    program.write_text("#!/bin/sh\necho it runs\n")
    program.chmod(0o700)
    library = place / "_internal" / "inner" / "library.so"
    library.write_bytes(b"\x7fELF GLIBC_2.4 GLIBC_2.31 GLIBC_2.17 ")
    library.chmod(0o700)  # as wheels have them
    (place / "_internal" / "library.so.1").symlink_to("inner/library.so")
    return place


# -- the desktop -----------------------------------------------------------------------------------
@linux
@needs("desktop-file-validate")
def test_the_desktop_file_is_valid() -> None:
    file = ROOT / "packaging" / "linux" / "brokerdesk.desktop"
    assert ask("desktop-file-validate", file) == ""
    # The name by which the running window says that it belongs to this file.
    assert 'setDesktopFileName("brokerdesk")' in (ROOT / "brokerdesk" / "app.py").read_text("utf-8")


@linux
@needs("appstreamcli")
def test_the_metainfo_is_valid(tmp_path: Path) -> None:
    file = tmp_path / f"{product().identifier}.metainfo.xml"
    file.write_text(deb.metainfo(), "utf-8")
    assert "@" not in deb.metainfo()
    said = ask("appstreamcli", "validate", "--no-net", "--no-color", file)
    assert not re.search(r"^[EW]:", said, flags=re.M), said


def test_the_icon_has_every_size_of_its_forms(icons: Path, tmp_path: Path) -> None:
    data = (icons / "brokerdesk.ico").read_bytes()
    count = struct.unpack("<HHH", data[:6])[2]
    entries = [struct.unpack("<BBBBHHII", data[6 + 16 * n : 22 + 16 * n]) for n in range(count)]
    assert {16, 32, 48, 0} <= {entry[0] for entry in entries}  # 0 is 256
    assert entries[-1][7] + entries[-1][6] == len(data)
    apple = (icons / "brokerdesk.icns").read_bytes()
    assert apple[:8] == b"icns" + struct.pack(">I", len(apple))
    for side in (16, 48, 256, 512):
        png = (icons / "hicolor" / f"{side}x{side}" / "apps" / "brokerdesk.png").read_bytes()
        assert struct.unpack(">II", png[16:24]) == (side, side)
    again = tmp_path / "again"
    command = [sys.executable, "-m", "scripts.pack.icon", str(again)]
    subprocess.run(command, cwd=ROOT, check=True)
    assert (again / "brokerdesk.ico").read_bytes() == data


# -- Debian ----------------------------------------------------------------------------------------
def make_deb(payload: Path, icons: Path, place: Path) -> Path:
    place.mkdir()
    return deb.build(payload, icons, place, ["libgl1", "libxcb-cursor0"], place)


@linux
@needs("dpkg-deb")
def test_the_package_holds_what_a_desktop_needs(payload: Path, icons: Path, tmp_path: Path) -> None:
    made = make_deb(payload, icons, tmp_path / "made")
    lines = ask("dpkg-deb", "--contents", made).splitlines()
    told = {line.split(None, 5)[5]: line.split(None, 5) for line in lines}
    assert {fields[1] for fields in told.values()} == {"root/root"}
    assert told["./usr/lib/brokerdesk/brokerdesk"][0] == "-rwxr-xr-x"
    assert told["./usr/lib/brokerdesk/_internal/inner/library.so"][0] == "-rw-r--r--"
    assert "./usr/bin/brokerdesk -> ../lib/brokerdesk/brokerdesk" in told
    assert "./usr/lib/brokerdesk/_internal/library.so.1 -> inner/library.so" in told
    for name in (
        "applications/brokerdesk.desktop",
        f"metainfo/{product().identifier}.metainfo.xml",
        "icons/hicolor/scalable/apps/brokerdesk.svg",
        "icons/hicolor/48x48/apps/brokerdesk.png",
        "doc/brokerdesk/copyright",
        "doc/brokerdesk/changelog.gz",
        "doc/brokerdesk/CHANGELOG.md.gz",
        "man/man1/brokerdesk.1.gz",
        "lintian/overrides/brokerdesk",
    ):
        assert told[f"./usr/share/{name}"][0] == "-rw-r--r--"
    tops = {Path(name.split(" -> ")[0]).parts[:2] for name in told}
    assert tops <= {(), ("usr",), *((("usr", each)) for each in ("bin", "lib", "share"))}


@linux
@needs("dpkg-deb")
def test_the_package_names_what_it_needs_and_runs_nothing(
    payload: Path, icons: Path, tmp_path: Path
) -> None:
    made = make_deb(payload, icons, tmp_path / "made")
    place = tmp_path / "control"
    ask("dpkg-deb", "--control", made, place)
    assert {each.name for each in place.iterdir()} == {"control", "md5sums"}
    fields = dict(re.findall(r"^([A-Z][\w-]+): (.*)$", (place / "control").read_text(), re.M))
    assert fields["Package"] == "brokerdesk"
    assert fields["Version"] == product().version
    assert fields["Depends"] == "libc6 (>= 2.31), libgl1, libxcb-cursor0"
    assert int(fields["Installed-Size"]) > 0
    ask("dpkg-deb", "--extract", made, place / "tree")
    checked = subprocess.run(["md5sum", "--quiet", "--check", "../md5sums"], cwd=place / "tree")
    assert checked.returncode == 0
    rights = (place / "tree/usr/share/doc/brokerdesk/copyright").read_text("utf-8")
    assert "Permission is hereby granted" in rights
    assert "LGPL" in rights


@linux
@needs("dpkg-deb")
def test_two_packages_of_one_program_are_the_same(
    payload: Path, icons: Path, tmp_path: Path
) -> None:
    first = make_deb(payload, icons, tmp_path / "first")
    (payload / "brokerdesk").touch()
    second = make_deb(payload, icons, tmp_path / "second in another place")
    assert first.read_bytes() == second.read_bytes()


@linux
@needs("dpkg-deb")
def test_nothing_runs_but_the_program_and_nobody_else_may_write(
    payload: Path, icons: Path, tmp_path: Path
) -> None:
    stray = payload / "_internal" / "LICENSE"
    stray.write_text("words")
    stray.chmod(0o777)
    lines = ask("dpkg-deb", "--contents", make_deb(payload, icons, tmp_path / "made")).splitlines()
    files = [line.split(None, 5) for line in lines if line.startswith("-")]
    assert {fields[5] for fields in files if fields[0] != "-rw-r--r--"} == {
        "./usr/lib/brokerdesk/brokerdesk"
    }
    assert {line.split()[0] for line in lines if line.startswith("d")} == {"drwxr-xr-x"}


def test_the_changelog_is_one_that_debian_reads() -> None:
    first, _, words, _, last = deb.changelog().splitlines()
    assert first == f"brokerdesk ({product().version}) unstable; urgency=medium"
    assert words.startswith("  * ")
    name, _, day = last.removeprefix(" -- ").partition("  ")
    assert name == product().contact
    assert parsedate_to_datetime(day).timestamp() == product().moment


@linux
@needs("man")
def test_the_manual_page_is_one(tmp_path: Path) -> None:
    page = tmp_path / "brokerdesk.1"
    text = (ROOT / "packaging/linux/brokerdesk.1.in").read_text("utf-8")
    page.write_text(product().fill(text), "utf-8")
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", page],
        env={"PATH": os.environ["PATH"], "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    from brokerdesk.cli import parser

    commands = set(re.findall(r"\b(?:self-test|refresh|" + "|".join(parser.DATA_COMMANDS) + r")\b",
                              text.replace("\\-", "-")))  # fmt: skip
    assert {"self-test", "refresh", *parser.DATA_COMMANDS} - commands == set()


def test_the_libraries_are_those_that_the_sources_need() -> None:
    code = (ROOT / "dev.py").read_text("utf-8")
    assert '"--libraries", ",".join(RUNTIME_PACKAGES)' in code


# -- Windows ---------------------------------------------------------------------------------------
@needs("makensis")
def test_the_installer_compiles(icons: Path, tmp_path: Path) -> None:
    work = tmp_path / "a place with spaces"
    work.mkdir()
    icon = icons / "brokerdesk.ico"
    made = nsis.build(nsis.stand_in(work, icon), icon, work, work, version="9.8.7")
    assert made.name == "BrokerDesk-9.8.7-setup-STAND-IN.exe"
    data = made.read_bytes()
    header = struct.unpack("<I", data[0x3C:0x40])[0]
    assert data[:2] == b"MZ"
    assert struct.unpack("<H", data[header + 4 : header + 6])[0] == 0x8664  # 64 bits
    assert "9.8.7".encode("utf-16-le") in data  # the version resource
    assert b'requestedExecutionLevel level="asInvoker"' in data  # no administrator
    again = nsis.build(work / "windows-stand-in", icon, work, work, version="9.8.7")
    assert again.read_bytes() == data


def test_exactly_what_is_added_is_removed(tmp_path: Path) -> None:
    (tmp_path / "b" / "c d").mkdir(parents=True)
    (tmp_path / "brokerdesk.exe").write_text("")
    (tmp_path / "b" / "c d" / "$file").write_text("")
    text = nsis.file_list(tmp_path)
    removed = re.findall(r'^  (Delete|RMDir) "\$INSTDIR(.*)"$', text, flags=re.M)
    assert removed == [
        ("Delete", "\\b\\c d\\$$file"),
        ("Delete", "\\brokerdesk.exe"),
        ("RMDir", "\\b\\c d"),
        ("RMDir", "\\b"),
    ]
    assert text.count("\n  File ") == 2
    assert "/r" not in text  # never a folder with all that somebody may have put there


def test_a_name_that_windows_would_not_take_is_refused(tmp_path: Path) -> None:
    (tmp_path / ("a" * 100)).mkdir()
    (tmp_path / ("a" * 100) / ("b" * 100)).write_text("")
    with pytest.raises(SystemExit, match="Windows would not take"):
        nsis.file_list(tmp_path)


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("0.1.0", "0.1.0.0"), ("1.2rc1", "1.2.0.0"), ("3.4.5.6", "3.4.5.6"), ("2.0.dev7", "2.0.0.0")],
)
def test_a_version_as_windows_has_it(version: str, numbers: str) -> None:
    fields = {
        name: "" for name in Product.__dataclass_fields__ if name not in {"version", "moment"}
    }
    assert Product(**fields, version=version, moment=0).four_numbers == numbers


def test_the_version_resource_is_one_expression() -> None:
    text = (ROOT / "packaging" / "windows" / "version.txt.in").read_text("utf-8")
    filled = product().fill(text, numbers=product().four_numbers.replace(".", ", "))
    made: dict[str, Any] = {}

    def record(name: str) -> Any:
        return lambda *values, **named: made.setdefault(name, []).append((values, named))

    names = set(re.findall(r"\b([A-Z]\w+)\(", filled))
    eval(filled, {name: record(name) for name in names})  # noqa: S307 - as PyInstaller does
    assert made["FixedFileInfo"][0][1]["filevers"] == tuple(
        int(each) for each in product().four_numbers.split(".")
    )
    assert (("ProductVersion", product().version), {}) in made["StringStruct"]


# -- macOS -----------------------------------------------------------------------------------------
def test_the_entitlements_ask_for_no_more_than_the_program_needs() -> None:
    rights = plistlib.loads((ROOT / "packaging/macos/entitlements.plist").read_bytes())
    assert rights == {
        "com.apple.security.cs.allow-unsigned-executable-memory": True,
        "com.apple.security.cs.disable-library-validation": True,
    }


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize("script", ["packaging/macos/dmg.sh", "scripts/release_check.sh"])
def test_a_script_is_one_that_a_shell_reads(script: str) -> None:
    ask("bash", "-n", ROOT / script)


# -- what proves them ------------------------------------------------------------------------------
def test_the_bill_of_materials_names_everything_once() -> None:
    from brokerdesk.db.version import sqlite_version

    told = sbom.document()
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    versions = {part["name"]: part["version"] for part in told["components"]}
    assert len(versions) == len(told["components"])
    assert versions["SQLite"] == sqlite_version()
    assert {"httpx", "pyside6-essentials", "sqlcipher3", "CPython", "Qt"} <= set(versions)
    assert not {"pytest", "mypy", "pyinstaller", "hypothesis"} & set(versions)
    assert all(part["licenses"] for part in told["components"])
    references = {part["bom-ref"] for part in told["components"]}
    assert set(told["dependencies"][0]["dependsOn"]) == references
    assert json.dumps(sbom.document()) == json.dumps(told)


def test_the_sums_are_as_the_usual_tool_reads_them(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "two.bin").write_bytes(b"2")
    build.sums([tmp_path / "two.bin", tmp_path / "one"], tmp_path)
    text = (tmp_path / "SHA256SUMS").read_text()
    assert text.splitlines()[0] == (
        "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b  one"
    )
    if shutil.which("sha256sum"):
        checked = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path)
        assert checked.returncode == 0
