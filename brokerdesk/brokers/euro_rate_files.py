"""The reference rates' files as facts: the daily XML, the 90-day XML and the packed history.

All three are the European Central Bank's own formats. The XML is read event by event, and a file
with a document type or an entity is refused before anything in it is looked at. Of the archive one
member is taken, by its known name and up to a size. A figure that is no plain positive number is
left out; a file in which nothing can be read is refused as a whole.
"""

from __future__ import annotations

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from xml.parsers import expat

from brokerdesk.domain.exact import exact
from brokerdesk.domain.exchange_rate import EURO, DayRates

CUBE = "http://www.ecb.int/vocabulary/2002-08-01/eurofxref Cube"
MEMBER = "eurofxref-hist.csv"
LARGEST_MEMBER = 32 * 1024 * 1024
"""The real one has 2 MiB after 27 years."""
MOST_RATIO = 100
MOST_ELEMENTS = 500_000
MOST_DEPTH = 16
MOST_DIGITS = 12
FIRST_DAY = date(1999, 1, 4)
"""The euro's first rates."""

_SPOILT = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ArithmeticError,
           ValueError, LookupError, RuntimeError)  # fmt: skip
"""What the standard library raises over archives that somebody has spoilt."""


class UnreadableRatesError(ValueError):
    """The file is none of these formats. The text is a sentence that quotes nothing of it."""


def from_xml(body: bytes, since: date | None = None) -> tuple[DayRates, ...]:
    """The days of an XML file from ``since`` on, oldest first.

    Raises:
        UnreadableRatesError: it is no such file.
    """
    reader = _XmlReader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse_declarations
    parser.EntityDeclHandler = _refuse_declarations
    parser.ExternalEntityRefHandler = _refuse_declarations
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise UnreadableRatesError("It is no well-formed XML.") from error
    return _days(reader.days, since)


def from_archive(body: bytes, since: date | None = None) -> tuple[DayRates, ...]:
    """The days of the packed history from ``since`` on, oldest first.

    Raises:
        UnreadableRatesError: it is no such archive, or unpacks to far more than any real one.
    """
    return from_csv(_member(body), since)


def from_csv(body: bytes, since: date | None = None) -> tuple[DayRates, ...]:
    """The days of the history's table from ``since`` on, oldest first.

    Raises:
        UnreadableRatesError: it is no such table.
    """
    try:
        rows = csv.reader(io.StringIO(body.decode("ascii")), strict=True)
        head = [title.strip() for title in next(rows, [])]
        if not head or head[0] != "Date" or not any(map(_is_currency, head[1:])):
            raise UnreadableRatesError("Its table does not begin as expected.")
        found: dict[date, dict[str, str]] = {}
        for row in rows:
            day = _day(row[0].strip()) if row else None
            if day is None:
                continue
            # A line ends with a comma, and a currency that had no rate says N/A.
            found[day] = {
                title: text.strip() for title, text in zip(head[1:], row[1:], strict=False)
            }
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableRatesError("It is no plain table.") from error
    return _days(found, since)


def _member(body: bytes) -> bytes:
    # What the archive says of itself is not believed: no more than this is unpacked.
    most = min(LARGEST_MEMBER, len(body) * MOST_RATIO)
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive, archive.open(MEMBER) as stream:
            table = stream.read(most + 1)
    except KeyError as error:
        raise UnreadableRatesError("The expected table is not in the archive.") from error
    except _SPOILT as error:
        raise UnreadableRatesError("It is no archive that can be unpacked.") from error
    if len(table) > most:
        raise UnreadableRatesError("Its table unpacks to far more than any real one.")
    return table


class _XmlReader:
    """``Cube time`` holds ``Cube currency rate``; everything else is passed over."""

    def __init__(self) -> None:
        self.days: dict[date, dict[str, str]] = {}
        self._today: dict[str, str] | None = None
        self._depth = self._count = 0
        self._within = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > MOST_DEPTH or self._count > MOST_ELEMENTS:
            raise UnreadableRatesError("It is built like no such file.")
        if name != CUBE:
            return
        if "time" in attributes:
            day = _day(attributes["time"])
            self._today = None if day is None else self.days.setdefault(day, {})
            self._within = self._depth
        elif self._today is not None:
            self._today[attributes.get("currency", "")] = attributes.get("rate", "")

    def end(self, _name: str) -> None:
        if self._depth == self._within:
            self._today, self._within = None, 0
        self._depth -= 1


def _refuse_declarations(*_: object) -> int:
    raise UnreadableRatesError("It declares entities, which no such file does.")


def _days(found: dict[date, dict[str, str]], since: date | None) -> tuple[DayRates, ...]:
    """The days from ``since`` on; only those are read, but one with rates there has to be."""
    days: list[DayRates] = []
    for day, texts in sorted(found.items(), reverse=True):
        if days and since is not None and day < since:
            break
        rates = tuple(_rates(texts.items()))
        if rates:
            days.append(DayRates(day=day, per_euro=rates))
    if not days:
        raise UnreadableRatesError("There are no rates in it.")
    return tuple(one for one in reversed(days) if since is None or one.day >= since)


def _rates(texts: Iterable[tuple[str, str]]) -> Iterable[tuple[str, Decimal]]:
    for currency, text in texts:
        rate = _rate(text)
        if rate is not None and _is_currency(currency) and currency != EURO:
            yield currency, rate


def _rate(text: str) -> Decimal | None:
    """A plain positive number; None for ``N/A`` and anything else."""
    if not text or len(text) > MOST_DIGITS or not set(text) <= set("0123456789."):
        return None
    try:
        rate = exact(text)
    except ValueError:
        return None
    return rate if rate > 0 else None


def _day(text: str) -> date | None:
    if len(text) != 10:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= FIRST_DAY else None


def _is_currency(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()
