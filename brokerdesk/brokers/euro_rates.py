"""The one way out to the European Central Bank: three public files, read only, nothing sent.

The gates are those of ``brokers.http``: one host, no redirect, a deadline for everything, a limit
of size and of unpacking, errors translated once, logs without queries. What is known already is
named by its ETag and date, so that an unchanged file costs one short answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta

import httpx

from brokerdesk.brokers import answers
from brokerdesk.brokers import euro_rate_files as reference
from brokerdesk.brokers.answers import Answer, Limits
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.euro_rate_kinds import Fetched as Fetched
from brokerdesk.brokers.euro_rate_kinds import Known as Known
from brokerdesk.brokers.euro_rate_kinds import RateFile as RateFile
from brokerdesk.brokers.practice import origin
from brokerdesk.brokers.transport import Refusals, build_client, is_loopback
from brokerdesk.clock import Clock
from brokerdesk.domain.exchange_rate import DayRates, frankfurt
from brokerdesk.log import log_http
from brokerdesk.tasks import run_blocking

TITLE = "The European Central Bank"
BASE_URL = "https://www.ecb.europa.eu"
HOSTS = ("www.ecb.europa.eu",)
MEBIBYTE = 1024 * 1024
LIMITS = Limits(deadline=20.0, connect=5.0, body=8 * MEBIBYTE, ratio=100)
_LONGEST_TAG = 256


_PATHS = {
    RateFile.DAY: "/stats/eurofxref/eurofxref-daily.xml",
    RateFile.QUARTER: "/stats/eurofxref/eurofxref-hist-90d.xml",
    RateFile.ALL: "/stats/eurofxref/eurofxref-hist.zip",
}
_READERS: dict[RateFile, Callable[[bytes, date | None], tuple[DayRates, ...]]] = {
    RateFile.DAY: reference.from_xml,
    RateFile.QUARTER: reference.from_xml,
    RateFile.ALL: reference.from_archive,
}


class EuroRates:
    """Fetches reference rates. ``practice_url`` is a simulator's origin, "" the bank's own."""

    def __init__(
        self,
        *,
        network: Network,
        clock: Clock,
        practice_url: str = "",
        limits: Limits = LIMITS,
    ) -> None:
        self._network = network
        self._clock = clock
        self._practice = bool(practice_url)
        self._base_url = origin(practice_url) if practice_url else BASE_URL
        self._hosts = (httpx.URL(self._base_url).host,) if practice_url else HOSTS
        self._limits = limits
        self._refusals = Refusals("rates", TITLE)

    async def fetch(
        self, what: RateFile, known: Known | None = None, *, since: date | None = None
    ) -> Fetched:
        """Read one file, once; days before ``since`` are passed over.

        Raises:
            BrokerUnavailableError: no usable answer came, or the program is offline.
            SettingsError: the proxy or the certificate file cannot be used.
        """
        if self._network.offline:
            raise self._refusals.offline()
        url = httpx.URL(self._base_url + _PATHS[what])
        self._check(url)
        answer, said = await self._ask(url, _PATHS[what], known or Known())
        if answer.status == 304 and known is not None:
            return Fetched(days=None, known=known)
        self._raise_for(answer)
        try:
            # Off the loop: the whole history has some 290,000 figures.
            days = await run_blocking(
                "brokerdesk-rates", lambda: _READERS[what](answer.body, since)
            )
        except reference.UnreadableRatesError as error:
            raise self._refusals.unreadable(str(error)) from error
        return Fetched(days=self._until_today(days), known=said)

    async def _ask(self, url: httpx.URL, path: str, known: Known) -> tuple[Answer, Known]:
        headers = {"Accept-Encoding": "gzip", "Accept": "application/xml, application/zip, */*"}
        if known.etag:
            headers["If-None-Match"] = known.etag
        if known.modified:
            headers["If-Modified-Since"] = known.modified
        started, status = self._clock.monotonic(), 0
        client = build_client(self._network, self._limits)
        try:
            async with (
                asyncio.timeout(self._limits.deadline),
                client.stream("GET", url, headers=headers) as response,
            ):
                status = response.status_code
                answer = await answers.read(response, self._limits, history=False)
                said = Known(
                    etag=_plain(response.headers.get("ETag", "")),
                    modified=_plain(response.headers.get("Last-Modified", "")),
                )
        except answers.AnswerRefused as error:
            raise self._refusals.unreadable(error.reason) from error
        except TimeoutError as error:
            raise self._refusals.too_slow() from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise self._refusals.unreachable(error) from error
        finally:
            millis = (self._clock.monotonic() - started) * 1000
            log_http("GET", url.host, path, status or "no answer", millis)
            await client.aclose()
        return answer, said

    def _check(self, url: httpx.URL) -> None:
        plain = self._practice and url.scheme == "http" and is_loopback(url.host)
        if url.host not in self._hosts or not (url.scheme == "https" or plain):
            raise self._refusals.foreign_host()

    def _raise_for(self, answer: Answer) -> None:
        if 300 <= answer.status < 400:
            raise self._refusals.redirected()
        if answer.status == 429:
            raise self._refusals.rate_limited(answers.retry_after(answer, self._clock.now()))
        if answer.status != 200:
            raise self._refusals.failing(answer.status)
        if "html" in answer.content_type or not answer.body:
            raise self._refusals.other_language()

    def _until_today(self, days: tuple[DayRates, ...]) -> tuple[DayRates, ...]:
        """Rates are never known ahead. A file with other days is not the bank's."""
        today = self._clock.now().astimezone(frankfurt()).date()
        if days and days[-1].day > today + timedelta(days=1):
            raise self._refusals.unreadable("It has rates of days that are still to come.")
        return days


def _plain(text: str) -> str:
    """A header that can be sent back as it came; "" for what no server would say."""
    return text if len(text) <= _LONGEST_TAG and text.isascii() and text.isprintable() else ""
