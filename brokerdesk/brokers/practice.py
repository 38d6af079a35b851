"""Practice addresses: one http origin on this computer, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

from brokerdesk.brokers.transport import is_loopback
from brokerdesk.errors import InputError


def origin(address: str) -> str:
    """``address`` as an origin without a trailing slash.

    Raises:
        InputError: it is no http(s) origin on a loopback address.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise _bad() from None
    if (
        parts.scheme not in ("http", "https")
        or not is_loopback(parts.hostname or "")
        or port is None
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise _bad()
    return f"{parts.scheme}://{parts.netloc}"


def _bad() -> InputError:
    return InputError(
        "practice_url",
        "Practice needs an address on this computer.",
        "Nothing was sent.",
        "Write it as http://127.0.0.1:PORT, without a path.",
    )
