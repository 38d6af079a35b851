"""What is remembered between two looks for new versions: one small file in the profile.

The list is kept as it came, with its signatures, and is checked anew whenever it is read: who can
write the file cannot make the program say what nobody signed. A file that cannot be read counts as
none, which costs one more look.
"""

from __future__ import annotations

import json
import logging
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any

from brokerdesk.facts import dataclass
from brokerdesk.paths import write_private
from brokerdesk.services.update_list import LARGEST, Seen

_log = logging.getLogger(__name__)
NAME = "updates.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """``tried`` is when a list was asked for last; ``skipped`` the version not to tell of."""

    tried: datetime | None = None
    answered: datetime | None = None
    seen: Seen = field(default_factory=Seen)
    skipped: str = ""
    body: bytes = b""


class UpdateStore:
    """The file in ``folder``. Both methods block."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def load(self) -> Kept:
        try:
            with self._path.open("rb") as stream:
                data = stream.read(4 * LARGEST + 1)
            return _kept(json.loads(data))
        except FileNotFoundError:
            return Kept()
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            _log.info("what was remembered of releases cannot be read; it begins anew")
            return Kept()

    def save(self, kept: Kept) -> None:
        """A disk that takes nothing costs the memory alone: the list is asked for again."""
        raw = {
            "tried": None if kept.tried is None else kept.tried.isoformat(),
            "answered": None if kept.answered is None else kept.answered.isoformat(),
            "serial": kept.seen.serial,
            "digest": kept.seen.digest,
            "skipped": kept.skipped,
            "list": kept.body.decode("utf-8"),
        }
        try:
            write_private(self._path, json.dumps(raw, indent=1).encode())
        except OSError as error:
            _log.info("what is known of releases could not be kept: %s", error.strerror)


def _kept(raw: Any) -> Kept:
    serial, digest, skipped = raw["serial"], raw["digest"], raw["skipped"]
    if type(serial) is not int or not isinstance(digest, str) or not isinstance(skipped, str):
        raise ValueError("not as it was written")
    return Kept(
        tried=_moment(raw["tried"]),
        answered=_moment(raw["answered"]),
        seen=Seen(serial=serial, digest=digest),
        skipped=skipped,
        body=raw["list"].encode(),
    )


def _moment(value: str | None) -> datetime | None:
    found = None if value is None else datetime.fromisoformat(value)
    if found is not None and found.utcoffset() is None:
        raise ValueError("a time without its zone")
    return found
