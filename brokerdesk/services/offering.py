"""What one account can do with what is in the ticket, out of its broker's own rules. Pure.

Each choice is tried on the rules that sending uses, with plausible stand-ins for what is not filled
in: prices and amounts as the user typed them never dim a choice. Where something else in the ticket
is in the way of every choice of a kind, a choice counts as possible if it is with another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import product
from typing import Any, TypeVar

from brokerdesk.brokers.base import BrokerSpec
from brokerdesk.domain.account import Account
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    AccountType,
    AssetType,
    Environment,
    OrderSide,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.quote import Quote
from brokerdesk.errors import InputError, NotSupportedError
from brokerdesk.services.order_limits import usable
from brokerdesk.services.trading_facts import Offers

Check = Callable[[Draft], None]
K = TypeVar("K", bound=StrEnum)
_S, _T = OrderSide, OrderType
SHARE_SIDES = (_S.BUY, _S.SELL, _S.SELL_SHORT, _S.BUY_TO_COVER)
OPTION_SIDES = (_S.BUY_TO_OPEN, _S.SELL_TO_CLOSE, _S.SELL_TO_OPEN, _S.BUY_TO_CLOSE)
OPENING = (_S.BUY, _S.SELL_SHORT, _S.BUY_TO_OPEN, _S.SELL_TO_OPEN)
_BUYING = (_S.BUY, _S.BUY_TO_COVER, _S.BUY_TO_OPEN, _S.BUY_TO_CLOSE)
OPPOSITE = {
    _S.BUY: _S.SELL,
    _S.SELL: _S.BUY,
    _S.SELL_SHORT: _S.BUY_TO_COVER,
    _S.BUY_TO_COVER: _S.SELL_SHORT,
    _S.BUY_TO_OPEN: _S.SELL_TO_CLOSE,
    _S.SELL_TO_CLOSE: _S.BUY_TO_OPEN,
    _S.SELL_TO_OPEN: _S.BUY_TO_CLOSE,
    _S.BUY_TO_CLOSE: _S.SELL_TO_OPEN,
}
LIMITED = frozenset(
    {
        *(_T.LIMIT, _T.STOP_LIMIT, _T.LIMIT_ON_OPEN, _T.LIMIT_ON_CLOSE, _T.TRAILING_STOP_LIMIT),
        *(_T.NET_DEBIT, _T.NET_CREDIT),
    }
)
STOPPED = frozenset({_T.STOP, _T.STOP_LIMIT})
TRAILING = frozenset({_T.TRAILING_STOP, _T.TRAILING_STOP_LIMIT})
_MARKET, _ABOVE, _BELOW = Decimal(10), Decimal(11), Decimal(9)


class Amount(StrEnum):
    WHOLE = "whole"
    FRACTION = "fraction"
    MONEY = "money"


class Trail(StrEnum):
    AMOUNT = "amount"
    PERCENT = "percent"


_HOW_MUCH: Mapping[Amount, dict[str, Decimal | None]] = {
    Amount.WHOLE: {"quantity": Decimal(1), "notional": None},
    Amount.FRACTION: {"quantity": Decimal("1.5"), "notional": None},
    Amount.MONEY: {"quantity": None, "notional": Decimal(100)},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The choices of a ticket, without the figures."""

    account: AccountId
    environment: Environment
    legs: tuple[DraftLeg, ...]
    type: OrderType
    time: TimeInForce
    session: TradingSession
    amount: Amount = Amount.WHOLE
    trail: Trail = Trail.AMOUNT
    link: Link = Link.SINGLE
    exits: tuple[OrderType, ...] = ()
    until: date

    def draft(self) -> Draft:
        """A draft of this shape with stand-ins.

        Raises:
            ValueError: no draft can be of this shape.
        """
        own = self._single(self.legs, self.type, **_HOW_MUCH[self.amount])
        match self.link:
            case Link.SINGLE:
                return own
            case Link.EITHER:
                exits = self._exits(self.legs, self.exits or (_T.LIMIT, _T.STOP))
                return replace(own, legs=(), link=self.link, children=exits)
            case _:
                usual = (_T.LIMIT, _T.STOP) if self.link is Link.BRACKET else (_T.LIMIT,)
                against = tuple(replace(one, side=OPPOSITE[one.side]) for one in self.legs)
                exits = self._exits(against, self.exits or usual)
                return replace(own, link=self.link, children=exits)

    def _exits(self, legs: tuple[DraftLeg, ...], kinds: tuple[OrderType, ...]) -> tuple[Draft, ...]:
        return tuple(self._single(legs, kind, **_HOW_MUCH[self.amount]) for kind in kinds)

    def _single(self, legs: tuple[DraftLeg, ...], kind: OrderType, **how: Any) -> Draft:
        buys = legs[0].side in _BUYING
        trails = kind in TRAILING
        price = None
        if kind in LIMITED:
            price = -_MARKET if kind is _T.NET_CREDIT else _BELOW if buys else _ABOVE
        stop = (_ABOVE if buys else _BELOW) if kind in STOPPED else None
        if kind is _T.STOP_LIMIT:
            price = stop
        return Draft(
            account=self.account,
            environment=self.environment,
            legs=legs,
            type=kind,
            time_in_force=self.time,
            session=self.session,
            limit_price=price,
            stop_price=stop,
            trail_amount=Decimal(1) if trails and self.trail is Trail.AMOUNT else None,
            trail_percent=Decimal(5) if trails and self.trail is Trail.PERCENT else None,
            good_till=self.until if self.time is TimeInForce.GTD else None,
            **how,
        )


def shape_of(draft: Draft, until: date) -> Shape:
    """The choices of a draft. Two orders that cancel each other have those of the first."""
    first = draft if draft.legs else draft.children[0]
    amount = Amount.MONEY if first.notional is not None else Amount.WHOLE
    quantity = first.quantity
    if quantity is not None and quantity.is_finite() and quantity % 1:
        amount = Amount.FRACTION
    return Shape(
        account=draft.account,
        environment=draft.environment,
        legs=first.legs,
        type=first.type,
        time=first.time_in_force,
        session=first.session,
        amount=amount,
        trail=Trail.PERCENT if first.trail_percent is not None else Trail.AMOUNT,
        link=draft.link,
        exits=tuple(one.type for one in draft.children),
        until=draft.good_till or until,
    )


def rules_of(spec: BrokerSpec, account: Account, against: str = "") -> Check:
    """The broker's own rules for drafts; where it has none that can be asked, its record.

    ``against`` is why it takes no order for this account at all.
    """
    able = spec.capabilities

    def by_record(draft: Draft) -> None:
        checks = (
            (draft.type in able.order_types, "has no such kind of order"),
            (draft.time_in_force in able.times_in_force, "has no orders that are valid so long"),
            (draft.session in able.sessions, "has no such session"),
            (draft.notional is None or able.notional, "takes no orders for an amount of money"),
            (draft.quantity is None or not draft.quantity % 1 or able.fractional,
             "takes whole units only"),
            (draft.link is Link.SINGLE, "links no orders here"),
        )  # fmt: skip
        for fits, words in checks:
            if not fits:
                raise NotSupportedError(
                    f"{spec.title} {words}.", capability="trading", broker_id=spec.id
                )

    def check(draft: Draft) -> None:
        if not able.trading or account.flags.read_only:
            raise NotSupportedError(
                "This connection can only read.", capability="trading", broker_id=spec.id
            )
        if against:
            raise NotSupportedError(against, capability="trading", broker_id=spec.id)
        if spec.check_draft is None:
            by_record(draft)
        else:
            spec.check_draft(draft, account)

    return check


def why_not(check: Check, shape: Shape) -> str:
    """The broker's reason against a shape, "" if it takes it."""
    try:
        check(shape.draft())
    except (InputError, NotSupportedError) as error:
        return error.title
    except (ValueError, KeyError):
        return "This does not go together."
    return ""


def possible(check: Check, shape: Shape, fixed: Iterable[str]) -> bool:
    """Whether a broker takes this with any other choice of what is not ``fixed``."""
    kept = frozenset(fixed)
    free: dict[str, tuple[Any, ...]] = {
        "type": (shape.type, _T.LIMIT, _T.MARKET, _T.NET_DEBIT),
        "time": (shape.time, TimeInForce.DAY, TimeInForce.GTC),
        "session": (shape.session, TradingSession.REGULAR),
        "amount": (shape.amount, Amount.WHOLE),
        "link": (shape.link, Link.SINGLE),
    }
    names = [name for name in free if name not in kept]
    for values in product(*(dict.fromkeys(free[name]) for name in names)):
        if not why_not(check, replace(shape, **dict(zip(names, values, strict=True)))):
            return True
    return False


def takes(check: Check, draft: Draft, until: date) -> str:
    """Why a broker takes no order for such a thing, side and kind of amount at all; "" if it does.
    Amounts matter for purchases alone: a sale goes where the thing is.
    """
    shape = shape_of(draft, until)
    buys = shape.legs[0].side in OPENING
    if possible(check, shape, ("amount",) if buys else ()):
        return ""
    plain = replace(shape, type=_T.LIMIT, session=TradingSession.REGULAR, link=Link.SINGLE)
    return why_not(check, replace(plain, time=TimeInForce.DAY, exits=())) or why_not(check, shape)


def offers(check: Check, draft: Draft, account: Account, until: date) -> Offers:
    """By choice the reason against it."""
    shape = shape_of(draft, until)

    def one(name: str, values: Iterable[K], **more: Any) -> dict[K, str]:
        return _reasons(check, shape, name, values, more)

    links = {
        link: why_not(check, shape if link is shape.link else replace(shape, link=link, exits=()))
        for link in Link
    }
    if all(links.values()):
        links = {
            link: "" if possible(check, replace(shape, link=link, exits=()), ("link",)) else why
            for link, why in links.items()
        }
    trailing = replace(shape, type=_T.TRAILING_STOP)
    return Offers(
        account=account.id,
        types=one("type", (kind for kind in OrderType if kind is not _T.UNKNOWN)),
        times=one("time", (kind for kind in TimeInForce if kind is not TimeInForce.UNKNOWN)),
        sessions=one(
            "session", (kind for kind in TradingSession if kind is not TradingSession.UNKNOWN)
        ),
        sides=_sides(check, shape, account),
        links=links,
        dollars=_reason(check, shape, "amount", Amount.MONEY),
        fractions=_reason(check, shape, "amount", Amount.FRACTION),
        trail_amount=_reason(check, trailing, "trail", Trail.AMOUNT),
        trail_percent=_reason(check, trailing, "trail", Trail.PERCENT),
    )


def _reasons(
    check: Check, shape: Shape, name: str, values: Iterable[K], more: Mapping[str, Any]
) -> dict[K, str]:
    found = {value: why_not(check, replace(shape, **{name: value, **more})) for value in values}
    if all(found.values()):
        return {
            value: "" if possible(check, replace(shape, **{name: value, **more}), (name,)) else why
            for value, why in found.items()
        }
    return found


def _reason(check: Check, shape: Shape, name: str, value: StrEnum) -> str:
    changed = replace(shape, **{name: value})  # type: ignore[arg-type]
    why = why_not(check, changed)
    fixed = (name, "type") if name == "trail" else (name,)
    if why and why_not(check, shape) and possible(check, changed, fixed):
        return ""
    return why


def _sides(check: Check, shape: Shape, account: Account) -> dict[OrderSide, str]:
    option = shape.legs[0].instrument.asset_type is AssetType.OPTION
    own = OPTION_SIDES if option else SHARE_SIDES
    first, *rest = shape.legs

    def turned(side: OrderSide) -> Shape:
        return replace(shape, legs=(replace(first, side=side), *rest))

    found = {side: why_not(check, turned(side)) for side in own}
    if all(found.values()):
        found = {
            side: "" if possible(check, turned(side), ()) else why for side, why in found.items()
        }
    flags = account.flags
    cash = account.type is AccountType.CASH or flags.margin is False
    for side in own:
        if side is _S.SELL_SHORT and cash and not found[side]:
            found[side] = "A cash account sells nothing short."
        if side in OPENING and flags.closing_only:
            found[side] = "The broker lets this account close positions only."
    other = "Options are opened or closed." if option else "Only options are opened or closed."
    for side in (*SHARE_SIDES, *OPTION_SIDES):
        found.setdefault(side, other)
    return found


_CENT, _NICKEL, _DIME = Decimal("0.01"), Decimal("0.05"), Decimal("0.10")


def tick(draft: Draft, quote: Quote | None) -> Decimal | None:
    """The smallest step of a price near the market; None where nobody says.

    Shares move by cents, below a dollar by hundredths of those. Options move by five cents below
    three dollars and by ten from there on; where their own quote is finer they are in the penny
    program and move by one and five. Several legs have a net price in cents.
    """
    first = draft if draft.legs else draft.children[0]
    what = first.legs[0].instrument
    if len(first.legs) > 1:
        return _CENT
    told = () if quote is None else (quote.bid, quote.ask, quote.last, quote.mark)
    known = [price for price in (*told, first.limit_price) if price is not None and usable(price)]
    price = known[0] if known else None
    if what.asset_type in (AssetType.EQUITY, AssetType.ETF):
        return Decimal("0.0001") if price is not None and price < 1 else _CENT
    if what.asset_type is not AssetType.OPTION or what.currency != "USD":
        return None
    sides = [] if quote is None else [one for one in (quote.bid, quote.ask) if usable(one)]
    dear = price is not None and price >= 3
    if dear:
        finest = any(one is not None and one % _NICKEL for one in sides)
        fine = any(one is not None and one % _DIME for one in sides)
        return _CENT if finest else _NICKEL if fine else _DIME
    return _CENT if any(one is not None and one % _NICKEL for one in sides) else _NICKEL
