"""The HTTP client that all brokers share, and the words for what can go wrong on the way.

TLS trusts the system's store (and one extra bundle, if set) and cannot be switched off. Proxy and
certificate variables of the environment are ignored: what is in use is what the settings show.
"""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path

import httpx
import truststore

from brokerdesk.brokers.answers import Answer, Limits
from brokerdesk.brokers.base import Network
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerProtocolError,
    BrokerUnavailableError,
    RateLimitedError,
    SettingsError,
)

_KEPT = "Your figures stay as they were."
_WRONG_TIME = "By this computer's clock its certificate is not valid yet or has expired."
_TIME_CODES = (9, 10)
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""


def is_loopback(host: str) -> bool:
    """Whether ``host`` is a loopback address. Names are not: they can be pointed elsewhere."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def tls_context(ca_file: str) -> ssl.SSLContext:
    """A client context on the system's trust store, TLS 1.2 or newer.

    Raises:
        SettingsError: the extra CA bundle cannot be read.
    """
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(cafile=str(Path(ca_file)))
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                "The extra CA file cannot be used.",
                "No connection was made.",
                "Choose a PEM file in Settings, or clear the field.",
            ) from error
    return context


def build_client(network: Network, limits: Limits) -> httpx.AsyncClient:
    """A client that follows no redirect, reads no environment and keeps no cookies between hosts.

    Raises:
        SettingsError: the proxy or the CA bundle cannot be used.
    """
    context = tls_context(network.ca_file)
    try:
        return httpx.AsyncClient(
            verify=context,
            proxy=network.proxy or None,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(limits.deadline, connect=limits.connect),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
            headers={"User-Agent": "BrokerDesk"},
        )
    except (ValueError, httpx.InvalidURL, ImportError) as error:
        raise SettingsError(
            "The proxy address cannot be used.",
            "No connection was made.",
            "Write it as http://host:port in Settings, or clear the field.",
        ) from error


class FinalUnavailableError(BrokerUnavailableError):
    """No usable answer, and asking again at once would not help."""

    final = True


class Refusals:
    """Errors with the broker's name in their sentences."""

    def __init__(self, broker_id: str, title: str) -> None:
        self._id = broker_id
        self._title = title

    def offline(self) -> FinalUnavailableError:
        return FinalUnavailableError(
            "BrokerDesk is working offline.",
            _KEPT,
            "Start it without the offline option to fetch new ones.",
            broker_id=self._id,
        )

    def closed(self) -> FinalUnavailableError:
        return FinalUnavailableError(
            f"The connection to {self._title} has been closed.", _KEPT, broker_id=self._id
        )

    def foreign_host(self) -> BrokerProtocolError:
        return BrokerProtocolError(
            f"That address does not belong to {self._title}.",
            "Nothing was sent.",
            broker_id=self._id,
        )

    def too_slow(self) -> FinalUnavailableError:
        return FinalUnavailableError(
            f"{self._title} took too long to answer.",
            _KEPT,
            "BrokerDesk will ask again later.",
            broker_id=self._id,
        )

    def unreadable(self, reason: str) -> FinalUnavailableError:
        return FinalUnavailableError(
            f"{self._title} did not give a usable answer.",
            f"{reason} {_KEPT}",
            "BrokerDesk will ask again later.",
            broker_id=self._id,
        )

    def unreachable(self, error: Exception) -> BrokerUnavailableError:
        cause = _tls_cause(error)
        if cause is _WRONG_TIME:
            return FinalUnavailableError(
                f"The connection to {self._title} is not safe.",
                f"{cause} Nothing was sent. {_KEPT}",
                "Check this computer's date and time and set them right. If they are, sign in to "
                "the public network you may be on, or try again later.",
                broker_id=self._id,
            )
        if cause is not None:
            return FinalUnavailableError(
                f"The connection to {self._title} is not safe.",
                f"{cause} Nothing was sent. {_KEPT}",
                "A company network may need its CA file in Settings; on a public network, "
                "sign in to that network first.",
                broker_id=self._id,
            )
        return BrokerUnavailableError(
            f"{self._title} cannot be reached.",
            _KEPT,
            "Check the network connection. BrokerDesk will ask again later.",
            broker_id=self._id,
        )

    def redirected(self) -> FinalUnavailableError:
        return FinalUnavailableError(
            f"{self._title} did not answer in its own language.",
            f"Something on the way sent the request elsewhere; it was not followed. {_KEPT}",
            "On a public network, sign in to that network first.",
            broker_id=self._id,
        )

    def other_language(self, answer: Answer | None = None) -> FinalUnavailableError:
        """Something else came than what the broker would say: a page, nothing, a word."""
        came = "A web page"
        way_out = "On a public network, sign in to that network first; otherwise try again later."
        if answer is not None and not ("html" in answer.content_type or b"<" in answer.body[:64]):
            came = "Other text" if answer.body else "An empty answer"
            way_out = "BrokerDesk will ask again later."
        return FinalUnavailableError(
            f"{self._title} did not answer in its own language.",
            f"{came} came instead of figures. {_KEPT}",
            way_out,
            broker_id=self._id,
        )

    def failing(self, status: int) -> BrokerUnavailableError:
        return BrokerUnavailableError(
            f"{self._title} has a problem on its side.",
            f"It answered with error {status}. {_KEPT}",
            "BrokerDesk will ask again later.",
            broker_id=self._id,
        )

    def line_lost(self) -> BrokerUnavailableError:
        return BrokerUnavailableError(
            f"The line to {self._title} was lost.",
            _KEPT,
            "BrokerDesk will connect again.",
            broker_id=self._id,
        )

    def line_silent(self) -> BrokerUnavailableError:
        return BrokerUnavailableError(
            f"The line to {self._title} has gone silent.",
            _KEPT,
            "BrokerDesk will connect again.",
            broker_id=self._id,
        )

    def rate_limited(self, seconds: float | None) -> RateLimitedError:
        return RateLimitedError(
            f"{self._title} asks for a pause.",
            _KEPT,
            "BrokerDesk will ask again later.",
            retry_after=seconds,
            broker_id=self._id,
        )

    def login_refused(self) -> AuthExpiredError:
        return AuthExpiredError(
            f"{self._title} no longer accepts this sign-in.",
            _KEPT,
            "Sign in again.",
            broker_id=self._id,
        )


def _tls_cause(error: Exception) -> str | None:
    """Our sentence if ``error`` comes from a certificate or TLS check, however deep; else None."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            if getattr(seen, "verify_code", 0) in _TIME_CODES:
                return _WRONG_TIME
            return "Its certificate could not be verified."
        if isinstance(seen, ssl.SSLError):
            return "No secure connection could be agreed on."
        seen = seen.__cause__ or seen.__context__
    return None
