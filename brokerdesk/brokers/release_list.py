"""The one way out to the list of releases: one public file, read only, nothing sent.

The gates are those of ``brokers.http``: one address, https, no redirect, a deadline, a limit of
size. What the file says is not believed here: its signature is checked by the services.
"""

from __future__ import annotations

import asyncio

import httpx

from brokerdesk.brokers import answers
from brokerdesk.brokers.answers import Answer, Limits
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.transport import Refusals, build_client, is_loopback
from brokerdesk.clock import Clock
from brokerdesk.log import log_http

TITLE = "The place of the release list"
LARGEST = 256 * 1024
LIMITS = Limits(deadline=20.0, connect=5.0, body=LARGEST, ratio=100)


class ReleaseListFile:
    """Fetches the file at ``address``, which is https; http is for a loopback address in tests."""

    def __init__(
        self, address: str, *, network: Network, clock: Clock, limits: Limits = LIMITS
    ) -> None:
        self._address = address
        self._network, self._clock, self._limits = network, clock, limits
        self._refusals = Refusals("updates", TITLE)

    async def fetch(self) -> bytes:
        """The file as it is, asked for once.

        Raises:
            BrokerError: no usable answer came, or the program is offline.
            SettingsError: the proxy or the certificate file cannot be used.
        """
        if self._network.offline:
            raise self._refusals.offline()
        try:
            url = httpx.URL(self._address)
        except httpx.InvalidURL as error:
            raise self._refusals.foreign_host() from error
        plain = url.scheme == "http" and is_loopback(url.host)
        if not (url.scheme == "https" or plain) or not url.host or url.userinfo:
            raise self._refusals.foreign_host()
        answer = await self._ask(url)
        if 300 <= answer.status < 400:
            raise self._refusals.redirected()
        if answer.status != 200:
            raise self._refusals.failing(answer.status)
        if not answer.is_json:
            raise self._refusals.other_language(answer)
        return answer.body

    async def _ask(self, url: httpx.URL) -> Answer:
        headers = {"Accept": "application/json, text/plain", "Accept-Encoding": "gzip"}
        started, status = self._clock.monotonic(), 0
        client = build_client(self._network, self._limits)
        try:
            async with (
                asyncio.timeout(self._limits.deadline),
                client.stream("GET", url, headers=headers) as response,
            ):
                status = response.status_code
                return await answers.read(response, self._limits, history=False)
        except answers.AnswerRefused as error:
            raise self._refusals.unreadable(error.reason) from error
        except TimeoutError as error:
            raise self._refusals.too_slow() from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise self._refusals.unreachable(error) from error
        finally:
            millis = (self._clock.monotonic() - started) * 1000
            log_http("GET", url.host, "(release list)", status or "no answer", millis)
            await client.aclose()
