"""Schwab's account answers as accounts, balances and positions.

A record that cannot be understood ends in ``Unread`` and the rest is kept. A figure that cannot be
read is listed and left empty; it is never guessed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerdesk.brokers.figures import rounded_price
from brokerdesk.brokers.schwab import BROKER_ID, balances, loose, wire
from brokerdesk.brokers.schwab.instruments import instrument
from brokerdesk.brokers.text import clean, clean_name, clean_symbol
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.exact import exact
from brokerdesk.domain.ids import AccountId, account_id, number_mask
from brokerdesk.domain.kinds import AccountType, AssetType, Environment, TaxStatus
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Reading, Unread
from brokerdesk.turns import steps

_TYPES = {"CASH": AccountType.CASH, "MARGIN": AccountType.MARGIN}
_DEFERRED = ("ira", "sep", "simple", "401k", "401(k)", "403b", "403(b)", "rollover", "keogh")
_TAXABLE = ("individual", "joint", "joint tenant", "joint tenants", "community property")


def replay(raw: bytes, environment: Environment, fetched_at: datetime) -> Reading:
    """The reading in one recorded ``GET /accounts/{hash}?fields=positions`` body.

    Raises:
        BrokerProtocolError: it is no such body.
    """
    return reading(loose.decode_account(raw), environment, fetched_at)


def account_number(answer: wire.AccountAnswer) -> str:
    return answer.securities_account.account_number


def account(
    answer: wire.AccountAnswer, environment: Environment, preference: wire.PreferenceAccount | None
) -> Account:
    """The account as listed; ``preference`` adds the name that its owner gave it."""
    given = answer.securities_account
    nickname = clean_name(preference.nick_name) if preference else ""
    mask = number_mask(given.account_number)
    kind = _TYPES.get(given.type or "", AccountType.UNKNOWN)
    return Account(
        id=account_id(BROKER_ID, environment.value, given.account_number),
        broker=BROKER_ID,
        environment=environment,
        name=nickname or f"Schwab {mask}",
        number_mask=mask,
        type=kind,
        institution="Charles Schwab",
        raw_type=clean(given.type, 64),
        tax_status=tax_status(nickname),
        flags=AccountFlags(
            margin=None if kind is AccountType.UNKNOWN else kind is AccountType.MARGIN,
            day_trader=given.is_day_trader,
            day_trades=given.round_trips,
            closing_only=given.is_closing_only_restricted,
            in_call=balances.in_call(given),
        ),
    )


def tax_status(nickname: str) -> TaxStatus:
    """What the account's name gives away. Schwab has no field for it, so most stay unknown."""
    words = nickname.lower().replace("-", " ").split()
    if "roth" in words:
        return TaxStatus.TAX_FREE
    if any(word in _DEFERRED for word in words):
        return TaxStatus.TAX_DEFERRED
    return TaxStatus.TAXABLE if nickname.lower() in _TAXABLE else TaxStatus.UNKNOWN


def reading(
    decoded: loose.DecodedAccount,
    environment: Environment,
    fetched_at: datetime,
) -> Reading:
    """Balances and positions of one account out of one answer.

    Schwab gives no time of its own for them, so ``as_of`` is when they were fetched.
    """
    answer, unread = decoded.answer, list(decoded.unread)
    held: list[Position] = []
    for index, given in enumerate(steps(answer.securities_account.positions or ())):
        try:
            held.append(position(given))
        except ValueError:
            label = clean_symbol(given.instrument.symbol)
            unread.append(Unread(where=decoded.place(index), reason=loose.UNREADABLE, label=label))
    balance, unreadable = balances.balance(answer)
    unread.extend(unreadable)
    balance, positions = balances.settle_sweeps(balance, held)
    return Reading(
        account=AccountId(account_id(BROKER_ID, environment.value, account_number(answer))),
        fetched_at=fetched_at,
        as_of=fetched_at,
        balances=(balance,),
        positions=positions,
        unread=tuple(unread),
    )


def position(given: wire.Position) -> Position:
    """One holding; short ones negative.

    The wire has no price: the mark is market value per unit and contract multiplier.

    Raises:
        ValueError: it has no quantity or symbol, or a figure no real holding has.
    """
    what = instrument(given.instrument)
    quantity = _quantity(given)
    value = None if given.market_value is None else exact(given.market_value)
    if value is not None and quantity < 0 < value:
        value = -value
    average = _average(given, quantity)
    open_pl = _sum(given.long_open_profit_loss, given.short_open_profit_loss)
    basis = None
    if what.asset_type is AssetType.FIXED_INCOME:
        # Bonds are quoted per hundred of face value, so only the figures in money are sure.
        basis = value - open_pl if value is not None and open_pl is not None else None
    elif average is not None:
        basis = average * quantity * what.multiplier
    mark = None
    if value is not None and quantity:
        mark = rounded_price(value / (quantity * what.multiplier))
    day_pl = given.current_day_profit_loss
    return Position(
        instrument=what,
        quantity=quantity,
        average_cost=average,
        cost_basis=basis,
        mark=mark,
        market_value=value,
        day_pl=None if day_pl is None else exact(day_pl),
        open_pl=open_pl,
    )


def _average(given: wire.Position, quantity: Decimal) -> Decimal | None:
    side = given.average_short_price if quantity < 0 else given.average_long_price
    chosen = given.average_price if given.average_price is not None else side
    return None if chosen is None else exact(chosen)


def _quantity(given: wire.Position) -> Decimal:
    """Long less short. One side may be left out, but a lone zero says nothing about the other.

    Raises:
        ValueError: it cannot be known.
    """
    sides = (given.long_quantity, given.short_quantity)
    if None in sides and not any(sides):
        raise ValueError("no quantity")
    long, short = (Decimal(0) if side is None else exact(side) for side in sides)
    return long - short


def _sum(*values: Decimal | None) -> Decimal | None:
    known = [exact(value) for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None
