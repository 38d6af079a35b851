"""The profile's log for those who look into it: the newest part first, older parts when asked for.

Files may be large and are written meanwhile, so they are read in pieces by their place. Lines were
redacted when they were written; nothing here adds to them. It must not know a window.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from brokerdesk.errors import StorageError

NAME = "brokerdesk"
PIECE = 512 * 1024
"""Bytes that are read at a time: a few thousand lines."""
LONGEST = 20_000
"""Characters of one entry that are kept; a traceback is far shorter."""
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) (DEBUG|INFO|WARNING|ERROR|CRITICAL) (\d+) (.{0,80}?) "
    r"([\w.-]+): (.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``text`` may have further lines (a traceback). Without a time: a loose line."""

    at: str
    level: str
    where: str
    text: str

    @property
    def line(self) -> str:
        """The entry as it is copied."""
        return " ".join(part for part in (self.at, self.level, self.where) if part) + (
            f": {self.text}" if self.at else self.text
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Between two lines of one file. ``inode`` tells a file from its successor."""

    number: int = 0
    offset: int = 0
    inode: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Entries in the order in which they were written. ``before`` None: there is nothing older."""

    entries: tuple[Entry, ...]
    before: Place | None
    after: Place


def log_file(folder: Path, number: int = 0) -> Path:
    """The log that is being written, or one of its predecessors."""
    return folder / (f"{NAME}.log" if not number else f"{NAME}.log.{number}")


def newest(folder: Path, size: int = PIECE) -> Piece:
    """The end of the log. A log that is not there is empty.

    Raises:
        StorageError: it cannot be read.
    """
    return _read_before(folder, _end(folder, 0), size)


def older(folder: Path, before: Place, size: int = PIECE) -> Piece:
    """What was written before that place, also in the files before.

    Raises:
        StorageError: it cannot be read.
    """
    number = before.number
    if before.inode and _end(folder, number).inode != before.inode:  # it was rotated meanwhile
        number += 1
    return _read_before(folder, replace(before, number=number), size)


def since(folder: Path, after: Place) -> Piece | None:
    """What was written after that place; None when it lies in a file that was since rotated away:
    the newest piece is then to be read anew.

    Raises:
        StorageError: it cannot be read.
    """
    end = _end(folder, 0)
    if end.inode != after.inode or end.offset < after.offset:
        return None
    data = _bytes(log_file(folder), after.offset, min(end.offset, after.offset + 4 * PIECE))
    whole = data[: data.rfind(b"\n") + 1]  # the last line may be half written
    place = replace(after, offset=after.offset + len(whole))
    return Piece(parse(_lines(whole)), None, place)


def parse(lines: Iterable[str]) -> tuple[Entry, ...]:
    """Entries out of lines; what does not begin one belongs to the one before."""
    entries: list[Entry] = []
    more: list[str] = []

    def close() -> None:
        if more:
            text = "\n".join(more)
            if entries:
                last = entries[-1]
                joined = f"{last.text}\n{text}"[:LONGEST]
                entries[-1] = replace(last, text=joined)
            else:
                entries.append(Entry("", "", "", text[:LONGEST]))
            more.clear()

    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            more.append(line)
        else:
            close()
            entries.append(Entry(found[1], found[2], found[5], found[6][:LONGEST]))
    close()
    return tuple(entries)


def _read_before(folder: Path, place: Place, size: int) -> Piece:
    start = max(0, place.offset - size)
    data = _bytes(log_file(folder, place.number), start, place.offset)
    if start:
        # Begin with a line that begins an entry, so that no traceback is cut in two.
        cut = _first_entry(data)
        start, data = start + cut, data[cut:]
    before: Place | None = replace(place, offset=start)
    if not start:
        earlier = _end(folder, place.number + 1)
        before = earlier if earlier.offset else None
    return Piece(parse(_lines(data)), before, place)


def _first_entry(data: bytes) -> int:
    for found in re.finditer(rb"\n(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ )", data):
        return found.end()
    return data.find(b"\n") + 1


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace")
    return text.split("\n")[:-1] if text.endswith("\n") else text.split("\n") if text else []


def _end(folder: Path, number: int) -> Place:
    try:
        found = log_file(folder, number).stat()
    except FileNotFoundError:
        return Place(number)
    except OSError as error:
        raise _unreadable(log_file(folder, number), error) from error
    return Place(number, found.st_size, found.st_ino)


def _bytes(file: Path, start: int, end: int) -> bytes:
    if end <= start:
        return b""
    try:
        with file.open("rb") as stream:
            stream.seek(start, os.SEEK_SET)
            return stream.read(end - start)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> StorageError:
    return StorageError(
        "The log cannot be read.",
        f"{file}: {error.strerror or 'unknown trouble'}.",
        "Check the rights of the profile's folder.",
    )
