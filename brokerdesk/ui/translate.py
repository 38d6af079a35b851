"""From what services and the start view know to what the window shows.

It chooses words and marks; sums were made below. With ``translate_messages`` the only module of the
UI that reads the types of the services.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from brokerdesk.domain.connection import Connection
from brokerdesk.domain.kinds import ConnectionState, shown
from brokerdesk.domain.position import Position
from brokerdesk.services import portfolio_view as pv
from brokerdesk.services.allocation import ClassValue, by_class
from brokerdesk.services.day_change import change_of, known_cost
from brokerdesk.services.lots import lot_gain, lot_price
from brokerdesk.services.splits import InstrumentKey, Split
from brokerdesk.turns import steps
from brokerdesk.ui.sketch import movers
from brokerdesk.ui.translate_base import (
    account_worth,
    combined_row,
    holding_worth,
    part_worth,
)
from brokerdesk.ui.translate_messages import messages, split_hint, split_message
from brokerdesk.ui.viewmodels.account_words import account_kind
from brokerdesk.ui.viewmodels.state import (
    AccountRow,
    ClassRow,
    ConnectionRow,
    Figures,
    LotRow,
    Mark,
    PositionRow,
    TotalRow,
)

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.services.portfolio_sketch import Sketch

Titles = Mapping[str, str]
"""Broker id to the name that people know."""

_MARKS = {
    ConnectionState.OK: Mark.LIVE,
    ConnectionState.NEW: Mark.SAVED,
    ConnectionState.NEEDS_SIGN_IN: Mark.SIGN_IN,
    ConnectionState.UNAVAILABLE: Mark.SAVED,
    ConnectionState.RATE_LIMITED: Mark.SAVED,
    ConnectionState.SUSPECT: Mark.SUSPECT,
    ConnectionState.FAILED: Mark.FAILED,
}
_TAX = {"tax_deferred": "tax deferred", "tax_free": "tax free", "taxable": "taxable"}


def figures(
    view: pv.PortfolioView,
    titles: Titles,
    offered: Iterable[StoredAccount] = (),
    splits: Mapping[InstrumentKey, tuple[Split, ...]] | None = None,
    sketch: Sketch | None = None,
) -> Figures:
    """Everything that the window shows of one look at the portfolio.

    ``splits`` are those between a past day that is shown and now, by instrument. ``sketch`` is
    given when ``view`` is the one in it: all but the positions themselves.
    """
    everyone = tuple(_account(row, titles) for row in view.everyone)
    by_id = {row.key: row for row in everyone}
    labels = {row.key: row.title for row in everyone}
    accounts = tuple(by_id[row.id] for row in view.accounts)
    positions = tuple(_holding(holding, by_id, labels) for holding in steps(view.holdings))
    told = messages(view, labels, titles, offered)
    if splits:
        positions = _hinted(view, positions, splits)
        told += tuple(split_message(one) for found in splits.values() for one in found)
    return Figures(
        totals=tuple(_total(total) for total in view.totals),
        combined=tuple(map(combined_row, view.combined)),
        base=view.base.currency if everyone else "",
        chosen_base=view.base.chosen,
        accounts=accounts,
        positions=positions if sketch is None else (),
        connections=tuple(_connection(row, view, titles) for row in view.connections),
        messages=told,
        movers=movers(positions),
        classes=_classes(by_class(view) if sketch is None else sketch.classes),
        held=len(view.positions) if sketch is None else sketch.held,
        everyone=everyone if len(everyone) != len(accounts) else (),
        complete=sketch is None,
    )


def _hinted(
    view: pv.PortfolioView,
    rows: tuple[PositionRow, ...],
    splits: Mapping[InstrumentKey, tuple[Split, ...]],
) -> tuple[PositionRow, ...]:
    """Rows of what was split later say so."""
    return tuple(
        replace(row, hint=split_hint(splits[holding.instrument.key]))
        if holding.instrument.key in splits
        else row
        for row, holding in zip(rows, view.holdings, strict=True)
    )


def _classes(found: Iterable[ClassValue]) -> tuple[ClassRow, ...]:
    return tuple(
        ClassRow(
            environment=one.environment.value,
            currency=one.currency,
            name=one.name,
            value=one.value,
            unknown=one.unknown,
            combined=one.combined,
        )
        for one in found
    )


def _mark(row: pv.AccountRow) -> Mark:
    if row.suspect:
        return Mark.SUSPECT
    if row.damaged:
        return Mark.FAILED
    if row.closed_at is not None or row.connection is None:
        return Mark.SAVED
    mark = _MARKS[row.state]
    return Mark.SAVED if mark is Mark.LIVE and row.stale else mark


def _stale_word(row: pv.AccountRow) -> str:
    if row.suspect:
        return "kept"
    if row.damaged:
        return "damaged"
    if row.closed_at is not None:
        return "closed"
    return "old" if row.stale and row.fetched_at is not None else ""


def _type_words(row: pv.AccountRow) -> str:
    return ", ".join(
        part
        for part in (account_kind(row.account), _tax(row), *map(str.lower, _flags(row)))
        if part
    )


def _tags(row: pv.AccountRow) -> tuple[tuple[str, str], ...]:
    """The type in a word, then what the broker says the account is bound by."""
    if row.through is not None:
        return (("Counted once", ""),)
    kind = account_kind(row.account)
    trades = row.account.flags.day_trades
    counted = ((f"{trades} day trade{'s' * (trades != 1)}", ""),) if trades else ()
    return (
        *(((kind, ""),) if kind else ()),
        *counted,
        *((word, "" if word == "Day trader" else "warn") for word in _flags(row)),
    )


def _tax(row: pv.AccountRow) -> str:
    return _TAX.get(row.account.tax_status.value, "")


def _flags(row: pv.AccountRow) -> list[str]:
    flags = row.account.flags
    blocked = flags.account_blocked or flags.trading_blocked or flags.transfers_blocked
    return [
        word
        for word, on in (
            ("Day trader", flags.day_trader),
            ("Closing only", flags.closing_only),
            ("In call", flags.in_call),
            ("Blocked", blocked),
        )
        if on
    ]


def _account(row: pv.AccountRow, titles: Titles) -> AccountRow:
    mask = row.account.number_mask
    return AccountRow(
        key=row.id,
        connection=row.connection or "",
        broker=titles.get(row.account.broker, row.account.broker),
        name="" if row.name == mask else row.name,
        mask=mask,
        type=_type_words(row),
        environment=row.environment.value,
        currency=row.balance.currency if row.balance else row.account.currency,
        cash=row.cash,
        net=row.net_liquidation,
        day_pl=row.day.amount,
        as_of=row.as_of,
        fetched_at=row.fetched_at,
        mark=_mark(row),
        stale=_stale_word(row),
        closed=row.closed_at is not None,
        buying_power=row.buying_power,
        day_percent=row.day.percent,
        tags=_tags(row),
        counts=row.in_totals,
        day_left_out=row.day.left_out,
        held=row.held_at.isoformat() if row.held_at is not None else "",
        worth=account_worth(row),
        through=row.through or "",
    )


def _holding(
    holding: pv.Holding, accounts: Mapping[str, AccountRow], labels: Mapping[str, str]
) -> PositionRow:
    instrument, parts = holding.instrument, holding.parts
    alone, first = len(parts) == 1, parts[0]
    account = accounts[first.account]
    children = () if alone else _children(holding, accounts)
    day, cost = holding.day, holding.cost
    kind = instrument.asset_type
    words = "\t".join(
        (holding.environment._value_, instrument.symbol, kind._value_, instrument.currency)
    )
    return PositionRow(
        key=f"{words}\t{holding.twin}" if holding.twin else words,
        symbol=instrument.symbol,
        name=holding.name,
        asset_type=shown(kind, instrument.raw_type),
        environment=holding.environment._value_,
        currency=instrument.currency,
        quantity=holding.quantity,
        average_cost=holding.average_cost,
        mark_price=holding.mark,
        value=holding.market_value,
        day_pl=day.amount,
        open_pl=cost.gain,
        holders=labels[first.account]
        if alone
        else " ".join(labels[part.account] for part in parts),
        as_of=first.as_of if alone else min(part.as_of for part in parts),
        fetched_at=first.fetched_at if alone else min(part.fetched_at for part in parts),
        mark=account.mark if alone and account.mark is not Mark.LIVE else Mark.SAVED,
        stale=account.stale if alone else "",
        partial=cost.gain is not None and cost.unknown > 0,
        children=children,
        day_percent=day.percent,
        open_percent=cost.percent,
        weight=holding.weight,
        accounts=(first.account,) if alone else tuple(dict.fromkeys(p.account for p in parts)),
        lots=_lots(first) if alone else tuple(lot for one in children for lot in one.lots),
        asset_class=holding.asset_class,
        underlying=instrument.underlying,
        worth=holding_worth(holding),
        multiplier=instrument.multiplier,
        priced_as=_priced_alike(holding, words),
    )


def _children(holding: pv.Holding, accounts: Mapping[str, AccountRow]) -> tuple[PositionRow, ...]:
    """One row an account; of an account that lists it twice, one each."""
    seen: dict[str, int] = {}
    rows, name = [], holding.name
    for part in holding.parts:
        place = seen[part.account] = seen.get(part.account, 0) + 1
        key = part.account if place == 1 else f"{part.account}\t{place}"
        rows.append(_part(key, name, part, holding, accounts[part.account]))
    return tuple(rows)


def _part(
    key: str, name: str, part: pv.PositionRow, holding: pv.Holding, account: AccountRow
) -> PositionRow:
    position, instrument = part.position, part.position.instrument
    day, cost = change_of([position]), known_cost([position])
    return PositionRow(
        key=key,
        symbol=instrument.symbol,
        name=part.name or name,
        asset_type=shown(instrument.asset_type, instrument.raw_type),
        environment=part.environment.value,
        currency=instrument.currency,
        quantity=position.quantity,
        average_cost=position.average_cost,
        mark_price=position.mark,
        value=position.market_value,
        day_pl=position.day_pl,
        open_pl=position.open_pl,
        account=account.title,
        as_of=part.as_of,
        fetched_at=part.fetched_at,
        mark=account.mark,
        stale=account.stale,
        day_percent=day.percent,
        open_percent=cost.percent,
        weight=holding.weight_of(position),
        accounts=(part.account,),
        lots=_lots(part),
        asset_class=holding.asset_class,
        underlying=instrument.underlying,
        worth=part_worth(holding, part),
        multiplier=instrument.multiplier,
        priced_as=_priced_as(part),
    )


def _priced_alike(holding: pv.Holding, words: str) -> str:
    """What prices of the whole are of, where all parts are called alike and known alike; ``words``
    are those of the first part.
    """
    if len(holding.parts) == 1:
        return "" if holding.day.left_out else words
    names = {_priced_as(part) for part in holding.parts}
    return names.pop() if len(names) == 1 and not holding.day.left_out else ""


def _priced_as(part: pv.PositionRow) -> str:
    one = part.position.instrument
    return "\t".join((part.environment.value, one.symbol, one.asset_type.value, one.currency))


def _lots(part: pv.PositionRow) -> tuple[LotRow, ...]:
    position: Position = part.position
    if not position.lots:
        return ()
    return tuple(
        LotRow(
            account=part.account,
            quantity=lot.quantity,
            acquired=lot.acquired,
            cost=lot.cost,
            price=lot_price(position, lot),
            open_pl=lot_gain(position, lot),
        )
        for lot in position.lots
    )


def _total(total: pv.Total) -> TotalRow:
    return TotalRow(
        environment=total.environment.value,
        currency=total.currency,
        value=total.net_liquidation,
        accounts=total.accounts,
        oldest=total.oldest,
        left_out=total.missing,
        cash=total.cash,
        day_pl=total.day.amount,
        day_percent=total.day.percent,
        day_left_out=total.day.left_out,
        open_pl=total.cost.gain,
        cost_known=total.cost.share,
        doubled=total.doubled,
    )


def _connection(row: Connection, view: pv.PortfolioView, titles: Titles) -> ConnectionRow:
    stale = any(one.stale and one.connection == row.id for one in view.everyone)
    mark = _MARKS[row.state]
    facts = view.facts.get(row.id, pv.ConnectionFacts())
    return ConnectionRow(
        key=row.id,
        title=row.name or titles.get(row.broker, row.broker),
        broker=row.broker,
        environment=row.environment.value,
        mark=Mark.SAVED if mark is Mark.LIVE and stale else mark,
        words=row.state_text,
        last_success=row.last_success,
        sign_in_ends=row.sign_in_ends,
        needs_sign_in=row.state is ConnectionState.NEEDS_SIGN_IN,
        last_attempt=row.last_attempt,
        created_at=row.created_at,
        accounts=facts.accounts,
        sign_in_days=facts.sign_in_lasts.days if facts.sign_in_lasts is not None else None,
        failures=facts.failures,
        no_expiry=facts.no_expiry,
    )
