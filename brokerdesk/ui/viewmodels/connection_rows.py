"""The words of the Connections page: list items, one connection closely, the removal's question.

Pure functions of facts and the time; no widget and no service.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.connections_state import (
    AccountFacts,
    ConnectionFacts,
    FailureFacts,
    RemovalFacts,
)
from brokerdesk.ui.viewmodels.overview_clock import ClockRow, clock_rows
from brokerdesk.ui.viewmodels.state import MARK_WORDS, ConnectionRow, Mark

KINDS = {
    "unavailable": "No answer",
    "rate_limited": "Limited by the broker",
    "auth": "Sign-in",
    "auth_expired": "Sign-in ended",
    "auth_rejected": "Sign-in refused",
    "refused": "Refused",
    "protocol": "Answer not understood",
    "not_supported": "Not offered",
    "storage": "Not stored",
    "database_locked": "Not stored",
    "disk_full": "Disk full",
    "secret_store": "Keychain",
    "secret_store_locked": "Keychain locked",
    "secret_store_missing": "No keychain",
    "secret_missing": "Sign-in not found",
    "secret_damaged": "Sign-in damaged",
    "settings": "Setting",
    "input": "Setting",
}
RENEWED = "Tokens that were renewed by themselves, without a sign-in."
_TONES = {Mark.SIGN_IN: "loss", Mark.FAILED: "loss", Mark.SUSPECT: "warn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListItem:
    """One connection in the list."""

    key: str
    title: str
    mark: Mark
    tag: str
    state: str
    tone: str
    facts: str
    clock: ClockRow
    progress: float | None
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPick:
    """An account with its tick. ``fixed``: the broker no longer lists it."""

    key: str
    title: str
    note: str
    included: bool
    fixed: bool
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRow:
    """A failed attempt, ready to show."""

    at: str
    kind: str
    text: str
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closely:
    """One connection, ready to show. ``facts`` are rows of label, value, hint."""

    key: str
    title: str
    name: str
    tag: str
    mark: Mark
    state: str
    tone: str
    needs_sign_in: bool
    clock: ClockRow
    facts: tuple[tuple[str, str, str], ...]
    accounts: tuple[AccountPick, ...]
    sign_ins: tuple[str, ...]
    failures: tuple[FailureRow, ...]
    strip: tuple[int, ...]
    strip_words: str
    strip_from: str
    strip_tips: tuple[str, ...]
    reading: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """The question before a removal. ``keep`` and ``delete`` say what each answer does; ``kept``
    and ``deleted`` what was done."""

    key: str
    name: str
    title: str
    keep: str
    delete: str
    kept: str
    deleted: str
    what: str


def list_items(rows: Iterable[ConnectionRow], now: datetime) -> tuple[ListItem, ...]:
    """The list, in the connections' order."""
    rows = tuple(rows)
    clocks = clock_rows(rows, now)
    return tuple(_item(row, clock, now) for row, clock in zip(rows, clocks, strict=True))


def _item(row: ConnectionRow, clock: ClockRow, now: datetime) -> ListItem:
    state = state_words(row)
    facts = ", ".join((read_words(row, now), fmt.count(row.accounts, "account")))
    tag = "" if row.environment == "live" else row.environment
    title = tame(row.title)
    left = clock.left if clock.left == "Sign in now" else f"next sign-in: {clock.left}"
    return ListItem(
        key=row.key,
        title=title,
        mark=row.mark,
        tag=tag,
        state=state,
        tone=_TONES.get(row.mark, "text2"),
        facts=facts,
        clock=clock,
        progress=row.progress,
        spoken=", ".join(part for part in (title, tag, state, facts, left) if part),
    )


def state_words(row: ConnectionRow) -> str:
    """The state in words: the stored sentence, or what its mark means."""
    if row.progress is not None:
        return f"Reading, {int(row.progress * 100)}% done"
    return tame(row.words) or MARK_WORDS[row.mark].capitalize()


def read_words(row: ConnectionRow, now: datetime) -> str:
    """When it was last read in full."""
    if row.last_success is None:
        return "Not read yet"
    return f"Read {fmt.age(row.last_success, now, short=True)}"


def closely(row: ConnectionRow, facts: ConnectionFacts, now: datetime, kept: str) -> Closely:
    """One connection with everything that is known of it."""
    (clock,) = clock_rows((row,), now)
    failures = fmt.count(len(facts.failures), "failed attempt")
    bad_days = sum(1 for number in facts.strip if number)
    words = "No failed attempt" if not facts.failures else failures
    spread = f" on {fmt.count(bad_days, 'day')}" if bad_days else ""
    start = facts.today - timedelta(days=max(0, len(facts.strip) - 1))
    return Closely(
        key=row.key,
        title=tame(row.title),
        name=facts.name,
        tag="" if row.environment == "live" else row.environment,
        mark=row.mark,
        state=state_words(row),
        tone=_TONES.get(row.mark, "text2"),
        needs_sign_in=row.needs_sign_in,
        clock=clock,
        facts=_facts(row, facts, now, kept),
        accounts=tuple(_pick(one, facts.broker, now) for one in facts.accounts),
        sign_ins=tuple(fmt.stamp(at) for at in facts.sign_ins),
        failures=tuple(_failure(one) for one in facts.failures),
        strip=facts.strip,
        strip_words=f"{words} in the last {len(facts.strip)} days{spread}.",
        strip_from=fmt.day(start),
        strip_tips=tuple(
            f"{fmt.day(start + timedelta(days=at))}: "
            + (fmt.count(number, "failed attempt") if number else "none failed")
            for at, number in enumerate(facts.strip)
        ),
        reading=row.progress is not None,
    )


def _facts(
    row: ConnectionRow, facts: ConnectionFacts, now: datetime, kept: str
) -> tuple[tuple[str, str, str], ...]:
    attempt = row.last_attempt or facts.last_attempt
    endless = "Until taken back at the broker" if row.no_expiry else "No fixed time"
    lasts = f"{facts.sign_in_days} days" if facts.sign_in_days else endless
    never = "No expiry" if row.no_expiry else "No fixed date"
    ends = fmt.stamp(facts.sign_in_ends) if facts.sign_in_ends else never
    renewed = fmt.count(facts.renewals, "time") if facts.renewals else "Never"
    return (
        ("Broker", tame(facts.broker), ""),
        ("Environment", row.environment.capitalize(), ""),
        ("Last good sync", _moment(row.last_success, now), _full(row.last_success)),
        ("Last attempt", _moment(attempt, now), _full(attempt)),
        ("Signed in", fmt.stamp(facts.signed_in_at) if facts.signed_in_at else fmt.NONE, ""),
        ("Sign-in ends", ends, ""),
        ("A sign-in lasts", lasts, ""),
        ("Access renewed", f"{renewed} in {len(facts.strip) or 30} days", RENEWED),
        ("Connected since", fmt.stamp(facts.since), ""),
        ("Keys", tame(kept) or fmt.NONE, ""),
    )


def _moment(at: datetime | None, now: datetime) -> str:
    return fmt.age(at, now) if at is not None else fmt.NONE


def _full(at: datetime | None) -> str:
    return fmt.stamp(at) if at is not None else ""


def _pick(one: AccountFacts, broker: str, now: datetime) -> AccountPick:
    title = " ".join(part for part in (tame(broker), tame(one.mask), tame(one.name)) if part)
    if one.name == one.mask:
        title = f"{tame(broker)} {tame(one.mask)}"
    notes = [tame(one.type)] if one.type else []
    if one.closed:
        notes.append("no longer listed by the broker")
    elif one.included is None:
        notes.append("new, not read until you include it")
    elif not one.included:
        notes.append("left out")
    notes.append(f"{fmt.count(one.days, 'day')} saved" if one.days else "nothing saved")
    if one.newest is not None:
        notes.append(f"read {fmt.age(one.newest, now, short=True)}")
    note = ", ".join(notes)
    return AccountPick(
        key=one.key,
        title=title,
        note=note,
        included=bool(one.included),
        fixed=one.closed,
        spoken=f"Read {title}, {note}",
    )


def _failure(one: FailureFacts) -> FailureRow:
    at = fmt.stamp(one.at)
    kind = KINDS.get(one.code) or tame(one.code[:40].replace("_", " ")).capitalize()
    text = tame(one.text)
    return FailureRow(at=at, kind=kind, text=text, spoken=f"{at}, {kind}: {text}")


def removal(key: str, facts: RemovalFacts) -> Removal:
    """What is asked before a connection goes, with what hangs on it counted."""
    accounts = fmt.count(facts.accounts, "account")
    days = fmt.count(facts.days, "saved day")
    since = f" since {fmt.day(facts.first)}" if facts.first else ""
    records = ", ".join(
        fmt.count(number, word)
        for number, word in ((facts.transactions, "transaction"), (facts.orders, "order"))
        if number
    )
    what = ", ".join(part for part in (accounts, f"{days}{since}", records) if part)
    return Removal(
        key=key,
        name=facts.name,
        title=f"Disconnect “{tame(facts.name)}”?",
        what=f"{what}.",
        keep=f"{accounts} with {days} stay readable as past figures. Nothing new is read.",
        delete=f"{accounts} with {days} are deleted from this computer"
        + (f", and {records} with them." if records else ".")
        + " The weekly copies of the profile keep them until newer copies take their place.",
        kept=f"{accounts} with {days} stay readable.",
        deleted=f"{accounts} with {days} were deleted.",
    )
