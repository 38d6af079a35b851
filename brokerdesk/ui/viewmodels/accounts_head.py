"""The head of one account: who it is, how old its figures are, what it is worth. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from brokerdesk.domain.account import AccountFlags
from brokerdesk.services.account_detail import AccountDetail
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import DOTS, SPOKEN
from brokerdesk.ui.viewmodels.account_words import account_kind
from brokerdesk.ui.viewmodels.accounts_detail import TAX
from brokerdesk.ui.viewmodels.accounts_list import MODES
from brokerdesk.ui.viewmodels.base_words import rate_words
from brokerdesk.ui.viewmodels.overview import Change, change_words
from brokerdesk.ui.viewmodels.state import MARK_WORDS, AccountRow, Mark, Message, account_title

_SAME_TIME = 60
_TONES = {Mark.SUSPECT: "warn", Mark.SIGN_IN: "loss", Mark.FAILED: "loss"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Who the account is: its title, its tags, and a line of what it is."""

    title: str
    nickname: str
    tags: tuple[tuple[str, str], ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What the account is worth. ``rest`` are its values in other currencies."""

    value: str
    change: Change | None
    rest: str
    spoken: str


NOTHING_YET = Worth(value="", change=None, rest="", spoken="")


def head(detail: AccountDetail, broker: str) -> Head:
    """The head of the page. ``broker`` is the broker's name."""
    card = detail.card
    account = card.account
    title = account_title(broker, account.number_mask, card.nickname or account.name)
    mode = MODES.get(account.environment.value)
    tags = [mode] if mode else []
    tags += _flag_tags(account.flags)
    words = [account_kind(account), TAX.get(account.tax_status, "")]
    if account.institution and account.institution != broker:
        words.insert(0, account.institution)
    return Head(
        title=tame(title),
        nickname=tame(card.nickname),
        tags=tuple(tags),
        words=tame(" · ".join(word for word in words if word)),
    )


def waiting_head(title: str) -> Head:
    """The head of an account that is being read."""
    return Head(title=tame(title), nickname="", tags=(), words="")


def freshness(
    detail: AccountDetail, row: AccountRow | None, now: datetime, past: datetime | None
) -> tuple[str, str]:
    """How old the figures are, in words, and the colour token for them."""
    at, fetched = detail.as_of, detail.fetched_at
    if at is None or fetched is None:
        return "Never read", "text3"
    if past is not None:
        return f"Snapshot of {fmt.stamp(at)}", "warn"
    parts = [f"As of {fmt.age(at, now)}"]
    if abs((fetched - at).total_seconds()) >= _SAME_TIME:
        parts.append(f"fetched {fmt.age(fetched, now)}")
    if detail.damaged:
        return " · ".join((*parts, "damaged")), "loss"
    if row is None:
        return " · ".join(parts), "text3"
    tone = "text3"
    if row.mark is not Mark.LIVE:
        parts.append(MARK_WORDS[row.mark])
        tone = _TONES.get(row.mark, "warn" if row.stale else "text3")
    return " · ".join(parts), tone


def value_words(detail: AccountDetail, row: AccountRow | None, *, private: bool) -> Worth:
    """The value with its change of the day and what else there is in other currencies."""
    if not detail.balances:
        return Worth(value=fmt.NO_DATA, change=None, rest="", spoken="Total value, no data")
    main, *others = detail.balances
    value = main.net_liquidation
    shown = DOTS if private and value is not None else fmt.total(value, main.currency)
    said = [f"Total value, {SPOKEN if private and value is not None else shown}"]
    change = None
    if row is not None and row.day_pl is not None:
        change = change_words(row.day_pl, row.day_percent, main.currency, private=private)
        said.append(f"day change {change.spoken}")
    given = [one for one in others if one.net_liquidation is not None]
    amounts = [DOTS if private else fmt.amount(one.net_liquidation) for one in given]
    rest = " · ".join(
        f"and {amount} {one.currency}" for amount, one in zip(amounts, given, strict=True)
    )
    whole = _in_base(row, private=private)
    rest = " · ".join(part for part in (rest, whole) if part)
    if rest:
        said.append(rest.replace(DOTS, SPOKEN))
    return Worth(value=shown, change=change, rest=rest, spoken=", ".join(said))


def _in_base(row: AccountRow | None, *, private: bool) -> str:
    """What the account comes to in the base currency, and by which rates."""
    worth = row.worth if row is not None else None
    if worth is None:
        return ""
    if worth.value is None:
        return f"no exchange rate to {worth.currency}"
    amount = DOTS if private else fmt.amount(worth.value)
    rates = "; ".join(rate_words(one, one.day) for one in worth.rates)
    return f"in all {amount} {worth.currency} ({rates})"


def without_action(message: Message, action: str) -> Message:
    """The same message without a button that has been pressed for good."""
    kept = tuple(one for one in message.actions if one.id != action)
    return message if kept == message.actions else replace(message, actions=kept)


def _flag_tags(flags: AccountFlags) -> list[tuple[str, str]]:
    blocked = flags.account_blocked or flags.trading_blocked or flags.transfers_blocked
    given = (
        ("Day trader", flags.day_trader),
        ("Closing only", flags.closing_only),
        ("In call", flags.in_call),
        ("Blocked", blocked),
    )
    return [(word, "warn") for word, on in given if on]
