"""What is said of money in the base currency: which rate, whose, of when. Pure, over frozen rows.

On the way to the first paint, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Context, Decimal

from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.state import (
    AccountRow,
    ClassRow,
    Figures,
    InBase,
    PositionRow,
    RateRow,
    TotalRow,
)

FRESH = timedelta(days=7)
"""As in ``services.converting``; a test compares the two. A rate older than that says so."""
_SIX = Context(prec=6)
_FEW = 3
Row = AccountRow | PositionRow | TotalRow | ClassRow


def whole_of(figures: Figures, environment: str) -> TotalRow | None:
    """The total of all currencies; None where everything stands in one and the same."""
    return next((row for row in figures.combined if row.environment == environment), None)


def within(figures: Figures, lead: TotalRow) -> Callable[[Row], bool]:
    """Whether a row's money is of the total's kind: all of its environment, else its currency."""
    if lead in figures.combined:
        return lambda row: row.environment == lead.environment
    return lambda row: (row.environment, row.currency) == (lead.environment, lead.currency)


def value_of(row: AccountRow) -> Decimal | None:
    """What an account is worth in the base currency."""
    return row.net if row.worth is None else row.worth.value


def is_unrated(row: AccountRow) -> bool:
    """Whether an account has a value for which there is no exchange rate."""
    return row.worth is not None and row.worth.value is None and row.net is not None


def oldest_day(rates: Iterable[RateRow]) -> date | None:
    return min((rate.day for rate in rates), default=None)


def is_old(day: date, on: date) -> bool:
    """Whether a rate is older than it should be for the day ``on``."""
    return on - day > FRESH


def aged(day: date, on: date) -> str:
    """How old a rate is, where that has to be said."""
    days = (on - day).days
    return f", {fmt.count(days, 'day')} old" if is_old(day, on) else ""


def day_words(day: date, on: date) -> str:
    """A day without its year where that is this one."""
    words = fmt.day(day)
    return words.rpartition(" ")[0] if day.year == on.year else words


def figure(rate: RateRow) -> str:
    """The rate in four decimals, a small one in six digits; the figures themselves were made with
    all of them.
    """
    short = _SIX.plus(rate.value).normalize(_SIX)
    return fmt.fixed(rate.value, max(4, -_exponent(short) if rate.value < 1 else 4))


def rate_source(rate: RateRow) -> str:
    """Whose rate it is, in few words."""
    return "broker" if rate.own else rate.source.partition(" ")[0]


def rate_words(rate: RateRow, on: date) -> str:
    """One rate with its source and its date."""
    told = f"1 {rate.currency} = {figure(rate)} {rate.base}"
    return f"{told}, {rate.source} of {fmt.day(rate.day)}{aged(rate.day, on)}"


def rates_words(rates: Iterable[RateRow], on: date) -> str:
    """All rates of a figure, a sentence each."""
    return " ".join(f"{rate_words(rate, on)}." for rate in rates)


def worth_hint(worth: InBase | None, original: str, on: date) -> str:
    """What a converted figure was made of."""
    if worth is None:
        return ""
    if not worth.rates:
        return f"{original}. There is no exchange rate to {worth.currency}."
    return f"{original}. {rates_words(worth.rates, on)}"


def apart(total: TotalRow, *, private: bool, dots: str) -> tuple[str, ...]:
    """What a total of all currencies was converted from, and what it is without."""
    lines = []
    others = [
        one for one in total.parts if one.currency != total.currency and one.original is not None
    ]
    told = [f"{dots if private else fmt.amount(one.original)} {one.currency}" for one in others]
    if len(told) > _FEW:
        told = [f"{len(told)} other currencies"]
    if told:
        lines.append(f"with {_listed(told)}, converted")
    for one in total.without:
        if one.amount is None:
            accounts = fmt.count(one.accounts, "account")
            lines.append(f"no total given for {one.currency} in {accounts}")
        else:
            amount = dots if private else fmt.amount(one.amount)
            lines.append(f"without {amount} {one.currency}: no exchange rate")
    return tuple(lines)


def _listed(words: list[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent
