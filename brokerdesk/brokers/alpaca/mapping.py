"""Alpaca's account and positions as the domain's.

A record that cannot be understood ends in ``Unread`` and the rest is kept. A figure that cannot be
read is listed and left empty; it is never guessed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from brokerdesk.brokers.alpaca import BROKER_ID, TITLE, balances, loose, wire
from brokerdesk.brokers.alpaca.balances import Fields
from brokerdesk.brokers.alpaca.instruments import Names, instrument
from brokerdesk.brokers.alpaca.venues import PAPER
from brokerdesk.brokers.decode import JsonDecoder, UnexpectedShapeError
from brokerdesk.brokers.text import clean_symbol
from brokerdesk.domain.account import Account
from brokerdesk.domain.exact import exact
from brokerdesk.domain.ids import AccountId, account_id, number_mask
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Reading, Unread
from brokerdesk.errors import BrokerProtocolError

POSITION = JsonDecoder(wire.Position)
ASSET = JsonDecoder(wire.Asset)


class _Recorded(msgspec.Struct):
    """What a practice server recorded: the answers of the routes in one document."""

    account: msgspec.Raw
    positions: list[msgspec.Raw]
    assets: list[msgspec.Raw] = []


_RECORDED = JsonDecoder(_Recorded)


def replay(raw: bytes, environment: Environment, fetched_at: datetime) -> Reading:
    """The reading in one recorded pair of answers.

    Raises:
        BrokerProtocolError: it is no such pair.
    """
    recorded = _RECORDED.decode(raw)
    names = Names()
    for _, asset in loose.each(recorded.assets, ASSET, "assets")[0]:
        names.known[asset.symbol] = asset.name
    held = loose.each(recorded.positions, POSITION, "positions")
    return reading(balances.fields(recorded.account), held, names, environment, fetched_at)


def identify(given: Fields, environment: Environment) -> AccountId:
    """The account's id, from the one field that is always there.

    Raises:
        UnexpectedShapeError: it is no account.
    """
    own = balances.text(given, "id")
    if not own:
        raise UnexpectedShapeError(
            f"{TITLE}'s answer is not an account.", "Nothing was changed.", broker_id=BROKER_ID
        )
    return account_id(BROKER_ID, environment.value, own)


def account(given: Fields, environment: Environment, venue: str) -> Account:
    """The account as listed.

    Raises:
        UnexpectedShapeError: it is no account.
    """
    mask = number_mask(balances.text(given, "account_number"))
    kind = "Alpaca Paper" if venue == PAPER else "Alpaca"
    currency = balances.text(given, "currency")
    return Account(
        id=identify(given, environment),
        broker=BROKER_ID,
        environment=environment,
        name=f"{kind} {mask}".strip(),
        number_mask=mask,
        type=balances.account_type(given),
        currency=currency if len(currency) == 3 else "USD",
        institution="Alpaca Securities",
        raw_type=balances.described(given),
        flags=balances.flags(given),
    )


def reading(
    given: Fields,
    held: loose.Found[wire.Position],
    names: Names,
    environment: Environment,
    fetched_at: datetime,
) -> Reading:
    """Balances and positions of one account, out of two answers that belong together.

    Alpaca gives no time of its own for them, so ``as_of`` is when they were fetched.

    Raises:
        BrokerProtocolError: positions are missing that the account counts.
    """
    found, unread = held[0], list(held[1])
    positions: list[Position] = []
    for index, record in found:
        try:
            positions.append(position(record, names))
        except ValueError:
            label = clean_symbol(record.symbol)
            where = f"positions[{index}]"
            unread.append(Unread(where=where, reason=loose.UNREADABLE, label=label))
    balance, unreadable = balances.balance(given)
    if not found and not unread and (balance.long_market_value or balance.short_market_value):
        raise BrokerProtocolError(
            f"{TITLE} counts holdings that it did not list.",
            "The answer was thrown away. Your figures stay as they were.",
            broker_id=BROKER_ID,
        )
    return Reading(
        account=identify(given, environment),
        fetched_at=fetched_at,
        as_of=fetched_at,
        balances=(balance,),
        positions=tuple(positions),
        unread=(*unread, *unreadable),
    )


def position(given: wire.Position, names: Names) -> Position:
    """One holding; short ones negative in quantity, value and cost.

    Raises:
        ValueError: it has no quantity or symbol, or a figure no real holding has.
    """
    what = instrument(given.symbol, given.asset_class, names, given.asset_id)
    quantity = _quantity(given)
    return Position(
        instrument=what,
        quantity=quantity,
        average_cost=_maybe(given.avg_entry_price),
        cost_basis=_signed(given.cost_basis, quantity),
        mark=_maybe(given.current_price),
        market_value=_signed(given.market_value, quantity),
        day_pl=_maybe(given.unrealized_intraday_pl),
        open_pl=_maybe(given.unrealized_pl),
    )


def _quantity(given: wire.Position) -> Decimal:
    """The signed quantity. Whether a short one carries its sign is not sure, so the side decides.

    Raises:
        ValueError: there is none, or it contradicts its side.
    """
    if given.qty is None:
        raise ValueError("no quantity")
    quantity = exact(given.qty)
    if given.side == "short":
        return -abs(quantity)
    if given.side == "long" and quantity < 0:
        raise ValueError("a long position below zero")
    return quantity


def _signed(value: Decimal | None, quantity: Decimal) -> Decimal | None:
    """A value or cost with the sign of a short position, however the wire signs it."""
    if value is None:
        return None
    amount = exact(value)
    return -abs(amount) if quantity < 0 else amount


def _maybe(value: Decimal | None) -> Decimal | None:
    return None if value is None else exact(value)
