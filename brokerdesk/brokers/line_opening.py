"""Making a connection for a line: where it may go, what it trusts, and our words for a refusal."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    ProxyError,
)

from brokerdesk.brokers.answers import MEBIBYTE
from brokerdesk.brokers.base import SessionContext
from brokerdesk.brokers.transport import Refusals, is_loopback, tls_context
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerError, SettingsError
from brokerdesk.log import log_http

_UNHEARD = logging.Logger("brokerdesk.unheard", logging.CRITICAL + 1)
"""Where the library's own lines go, for they show messages and headers: nowhere."""

_LONGEST_PAUSE = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLimits:
    """What one line may take. Seconds and bytes.

    ``message`` is the largest message, unpacked. ``ping`` is how often the other side must show
    that it is there, within ``pong``; ``held`` how many frames wait at most to be received.
    """

    opening: float = 20.0
    sending: float = 20.0
    closing: float = 2.0
    ping: float = 20.0
    pong: float = 20.0
    message: int = MEBIBYTE
    held: int = 16


class _Connect(connect):
    """The library's way to connect, less its following of redirects."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def connect_line(
    url: str,
    parts: SplitResult,
    context: SessionContext,
    refusals: Refusals,
    limits: LineLimits,
    headers: Mapping[str, str],
) -> ClientConnection:
    """An open connection, or our words for why there is none."""
    options: dict[str, Any] = {}
    if parts.scheme == "wss":
        options["ssl"] = tls_context(context.network.ca_file)
    proxy = "" if is_loopback(parts.hostname or "") else context.network.proxy
    if proxy.startswith("https:"):
        options["proxy_ssl"] = tls_context(context.network.ca_file)
    started, outcome = context.clock.monotonic(), "no answer"
    try:
        connection = await _Connect(
            url,
            proxy=proxy or None,
            additional_headers=dict(headers),
            user_agent_header="BrokerDesk",
            open_timeout=limits.opening,
            close_timeout=limits.closing,
            ping_interval=limits.ping,
            ping_timeout=limits.pong,
            max_size=limits.message,
            max_queue=limits.held,
            logger=_UNHEARD,
            **options,
        )
        outcome = "101"
    except InvalidStatus as error:
        outcome = str(error.response.status_code)
        raise _refused(error, refusals) from error
    except (InvalidProxy, ImportError):
        raise _bad_proxy() from None  # the library's words show the proxy's password
    except TimeoutError as error:
        raise refusals.too_slow() from error
    except (ProxyError, OSError) as error:
        raise refusals.unreachable(error) from error
    except InvalidMessage as error:
        if isinstance(error.__cause__, EOFError):
            raise refusals.unreachable(error) from error
        raise refusals.unreadable("Its greeting could not be understood.") from error
    except (InvalidHandshake, EOFError) as error:
        raise refusals.unreadable("Its greeting could not be understood.") from error
    finally:
        millis = (context.clock.monotonic() - started) * 1000
        log_http("LINE", parts.hostname or "", parts.path, outcome, millis)
    return connection


def checked(
    url: str, environment: Environment, hosts: tuple[str, ...], refusals: Refusals
) -> SplitResult:
    """The parts of ``url``, once it is known to be on the list and encrypted."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise refusals.foreign_host() from None
    plain = environment is Environment.PRACTICE and is_loopback(host)
    if (
        host not in hosts
        or "@" in parts.netloc
        or parts.fragment
        or not (parts.scheme == "wss" or (parts.scheme == "ws" and plain))
    ):
        raise refusals.foreign_host()
    return parts


def _refused(error: InvalidStatus, refusals: Refusals) -> BrokerError:
    """An HTTP answer where a line was to begin."""
    status, headers = error.response.status_code, error.response.headers
    if 300 <= status < 400:
        return refusals.redirected()
    if status == 429:
        text = headers.get("Retry-After", "").strip()
        seconds = float(text[:12]) if text.isascii() and text.isdigit() else None
        return refusals.rate_limited(None if seconds is None else min(seconds, _LONGEST_PAUSE))
    if status >= 500 or status in (408, 425):
        return refusals.failing(status)
    if "html" in headers.get("Content-Type", "").lower():
        return refusals.other_language()
    if status == 401:
        return refusals.login_refused()
    return refusals.unreadable(f"It did not open a line (answer {status}).")


def _bad_proxy() -> SettingsError:
    return SettingsError(
        "The proxy address cannot be used.",
        "No connection was made.",
        "Write it as http://host:port in Settings, or clear the field.",
    )
