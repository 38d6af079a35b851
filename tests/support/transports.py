"""How brokers differ where the contract suite must know it before a test begins.

A case of the suite is collected for the brokers that it is about, and for no other: nothing is
skipped while it runs. What makes no sense over a transport stands in ``NOT_OVER`` with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Transport(StrEnum):
    HTTP = "http"
    SOCKET = "socket"
    """A connection to a program on the user's computer, which speaks in frames."""


class Way(StrEnum):
    """How signing in goes."""

    BROWSER = "browser"
    FORM = "form"
    """Typed answers are all: the login is held elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """``tokens``: what a session signs in with can be refused or end while it is in use."""

    transport: Transport
    way: Way
    tokens: bool


_BROWSER = Traits(transport=Transport.HTTP, way=Way.BROWSER, tokens=True)
TRAITS: Mapping[str, Traits] = {
    "schwab": _BROWSER,
    "alpaca": _BROWSER,
    "snaptrade": _BROWSER,
    "plaid": _BROWSER,
    "ibkr": Traits(transport=Transport.SOCKET, way=Way.FORM, tokens=False),
}

Fault = tuple[str, dict[str, Any]]
UNAVAILABLE: Mapping[Transport, Sequence[Fault]] = {
    Transport.HTTP: (
        ("status", {"status": 500}),
        ("status", {"status": 502, "text": "Bad Gateway"}),
        ("status", {"status": 503}),
        ("status", {"status": 504}),
        ("status", {"status": 408}),
        ("html", {}),
        ("html", {"page": "edge"}),
        ("html", {"status": 503}),
        ("redirect", {"to": "same"}),
        ("redirect", {"to": "other", "status": 307}),
        ("redirect", {"to": "downgrade", "status": 308}),
        ("reset_before", {}),
        ("reset_after", {}),
        ("reset_mid_body", {}),
        ("truncate", {}),
        ("garbage", {}),
        ("huge", {}),
        ("gzip_bomb", {"bytes": 64 * 1024 * 1024}),
        ("body", {"is": "empty"}),
        ("body", {"is": "text"}),
    ),
    Transport.SOCKET: (
        ("reset_before", {}),
        ("reset_after", {}),
        ("reset_mid_body", {}),
        ("half_frame", {}),
        ("lost", {}),
    ),
}
"""What leaves no usable answer, and may well be over soon."""
NONSENSE: Mapping[Transport, Sequence[Fault]] = {
    Transport.HTTP: (
        ("body", {"is": "empty_list"}),
        ("body", {"is": "empty_object"}),
        ("body", {"text": "{"}),
        ("body", {"text": '{"unexpected": 1}'}),
        ("edit", {"edit": "half"}),
        ("edit", {"edit": "deep"}),
    ),
    Transport.SOCKET: (
        ("body", {"is": "empty_list"}),
        ("body", {"is": "empty"}),
        ("body", {"text": "{"}),
        ("garbage", {}),
        ("html", {}),
        ("huge", {}),
        ("huge", {"bytes": 2**32 - 1}),
    ),
}
"""What whoever the broker is would never say."""
NOT_OVER: Mapping[Transport, Mapping[str, str]] = {
    Transport.SOCKET: {
        "redirect": "there is no other address in an answer",
        "gzip_bomb": "nothing is compressed",
        "truncate": "a message says its length itself; see half_frame",
        "status": "there are no statuses; a broker's own codes are its own cases",
        "edit": "what a length does not announce is waited for; its spoilt fields are other cases",
    },
    Transport.HTTP: {
        "half_frame": "an answer has one length; see truncate",
        "lost": "the broker is spoken to itself, not a program between",
    },
}
"""Kinds of the other transport's tables that cannot be over this one, and why."""


def brokers(accepted: Callable[[Traits], bool]) -> list[str]:
    """The brokers that a case is about."""
    return [name for name, traits in TRAITS.items() if accepted(traits)]


def each(tables: Mapping[Transport, Sequence[Fault]]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every broker with every fault of its transport."""
    return [
        (name, kind, args)
        for name, traits in TRAITS.items()
        for kind, args in tables[traits.transport]
    ]
