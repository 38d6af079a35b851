"""The columns of the Overview's accounts table and of its totals row.

An account in another currency than the table's is shown converted, with what it was converted from
beside it. Without a rate it keeps its own, and names it after the figure, so that amounts of
different currencies never look alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column, folded, gain_tone
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.base_words import is_unrated, rates_words, worth_hint
from brokerdesk.ui.viewmodels.state import MARK_WORDS, AccountRow, InBase, Mark, TotalRow

_ENVIRONMENT_TAGS = {"paper": ("PAPER", "paper"), "practice": ("PRACTICE", "practice")}
ABOUT = "\N{ALMOST EQUAL TO}\N{THIN SPACE}"
"""Before a figure that was converted."""
SIMULATED = "Simulated; never in totals"


@dataclass
class Totals:
    """What the totals row shows: the leading total, as it was added up elsewhere."""

    row: TotalRow | None = None
    buying_power: Decimal | None = None
    mixed: bool = False
    """Accounts in other currencies stand in the same table."""
    converted: bool = False
    """And their figures are shown in the total's currency."""

    @property
    def currency(self) -> str:
        return self.row.currency if self.row is not None else ""

    def has(self, row: AccountRow) -> bool:
        """Whether the account's money is of the totals' kind; other money stands apart, dimmed."""
        return self.row is None or row.environment == self.row.environment


def account_columns(totals: Totals) -> tuple[Column[AccountRow], ...]:
    """The columns; ``totals`` is read whenever the totals row is drawn."""

    def worth(row: AccountRow) -> InBase | None:
        """The row in the total's currency; None where it stands in it, or there is no rate."""
        if not totals.converted or row.worth is None or row.worth.currency != totals.currency:
            return None
        return None if is_unrated(row) else row.worth

    def code(row: AccountRow) -> str:
        own = row.currency == totals.currency or worth(row) is not None
        return "" if own else f" {row.currency}"

    def money(row: AccountRow, value: Decimal | None, **more: Any) -> Cell:
        absent = more.pop("absent", fmt.NONE)
        text = fmt.amount(value, absent=absent) + (code(row) if value is not None else "")
        tone = more.pop("tone", "text2")
        return Cell(text, "text3" if value is None else tone, secret=value is not None, **more)

    def net(row: AccountRow) -> Decimal | None:
        found = worth(row)
        return row.net if found is None else found.value

    def gain(row: AccountRow) -> Decimal | None:
        found = worth(row)
        return row.day_pl if found is None else found.day_pl

    def cash(row: AccountRow) -> Decimal | None:
        found = worth(row)
        return row.cash if found is None else found.cash

    def power(row: AccountRow) -> Decimal | None:
        found = worth(row)
        return row.buying_power if found is None else found.buying_power

    def value(row: AccountRow, now: datetime) -> Cell:
        real = totals.has(row) and not row.through
        tone = "text" if real else "text2"
        unrated = totals.converted and is_unrated(row)
        hints = (worth_hint(row.worth if totals.converted else None, _original(row),
                            new_york_day(now)), row.live)  # fmt: skip
        cell = money(
            row, net(row), strong=real, absent=fmt.NO_DATA, tone="warn" if unrated else tone,
            hint=" ".join(filter(None, hints)),
        )  # fmt: skip
        if unrated:
            return replace(cell, spoken=f"{cell.text}, no exchange rate")
        if worth(row) is None or cell.text == fmt.NO_DATA:
            return cell
        return replace(cell, text=ABOUT + cell.text, spoken=f"{cell.text}, converted")

    def original(row: AccountRow, _now: datetime) -> Cell:
        if row.worth is None or row.net is None:
            return Cell("")
        return Cell(_original(row), "text2", secret=True)

    def name(row: AccountRow, _now: datetime) -> Cell:
        return _name(row, apart=not totals.has(row))

    def share(row: AccountRow, _now: datetime) -> Cell:
        known = row.day_pl is not None
        return _percent(row.day_percent, real=totals.has(row), known=known)

    def flags(row: AccountRow, _now: datetime) -> Cell:
        return _flags(row, apart=not totals.has(row))

    def age(row: AccountRow, now: datetime) -> Cell:
        return as_of(row, now, apart=not totals.has(row))

    def whole(value: Decimal | None, *, absent: str = fmt.NONE) -> Cell:
        tone = "text3" if value is None else "text"
        return Cell(fmt.amount(value, absent=absent), tone, strong=True, secret=value is not None)

    def total_value(_rows: Sequence[AccountRow], _now: datetime) -> Cell:
        return whole(totals.row.value if totals.row else None, absent=fmt.NO_DATA)

    def total_day(_rows: Sequence[AccountRow], _now: datetime) -> Cell:
        return _gain(totals.row.day_pl if totals.row else None, strong=True)

    def total_percent(_rows: Sequence[AccountRow], _now: datetime) -> Cell:
        return _percent(totals.row.day_percent if totals.row else None, strong=True)

    return (
        Column("Account", name, lambda r: folded(r.title), lambda r: r.title, 212, stretch=True,
               total=lambda rows, _now: _counted(totals)),
        Column("Value", value, net, lambda r: fmt.plain(net(r)), 96, number=True,
               total=total_value),
        Column("Original", original, lambda r: r.net, lambda r: fmt.plain(r.net), 124, number=True,
               rank=7, hint="What was converted, in its own currency"),
        Column("Day change", lambda r, _: _gain(gain(r), real=totals.has(r), suffix=code(r)),
               gain, lambda r: fmt.plain(gain(r)), 98, number=True, rank=1, total=total_day),
        Column("%", share,
               lambda r: r.day_percent, lambda r: fmt.plain(r.day_percent), 62, number=True,
               rank=3, key="day-percent", hint="Day change in percent", total=total_percent),
        Column("Cash", lambda r, _: money(r, cash(r)), cash,
               lambda r: fmt.plain(cash(r)), 84, number=True, rank=4,
               total=lambda rows, _now: whole(totals.row.cash if totals.row else None)),
        Column("Buying power", lambda r, _: money(r, power(r)), power,
               lambda r: fmt.plain(power(r)), 92, number=True, rank=5,
               total=lambda rows, _now: whole(totals.buying_power)),
        Column("Type, flags", flags, lambda r: folded(_flag_words(r)), _flag_words, 146, rank=6,
               total=lambda rows, now: _oldest(totals, now)),
        Column("As of", age, lambda r: r.as_of or r.fetched_at,
               lambda r: r.as_of.isoformat() if r.as_of else "", 116, number=True, time=True,
               ages=True, rank=2, total=lambda rows, _now: Cell("")),
    )  # fmt: skip


def _original(row: AccountRow) -> str:
    """An account's own figure with its currency, and which others it holds besides."""
    own = f"{fmt.amount(row.net, absent=fmt.NO_DATA)} {row.currency}"
    rates = row.worth.rates if row.worth is not None else ()
    more = [one.currency for one in rates if one.currency != row.currency]
    return " and ".join((own, *dict.fromkeys(more)))


_ROOM = 16
"""Letters that the column has room for; the whole moment is in the tip."""


def as_of(row: AccountRow, now: datetime, *, apart: bool = False) -> Cell:
    """The figures' own time; what is older than wished says so in a word and a colour."""
    at = row.as_of or row.fetched_at
    if at is None:
        return Cell("never read", "text3", small=True)
    said = fmt.age(at, now, short=True)
    hint = f"Figures of {fmt.stamp(at)}."
    if row.fetched_at is not None:
        hint += f" Fetched {fmt.stamp(row.fetched_at)}."
    if not row.stale:
        if apart and not row.tags:
            # The words before it, that nothing here is real, run into this column.
            return Cell("", hint=hint, spoken=said)
        return Cell(said, "text3", hint=hint, small=True)
    ended = row.mark in (Mark.SIGN_IN, Mark.FAILED)
    # An old figure is dated; the word for it is read out, so that colour is not the only sign.
    text = said if row.stale == "old" else f"{row.stale}, {said}"
    if len(text) > _ROOM:
        text = _dated(row.stale, at, now)
    return Cell(
        text, "loss" if ended else "warn", hint=hint, small=True, spoken=f"{said}, {row.stale}"
    )


def _dated(word: str, at: datetime, now: datetime) -> str:
    """The word with the day, or alone: the tool tip has both times in full."""
    zone = fmt.market_zone()
    day = at.astimezone(zone).date()
    told = fmt.day(day)
    if day.year == now.astimezone(zone).year:
        told = told.removesuffix(f" {day.year}")
    text = f"{word}, {told}"
    return text if len(text) <= _ROOM else word


def _name(row: AccountRow, *, apart: bool) -> Cell:
    state = "closed" if row.closed else MARK_WORDS[row.mark]
    title = tame(row.title)
    tag = _ENVIRONMENT_TAGS.get(row.environment)
    if tag is None or not apart:
        if row.through:
            spoken = f"{title}, counted through another connection, {state}"
            return Cell(title, "text2", mark=row.mark, spoken=spoken, hint=title)
        return Cell(title, mark=row.mark, spoken=f"{title}, {state}", hint=title)
    spoken = f"{tag[0].capitalize()}, {title}, {state}"
    return Cell(title, "text2", tags=(tag,), spoken=spoken, hint=title)


def _gain(
    value: Decimal | None, *, strong: bool = False, real: bool = True, suffix: str = ""
) -> Cell:
    if value is None:
        return Cell(fmt.NO_DATA, "text3")
    tone = gain_tone(value) if real else "text2"
    glyph = fmt.glyph(value)
    return Cell(fmt.change(value) + suffix, tone, glyph, strong=strong, secret=True)


def _percent(
    value: Decimal | None, *, strong: bool = False, real: bool = True, known: bool = True
) -> Cell:
    if value is None:
        return Cell(fmt.NONE if known else "", "text3")
    tone = gain_tone(value) if real else "text2"
    return Cell(fmt.percent(value), tone, strong=strong)


def _flag_words(row: AccountRow) -> str:
    return ", ".join(tame(word) for word, _ in row.tags)


def _flags(row: AccountRow, *, apart: bool) -> Cell:
    if apart and not row.tags:
        return Cell(SIMULATED, "text3", small=True)
    tags = tuple((tame(word), kind) for word, kind in row.tags)
    mode = _ENVIRONMENT_TAGS.get(row.environment)
    if mode is not None and not apart:
        tags = (*tags, mode)  # the band above says it too, so it may be the one without room
    words = ", ".join(word for word, _ in tags)
    return Cell("", tags=tags, spoken=words, hint=words)


def _counted(totals: Totals) -> Cell:
    row = totals.row
    if row is None:
        return Cell("")
    words = fmt.count(row.accounts, "account")
    return Cell(f"{words} in {row.currency}" if totals.mixed else words, strong=True)


def _oldest(totals: Totals, now: datetime) -> Cell:
    row = totals.row
    if row is None or row.oldest is None:
        return Cell("")
    said = fmt.age(row.oldest, now, short=True)
    return Cell(
        f"Oldest figure: {said}",
        "text3",
        small=True,
        hint=" ".join(
            (f"Oldest figure: {fmt.stamp(row.oldest)}.", rates_words(row.rates, new_york_day(now)))
        ).strip(),
    )
