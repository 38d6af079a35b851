"""The shapes of the streamer's messages, and the commands it takes.

Level one records name their figures by number and carry only what changed: a missing field says
nothing, a null says that there is no such figure. Prices are ``Decimal`` straight from the digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from brokerdesk.brokers.schwab.wire import Wire

EQUITIES, OPTIONS, ACTIVITY = "LEVELONE_EQUITIES", "LEVELONE_OPTIONS", "ACCT_ACTIVITY"
FIELDS = {
    EQUITIES: "0,1,2,3,12,15,33,34,35",
    OPTIONS: "0,1,2,3,4,7,37,38,39",
    ACTIVITY: "0,1,2,3",
}

SUCCEEDED = frozenset({0, 26, 27, 28, 29})
LOGIN_DENIED = 3
NOT_AVAILABLE = 11
TOO_MANY_LINES = 12
TOO_MANY_SYMBOLS = 19
NO_LINE = 20
BAD_COMMAND = 21
STOPPED = 30

Amount = Decimal | None | UnsetType
Millis = int | None | UnsetType
Text = str | None | UnsetType


class Outcome(Wire):
    code: int
    msg: str | None = None


class Response(Wire, rename=None):
    service: str
    content: Outcome
    command: str | None = None
    requestid: str | int | None = None


class Notice(Wire, rename=None):
    content: Outcome


class Record(Wire, rename=None):
    service: str
    content: list[msgspec.Raw] = msgspec.field(default_factory=list)


class Frame(Wire, rename=None):
    """One message: answers to commands, notices (in whatever form), and news of the services."""

    response: list[Response] = msgspec.field(default_factory=list)
    notify: list[msgspec.Raw] = msgspec.field(default_factory=list)
    data: list[Record] = msgspec.field(default_factory=list)


class Named(Wire):
    """As much of a record as says what it is about."""

    key: str


class Level(Named):
    """What both level one services say besides numbered fields."""

    delayed: bool | UnsetType = UNSET
    asset_main_type: Text = UNSET


class EquityLevel(Level):
    bid: Amount = msgspec.field(name="1", default=UNSET)
    ask: Amount = msgspec.field(name="2", default=UNSET)
    last: Amount = msgspec.field(name="3", default=UNSET)
    close: Amount = msgspec.field(name="12", default=UNSET)
    description: Text = msgspec.field(name="15", default=UNSET)
    mark: Amount = msgspec.field(name="33", default=UNSET)
    quoted: Millis = msgspec.field(name="34", default=UNSET)
    traded: Millis = msgspec.field(name="35", default=UNSET)


class OptionLevel(Level):
    description: Text = msgspec.field(name="1", default=UNSET)
    bid: Amount = msgspec.field(name="2", default=UNSET)
    ask: Amount = msgspec.field(name="3", default=UNSET)
    last: Amount = msgspec.field(name="4", default=UNSET)
    close: Amount = msgspec.field(name="7", default=UNSET)
    mark: Amount = msgspec.field(name="37", default=UNSET)
    quoted: Millis = msgspec.field(name="38", default=UNSET)
    traded: Millis = msgspec.field(name="39", default=UNSET)


class Activity(Wire):
    seq: int | None = None
    account: str | int | None = msgspec.field(name="1", default=None)
    kind: str | None = msgspec.field(name="2", default=None)
    text: str | None = msgspec.field(name="3", default=None)


@dataclass(frozen=True, slots=True)
class Command:
    """One command. ``symbols`` are what it is about, for whoever reads its answer."""

    service: str
    name: str
    parameters: Mapping[str, str]
    symbols: tuple[str, ...] = ()


def encoded(command: Command, number: int, *, customer: str, correlation: str) -> str:
    """A command as it is sent; ``number`` comes back in its answer."""
    request: dict[str, Any] = {
        "requestid": str(number),
        "service": command.service,
        "command": command.name,
        "SchwabClientCustomerId": customer,
        "SchwabClientCorrelId": correlation,
        "parameters": command.parameters,
    }
    return msgspec.json.encode({"requests": [request]}).decode()
