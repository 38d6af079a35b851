"""Balances and positions as one reading, out of the answers that SnapTrade gives apart.

Cost is per unit here and a total in the domain. A fund that the cash lies in is in the cash figure
already and is not counted twice. What an institution no longer renews is told as old.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Context, Decimal

import msgspec

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.snaptrade import BROKER_ID, TITLE, loose, wire
from brokerdesk.brokers.snaptrade import instruments as instrument_mapping
from brokerdesk.brokers.snaptrade.instruments import currency, instrument
from brokerdesk.brokers.snaptrade.sums import settle
from brokerdesk.brokers.snaptrade.times import day, lenient
from brokerdesk.brokers.text import clean_name, clean_symbol
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.exact import exact
from brokerdesk.domain.ids import AccountId, account_id
from brokerdesk.domain.kinds import AssetType, Environment
from brokerdesk.domain.position import Lot, Position
from brokerdesk.domain.reading import Reading, Unread
from brokerdesk.errors import BrokerProtocolError
from brokerdesk.turns import steps

EXACT = Context(prec=160)
"""Wide enough that a product of amounts is never rounded."""

_POSITIONS = JsonDecoder(wire.Positions)
_POSITION = JsonDecoder(wire.Position)
_BALANCE = JsonDecoder(wire.Balance)
_HOLDINGS = JsonDecoder(wire.Holdings)
_OLD = JsonDecoder(wire.OldPosition)
_OLD_OPTION = JsonDecoder(wire.OldOptionPosition)
_FRESHNESS = JsonDecoder(wire.Freshness)


@dataclass(frozen=True, slots=True)
class Parts:
    """The answers that make up one reading. ``stale``: its institution renews nothing now."""

    account: wire.Account
    balances: list[tuple[int, wire.Balance]]
    positions: list[tuple[int, wire.Position]]
    as_of: str | None
    unread: list[Unread]
    stale: bool = False
    stale_since: str | None = None


class Recorded(msgspec.Struct):
    """One recorded portfolio: the three answers side by side."""

    account: msgspec.Raw
    balances: msgspec.Raw
    positions: msgspec.Raw


_RECORDED = JsonDecoder(Recorded)


def replay(raw: bytes, environment: Environment, fetched_at: datetime) -> Reading:
    """The reading in one recorded portfolio.

    Raises:
        BrokerProtocolError: it is no such thing.
    """
    recorded = _RECORDED.decode(raw)
    account = loose.account(recorded.account)
    parts = put_together(account, bytes(recorded.balances), bytes(recorded.positions))
    return reading(parts, environment, fetched_at)


def put_together(
    account: tuple[wire.Account, list[Unread]], balances: bytes, positions: bytes
) -> Parts:
    """The parts out of the newer answers; the account with what of it was not understood.

    Raises:
        BrokerProtocolError: one of them is something else.
    """
    given, unread = account
    rows, bad_rows = loose.listed(balances, _BALANCE, "balances")
    answer = _POSITIONS.decode(positions)
    held, bad = loose.each(answer.results, _POSITION, "positions")
    try:
        as_of = _FRESHNESS.decode_checked(answer.data_freshness).as_of
    except BrokerProtocolError:
        as_of = None
    return Parts(given, rows, held, as_of, [*unread, *bad_rows, *bad])


def put_together_old(account: tuple[wire.Account, list[Unread]], holdings: bytes) -> Parts:
    """The parts out of the older answer that holds everything.

    Raises:
        BrokerProtocolError: it is something else.
    """
    given, unread = account
    answer = _HOLDINGS.decode(holdings)
    rows, bad_rows = loose.each(answer.balances, _BALANCE, "balances")
    shares, bad_shares = loose.each(answer.positions, _OLD, "positions")
    options, bad_options = loose.each(answer.option_positions, _OLD_OPTION, "option_positions")
    held = [(place, _renewed(old)) for place, old in shares]
    held += [(len(answer.positions) + place, _renewed_option(old)) for place, old in options]
    return Parts(given, rows, held, None, [*unread, *bad_rows, *bad_shares, *bad_options])


def aged(parts: Parts, since: str | None) -> Parts:
    """The parts of an account whose institution has renewed nothing ``since`` then."""
    return replace(parts, stale=True, stale_since=since)


def reading(parts: Parts, environment: Environment, fetched_at: datetime) -> Reading:
    """Balances and positions of one account; what was not understood is in ``unread``."""
    unread = list(parts.unread)
    positions: list[Position] = []
    for place, given in steps(parts.positions):
        try:
            positions.append(position(given))
        except ValueError:
            label = clean_symbol(given.instrument.symbol)
            where = f"positions[{place}]"
            unread.append(Unread(where=where, reason=loose.UNREADABLE, label=label))
    rows = _balances(parts, unread)
    sync = parts.account.sync_status.holdings if parts.account.sync_status else None
    source = parts.as_of or (sync.last_successful_sync if sync else None)
    as_of = min(lenient(source) or fetched_at, fetched_at)
    if sync is not None and sync.holdings_unavailable:
        unread.append(_hidden(parts.account))
    total = _total(parts, unread)
    balances, kept = settle(total, rows, positions, complete=not unread)
    if parts.stale:
        unread.append(_stale(parts, as_of))
    return Reading(
        account=AccountId(account_id(BROKER_ID, environment.value, parts.account.id)),
        fetched_at=fetched_at,
        as_of=as_of,
        balances=balances,
        positions=kept,
        unread=tuple(unread),
    )


def position(given: wire.Position) -> Position:
    """One holding; short ones negative, as on the wire.

    Raises:
        ValueError: it has no quantity or symbol, or a figure no real holding has.
    """
    if given.units is None:
        raise ValueError("no quantity")
    quantity = exact(given.units)
    what = instrument(
        given.instrument, given.currency, cash_equivalent=given.cash_equivalent is True
    )
    price = None if given.price is None else exact(given.price)
    average = None if given.cost_basis is None else exact(given.cost_basis)
    size = EXACT.multiply(quantity, what.multiplier)
    # A bond's price may be per unit or per hundred of it, and nothing here says which.
    sure = what.asset_type is not AssetType.FIXED_INCOME
    value = EXACT.multiply(size, price) if price is not None and sure else None
    basis = EXACT.multiply(size, average) if average is not None and sure else None
    gain = None if value is None or basis is None else EXACT.subtract(value, basis)
    return Position(
        instrument=what,
        quantity=quantity,
        average_cost=average,
        cost_basis=basis,
        mark=price,
        market_value=value,
        open_pl=gain,
        lots=tuple(_lot(lot) for lot in given.tax_lots or () if lot.quantity is not None),
    )


def _lot(given: wire.TaxLot) -> Lot:
    assert given.quantity is not None
    quantity = exact(given.quantity)
    if (given.position_type or "").upper() == "SHORT":
        quantity = -abs(quantity)
    return Lot(
        quantity=quantity,
        acquired=day(given.original_purchase_date),
        cost=None if given.cost_basis is None else exact(given.cost_basis),
    )


def _balances(parts: Parts, unread: list[Unread]) -> list[Balance]:
    rows: dict[str, Balance] = {}
    for place, given in parts.balances:
        try:
            if not given.currency.code:
                raise ValueError("no currency")  # noqa: TRY301 - told like every other
            code = currency(given.currency.code)
            power = None if given.buying_power is None else exact(given.buying_power)
            row = Balance(
                currency=code,
                cash=None if given.cash is None else exact(given.cash),
                buying_power=() if power is None else (("stock", power),),
            )
        except ValueError:
            unread.append(Unread(where=f"balances[{place}]", reason=loose.UNREADABLE))
            continue
        rows.setdefault(code, row)
    if not rows and not any(one.where.startswith("balances") for one in unread):
        unread.append(Unread(where="balances", reason=f"{TITLE} gave no balances."))
    return list(rows.values())


def _total(parts: Parts, unread: list[Unread]) -> tuple[str, Decimal] | None:
    """The institution's own total, where there is one."""
    total = parts.account.balance.total if parts.account.balance else None
    if total is None or total.amount is None:
        return None
    try:
        return currency(total.currency), exact(total.amount)
    except ValueError:
        unread.append(
            Unread(where="balance.total", reason="SnapTrade's figure could not be understood.")
        )
        return None


def _institution(account: wire.Account) -> str:
    return clean_name(account.institution_name) or "The brokerage"


def _hidden(account: wire.Account) -> Unread:
    return Unread(
        where="positions",
        label="holdings",
        reason=f"{_institution(account)} does not show what this account holds; its total is all "
        "there is.",
    )


def _stale(parts: Parts, as_of: datetime) -> Unread:
    since = lenient(parts.stale_since)
    when = f" since {since:%B} {since.day}, {since.year}" if since else ""
    return Unread(
        where="connection",
        label="newer figures",
        reason=f"{_institution(parts.account)} has wanted a new sign-in{when}; these are of "
        f"{as_of:%B} {as_of.day}, {as_of.year}. Sign in again from this connection.",
    )


def _renewed(old: wire.OldPosition) -> wire.Position:
    symbol = old.symbol.symbol or wire.Symbol()
    return wire.Position(
        instrument=instrument_mapping.renewed(symbol),
        units=old.units,
        price=old.price,
        cost_basis=old.average_purchase_price,
        currency=old.currency.code if old.currency else None,
        cash_equivalent=old.cash_equivalent,
    )


def _renewed_option(old: wire.OldOptionPosition) -> wire.Position:
    """The old answer tells an option's price per share and its cost per contract."""
    symbol = old.symbol.option_symbol or wire.OptionSymbol()
    what = instrument_mapping.renewed_option(symbol)
    cost = old.average_purchase_price
    if cost is not None and what.multiplier and cost.is_finite():
        cost = EXACT.divide(cost, what.multiplier)
    return wire.Position(
        instrument=what,
        units=old.units,
        price=old.price,
        cost_basis=cost,
        currency=old.currency.code if old.currency else None,
    )
