"""What a release is made of: names that admit what is unsigned, its text, the signed list."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import tarfile
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from support.source import ROOT

from brokerdesk.secrets.keychain import SERVICE
from brokerdesk.services.update_list import Seen, read_list
from brokerdesk.services.update_source import UpdateSource
from scripts.pack import build
from scripts.pack.product import DECISIONS, product, unset

CHANGELOG = """\
# Changelog

## [Unreleased]

- Not out yet.

## [0.2.0] - 2026-12-01

### Added

- The **first** thing, with `code` and
  a [link](https://elsewhere.example/page).
- The second thing.

## [0.2.0rc1] - 2026-11-25

- Tried out.

## [0.1.0] - 2026-11-01

- All of it.
"""
DECIDED = {
    "identifier": "net.desk-house.BrokerDesk",
    "publisher": "Desk House",
    "contact": "Desk House <desk@desk-house.net>",
}
PAGES = "https://releases.example/v{version}"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"script_{name}", ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- names ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("platform", "environment", "package", "named"),
    [
        ("windows-x64", {}, "B-1-setup-x64.exe", "B-1-setup-x64-UNSIGNED.exe"),
        ("windows-x64", {"WINDOWS_SIGNED": "false"}, "B-1.exe", "B-1-UNSIGNED.exe"),
        ("windows-x64", {"WINDOWS_SIGNED": "true"}, "B-1.exe", "B-1.exe"),
        ("macos-arm64", {}, "B-1-arm64.dmg", "B-1-arm64-UNSIGNED.dmg"),
        ("macos-arm64", {"MACOS_SIGN_IDENTITY": "D"}, "B-1.dmg", "B-1-NOT-NOTARISED.dmg"),
        (
            "macos-x86_64",
            {"MACOS_SIGN_IDENTITY": "D", "MACOS_NOTARY_KEY_FILE": "f"},
            "B-1.dmg",
            "B-1.dmg",
        ),
        ("linux-x86_64", {}, "b_1_amd64.deb", "b_1_amd64.deb"),
    ],
)
def test_names_admit_what_is_not_signed(
    tmp_path: Path, platform: str, environment: dict[str, str], package: str, named: str
) -> None:
    dist = tmp_path / "dist"
    (dist / "brokerdesk").mkdir(parents=True)
    (dist / "brokerdesk" / "brokerdesk").write_text("program")
    (dist / package).write_text("package")
    (dist / "BrokerDesk-1-setup-STAND-IN.exe").write_text("not the program")
    (dist / "brokerdesk-1-darwin.cdx.json").write_text("{}")
    (dist / "SHA256SUMS").write_text("of this platform alone")
    made = script("release_names").gather(dist, tmp_path / "up", platform, environment)
    names = {file.name for file in made}
    assert names == {file.name for file in (tmp_path / "up").iterdir()}
    assert {named, f"brokerdesk-1-{platform}.cdx.json"} <= names
    assert len(names) == (3 if platform.startswith("linux") else 2)


def test_the_tarball_is_the_program_and_nobodys(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    (dist / "brokerdesk" / "_internal").mkdir(parents=True)
    program = dist / "brokerdesk" / "brokerdesk"
    program.write_text("program")
    program.chmod(0o700)
    library = dist / "brokerdesk" / "_internal" / "library.so"
    library.write_text("library")
    library.chmod(0o777)
    (dist / "b_1_amd64.deb").write_text("package")
    (dist / "brokerdesk-1-linux.cdx.json").write_text("{}")
    script("release_names").gather(dist, tmp_path / "up", "linux-x86_64", {})
    with tarfile.open(tmp_path / "up" / "brokerdesk-1-linux-x86_64.tar.xz") as packed:
        members = {each.name: each for each in packed}
    assert {name: each.mode for name, each in members.items()} == {
        "brokerdesk": 0o755,
        "brokerdesk/brokerdesk": 0o755,
        "brokerdesk/_internal": 0o755,
        "brokerdesk/_internal/library.so": 0o644,
    }
    assert {each.uname for each in members.values()} == {"root"}
    assert {each.mtime for each in members.values()} == {product().moment}


def test_a_missing_or_second_package_stops_the_release(tmp_path: Path) -> None:
    names = script("release_names")
    with pytest.raises(SystemExit, match="found none"):
        names.gather(tmp_path, tmp_path / "up", "macos-arm64", {})
    for name in ("a.dmg", "b.dmg"):
        (tmp_path / name).write_text("")
    with pytest.raises(SystemExit, match=r"a\.dmg, b\.dmg"):
        names.gather(tmp_path, tmp_path / "up", "macos-arm64", {})


# -- words ----------------------------------------------------------------------------------------
def test_a_tag_has_to_fit() -> None:
    problem = script("release_text").problem
    assert problem("v0.2.0", "0.2.0", CHANGELOG, DECIDED) == ""
    assert "not the project's version" in problem("v0.2.1", "0.2.0", CHANGELOG, DECIDED)
    assert "no dated section" in problem("v0.3.0", "0.3.0", CHANGELOG, DECIDED)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identifier", "org.example.BrokerDesk"),
        ("identifier", "com.example.Desk"),
        ("identifier", ""),
        ("publisher", "Publisher not set"),
        ("publisher", " "),
        ("contact", "Publisher not set <nobody@publisher-not-set.invalid>"),
        ("contact", "Casey Example <casey@example.org>"),
    ],
)
def test_nothing_is_released_before_it_is_decided_whose_it_is(field: str, value: str) -> None:
    said = script("release_text").problem("v0.2.0", "0.2.0", CHANGELOG, DECIDED | {field: value})
    assert said.startswith(f"Nobody has decided on {field} in")


def test_a_system_that_tells_no_licences_builds_for_itself_alone() -> None:
    nobodys = {"package": "", "version": "", "files": ["libz.so.1"]}
    said = build.labels({"system": [nobodys]})
    assert said[0] == "NOT FOR RELEASE: this system does not tell the licences of its libraries."


def test_what_is_not_decided_here_is_found_so() -> None:
    """The placeholders of this tree, until somebody decides; then this says nothing any more."""
    told = tomllib.loads((ROOT / "packaging" / "product.toml").read_text("utf-8"))
    marked = "NOT SET YET" in (ROOT / "packaging" / "product.toml").read_text("utf-8")
    assert set(unset(told)) == (set(DECISIONS) if marked else set())


@pytest.mark.parametrize("given", ["MACOS_SIGN_IDENTITY", "WINDOWS_SIGN_PFX"])
def test_nothing_is_signed_in_the_name_of_nobody(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    unnamed = replace(product(), publisher="Publisher not set")
    monkeypatch.setattr(build, "product", lambda: unnamed)
    build.refuse_to_sign_unset({given: ""})
    with pytest.raises(SystemExit, match=rf"{given} is set.*publisher.*nothing was built"):
        build.refuse_to_sign_unset({given: "a certificate"})
    assert any(line.startswith("NOT FOR RELEASE") for line in build.labels({"system": []}))
    named = replace(
        product(),
        identifier=DECIDED["identifier"],
        publisher=DECIDED["publisher"],
        contact=DECIDED["contact"],
    )
    monkeypatch.setattr(build, "product", lambda: named)
    build.refuse_to_sign_unset({given: "a certificate"})
    assert not any(line.startswith("NOT FOR RELEASE") for line in build.labels({"system": []}))


def test_the_text_has_hashes_and_says_what_is_unsigned(tmp_path: Path) -> None:
    text = script("release_text").text
    for name in ("BrokerDesk-0.2.0-setup-x64-UNSIGNED.exe", "brokerdesk_0.2.0_amd64.deb"):
        (tmp_path / name).write_text(name)
    said = text("v0.2.0", tmp_path, CHANGELOG)
    assert "The second thing." in said
    assert "Not out yet." not in said
    assert "All of it." not in said
    assert hashlib.sha256(b"brokerdesk_0.2.0_amd64.deb").hexdigest() in said
    assert "carry no publisher's signature" in said
    assert "NOT-NOTARISED" not in said
    assert "signed list" not in said
    (tmp_path / "BrokerDesk-0.2.0-setup-x64-UNSIGNED.exe").unlink()
    assert "UNSIGNED" not in text("v0.2.0", tmp_path, CHANGELOG)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("BrokerDesk-0.2.0-setup-x64-UNSIGNED.exe", "Windows 10"),
        ("BrokerDesk-0.2.0-arm64.dmg", "Apple silicon"),
        ("BrokerDesk-0.2.0-arm64-UNSIGNED.dmg", "Apple silicon"),
        ("BrokerDesk-0.2.0-x86_64.dmg", "Intel"),
        ("BrokerDesk-0.2.0-x86_64-NOT-NOTARISED.dmg", "Intel"),
        ("brokerdesk_0.2.0_amd64.deb", "Debian"),
        ("brokerdesk-0.2.0-linux-x86_64.tar.xz", "any Linux"),
    ],
)
def test_every_file_says_for_whom_it_is(name: str, words: str) -> None:
    assert words in script("release_text").kind(name)


# -- the signed list ------------------------------------------------------------------------------
@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, at home in a project of its own."""
    module = script("sign_releases")
    project = tmp_path / "project"
    project.mkdir()
    (project / "CHANGELOG.md").write_text(CHANGELOG, "utf-8")
    (project / "source.json").write_bytes((ROOT / "resources/updates/source.json").read_bytes())
    monkeypatch.setattr(module, "ROOT", project)
    monkeypatch.setattr(module, "SOURCE", project / "source.json")
    monkeypatch.setattr(module, "CHANGELOG", project / "CHANGELOG.md")

    def own_source() -> UpdateSource:
        raw = json.loads(module.SOURCE.read_text("utf-8"))
        hosts = tuple(raw["page_hosts"])
        return UpdateSource(address=raw["address"], keys=raw["keys"], page_hosts=hosts)

    monkeypatch.setattr(module, "own_source", own_source)
    return module


def test_from_a_new_key_to_a_list_that_the_program_believes(
    place: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    private, out = tmp_path / "key", tmp_path / "list.json"
    place.main(["new-key", "2026-a", "--private", str(private)])
    address = "https://releases.example/list.json"
    place.main(["source", "--address", address, "--page-host", "releases.example"])
    assert private.stat().st_mode & 0o077 == 0
    assert private.read_text().split(":")[1].strip() not in place.SOURCE.read_text("utf-8")
    monkeypatch.setenv(place.KEYS, private.read_text())
    assert place.main(["sign", "--pages", PAGES, "--version", "0.2.0", "--out", str(out)]) == 0
    assert place.main(["verify", str(out)]) == 0
    assert "newest release 0.2.0" in capsys.readouterr().out
    believed = read_list(out.read_bytes(), place.own_source(), datetime.now(UTC), Seen())
    assert believed.key == "2026-a"
    assert [one.version for one in believed.found.releases] == ["0.2.0", "0.1.0"]
    first = believed.found.releases[0]
    assert first.changes == ("The first thing, with code and a link.", "The second thing.")
    assert first.page == "https://releases.example/v0.2.0"

    place.main(["drop-key", "2026-a"])
    with pytest.raises(SystemExit, match="signature"):
        place.main(["verify", str(out)])
    with pytest.raises(SystemExit, match="does not accept 2026-a"):
        place.main(["sign", "--pages", PAGES, "--out", str(out)])


def test_a_later_list_has_a_larger_serial(place: ModuleType) -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    key = place.Ed25519PrivateKey.generate()
    source = UpdateSource(
        address="https://releases.example", keys={"k": place.public(key)}, page_hosts=()
    )
    first = read_list(place.envelope([], {"k": key}, now, 10), source, now, Seen())
    later = now + timedelta(minutes=1)
    second = read_list(place.envelope([], {"k": key}, later, 10), source, later, first.seen)
    assert second.seen.serial > first.seen.serial


def test_private_keys_stay_out_of_the_project(place: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="does not belong"):
        place.main(["new-key", "2026-a", "--private", str(place.ROOT / "key")])
    (tmp_path / "key").write_text("another")
    with pytest.raises(FileExistsError):
        place.main(["new-key", "2026-a", "--private", str(tmp_path / "key")])
    assert json.loads(place.SOURCE.read_text("utf-8"))["keys"] == {}


@pytest.mark.parametrize("words", ["", "name", "name:!!", "name:eA=="])
def test_without_a_usable_key_nothing_is_signed(
    place: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv(place.KEYS, words)
    with pytest.raises(SystemExit):
        place.main(["sign", "--pages", PAGES, "--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_the_scripts_start_by_themselves(tmp_path: Path) -> None:
    for name in ("sign_releases", "release_names", "release_text"):
        script_file = ROOT / "scripts" / f"{name}.py"
        told = subprocess.run(
            [sys.executable, script_file, "--check", "v99.0.0"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode != 0
        if name == "release_text":
            assert "not the project's version" in told.stderr


def test_the_install_page_knows_the_files_and_their_marks() -> None:
    page = (ROOT / "docs" / "install.md").read_text("utf-8")
    text, names = script("release_text"), script("release_names")
    files = re.findall(r"`((?:BrokerDesk|brokerdesk)[-_]VERSION\S+)`", page)
    told = {text.kind(name) for name in files}
    assert told == {words for _, words in text.KINDS}
    assert names.UNSIGNED in page
    assert names.NOT_NOTARISED in page
    assert f"secret-tool clear service {SERVICE}" in page
