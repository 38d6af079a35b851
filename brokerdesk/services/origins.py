"""Which addresses may stand in for a broker in practice: one origin on this computer.

A practice address receives keys and tokens, so it can never be another computer.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from brokerdesk.errors import InputError

SCHEMES = ("http", "https", "tcp")


def loopback_origin(text: str) -> str:
    """``text`` as ``scheme://host:port`` without a slash at the end.

    Raises:
        InputError: not one origin on a loopback address.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise _refused("It is not an address.") from error
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise _refused("It must begin with http://, https:// or tcp://.")
    if not _is_loopback(parts.hostname):
        raise _refused("It must be on this computer: 127.0.0.1, [::1] or localhost.")
    if port is None or port == 0:
        raise _refused("It must name its port.")
    if parts.username is not None or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _refused("It must be an origin alone, without a path, a user or a query.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address in (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))


def _refused(why: str) -> InputError:
    return InputError(
        "practice_url",
        "This practice address cannot be used.",
        why,
        "An example: http://127.0.0.1:4321",
    )
