"""What the inspector says of one holding: figures, key values, lots. Pure functions over rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.services.amounts import divided
from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import gain_tone
from brokerdesk.ui.models.option_words import option_words
from brokerdesk.ui.models.position_columns import asset_words
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.base_words import figure, is_old, rate_source, rate_words
from brokerdesk.ui.viewmodels.state import AccountRow, LotRow, PositionRow

if TYPE_CHECKING:
    from brokerdesk.domain.instrument import Instrument

NO_LOTS = "No lots reported."
ONE_YEAR_LATER = 1
LONGEST, FEW_DIGITS = 26, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One row of key values. ``secret`` ones are hidden with the amounts."""

    label: str
    text: str
    tone: str = "text"
    secret: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotLine:
    """One lot as its table shows it. ``price`` is per unit."""

    key: str
    acquired: date | None
    account: str
    quantity: Decimal
    price: Decimal | None
    gain: Decimal | None
    term: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The inspector's first lines."""

    symbol: str
    name: str
    price: str
    change: str
    change_tone: str
    glyph: str
    source: str
    stale: bool = False


def head(row: PositionRow, now: datetime, brokers: str) -> Head:
    """Symbol, name, last price with its age and source, change of the day."""
    at = row.as_of or row.fetched_at
    aged = fmt.age(at, now) if at is not None else "never read"
    per_unit = _day_change_per_unit(row)
    parts = [fmt.change(per_unit)] if per_unit is not None else []
    parts += [fmt.percent(row.day_percent)] if row.day_percent is not None else []
    return Head(
        symbol=tame(option_words(row.symbol) or row.symbol),
        name=tame(row.name),
        price=fmt.price(row.mark_price, absent=fmt.NO_DATA),
        change="  ".join(parts) if parts else "no data for today",
        change_tone=gain_tone(row.day_percent) if parts else "text3",
        glyph=fmt.glyph(row.day_percent) if parts else "",
        source=" · ".join(part for part in (aged, tame(brokers)) if part),
        stale=bool(row.stale),
    )


def _day_change_per_unit(row: PositionRow) -> Decimal | None:
    """The change of the price that the percentage speaks of."""
    if row.mark_price is None or row.day_percent is None:
        return None
    before = divided(row.mark_price * 100, row.day_percent + 100)
    return None if before is None else row.mark_price - before


def values(row: PositionRow, instrument: Instrument | None, now: datetime) -> tuple[Value, ...]:
    """The key values in their order; what is not given is left out."""
    found = [
        *_held(row),
        Value(
            label="Market value",
            text=_money(row.value, row.currency),
            tone="text" if row.value is not None else "text3",
            secret=row.value is not None,
        ),
        *_in_base(row, now),
        _profit(row),
        Value(
            label="Today",
            text=" ".join(
                part for part in (fmt.glyph(row.day_pl), fmt.change(row.day_pl)) if part
            )
            if row.day_pl is not None
            else fmt.NO_DATA,
            tone=gain_tone(row.day_pl),
            secret=row.day_pl is not None,
        ),
        Value(label="Average cost", text=fmt.price(row.average_cost, absent="not reported"),
              tone="text" if row.average_cost is not None else "text3"),
        Value(label="Weight", text=fmt.weight(row.weight)),
        _outside("Type", asset_words(row.asset_type)),
        _outside("Class", row.asset_class),
        Value(label="Currency", text=row.currency),
    ]  # fmt: skip
    if instrument is not None:
        found += _contract(instrument)
        found += [
            _outside(label, text)
            for label, text in (
                ("CUSIP", instrument.cusip),
                ("ISIN", instrument.isin),
                ("FIGI", instrument.figi),
            )
            if text
        ]
    elif row.underlying:
        found.append(_outside("Underlying", row.underlying))
    return tuple(one for one in found if one.text)


def _in_base(row: PositionRow, now: datetime) -> list[Value]:
    """The value in the base currency, and by which rates."""
    worth = row.worth
    if worth is None:
        return []
    label = f"In {worth.currency}"
    if worth.value is None:
        words = fmt.NO_DATA if row.value is None else "no exchange rate"
        return [Value(label=label, text=words, tone="text3")]
    today = new_york_day(now)
    found = [Value(label=label, text=fmt.amount(worth.value), secret=True)]
    for rate in worth.rates:
        old = is_old(rate.day, today)
        found.append(
            Value(
                label="Exchange rate",
                text=f"1 {rate.currency} = {figure(rate)}",
                hint=f"{rate_words(rate, today)}.",
            )
        )
        found.append(
            Value(
                label="Rate of",
                text=f"{fmt.day(rate.day)}, {rate_source(rate)}",
                tone="warn" if old else "text",
                hint=f"{rate_words(rate, today)}.",
            )
        )
    return found


def _outside(label: str, text: str) -> Value:
    """A broker's own words: cut where the pane would end, whole in the tool tip."""
    text = tame(text)
    short = text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
    return Value(label=label, text=short, hint=text if short != text else "")


def _held(row: PositionRow) -> list[Value]:
    """How many in how many accounts; in two lines when one would not fit."""
    units, where = fmt.quantity(row.quantity), fmt.count(len(row.accounts) or 1, "account")
    if len(units) <= FEW_DIGITS:
        return [Value(label="Quantity", text=f"{units} in {where}", secret=True)]
    return [Value(label="Quantity", text=units, secret=True), Value(label="Held in", text=where)]


def _profit(row: PositionRow) -> Value:
    if row.open_pl is None:
        return Value(label="Unrealized", text=fmt.NONE, tone="text3")
    text = fmt.change(row.open_pl)
    if row.open_percent is not None:
        text += f"  {fmt.percent(row.open_percent)}"
    if row.partial:
        text += " *"
    hint = "Of the part whose cost is known." if row.partial else ""
    return Value(label="Unrealized", text=text, tone=gain_tone(row.open_pl), secret=True, hint=hint)


def _contract(instrument: Instrument) -> list[Value]:
    found = []
    if instrument.underlying:
        found.append(_outside("Underlying", instrument.underlying))
    if instrument.expiry is not None:
        label = "Expires" if instrument.right is not None else "Matures"
        found.append(Value(label=label, text=fmt.day(instrument.expiry)))
    if instrument.strike is not None:
        found.append(Value(label="Strike", text=fmt.price(instrument.strike)))
    if instrument.right is not None:
        found.append(Value(label="Right", text=instrument.right.value.capitalize()))
    if instrument.multiplier != 1:
        found.append(Value(label="Units per contract", text=fmt.quantity(instrument.multiplier)))
    return found


def _money(value: Decimal | None, currency: str) -> str:
    if value is None:
        return fmt.NO_DATA
    figure = fmt.amount(value)
    return figure if currency == "USD" else f"{figure} {currency}"


def parts(row: PositionRow) -> tuple[PositionRow, ...]:
    """The holding by account."""
    return row.children or (row,)


def lots(
    row: PositionRow, account: Callable[[str], AccountRow | None], today: date
) -> tuple[LotLine, ...]:
    """The lots as they were reported, the oldest first; those without a date last."""
    found = [
        LotLine(
            key=f"{place}",
            acquired=lot.acquired,
            account=_ending(account(lot.account)),
            quantity=lot.quantity,
            price=_unit_price(lot),
            gain=lot.open_pl,
            term=term(lot.acquired, today),
        )
        for place, lot in enumerate(row.lots)
    ]
    return tuple(sorted(found, key=lambda lot: lot.acquired or date.max))


def _unit_price(lot: LotRow) -> Decimal | None:
    if lot.price is not None:
        return lot.price
    cost = divided(lot.cost, lot.quantity)
    return None if cost is None else abs(cost)


def _ending(row: AccountRow | None) -> str:
    return "" if row is None else row.mask or row.title


def term(acquired: date | None, today: date) -> str:
    """Long when it was held for more than a year: from the day after the same day a year later."""
    if acquired is None:
        return fmt.NONE
    try:
        anniversary = acquired.replace(year=acquired.year + ONE_YEAR_LATER)
    except ValueError:  # 29 February, or the end of the calendar
        if acquired.year + ONE_YEAR_LATER > date.max.year:
            return "Short"
        anniversary = date(acquired.year + ONE_YEAR_LATER, 2, 28)
    return "Long" if today > anniversary else "Short"


def brokers_of(row: PositionRow, account: Callable[[str], AccountRow | None]) -> str:
    """Who told the price: the brokers of the accounts that hold it."""
    found = (account(key) for key in row.accounts)
    names = dict.fromkeys(one.broker for one in found if one is not None and one.broker)
    return ", ".join(names)
