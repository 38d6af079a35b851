"""What needs the user, out of one look at the portfolio: which message, in which order.

The sentences are those of ``words``; what they are filled with comes from the services' view.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from brokerdesk.domain.connection import Connection
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.services import portfolio_view as pv
from brokerdesk.services.same_account import Likeness
from brokerdesk.services.same_account_questions import Question
from brokerdesk.services.splits import Split
from brokerdesk.ui import format as fmt
from brokerdesk.ui import words
from brokerdesk.ui.viewmodels.same_account import pair_target
from brokerdesk.ui.viewmodels.state import Action, Message

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount

SOON = timedelta(hours=36)
"""How long before its end a sign-in is worth a word."""
_MOST_NAMES = 6
_ENDED = ("has ended", "no longer accepts this sign-in")
_FINE = (ConnectionState.OK, ConnectionState.NEW)


def messages(
    view: pv.PortfolioView,
    labels: Mapping[str, str],
    titles: Mapping[str, str],
    offered: Iterable[StoredAccount],
) -> tuple[Message, ...]:
    """What needs the user, the most pressing first. ``labels`` are the accounts' titles.

    Everything is told whatever the scope. Of a past moment, only what is wrong with its figures.
    """
    accounts = view.everyone
    damaged = [_damaged(row, labels[row.id], view) for row in accounts if row.damaged]
    unread = [_unread(row, labels[row.id]) for row in accounts if row.unread]
    if view.as_of is not None:
        return (*damaged, *unread)
    teller = _Teller(view, labels, titles)
    states = {
        ConnectionState.NEEDS_SIGN_IN: teller.sign_in,
        ConnectionState.FAILED: teller.failed,
        ConnectionState.UNAVAILABLE: teller.silent,
        ConnectionState.RATE_LIMITED: teller.limited,
    }
    by_state = {
        state: [tell(row) for row in view.connections if row.state is state]
        for state, tell in states.items()
    }
    return (
        *by_state[ConnectionState.NEEDS_SIGN_IN],
        *(_suspect(row, labels[row.id], view) for row in accounts if row.suspect),
        *damaged,
        *(_twice(one, labels) for one in view.doubts.questions),
        *by_state[ConnectionState.FAILED],
        *by_state[ConnectionState.UNAVAILABLE],
        *by_state[ConnectionState.RATE_LIMITED],
        *unread,
        *(teller.due(row) for row in view.connections if _is_due(row, view)),
        *(_offered(one, titles) for one in offered),
    )


class _Teller:
    """Messages about connections: who is meant, and since when its figures are."""

    def __init__(
        self, view: pv.PortfolioView, labels: Mapping[str, str], titles: Mapping[str, str]
    ) -> None:
        self._view, self._labels, self._titles = view, labels, titles
        self._now = view.taken_at

    def sign_in(self, row: Connection) -> Message:
        who, since = self._who(row), row.last_success
        if not row.state_text or any(part in row.state_text for part in _ENDED):
            said = words.sign_in_ended(who, self._broker(row), since, self._now)
        else:
            said = words.sign_in_wanted(who, row.state_text, since, self._now)
        made = said.message(f"sign_in:{row.id}", "error", f"sign_in:{row.id}")
        keys = Action(id=f"keys:{row.id}", label="Change keys")
        return replace(made, actions=(*made.actions, keys))

    def due(self, row: Connection) -> Message:
        assert row.sign_in_ends is not None
        said = words.sign_in_ends_soon(self._name(row), row.sign_in_ends)
        return said.message(f"due:{row.id}", "warn", f"sign_in:{row.id}", until=row.sign_in_ends)

    def failed(self, row: Connection) -> Message:
        since = f" Figures are from {fmt.stamp(row.last_success)}." if row.last_success else ""
        return Message(
            key=f"failed:{row.id}",
            kind="error",
            title=f"{self._name(row)} could not be read.",
            text=row.state_text + since,
            actions=(Action(id=f"refresh:{row.id}", label="Try again"),),
        )

    def silent(self, row: Connection) -> Message:
        others = [one for one in self._view.connections if one.id != row.id]
        fine = bool(others) and all(one.state in _FINE for one in others)
        said = words.not_answering(self._name(row), row.last_success, self._now, others_fine=fine)
        return said.message(f"silent:{row.id}", "warn", f"refresh:{row.id}")

    def limited(self, row: Connection) -> Message:
        facts = self._view.facts.get(row.id)
        until = facts.next_try if facts is not None else None
        said = words.rate_limited(
            self._name(row), row.last_success, self._now, timed=until is not None
        )
        return said.message(f"limited:{row.id}", "info", until=until)

    def _broker(self, row: Connection) -> str:
        return self._titles.get(row.broker, row.broker)

    def _name(self, row: Connection) -> str:
        return row.name or self._broker(row)

    def _who(self, row: Connection) -> str:
        """The account, when the connection has but one; else the connection's name."""
        own = [one.id for one in self._view.everyone if one.connection == row.id]
        return self._labels[own[0]] if len(own) == 1 else self._name(row)


def _is_due(row: Connection, view: pv.PortfolioView) -> bool:
    ends = row.sign_in_ends
    if ends is None or row.state is ConnectionState.NEEDS_SIGN_IN:
        return False
    return timedelta(0) < ends - view.taken_at <= SOON


def _suspect(row: pv.AccountRow, label: str, view: pv.PortfolioView) -> Message:
    if row.emptied:
        said = words.emptied(label, row.emptied)
    else:
        said = words.doubtful(label, row.suspect, row.fetched_at, view.taken_at)
    at = f"@{row.held_at.isoformat()}" if row.held_at is not None else ""
    return said.message(f"suspect:{row.id}", "warn", f"keep:{row.id}{at}", f"accept:{row.id}{at}")


def _twice(one: Question, labels: Mapping[str, str]) -> Message:
    certain = one.verdict.likeness is Likeness.CERTAIN
    said = words.counted_twice(labels[one.second], labels[one.first], certain=certain)
    return said.message(
        f"twice:{one.first}|{one.second}", "warn", pair_target(one.first, one.second)
    )


def _damaged(row: pv.AccountRow, label: str, view: pv.PortfolioView) -> Message:
    at, shown = row.fetched_at or view.taken_at, bool(row.balances)
    said = words.snapshot_damaged(at, shown=shown).and_then(f"{label}.")
    key, details = f"damaged:{row.id}", f"go:accounts:{row.id}"
    if view.as_of is not None or not row.connection:
        return said.message(key, "error", details)
    made = said.and_then("A refresh reads it anew.").message(key, "error", details)
    again = Action(id=f"refresh:{row.connection}", label="Refresh")
    return replace(made, actions=(*made.actions, again))


def _unread(row: pv.AccountRow, label: str) -> Message:
    names = ", ".join(one.label or one.where for one in row.unread[:_MOST_NAMES])
    more = len(row.unread) - _MOST_NAMES
    which = f"{label}: {names}{f' and {more} more' if more > 0 else ''}."
    lost = sum(one.where.startswith("positions") for one in row.unread)
    if lost == len(row.unread):
        said = words.part_read(lost, lost + row.positions).and_then(which)
        return said.message(f"unread:{row.id}", "warn", f"go:accounts:{row.id}")
    return Message(
        key=f"unread:{row.id}",
        kind="warn",
        title=f"{fmt.count(len(row.unread), 'record')} could not be read.",
        text=f"Left out of totals. {which}",
        actions=(Action(id=f"go:accounts:{row.id}", label="Show them"),),
    )


def split_message(one: Split) -> Message:
    """A split since the day that is shown."""
    said = words.split_since(one.symbol, one.units, one.each, one.day, probable=one.probable)
    return said.message(f"split:{one.symbol}:{one.day.isoformat()}", "past")


def split_hint(found: Iterable[Split]) -> str:
    """The same for one holding, which may have split more than once."""
    return " ".join(
        words.split_since(one.symbol, one.units, one.each, one.day, probable=one.probable).title
        for one in found
    )


def _offered(one: StoredAccount, titles: Mapping[str, str]) -> Message:
    account = one.account
    title = f"{titles.get(account.broker, account.broker)} {account.number_mask}".strip()
    return Message(
        key=f"offered:{account.id}",
        kind="info",
        title=f"{title} {one.shown_name}: a new account at your broker.",
        text="It is not read until you include it.",
        actions=(
            Action(id=f"include:{account.id}", label="Include"),
            Action(id=f"exclude:{account.id}", label="Leave out"),
        ),
    )
