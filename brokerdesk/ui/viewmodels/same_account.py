"""Two accounts that look like one, side by side, and what can be said about them. Pure.

``pair_target`` and ``pair_of`` are how a wish names the two: ``source:<one>|<other>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import DOTS
from brokerdesk.ui.viewmodels.state import AccountRow, Action, Message

if TYPE_CHECKING:
    from brokerdesk.services.same_accounts import Comparison, Source

VERB = "source"
UNDO = "unsource"
NOT_SAID = "not reported"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: ``key`` is the account to count, "" for both."""

    key: str
    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceQuestion:
    """What the sheet shows. ``facts`` are a word and its two values; all texts are tame."""

    title: str
    lead: str
    keys: tuple[str, str]
    heads: tuple[str, str]
    facts: tuple[tuple[str, str, str], ...]
    reasons: tuple[str, ...]
    choices: tuple[Choice, ...]
    chosen: str | None
    """What holds now: an account's key, "" for both; None: nothing was said."""


def pair_target(one: str, other: str) -> str:
    return f"{VERB}:{one}|{other}"


def pair_of(target: str) -> tuple[str, str] | None:
    """The two accounts of a wish's target; None when it names no two."""
    one, _, other = target.partition("|")
    return (one, other) if one and other else None


def question(
    found: Comparison, titles: Mapping[str, str], now: datetime, *, private: bool
) -> SourceQuestion:
    """What is asked about two accounts."""
    first, second = found.first, found.second
    heads = (_title(first, titles), _title(second, titles))
    chosen = None
    if found.decided:
        chosen = found.chosen or ""
    labels = _labels(first, second, titles)
    return SourceQuestion(
        title="Is this one account?" if not found.decided else "Which source is counted",
        lead=_lead(found, heads),
        keys=(first.id, second.id),
        heads=heads,
        facts=_facts(first, second, now, private=private),
        reasons=tuple(map(tame, found.verdict.reasons)),
        choices=(
            Choice(first.id, labels[0], f"{heads[0]} is counted, {heads[1]} is left out."),
            Choice(second.id, labels[1], f"{heads[1]} is counted, {heads[0]} is left out."),
            Choice("", "They are two accounts", "Both are counted. You are not asked again."),
        ),
        chosen=chosen,
    )


def source_label(one: Source, titles: Mapping[str, str]) -> str:
    """What the button says that counts this source."""
    broker = tame(titles.get(one.account.broker, one.account.broker))
    return f"Use through {broker}" if one.gathers else f"Use {broker} directly"


def _labels(first: Source, second: Source, titles: Mapping[str, str]) -> tuple[str, str]:
    mine, theirs = source_label(first, titles), source_label(second, titles)
    if mine != theirs:
        return mine, theirs
    return tuple(  # type: ignore[return-value]
        f"Use “{tame(one.connection_name) or tame(one.name)}”" for one in (first, second)
    )


def _lead(found: Comparison, heads: tuple[str, str]) -> str:
    if not found.decided:
        return (
            "Until you choose, totals contain both. Nothing is merged or deleted: the source that "
            "is left out goes on being read, and you can change your mind at any time."
        )
    if found.chosen is None:
        return "You said that they are two accounts: totals contain both."
    counted = heads[0] if found.first.counted else heads[1]
    return f"Totals, lists and orders see {counted}. The other one goes on being read."


def _title(one: Source, titles: Mapping[str, str]) -> str:
    """As an account is called everywhere."""
    account = one.account
    row = AccountRow(
        key=account.id, connection="", broker=titles.get(account.broker, account.broker),
        name="" if one.name == account.number_mask else one.name, mask=account.number_mask,
        type="", environment="", currency="", cash=None, net=None, day_pl=None, as_of=None,
        fetched_at=None,
    )  # fmt: skip
    return tame(row.title)


def _facts(
    first: Source, second: Source, now: datetime, *, private: bool
) -> tuple[tuple[str, str, str], ...]:
    sides = (_side(first, now, private=private), _side(second, now, private=private))
    return tuple((word, sides[0][word], sides[1][word]) for word in sides[0])


def _side(one: Source, now: datetime, *, private: bool) -> dict[str, str]:
    def money(value: object) -> str:
        if value is None:
            return NOT_SAID
        return DOTS if private else fmt.total(value, one.currency)  # type: ignore[arg-type]

    at = one.as_of or one.fetched_at
    return {
        "Institution": tame(one.account.institution) or NOT_SAID,
        "Number": tame(one.account.number_mask) or NOT_SAID,
        "Connection": tame(one.connection_name) or "removed",
        "Value": money(one.worth),
        "Cash": money(one.cash),
        "Holdings": fmt.whole(one.positions),
        "As of": "never read" if at is None else fmt.age(at, now, short=True),
    }


def source_messages(key: str, rows: Iterable[AccountRow]) -> tuple[Message, ...]:
    """What an account's page says of its other sources."""
    by_key = {row.key: row for row in rows}
    own = by_key.get(key)
    if own is None:
        return ()
    if own.through:
        counted = by_key.get(own.through)
        name = tame(counted.title) if counted is not None else "another connection"
        return (
            Message(
                key=f"through:{key}",
                kind="info",
                title=f"Counted through {name}.",
                text="It is the same account. Totals, activity and orders leave this source out.",
                actions=(Action(id=pair_target(key, own.through), label="Change"),),
            ),
        )
    others = [row for row in by_key.values() if row.through == key]
    return tuple(
        Message(
            key=f"counts:{row.key}",
            kind="info",
            title="Counted once.",
            text=f"{tame(row.title)} is the same account and left out of totals.",
            actions=(Action(id=pair_target(key, row.key), label="Change"),),
        )
        for row in others
    )
