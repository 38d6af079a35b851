"""The text of a release: what changed, what to download, what of it is unsigned or was never run.

python scripts/release_text.py --check v0.2.0        does the tag fit the project?
python scripts/release_text.py v0.2.0 DIRECTORY      the text, for the files in the directory
"""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.pack.product import unset  # noqa: E402

KINDS = (
    ("-setup-x64", "Windows 10 and later, x64"),
    ("-arm64", "macOS 13 and later, Apple silicon"),
    ("-x86_64.dmg", "macOS 13 and later, Intel"),
    ("-x86_64-", "macOS 13 and later, Intel"),
    (".deb", "Debian 12, Ubuntu 22.04 and later, x86-64"),
    (".tar.xz", "any Linux with glibc 2.35 or later, x86-64"),
)
UNSIGNED = (
    "**Files with `UNSIGNED` in their name carry no publisher's signature.** Windows and macOS "
    "warn of them, as they should: nothing vouches for such a file but its hash below. "
    "`docs/install.md` says what you will see, and how to compare the hash first."
)
NOT_NOTARISED = (
    "**Files with `NOT-NOTARISED` in their name are signed and were not looked at by Apple.** "
    "macOS warns of them; see `docs/install.md`."
)
SUMS = (
    "`SHA256SUMS` has the hashes of all files; `*.cdx.json` is each package's bill of materials "
    "(CycloneDX). `docs/install.md` tells how to install, to compare hashes and to remove "
    "everything."
)
LIST = (
    "\n`brokerdesk-releases.json` is the signed list that installed programs look at, where they "
    "were told to look for new versions."
)


def section(changelog: str, version: str) -> str:
    """What the changelog says of a version; "" when it has no dated section of it."""
    pattern = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}\s*\n(.*?)(?=^## |\Z)"
    found = re.search(pattern, changelog, flags=re.M | re.S)
    return found[1].strip() if found else ""


def problem(tag: str, version: str, changelog: str, told: Mapping[str, Any]) -> str:
    """Why a tag cannot be released, "" when it can; ``told`` is packaging/product.toml."""
    if tag != f"v{version}":
        return f"The tag {tag} is not the project's version {version}."
    if not section(changelog, version):
        return f"CHANGELOG.md has no dated section for {version}."
    if names := ", ".join(unset(told)):
        return f"Nobody has decided on {names} in packaging/product.toml; see docs/release.md."
    return ""


def kind(name: str) -> str:
    """For whom a file is; "" for what goes with the others."""
    if name.endswith(".json"):
        return ""
    return next((words for sign, words in KINDS if sign in name), "")


def text(tag: str, folder: Path, changelog: str) -> str:
    files = sorted(file for file in folder.iterdir() if file.name != "SHA256SUMS")
    lines = [section(changelog, tag.removeprefix("v")), "", "## Download", ""]
    lines += ["| for | file | SHA-256 |", "|---|---|---|"]
    for file in files:
        if words := kind(file.name):
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            lines.append(f"| {words} | `{file.name}` | `{digest}` |")
    names = " ".join(file.name for file in files)
    for sign, words in (("UNSIGNED", UNSIGNED), ("NOT-NOTARISED", NOT_NOTARISED)):
        if sign in names:
            lines += ["", words]
    lines += ["", SUMS]
    if "brokerdesk-releases.json" in names:
        lines.append(LIST)
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    checking = arguments[:1] == ["--check"]
    tag = arguments[1] if checking else arguments[0]
    told = tomllib.loads((ROOT / "packaging" / "product.toml").read_text("utf-8"))
    if wrong := problem(tag, project["version"], changelog, told):
        raise SystemExit(wrong)
    if not checking:
        sys.stdout.write(text(tag, Path(arguments[1]), changelog))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
