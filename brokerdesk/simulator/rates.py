"""Practice reference rates in the European Central Bank's own files: made up, and never its own.

The paths, the XML, the packed table, the hour of publication, ETag and Last-Modified are those of
the bank; the figures are a walk about the rates that the simulated brokers use. It serves whoever
asks: there is nothing to sign in to.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import NamedTuple

from aiohttp import web

from brokerdesk.domain.exchange_rate import is_rate_day, newest_rate_day, published_at
from brokerdesk.simulator.dialects import Handler
from brokerdesk.simulator.market import noise
from brokerdesk.simulator.options import MovableClock

FOLDER = "/stats/eurofxref"
FIRST = date(2015, 1, 2)
ANCHOR = date(2026, 11, 20)
QUARTER = timedelta(days=90)
DEVIATION = 0.0038
PULL = 0.004
"""How much of the distance to its middle a rate comes back in a day."""


class Pair(NamedTuple):
    """A currency: about how much of it one euro buys, with how many decimals it is told."""

    currency: str
    middle: float
    decimals: int


PAIRS = (
    Pair("USD", 1.16, 4),
    Pair("JPY", 171.5, 2),
    Pair("CZK", 24.61, 3),
    Pair("DKK", 7.4610, 4),
    Pair("GBP", 0.8640, 5),
    Pair("PLN", 4.258, 4),
    Pair("SEK", 11.18, 4),
    Pair("CHF", 0.9412, 4),
    Pair("NOK", 11.71, 4),
    Pair("AUD", 1.772, 4),
    Pair("CAD", 1.634, 4),
    Pair("CNY", 8.31, 4),
    Pair("HKD", 9.03, 4),
    Pair("INR", 99.85, 4),
    Pair("MXN", 21.74, 4),
    Pair("NZD", 1.985, 4),
    Pair("SGD", 1.505, 4),
    Pair("ZAR", 20.52, 4),
)


class ReferenceRates:
    """Public files of rates up to the clock's last day of publication."""

    def __init__(self, seed: int, clock: MovableClock) -> None:
        self._seed, self._clock = seed, clock
        self._walks: dict[str, list[float]] = {}

    def owns(self, path: str) -> bool:
        return path.startswith(FOLDER + "/")

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(f"{FOLDER}/eurofxref-daily.xml", self._daily)
        router.add_get(f"{FOLDER}/eurofxref-hist-90d.xml", self._quarter)
        router.add_get(f"{FOLDER}/eurofxref-hist.zip", self._all)

    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request)

    def rate(self, currency: str, day: date) -> str:
        """What the files say of a currency on a day of publication."""
        pair = next(one for one in PAIRS if one.currency == currency)
        return f"{self._walk(pair)[_place(day)]:.{pair.decimals}f}"

    async def _daily(self, request: web.Request) -> web.StreamResponse:
        newest = newest_rate_day(self._clock.now())
        return self._answer(request, self._xml([newest]), "text/xml", newest)

    async def _quarter(self, request: web.Request) -> web.StreamResponse:
        newest = newest_rate_day(self._clock.now())
        days = list(_days(newest - QUARTER, newest))
        return self._answer(request, self._xml(days), "text/xml", newest)

    async def _all(self, request: web.Request) -> web.StreamResponse:
        newest = newest_rate_day(self._clock.now())
        return self._answer(request, self._archive(newest), "application/zip", newest)

    def _xml(self, days: list[date]) -> bytes:
        cubes = "".join(
            f"\t\t<Cube time='{day}'>\n"
            + "".join(
                f"\t\t\t<Cube currency='{pair.currency}' rate='{self.rate(pair.currency, day)}'/>\n"
                for pair in PAIRS
            )
            + "\t\t</Cube>\n"
            for day in reversed(days)
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"'
            ' xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">\n'
            "\t<gesmes:subject>Reference rates</gesmes:subject>\n"
            "\t<gesmes:Sender>\n\t\t<gesmes:name>European Central Bank</gesmes:name>\n"
            f"\t</gesmes:Sender>\n\t<Cube>\n{cubes}\t</Cube>\n</gesmes:Envelope>"
        ).encode()

    def _archive(self, newest: date) -> bytes:
        """The newest day first, a comma at each line's end, N/A for what had no rate."""
        lines = ["Date," + "".join(f"{pair.currency}," for pair in PAIRS) + "CYP,"]
        for day in sorted(_days(FIRST, newest), reverse=True):
            rates = "".join(f"{self.rate(pair.currency, day)}," for pair in PAIRS)
            lines.append(f"{day},{rates}N/A,")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            stamp = (newest.year, newest.month, newest.day, 16, 0, 0)
            archive.writestr(
                zipfile.ZipInfo("eurofxref-hist.csv", stamp),
                "\n".join(lines) + "\n",
                zipfile.ZIP_DEFLATED,
            )
        return packed.getvalue()

    def _answer(
        self, request: web.Request, body: bytes, kind: str, newest: date
    ) -> web.StreamResponse:
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        modified: datetime = published_at(newest).astimezone(UTC)
        headers = {"ETag": etag, "Last-Modified": format_datetime(modified, usegmt=True)}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=kind, headers=headers)

    def _walk(self, pair: Pair) -> list[float]:
        """The currency's levels; on the anchor day it is at its middle."""
        found = self._walks.get(pair.currency)
        if found is None:
            count = _place(date(2035, 12, 31)) + 1
            moves = noise.normals(noise.key(self._seed, "rates", pair.currency), count)
            levels, level = [], 0.0
            for move in moves:
                level += DEVIATION * float(move) - PULL * level
                levels.append(level)
            there = levels[_place(ANCHOR)]
            found = [pair.middle * 2.718281828459045 ** (one - there) for one in levels]
            self._walks[pair.currency] = found
        return found


def _place(day: date) -> int:
    return (day - FIRST).days


def _days(first: date, last: date) -> Iterator[date]:
    return (
        day
        for place in range((last - first).days + 1)
        if _published(day := first + timedelta(days=place))
    )


@lru_cache(maxsize=8192)
def _published(day: date) -> bool:
    return is_rate_day(day)
