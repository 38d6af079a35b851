"""Intents and orders made into rows. Pure.

Every intent that placed or replaced is one row, with its order once that is known; every order that
no intent made is one; cancels are moments of the order that they concern.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from brokerdesk.brokers.trading import Asked
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.order import Order
from brokerdesk.errors import InputError
from brokerdesk.facts import dataclass
from brokerdesk.services.ledger_moments import Facts, keeps_from_asking, moments, waits
from brokerdesk.services.ledger_rules import cannot_cancel, cannot_replace, every
from brokerdesk.services.opening import Specs
from brokerdesk.services.orders_list import is_open
from brokerdesk.services.settling import Look
from brokerdesk.services.trading_facts import LedgerRow, Search

if TYPE_CHECKING:
    from brokerdesk.brokers.base import BrokerSpec
    from brokerdesk.db.journal.history import History, Sighting
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.domain.connection import Connection

_S = IntentState
_AT_BROKER = (_S.ANSWERED, _S.ACCEPTED, _S.FOUND)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_NOT_THERE = {
    _S.COMMITTED: "It is being sent.",
    _S.SENDING: "It is being sent.",
    _S.REJECTED: "The broker refused it.",
    _S.NOT_SENT: "It was not sent.",
    _S.UNKNOWN: "What became of it is not known yet.",
    _S.ABSENT: "It is not at the broker.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the journal and the cache hold."""

    histories: Sequence[History]
    orders: Mapping[AccountId, Sequence[Order]]
    sightings: Sequence[Sighting] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is known besides."""

    now: datetime
    since: datetime | None
    connections: Mapping[str, Connection]
    accounts: Mapping[AccountId, StoredAccount]
    specs: Specs
    looks: Mapping[str, Look] = field(default_factory=dict)
    asked: Callable[[str], Asked | None] = lambda _: None


@dataclass(slots=True)
class _Line:
    """A row in the making."""

    own: list[History] = field(default_factory=list)
    cancels: list[History] = field(default_factory=list)
    order: Order | None = None
    replaces: str = ""
    replaced_by: str = ""

    @property
    def intent(self) -> Intent | None:
        """The intent that says how it stands: the last one that it was changed by."""
        return self.own[-1].intent if self.own else None

    @property
    def key(self) -> str:
        if self.own:
            return self.own[0].intent.id
        if self.order is not None:
            return f"{self.order.account}/{self.order.id}"
        return self.cancels[0].intent.id

    @property
    def account(self) -> AccountId:
        if self.order is not None:
            return self.order.account
        return (self.own or self.cancels)[0].intent.account

    @property
    def began(self) -> datetime | None:
        if self.own:
            return self.own[0].intent.created_at
        if self.order is not None:
            return self.order.entered_at or self.order.closed_at
        return self.cancels[0].intent.created_at


def merged(known: Known, around: Around) -> tuple[LedgerRow, ...]:
    """All rows, newest first."""
    lines = _lines(known)
    sightings: dict[tuple[AccountId, str], list[Sighting]] = defaultdict(list)
    for one in known.sightings:
        sightings[one.account, one.order_id].append(one)
    kept = [line for line in lines if _wanted(line, around.since)]
    kept.sort(key=lambda line: line.began or _LONG_AGO, reverse=True)
    return tuple(_row(line, around, sightings) for line in kept)


def _lines(known: Known) -> list[_Line]:
    top = {(a, one.id): one for a, orders in known.orders.items() for one in orders}
    own_ids = {
        (a, one.client_order_id): one
        for a, orders in known.orders.items()
        for one in orders
        if one.client_order_id
    }
    lines: list[_Line] = []
    of_order: dict[tuple[AccountId, str], _Line] = {}
    made = [one for one in known.histories if one.intent.kind is not IntentKind.CANCEL]
    for history in sorted(made, key=lambda one: one.intent.created_at):
        intent = history.intent
        order_id = _order_id(history)
        order = top.get((intent.account, order_id)) if order_id else None
        order = order or own_ids.get((intent.account, intent.client_order_id))
        key = (intent.account, order.id if order is not None else order_id)
        line = of_order.get(key) if key[1] else None
        if line is None:
            line = _Line(order=order)
            lines.append(line)
        line.own.append(history)
        if key[1]:
            of_order[key] = line
    for key, order in top.items():
        if key not in of_order:
            of_order[key] = _Line(order=order)
            lines.append(of_order[key])
    for (account, _), line in list(of_order.items()):
        for child in every(line.order.children if line.order is not None else ()):
            of_order.setdefault((account, child.id), line)
    _chain(lines, of_order)
    _cancels(known.histories, lines, of_order)
    return lines


def _order_id(history: History) -> str:
    """The broker's id of the order that an intent made, as far as it is proven."""
    intent = history.intent
    return intent.order_id if intent.state in _AT_BROKER else ""


def _chain(lines: Iterable[_Line], of_order: Mapping[tuple[AccountId, str], _Line]) -> None:
    """Who took whose place."""
    for line in lines:
        for history in line.own:
            if history.intent.kind is not IntentKind.REPLACE:
                continue
            before = of_order.get((history.intent.account, history.target))
            if before is None or before is line:
                continue
            line.replaces = before.key
            if history.intent.state in _AT_BROKER:
                before.replaced_by = line.key


def _cancels(
    histories: Iterable[History],
    lines: list[_Line],
    of_order: Mapping[tuple[AccountId, str], _Line],
) -> None:
    for history in histories:
        intent = history.intent
        if intent.kind is not IntentKind.CANCEL:
            continue
        line = of_order.get((intent.account, history.target))
        if line is not None:
            line.cancels.append(history)
        elif waits(intent):
            lines.append(_Line(cancels=[history]))


def _wanted(line: _Line, since: datetime | None) -> bool:
    if since is None or any(waits(one.intent) for one in (*line.own, *line.cancels)):
        return True
    if line.order is not None and is_open(line.order):
        return True
    times = [line.began, line.order.closed_at if line.order is not None else None]
    known = [one for one in times if one is not None]
    return not known or max(known) >= since


def _row(
    line: _Line, around: Around, sightings: Mapping[tuple[AccountId, str], Sequence[Sighting]]
) -> LedgerRow:
    intent, order = line.intent, line.order
    account = line.account
    stored = around.accounts.get(account)
    connection_id = stored.connection if stored is not None else None
    if connection_id is None and intent is not None:
        connection_id = intent.connection
    connection = None if connection_id is None else around.connections.get(connection_id)
    spec = _spec(connection, around.specs)
    # One whose fate is open comes before a later one that is settled: it is what waits.
    cancels = [one.intent for one in line.cancels]
    cancel = next(
        (one for one in reversed(cancels) if waits(one)), cancels[-1] if cancels else None
    )
    seen = () if order is None else sightings.get((account, order.id), ())
    facts = Facts(own=line.own, cancels=line.cancels, order=order, sightings=seen)
    why, why_not = _cannot(line, stored, connection, spec, around.now)
    environment = _environment(intent or cancel, connection)
    return LedgerRow(
        key=line.key,
        connection=connection_id,
        account=account,
        account_name=_name(stored, spec),
        environment=environment,
        intent=intent,
        order=order,
        moments=moments(facts),
        search=_search(intent, around.looks) or _search(cancel, around.looks),
        asked=None if intent is None else around.asked(intent.id),
        cannot_cancel=why,
        cannot_replace=why_not,
        orders_url=spec.orders_url
        if spec is not None and environment is not Environment.PRACTICE
        else "",
        cancel=cancel,
        replaces=line.replaces,
        replaced_by=line.replaced_by,
    )


def _cannot(
    line: _Line,
    stored: StoredAccount | None,
    connection: Connection | None,
    spec: BrokerSpec | None,
    now: datetime,
) -> tuple[str, str]:
    """Why it cannot be cancelled, and why not changed."""
    order, intent = line.order, line.intent
    gone = ""
    if connection is None or spec is None:
        gone = "Its connection was removed: use the broker's own site."
    elif not spec.capabilities.trading or (stored is not None and stored.account.flags.read_only):
        gone = "This connection can only read."
    if order is None:
        there = "" if intent is None else _NOT_THERE.get(intent.state, "")
        late = "It is not in the broker's list yet. Refresh, then try again."
        return there or gone, there or gone or late
    ends, waiting = cannot_cancel(order), _asked_already(line, now)
    return (
        ends or gone or waiting,
        cannot_replace(order, trades=True, against=gone) or waiting,
    )


def _asked_already(line: _Line, now: datetime) -> str:
    open_ones = [one.intent for one in line.cancels if keeps_from_asking(one.intent, now)]
    if open_ones and open_ones[-1].state is _S.UNKNOWN:
        return "Whether it is cancelled is not known yet. It is looked at."
    return "It is being cancelled." if open_ones else ""


def _search(intent: Intent | None, looks: Mapping[str, Look]) -> Search | None:
    """How it is looked for; of one that the user said is absent, what has turned up since."""
    if intent is None or intent.state not in (_S.UNKNOWN, _S.ABSENT):
        return None
    look = looks.get(intent.id)
    if intent.state is _S.ABSENT and (look is None or not look.asks):
        return None
    if look is None:
        return Search(checks=intent.checks, looked_at=None, next_at=None)
    return Search(
        checks=max(intent.checks, look.intent.checks),
        looked_at=look.at,
        next_at=look.next_at,
        candidates=look.candidates,
        failure=look.failure,
        can_be_absent=look.can_be_absent,
        proposed=look.proposed,
        refusable=look.refusable,
        aside=look.aside,
    )


def _environment(intent: Intent | None, connection: Connection | None) -> Environment:
    if intent is not None:
        return intent.environment
    return connection.environment if connection is not None else Environment.LIVE


def _name(stored: StoredAccount | None, spec: BrokerSpec | None) -> str:
    if stored is None:
        return "A removed account"
    title = stored.account.institution or (spec.title if spec is not None else "")
    whole, name = f"{title} {stored.account.number_mask}".strip(), stored.shown_name
    if not name or name in whole:
        return whole
    return name if whole in name else f"{whole} {name}"


def _spec(connection: Connection | None, specs: Specs) -> BrokerSpec | None:
    if connection is None:
        return None
    try:
        return specs(connection.broker)
    except InputError:
        return None
