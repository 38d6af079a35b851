"""What the Overview says, made from figures: the total, what changed, what needs the user.

Pure functions over frozen rows; ``private`` puts dots where amounts are. On the way to the first
paint, so it imports nothing heavy. It knows neither widgets nor services.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Context, Decimal

from brokerdesk.domain.market_hours import is_trading_day, new_york_day
from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui import words
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import DOTS, SPOKEN
from brokerdesk.ui.viewmodels.base_words import apart, is_old, oldest_day, whole_of, within
from brokerdesk.ui.viewmodels.base_words import day_words as rate_day
from brokerdesk.ui.viewmodels.state import (
    Figures,
    PositionRow,
    TotalRow,
)

WIDE = Context(prec=100)
"""Room for sums and shares of any amounts that the domain admits."""
_ORDER = ("live", "paper", "practice")
_CAPTIONS = {"live": "Total value", "paper": "Paper value", "practice": "Practice value"}
_ENVIRONMENTS = {"live": "live", "paper": "paper", "practice": "practice"}
MOST_MOVERS = 6
BY_IMPACT = "by impact"
"""How movers are ordered: by what they moved the total, in whatever currency that is."""
HELP = (
    "The Overview shows the total of all accounts in scope, with its oldest figure. "
    "Ranges change what the chart shows; Left and Right read its values out. "
    "Enter on an account opens it. Ctrl+I shows or hides the side pane."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change with its direction: ``tone`` is a colour token, ``spoken`` what is read out."""

    glyph: str
    amount: str
    percent: str
    tone: str
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hero:
    """The total that leads. ``change`` None: no change of the day is known."""

    caption: tuple[str, ...]
    whole: str
    cents: str
    change: Change | None
    when: str
    notes: tuple[str, ...]
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A figure beside the total: its label, its value (an amount) and what qualifies it."""

    label: str
    value: str
    tone: str
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoverRow:
    """One position that moved the total most today."""

    symbol: str
    change: Change


# which total leads


def leading(figures: Figures) -> TotalRow | None:
    """The total that stands large: real money first, in the base currency; else what stands in the
    currency of most accounts.
    """
    if not figures.totals:
        return None
    first = min(figures.totals, key=lambda row: (_place(row.environment), -row.accounts))
    return whole_of(figures, first.environment) or first


def lesser(figures: Figures, *, private: bool) -> tuple[str, ...]:
    """The other totals, a line each. One simulated account alone has its row in the table."""
    lead = leading(figures)
    if lead is None:
        return ()
    mixed = {row.environment for row in figures.combined}
    lines = list(apart(lead, private=private, dots=DOTS))
    others = (row for row in figures.totals if row.environment not in mixed)
    for row in (*figures.combined, *others):
        if row is lead:
            continue
        accounts = fmt.count(row.accounts, "account")
        money = _money(row.value, row.currency, private=private)
        if row.environment == lead.environment:
            lines.append(f"and {_coded(row, private=private)} in {accounts}")
        elif row.accounts > 1 or row.left_out:
            word = _ENVIRONMENTS.get(row.environment, row.environment)
            lines.append(f"apart from {word} money: {money} in {accounts}")
    return tuple(lines)


def hero(
    figures: Figures,
    now: datetime,
    past: datetime | None,
    *,
    private: bool,
    reading: bool = False,
) -> Hero | None:
    """The leading total with its oldest figure, its change of the day and what it leaves out."""
    row = leading(figures)
    if row is None:
        return None
    caption = [f"{_CAPTIONS.get(row.environment, 'Total value')}, {row.currency}"]
    if past is not None:
        told = fmt.moment(past)
        caption.append(told[:1].upper() + told[1:])
    if row.oldest is not None:
        caption.append(f"oldest figure {_since(row.oldest, now, past)}")
    today = new_york_day(past or now)
    rated = oldest_day(row.rates)
    if rated is not None:
        caption.append(f"rates of {rate_day(rated, today)}")
    text = fmt.total(row.value, row.currency)
    whole, cents = _without_cents(row.value, text)
    if private and row.value is not None:
        whole, cents = DOTS, ""
    change = None
    if row.day_pl is not None:
        change = change_words(row.day_pl, row.day_percent, row.currency, private=private)
    spoken = f"{', '.join(caption)}: {SPOKEN if private and row.value is not None else text}"
    when = day_words(figures, row, now, past)
    notes = (
        *_left_out(figures, row, private=private),
        *_old_rates(rated, today),
        *((row.live,) if row.live and past is None else ()),
    )
    if row.value is None and reading:
        notes = (words.first_load(row.accounts).title,)
    if change is not None:
        spoken += f", {change.spoken} {when}"
    return Hero(
        caption=tuple(caption),
        whole=whole,
        cents=cents,
        change=change,
        when=when,
        notes=notes,
        spoken=". ".join((spoken, *notes)),
    )


def blocks(figures: Figures) -> tuple[Block, ...]:
    """Cash and unrealized profit of the leading total. What nobody reported is left out."""
    row = leading(figures)
    if row is None:
        return ()
    found = []
    if row.cash is not None:
        share = share_of(row.cash, row.value)
        caption = "" if share is None else f"{fmt.weight(share)} of total"
        value = fmt.total(row.cash, row.currency)
        found.append(Block(label="Cash", value=value, tone="text", caption=caption))
    if row.open_pl is not None:
        change = change_words(row.open_pl, None, row.currency, private=False)
        caption = ""
        if row.cost_known is not None:
            whole = row.cost_known >= 100
            caption = "cost known for all" if whole else f"cost known for {known(row.cost_known)}"
        found.append(
            Block(label="Unrealized P/L", value=change.amount, tone=change.tone, caption=caption)
        )
    return tuple(found)


# the day


def day_words(figures: Figures, row: TotalRow, now: datetime, past: datetime | None) -> str:
    """Which day the change belongs to: today, or the last one on which the market was open."""
    mine = within(figures, row)
    times = [
        at
        for one in figures.accounts
        if mine(one) and one.counts
        if (at := one.as_of or one.fetched_at) is not None
    ]
    day = new_york_day(max(times, default=past or now))
    while not is_trading_day(day):
        day -= timedelta(days=1)
    if past is None and day == new_york_day(now):
        return "today"
    told = fmt.day(day)
    same_year = day.year == new_york_day(now).year
    return f"on {told.rpartition(' ')[0] if same_year else told}"


def movers(figures: Figures, *, private: bool, most: int = MOST_MOVERS) -> tuple[MoverRow, ...]:
    """The positions that moved the leading total most: gains first, the largest loss last."""
    row = leading(figures)
    if row is None:
        return ()
    mine = within(figures, row)
    found: list[tuple[Decimal, PositionRow]] = [
        (gain, one) for one in figures.movers if mine(one) and (gain := _gain_of(one, row))
    ]
    found.sort(key=lambda pair: -abs(pair[0]))
    chosen = sorted(found[:most], key=lambda pair: -pair[0])
    return tuple(
        MoverRow(
            symbol=tame(one.symbol),
            change=change_words(gain, one.day_percent, row.currency, private=private),
        )
        for gain, one in chosen
    )


def _gain_of(one: PositionRow, total: TotalRow) -> Decimal | None:
    """A position's change of the day in the total's currency."""
    if one.worth is None or one.currency == total.currency:
        return one.day_pl
    return one.worth.day_pl


# words and shares


def change_words(
    value: Decimal, percent: Decimal | None, currency: str, *, private: bool
) -> Change:
    """A gain or loss in money and percent: with a sign and a triangle, or neither for zero."""
    glyph = fmt.glyph(value)
    amount = fmt.signed_total(value, currency)
    said = "unchanged"
    if glyph:
        way = "up" if glyph == fmt.UP else "down"
        said = f"{way} {SPOKEN if private else fmt.total(abs(value), currency)}"
    if percent is not None and glyph:
        said += f", {fmt.amount(abs(percent))} percent"
    return Change(
        glyph=glyph,
        amount=DOTS if private else amount,
        percent=fmt.percent(percent, absent=""),
        tone={fmt.UP: "gain", fmt.DOWN: "loss"}.get(glyph, "text"),
        spoken=said,
    )


def share_of(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """A share in percent; None when it is not known or the whole is not above zero."""
    if part is None or whole is None or whole <= 0:
        return None
    return WIDE.multiply(WIDE.divide(part, whole), Decimal(100))


def known(share: Decimal) -> str:
    """How much is known; never rounded up to all of it."""
    return fmt.weight(min(share, Decimal("99.9")))


def _place(environment: str) -> int:
    return _ORDER.index(environment) if environment in _ORDER else len(_ORDER)


def _money(value: Decimal | None, currency: str, *, private: bool) -> str:
    return DOTS if private and value is not None else fmt.total(value, currency)


def _without_cents(value: Decimal | None, text: str) -> tuple[str, str]:
    """A total in two: up to the decimal sign of whatever locale, and the rest."""
    if value is None:
        return text, ""
    figure = fmt.fixed(abs(value), 2)
    cut = text.index(figure) + len(figure) - 3
    return text[:cut], text[cut:]


def _coded(row: TotalRow, *, private: bool) -> str:
    """A lesser total with its code, which its symbol alone would not tell in a sentence."""
    if row.value is None:
        return f"{row.currency} ({fmt.NO_DATA})"
    return f"{DOTS if private else fmt.amount(row.value)} {row.currency}"


def _since(at: datetime, now: datetime, past: datetime | None) -> str:
    return fmt.stamp(at) if past is not None else fmt.age(at, now, short=True)


def _old_rates(rated: date | None, today: date) -> tuple[str, ...]:
    """Says so when the total was converted with rates that are too old for its day."""
    if rated is None or not is_old(rated, today):
        return ()
    return (f"converted with rates that are {fmt.count((today - rated).days, 'day')} old",)


def _left_out(figures: Figures, row: TotalRow, *, private: bool) -> tuple[str, ...]:
    """What the total and its change contain twice or not at all, in sentences."""
    notes = []
    if row.doubled:
        amount = _money(row.doubled, row.currency, private=private)
        notes.append(f"{amount} of it may be counted twice")
    if row.day_left_out and row.day_pl is not None:
        positions = fmt.count(row.day_left_out, "position")
        notes.append(f"leaves out {positions} without a change")
    if row.left_out:
        notes.append(f"{row.left_out} of {fmt.count(row.accounts, 'account')} without a value")
    mine = within(figures, row)
    gone = sum(
        not one.counts and not one.closed and not one.through
        for one in figures.accounts
        if mine(one)
    )
    gone = max(0, gone - row.left_out)
    if gone:
        notes.append(f"{fmt.count(gone, 'account')} not connected, left out")
    return tuple(notes)
