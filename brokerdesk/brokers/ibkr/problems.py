"""What can go wrong with TWS, in words.

TWS tells numbers; their meanings are documented, their texts are not shown. What a user can do
about it is nearly always in TWS itself.
"""

from __future__ import annotations

from brokerdesk.brokers.ibkr import BROKER_ID, TITLE
from brokerdesk.errors import (
    BrokerError,
    BrokerProtocolError,
    BrokerRefusedError,
    BrokerUnavailableError,
    RateLimitedError,
)

KEPT = "Your figures stay as they were."
INFORMATION = frozenset({399, 2100, 2107, 2108, 2109, 2119, 2137, 10167, 10349})
LOST, RESTORED, PORT_CHANGED = 1100, (1101, 1102), 1300
COMPETING = 10197
TOO_MANY, CLIENT_TAKEN, VALIDATION, NO_CONTRACT = 100, 326, 321, 200
FARM_BROKEN = "TWS has lost the connection to its prices."
NO_MORE_LINES = 101
NO_PRICES = {
    NO_MORE_LINES: "TWS gives no more prices at once.",
    300: "TWS no longer knows this question.",
    354: "There is no market data subscription for this price.",
    10089: "There is no market data subscription for this price.",
    10090: "Part of this price needs a market data subscription.",
    10168: "There is no market data subscription for this price.",
    10182: "TWS lost the connection to its prices.",
    10186: "There is no market data subscription for this price.",
    COMPETING: "Another session of this login is receiving the prices.",
    NO_CONTRACT: "TWS knows no such symbol.",
}


class LinkDroppedError(BrokerUnavailableError):
    """The socket to TWS ended before the answer did. Reading again is right."""


class ReadOnlyError(BrokerRefusedError):
    """“Read-Only API” is ticked in TWS, so it tells nothing about orders."""


class ClientTakenError(BrokerUnavailableError):
    """The client id is in use by another connection to this TWS."""


def unreachable(host: str, port: int) -> BrokerUnavailableError:
    return BrokerUnavailableError(
        f"TWS or IB Gateway cannot be reached at {host}:{port}.",
        KEPT,
        "Start it and log in; in its API settings tick “Enable ActiveX and Socket Clients” and "
        "compare the port. It restarts once a day and is away for some minutes then.",
        broker_id=BROKER_ID,
    )


def dropped() -> LinkDroppedError:
    return LinkDroppedError(
        "TWS or IB Gateway ended the connection.",
        KEPT,
        "It may be restarting, as it does every day. BrokerDesk will connect again later.",
        broker_id=BROKER_ID,
    )


def not_greeted() -> BrokerUnavailableError:
    return BrokerUnavailableError(
        "TWS or IB Gateway took too long to answer.",
        KEPT,
        "See whether it shows a question, such as whether to accept the connection, or add this "
        "computer to its trusted addresses. If it hangs, restart it.",
        broker_id=BROKER_ID,
    )


def client_taken(client: int) -> ClientTakenError:
    return ClientTakenError(
        f"Client id {client} is already in use at TWS.",
        KEPT,
        "Close the other program that uses it, or sign in again here with another client id.",
        broker_id=BROKER_ID,
    )


def broker_lost() -> BrokerUnavailableError:
    return BrokerUnavailableError(
        f"TWS has lost its connection to {TITLE}.",
        f"{KEPT} What TWS would answer now could be old, so nothing was read.",
        "TWS reconnects by itself. BrokerDesk will ask again later.",
        broker_id=BROKER_ID,
    )


def port_changed() -> BrokerUnavailableError:
    return BrokerUnavailableError(
        "The port of TWS has been changed.",
        KEPT,
        "Sign in again here with the new port.",
        broker_id=BROKER_ID,
    )


def still_loading() -> BrokerUnavailableError:
    return BrokerUnavailableError(
        "TWS is still loading this account.", KEPT, "BrokerDesk will ask again later.",
        broker_id=BROKER_ID,
    )  # fmt: skip


def too_many() -> RateLimitedError:
    return RateLimitedError(
        "TWS asks for a pause.", KEPT, "BrokerDesk will ask again later.", broker_id=BROKER_ID
    )


def read_only() -> ReadOnlyError:
    return ReadOnlyError(
        "TWS tells nothing about orders.",
        "“Read-Only API” is ticked in its API settings. Everything else is read.",
        "Clear it there to see orders and to send any.",
        broker_id=BROKER_ID,
    )


def takes_no_orders() -> ReadOnlyError:
    return ReadOnlyError(
        "TWS takes no orders.",
        "“Read-Only API” is ticked in its API settings. Nothing was sent.",
        "Clear it there to send orders from here.",
        broker_id=BROKER_ID,
    )


def not_in_book() -> BrokerRefusedError:
    return BrokerRefusedError(
        "TWS no longer has this order in its book.",
        "It may be filled or cancelled. Nothing was sent.",
        broker_id=BROKER_ID,
    )


def others_order() -> BrokerRefusedError:
    return BrokerRefusedError(
        "This order was entered in TWS itself or by another program.",
        "TWS lets only its own program change it. Nothing was sent.",
        "Change or cancel it where it was entered.",
        broker_id=BROKER_ID,
    )


def other_order() -> BrokerRefusedError:
    return BrokerRefusedError(
        "TWS changes an order's terms, but not what it is for.",
        "Nothing was sent.",
        "Cancel it and enter a new one.",
        broker_id=BROKER_ID,
    )


def refused(code: int) -> BrokerRefusedError:
    return BrokerRefusedError(
        f"TWS refused the question (code {code}).",
        KEPT,
        "The log of TWS says why.",
        broker_id=BROKER_ID,
    )


def nonsense() -> BrokerProtocolError:
    return BrokerProtocolError(
        "What answered is not TWS or IB Gateway.",
        f"Its answer could not be understood and was thrown away. {KEPT}",
        "Compare host and port with the API settings of TWS.",
        broker_id=BROKER_ID,
    )


def other_version() -> BrokerProtocolError:
    return BrokerProtocolError(
        "This TWS speaks another version of its language.",
        f"Versions 157 to 178 of its API are understood. {KEPT}",
        "Update TWS or IB Gateway; if it is new, update BrokerDesk.",
        broker_id=BROKER_ID,
    )


def empty_account() -> BrokerProtocolError:
    return BrokerProtocolError(
        "TWS answered without any figure of the account.",
        f"The answer was thrown away. {KEPT}",
        broker_id=BROKER_ID,
    )


def not_listed() -> BrokerRefusedError:
    return BrokerRefusedError(
        "TWS no longer lists this account.",
        "What was read before stays readable.",
        "See whether TWS is logged in with the same user.",
        broker_id=BROKER_ID,
    )


def other_money(*, paper: bool) -> BrokerRefusedError:
    """TWS is logged in to the other kind of money than this connection is for."""
    shown, wanted = ("paper", "real money") if paper else ("real money", "paper")
    return BrokerRefusedError(
        f"TWS is logged in for {shown} trading, and this connection is for {wanted}.",
        KEPT,
        "Log in to TWS the other way, or add a connection of that kind.",
        broker_id=BROKER_ID,
    )


def is_information(code: int) -> bool:
    """Whether a code only informs, and leaves everything as it was."""
    return code in INFORMATION or (2100 <= code < 2170 and code not in (2102, 2110))


def by_code(code: int, request: int) -> BrokerError | None:
    """What an error message means for whoever waits; None: nothing."""
    if is_information(code):
        return None
    if code in (LOST, 2110):
        return broker_lost()
    if code in RESTORED:
        return None
    if code == PORT_CHANGED:
        return port_changed()
    if code == TOO_MANY:
        return too_many()
    if code in (502, 504, 507):
        return dropped()
    if code in (VALIDATION, 322) or request >= 0:
        return refused(code)
    return None
