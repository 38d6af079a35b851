"""What a broker is asked: one request, and where its bearer token comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable
from urllib.parse import quote

from brokerdesk.brokers.rate import Priority


class Authorizer(Protocol):
    """Where the bearer token of a request comes from."""

    async def bearer(self, *, refused: str = "") -> str:
        """A token to send; with ``refused`` another one than that, which the broker turned down.

        Raises:
            AuthError: there is none to be had.
        """
        ...


@runtime_checkable
class HeaderAuthorizer(Authorizer, Protocol):
    """An authorizer that says itself how its token travels, where it is no bearer token."""

    def headers(self, token: str) -> Mapping[str, str]:
        """The headers that carry ``token``."""
        ...


@runtime_checkable
class CountedAuthorizer(Authorizer, Protocol):
    """An authorizer that knows whose requests the broker counts together."""

    @property
    def counted_as(self) -> str:
        """A text that is this login's own, such as a key's id; "" before the first token."""
        ...


def login_of(authorizer: Authorizer) -> str:
    """Among whose requests the broker counts one that ``authorizer`` vouches for."""
    return authorizer.counted_as if isinstance(authorizer, CountedAuthorizer) else ""


def carried(authorizer: Authorizer, token: str) -> Mapping[str, str]:
    """The headers of a request that ``authorizer`` vouches for."""
    if isinstance(authorizer, HeaderAuthorizer):
        return authorizer.headers(token)
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. ``template`` is what logs show, such as ``/accounts/{hash}``.

    ``values`` fill the template's fields, percent-encoded. ``slow``: the broker says itself that
    it may take minutes.
    """

    template: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    priority: Priority = Priority.BACKGROUND
    history: bool = False
    slow: bool = False

    def path(self) -> str:
        encoded = {name: quote(value, safe="") for name, value in self.values.items()}
        return self.template.format(**encoded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One attempt exactly as it goes on the wire, for brokers that sign what is sent.

    ``target`` is path and query, encoded. ``content`` None: no body.
    """

    target: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
