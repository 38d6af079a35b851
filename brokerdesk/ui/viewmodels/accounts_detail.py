"""One account in rows of words: every figure and flag that its broker reported. Pure.

What a broker did not say is "no data" or "not reported", never zero. ``secret`` values are amounts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.balance import OWN_RATE, Balance
from brokerdesk.domain.kinds import TaxStatus
from brokerdesk.domain.reading import Unread
from brokerdesk.services.account_detail import AccountDetail
from brokerdesk.services.account_sums import AccountSum, Cause
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import DOTS
from brokerdesk.ui.viewmodels.account_words import account_kind

NOT_REPORTED = "not reported"
TAX = {
    TaxStatus.TAXABLE: "Taxable",
    TaxStatus.TAX_DEFERRED: "Tax deferred",
    TaxStatus.TAX_FREE: "Tax free",
}
_FIELDS = (
    ("Total value", "net_liquidation"),
    ("Equity", "equity"),
    ("Cash", "cash"),
    ("Settled cash", "settled_cash"),
    ("Unsettled cash", "unsettled_cash"),
    ("Long market value", "long_market_value"),
    ("Short market value", "short_market_value"),
    ("Initial margin", "initial_margin"),
    ("Maintenance margin", "maintenance_margin"),
)
_CAUSES = {
    Cause.ROUNDING: "Rounding of the positions’ values explains it.",
    Cause.SWEEP: "Swept cash is listed as a position and counted in cash as well.",
    Cause.FUTURES: "Futures are listed with their full value, which is no part of the total.",
    Cause.UNSETTLED: "It equals the unsettled cash, which the total counts otherwise than cash.",
    Cause.UNREAD: "Records that could not be read are in the total and not in the positions.",
    Cause.TIMING: "The positions’ prices may be from another moment than the total.",
    Cause.UNKNOWN: "Nothing that the broker reported explains it. Compare with the broker’s page.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One label with its value. ``tone`` is a colour token."""

    label: str
    value: str
    secret: bool = False
    tone: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Facts under one title, no label twice. ``prose``: the values are sentences, and wrap."""

    title: str
    facts: tuple[Fact, ...]
    prose: bool = False


def sections(
    detail: AccountDetail, broker: str, now: datetime, past: datetime | None
) -> tuple[Section, ...]:
    """All facts: balances a currency each, flags, times, and what the account is."""
    found = [
        Section(title=f"Balances, {one.currency}", facts=_balance(one)) for one in detail.balances
    ]
    found.append(Section(title="Flags", facts=_flags(detail.card.account.flags)))
    found.append(Section(title="Freshness", facts=_times(detail, now, past)))
    found.append(Section(title="Account", facts=_identity(detail, broker)))
    return tuple(found)


def unread_section(unread: tuple[Unread, ...]) -> Section:
    """The records that could not be read, each with our sentence for it."""
    facts = []
    for place, one in enumerate(unread, 1):
        facts.append(Fact(label=f"{place}. {tame(one.words)}", value=tame(one.reason), tone="warn"))
    return Section(title="Unread records", facts=tuple(facts), prose=True)


def sum_line(found: AccountSum, *, private: bool) -> tuple[str, str]:
    """How the broker's total comes about, and what explains the rest ("" when nothing is left)."""
    parts = found.parts

    def money(value: Decimal | None) -> str:
        if value is None:
            return fmt.NO_DATA
        return DOTS if private else fmt.amount(value)

    line = (
        f"Broker’s total {money(parts.net)} = cash {money(parts.cash)}"
        f" + positions {money(parts.positions)}"
    )
    if parts.residual is not None:
        line += f" + residual {money(parts.residual)}"
    line += f" {parts.currency}."
    if found.cause is Cause.NAMED:
        names = ", ".join(f"{tame(name)} {money(amount)}" for name, amount in parts.named)
        return line, f"The broker’s own figures explain it: {names}."
    if found.cause is Cause.EQUAL:
        return line, f"It equals “{tame(found.name)}”, a figure that the broker reports."
    if found.cause is Cause.UNVALUED:
        positions = fmt.count(parts.unvalued, "position")
        return line, f"{positions} without a value: what is left over cannot be told."
    if found.cause is Cause.UNREPORTED:
        return line, "The broker did not report all of it, so it cannot be compared."
    return line, _CAUSES.get(found.cause, "")


def as_text(title: str, words: str, found: tuple[Section, ...], *, private: bool) -> str:
    """The account for the clipboard. Its number is the last four digits, as everywhere."""
    lines = [title, words]
    for section in found:
        lines += ["", section.title]
        for fact in section.facts:
            value = DOTS if private and fact.secret and _is_amount(fact) else fact.value
            lines.append(f"{fact.label}: {value}")
    return "\n".join(lines)


def _is_amount(fact: Fact) -> bool:
    return fact.value not in (fmt.NO_DATA, NOT_REPORTED)


def _balance(balance: Balance) -> tuple[Fact, ...]:
    facts = [_money(label, getattr(balance, name)) for label, name in _FIELDS]
    facts += [
        _money(f"Buying power, {tame(kind).replace('_', ' ')}", amount)
        for kind, amount in balance.buying_power
    ]
    facts += [_other(name, amount) for name, amount in balance.others]
    return _each_once(facts)


def _other(name: str, amount: Decimal) -> Fact:
    """A further figure under the broker's own name. A rate is no amount, and has its digits."""
    if name == OWN_RATE:
        return Fact(label="Exchange rate", value=fmt.price(amount))
    return _money(tame(name), amount)


def _each_once(facts: list[Fact]) -> tuple[Fact, ...]:
    """A broker's own name may be one of ours, or come twice: nothing it reports is lost."""
    seen: dict[str, int] = {}
    found = []
    for fact in facts:
        seen[fact.label] = times = seen.get(fact.label, 0) + 1
        found.append(fact if times == 1 else replace(fact, label=f"{fact.label} ({times})"))
    return tuple(found)


def _money(label: str, amount: Decimal | None) -> Fact:
    if amount is None:
        return Fact(label=label, value=fmt.NO_DATA, tone="text3")
    return Fact(label=label, value=fmt.amount(amount), secret=True)


def _flags(flags: AccountFlags) -> tuple[Fact, ...]:
    def says(label: str, on: bool | None, yes: str, no: str, *, bad: bool = False) -> Fact:
        if on is None:
            return Fact(label=label, value=NOT_REPORTED, tone="text3")
        return Fact(label=label, value=yes if on else no, tone="warn" if bad and on else "text")

    trades = flags.day_trades
    counted = Fact(label="Day trades counted", value=NOT_REPORTED, tone="text3")
    if trades is not None:
        counted = Fact(label="Day trades counted", value=fmt.whole(trades))
    return (
        says("Margin", flags.margin, "yes", "no"),
        says("Pattern day trader", flags.day_trader, "yes", "no", bad=True),
        counted,
        says("Account", flags.account_blocked, "blocked", "open", bad=True),
        says("Trading", flags.trading_blocked, "blocked", "allowed", bad=True),
        says("Transfers", flags.transfers_blocked, "blocked", "allowed", bad=True),
        says("Closing only", flags.closing_only, "yes", "no", bad=True),
        says("In a margin call", flags.in_call, "yes", "no", bad=True),
    )


def _times(detail: AccountDetail, now: datetime, past: datetime | None) -> tuple[Fact, ...]:
    def when(label: str, at: datetime | None) -> Fact:
        if at is None:
            return Fact(label=label, value="never", tone="text3")
        words, age = fmt.stamp(at), fmt.age(at, now)
        told = words if past is not None or age == words else f"{words} ({age})"
        return Fact(label=label, value=told)

    return (
        when("Figures as of", detail.as_of),
        when("Fetched", detail.fetched_at),
        when("First seen", detail.card.first_seen),
        when("Last listed by the broker", detail.card.last_seen),
    )


def _identity(detail: AccountDetail, broker: str) -> tuple[Fact, ...]:
    card, account = detail.card, detail.card.account
    choice = {True: "included", False: "left out", None: "not decided yet"}[card.included]
    tax = TAX.get(account.tax_status, NOT_REPORTED)
    pairs = (
        ("Broker", broker),
        ("Institution", account.institution or NOT_REPORTED),
        ("Number", account.number_mask or NOT_REPORTED),
        ("Name at the broker", account.name or NOT_REPORTED),
        ("Type", account_kind(account) or NOT_REPORTED),
        ("Tax status", tax),
        ("Environment", account.environment.value),
        ("Base currency", account.currency),
        ("Connection", card.connection_name or "removed"),
        ("Totals", choice),
    )
    return tuple(
        Fact(label=label, value=tame(value), tone="text3" if value == NOT_REPORTED else "text")
        for label, value in pairs
    )
