"""Write and sign the list of releases that the program looks at, and look after its keys.

    python scripts/sign_releases.py new-key 2026-a --private FILE   a key; FILE stays out of here
    python scripts/sign_releases.py source --address URL --page-host HOST
    python scripts/sign_releases.py drop-key 2026-a
    python scripts/sign_releases.py sign --pages "https://HOST/v{version}" --out FILE
    python scripts/sign_releases.py verify FILE

``sign`` takes its private keys from RELEASE_SIGNING_KEYS (``name:base64``, one or more, apart by
blanks) and what changed from CHANGELOG.md. It refuses to sign by a key that the program does not
accept. ``docs/updates.md`` tells how keys are changed.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from brokerdesk.domain.release import version_numbers
from brokerdesk.errors import ReleaseListError
from brokerdesk.services import update_list
from brokerdesk.services.update_list import Seen, read_list, signed_bytes
from brokerdesk.services.update_source import UpdateSource, own_source

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "resources" / "updates" / "source.json"
CHANGELOG = ROOT / "CHANGELOG.md"
KEYS = "RELEASE_SIGNING_KEYS"
DAYS = 180
_HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\] - (?P<day>\d{4}-\d{2}-\d{2})\s*$")


def releases(changelog: str, pages: str) -> list[dict[str, Any]]:
    """The released versions of a changelog, newest first, with their entries in plain text."""
    found: list[dict[str, Any]] = []
    inside = False
    for line in changelog.splitlines():
        heading = _HEADING.match(line)
        if line.startswith("## "):
            inside = heading is not None and version_numbers(heading["version"]) is not None
            if inside and heading is not None:
                version = heading["version"]
                date.fromisoformat(heading["day"])
                page = pages.format(version=version)
                found.append(
                    {"version": version, "day": heading["day"], "page": page, "changes": []}
                )
        elif inside and line.startswith("- "):
            found[-1]["changes"].append(line[2:].strip())
        elif inside and line.startswith("  ") and found[-1]["changes"]:
            found[-1]["changes"][-1] += " " + line.strip()
    for one in found:
        plain = [re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", each) for each in one["changes"]]
        one["changes"] = [_cut(each) for each in plain[: update_list.MOST_CHANGES]]
    return found[: update_list.MOST_RELEASES]


def _cut(text: str) -> str:
    most = update_list.LONGEST_CHANGE
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def envelope(
    rows: list[dict[str, Any]], keys: dict[str, Ed25519PrivateKey], now: datetime, days: int
) -> bytes:
    """The signed file. The serial is the time in seconds, so that each list is after the last."""
    text = json.dumps(
        {
            "product": update_list.PRODUCT,
            "serial": int(now.timestamp()),
            "issued": now.isoformat(timespec="seconds"),
            "expires": (now + timedelta(days=days)).isoformat(timespec="seconds"),
            "releases": rows,
        },
        ensure_ascii=False,
        indent=1,
    )
    signatures = [
        {"key": name, "signature": base64.b64encode(key.sign(signed_bytes(text))).decode()}
        for name, key in keys.items()
    ]
    whole = {"format": update_list.FORMAT, "list": text, "signatures": signatures}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


def private_keys(words: str) -> dict[str, Ed25519PrivateKey]:
    """The keys in ``name:base64`` words."""
    found = {}
    for word in words.split():
        name, _, secret = word.partition(":")
        try:
            raw = base64.b64decode(secret, validate=True)
            found[name] = Ed25519PrivateKey.from_private_bytes(raw)
        except ValueError:
            raise SystemExit(f"A key in {KEYS} cannot be read.") from None
    return found


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sign(options: argparse.Namespace) -> int:
    keys, source = private_keys(os.environ.get(KEYS, "")), own_source()
    if not keys:
        raise SystemExit(f"{KEYS} holds no key: nothing was signed.")
    strangers = [name for name, key in keys.items() if source.keys.get(name) != public(key)]
    if strangers:
        raise SystemExit(f"The program does not accept {', '.join(strangers)}: nothing was signed.")
    now = datetime.now(UTC).replace(microsecond=0)
    rows = releases(CHANGELOG.read_text("utf-8"), options.pages)
    if options.version and options.version not in {one["version"] for one in rows}:
        raise SystemExit(f"CHANGELOG.md has no dated section for {options.version}.")
    body = envelope(rows, keys, now, options.days)
    _read(body, source)  # what the program would refuse is not published
    options.out.write_bytes(body)
    print(f"{options.out}: {len(rows)} releases, signed by {', '.join(keys)}")
    return 0


def verify(options: argparse.Namespace) -> int:
    body = options.file.read_bytes()
    return _read(body, own_source())


def _read(body: bytes, source: UpdateSource) -> int:
    try:
        believed = read_list(body, source, datetime.now(UTC), Seen())
    except ReleaseListError as error:
        raise SystemExit(f"{error.sentences()} ({error.reason})") from None
    found = believed.found
    newest = found.releases[0].version if found.releases else "none"
    print(
        f"Good: signed by {believed.key}, serial {found.serial}, until {found.expires:%Y-%m-%d}, "
        f"newest release {newest}."
    )
    return 0


def new_key(options: argparse.Namespace) -> int:
    place = options.private.resolve()
    if place.is_relative_to(ROOT):
        raise SystemExit("A private key does not belong into the repository: name another place.")
    raw = _source()
    if options.name in raw["keys"] or not re.fullmatch(r"[a-z0-9-]{1,40}", options.name):
        raise SystemExit("Take a name of small letters, digits and dashes that is not in use.")
    key = Ed25519PrivateKey.generate()
    secret = base64.b64encode(key.private_bytes_raw()).decode()
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(f"{options.name}:{secret}\n")
    raw["keys"][options.name] = public(key)
    _write(raw)
    print(f"{place} is the content of the secret {KEYS}. Keep a copy of it offline.")
    return 0


def drop_key(options: argparse.Namespace) -> int:
    raw = _source()
    if raw["keys"].pop(options.name, None) is None:
        raise SystemExit(f"There is no key named {options.name}.")
    _write(raw)
    return 0


def source(options: argparse.Namespace) -> int:
    if not options.address.startswith("https://"):
        raise SystemExit("The address of the list is an https address that answers itself.")
    _write(_source() | {"address": options.address, "page_hosts": options.page_host})
    return 0


def _source() -> dict[str, Any]:
    return dict(json.loads(SOURCE.read_text("utf-8")))


def _write(raw: dict[str, Any]) -> None:
    SOURCE.write_text(json.dumps(raw, indent=2, sort_keys=True) + "\n", "utf-8")
    print(f"{SOURCE.relative_to(ROOT)} was changed.")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="The signed list of releases.")
    commands = parser.add_subparsers(required=True)
    made = commands.add_parser("new-key")
    made.add_argument("name")
    made.add_argument("--private", type=Path, required=True)
    made.set_defaults(do=new_key)
    dropped = commands.add_parser("drop-key")
    dropped.add_argument("name")
    dropped.set_defaults(do=drop_key)
    where = commands.add_parser("source")
    where.add_argument("--address", required=True)
    where.add_argument("--page-host", action="append", required=True)
    where.set_defaults(do=source)
    signing = commands.add_parser("sign")
    signing.add_argument("--pages", required=True, help="address of a page, with {version} in it")
    signing.add_argument("--version", default="", help="has to be in the list")
    signing.add_argument("--days", type=int, default=DAYS)
    signing.add_argument("--out", type=Path, required=True)
    signing.set_defaults(do=sign)
    checking = commands.add_parser("verify")
    checking.add_argument("file", type=Path)
    checking.set_defaults(do=verify)
    options = parser.parse_args(arguments)
    return int(options.do(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
