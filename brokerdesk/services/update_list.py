"""Reads a signed list of releases, and refuses whatever is not exactly one.

The file is a JSON object: ``format``, the list as a text (``list``) and ``signatures`` over the
format's name and that text, so that a signature covers every byte that is read. Of the text nothing
is looked at before an accepted key has signed it. After that it still has to be this product's, in
force by this computer's clock and no older than the last one that was believed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Never

from brokerdesk.domain.release import Release, ReleaseList, version_numbers
from brokerdesk.errors import ReleaseListError
from brokerdesk.facts import dataclass
from brokerdesk.secrets.signatures import signed_by
from brokerdesk.services.update_source import UpdateSource

FORMAT = "brokerdesk-release-list-1"
PRODUCT = "BrokerDesk"
LARGEST = 256 * 1024
MOST_SIGNATURES, MOST_RELEASES, MOST_CHANGES = 8, 200, 60
LONGEST_CHANGE, LONGEST_PAGE = 400, 300
LONGEST_LIFE = timedelta(days=400)
AHEAD = timedelta(days=1)
"""So far a list may be issued in the future: clocks differ."""
_MOST_SERIAL = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The last list that was believed: none older is, nor another one of the same serial."""

    serial: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """A list, whose key signed it, and what to remember of it."""

    found: ReleaseList
    key: str
    seen: Seen


def signed_bytes(text: str) -> bytes:
    """What a signature is over: the format's name keeps it from meaning anything elsewhere."""
    return FORMAT.encode() + b"\n" + text.encode()


def read_list(body: bytes, source: UpdateSource, now: datetime, seen: Seen) -> Believed:
    """The list in ``body``.

    Raises:
        ReleaseListError: it is not believed; ``reason`` says which rule it breaks.
    """
    text, signatures = _envelope(body)
    key = signed_by(source.keys, signed_bytes(text), signatures)
    if not key:
        _refuse("signature", "It is not signed by anybody whom this program believes.")
    digest = hashlib.sha256(text.encode()).hexdigest()
    found = _list(text, source)
    if found.serial < seen.serial or (found.serial == seen.serial and digest != seen.digest):
        _refuse("rollback", "It is older than one that was read before.")
    if found.issued - now > AHEAD:
        _refuse("early", "It is dated in the future. Check this computer's date.")
    if found.expires <= now:
        _refuse("expired", "It has run out, and nobody has signed a later one.")
    return Believed(found=found, key=key, seen=Seen(serial=found.serial, digest=digest))


def _envelope(body: bytes) -> tuple[str, list[tuple[str, str]]]:
    if len(body) > LARGEST:
        _refuse("size", "It is far larger than any real one.")
    raw = _object(_parsed(body), {"format", "list", "signatures"})
    text, given = raw["list"], raw["signatures"]
    if raw["format"] != FORMAT or not isinstance(text, str) or not isinstance(given, list):
        _refuse("format")
    if len(given) > MOST_SIGNATURES:
        _refuse("format")
    signatures = []
    for each in given:
        one = _object(each, {"key", "signature"})
        signatures.append((_text(one["key"], 100), _text(one["signature"], 200)))
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        _refuse("format")
    return text, signatures


def _list(text: str, source: UpdateSource) -> ReleaseList:
    names = {"product", "serial", "issued", "expires", "releases"}
    raw = _object(_parsed(text.encode()), names)
    if raw["product"] != PRODUCT:
        _refuse("product", "It is a list of another program.")
    serial, rows = raw["serial"], raw["releases"]
    if type(serial) is not int or not 0 < serial < _MOST_SERIAL:
        _refuse("format")
    if not isinstance(rows, list) or len(rows) > MOST_RELEASES:
        _refuse("format")
    found = ReleaseList(
        serial=serial,
        issued=_moment(raw["issued"]),
        expires=_moment(raw["expires"]),
        releases=tuple(_release(one, source) for one in rows),
    )
    if not timedelta() < found.expires - found.issued <= LONGEST_LIFE:
        _refuse("format")
    if len({one.version for one in found.releases}) != len(found.releases):
        _refuse("format")
    return found


def _release(raw: object, source: UpdateSource) -> Release:
    one = _object(raw, {"version", "day", "page", "changes"})
    version, page = _text(one["version"], 20), _text(one["page"], LONGEST_PAGE)
    changes = one["changes"]
    if version_numbers(version) is None or not isinstance(changes, list):
        _refuse("format")
    if len(changes) > MOST_CHANGES:
        _refuse("format")
    if not source.is_page(page):
        _refuse("page", "It points to a page that is not one of this program.")
    try:
        day = date.fromisoformat(_text(one["day"], 10))
    except ValueError:
        _refuse("format")
    words = tuple(_text(each, LONGEST_CHANGE) for each in changes)
    return Release(version=version, day=day, page=page, changes=words)


def _parsed(body: bytes) -> object:
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        _refuse("format")


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """An object that names nothing twice: readers differ in which of two they take."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError("named twice")
        found[name] = value
    return found


def _no_constant(word: str) -> Never:
    raise ValueError(f"no JSON: {word}")


def _object(raw: object, names: set[str]) -> dict[str, Any]:
    if not isinstance(raw, dict) or raw.keys() != names:
        _refuse("format")
    return raw


def _text(value: object, most: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most:
        _refuse("format")
    return value


def _moment(value: object) -> datetime:
    try:
        found = datetime.fromisoformat(_text(value, 32))
    except ValueError:
        _refuse("format")
    if found.utcoffset() != timedelta():
        _refuse("format")
    return found


def _refuse(reason: str, message: str = "It is not in the form that was agreed.") -> Never:
    raise ReleaseListError(
        reason,
        "The list of releases is not believed.",
        f"{message} Nothing was taken from it.",
        "If it stays so, look at the program's own page.",
    )
