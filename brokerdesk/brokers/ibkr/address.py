"""Where TWS is: which hosts and ports may be asked, and what account ids say about the money.

The protocol is neither encrypted nor signed, so it may not leave the user's own network. A port
proves nothing about live or paper; the account ids do.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from brokerdesk.brokers.transport import is_loopback
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import InputError

USUAL_PORTS = {
    Environment.LIVE: (7496, 4001, 7497, 4002),
    Environment.PAPER: (7497, 4002, 7496, 4001),
}
"""TWS live and paper, Gateway live and paper: the likely ones first."""
DEFAULT_HOST = "127.0.0.1"
DEFAULT_CLIENT = "71"
_PAPER = re.compile(r"D[A-Z]\w*", re.ASCII)
_KNOCK_LIMIT = 2.0
_LARGEST_CLIENT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Address:
    """One client id at one port. ``port`` 0: not known yet, one of the usual ones."""

    host: str
    port: int
    client: int


def problems_of(
    answers: Mapping[str, str], environment: Environment
) -> tuple[tuple[str, str], ...]:
    """What is wrong with what was typed, by field."""
    found = []
    if not _own_network(answers.get("host", "")):
        found.append(
            (
                "host",
                "Enter 127.0.0.1 or an address of your own network: the connection to TWS "
                "is not encrypted.",
            )
        )
    port, client = answers.get("port", ""), answers.get("client_id", "")
    wanted = port or environment is Environment.PRACTICE
    if wanted and not (_digits(port) and 0 < int(port) < 65536):
        found.append(("port", "Enter a port between 1 and 65535."))
    if not (_digits(client) and int(client) <= _LARGEST_CLIENT):
        found.append(("client_id", "Enter a whole number."))
    return tuple(found)


def address_of(answers: Mapping[str, str], environment: Environment, practice_url: str) -> Address:
    """Where to connect; in practice the simulator, whatever was typed.

    Raises:
        InputError: something of it cannot be used.
    """
    problems = problems_of(answers, environment)
    if problems:
        raise InputError(problems[0][0], problems[0][1])
    client = int(answers["client_id"])
    if environment is Environment.PRACTICE:
        return Address(*practice_socket(practice_url), client)
    return Address(answers["host"], int(answers.get("port") or 0), client)


def practice_socket(practice_url: str) -> tuple[str, int]:
    """Host and port of ``tcp://127.0.0.1:PORT``.

    Raises:
        InputError: it is nothing of the kind.
    """
    try:
        parts = urlsplit(practice_url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme != "tcp" or not is_loopback(host) or not port or parts.path not in ("", "/"):
        raise InputError(
            "practice_url",
            "Practice needs an address on this computer.",
            "Nothing was sent.",
            "Write it as tcp://127.0.0.1:PORT.",
        )
    return host, port


def fits(accounts: Sequence[str], environment: Environment) -> bool:
    """Whether all accounts belong to ``environment``: those that begin with D and a letter are on
    paper. Practice shows whatever the simulator has.
    """
    if environment is Environment.PRACTICE:
        return True
    wanted = environment is Environment.PAPER
    return all((_PAPER.fullmatch(one) is not None) is wanted for one in accounts)


async def open_ports(host: str, environment: Environment) -> tuple[int, ...]:
    """Which of the usual ports listen: one connection each, closed at once without a byte sent.

    Half a greeting can leave a Gateway stuck until it is restarted, so none is begun here.
    """
    found = []
    for port in USUAL_PORTS.get(environment, ()):
        try:
            async with asyncio.timeout(_KNOCK_LIMIT):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            continue
        writer.close()
        found.append(port)
    return tuple(found)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10


def _own_network(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or (address.is_private and not address.is_unspecified)
