"""Intents as they are read out of their rows, each with the state that it is in.

What is not settled stands in a small table of its own, which triggers keep: each order looks there
before it is written down, and that must not take longer the more was ever sent. The table holds
nothing that the steps do not say, and is held against them whenever the journal is opened.
"""

from __future__ import annotations

import msgspec

from brokerdesk.db.codec import from_micros, word
from brokerdesk.db.driver import RawConnection
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import Environment, OrderSide

_COLUMNS = """
SELECT i.id, i.kind, i.connection_id, i.account_id, i.environment, i.symbol, i.side,
       i.draft, i.client_order_id, i.request, i.digest, i.baseline, i.target, i.created_at,
       s.state, s.at, s.order_id, s.words, s.checks
"""
# CROSS: in this order and no other, whatever the planner believes of the sizes.
_NEWEST = "CROSS JOIN steps s ON s.seq = (SELECT max(seq) FROM steps WHERE intent_id = i.id)"
_ORDER = "ORDER BY i.created_at, i.id"
SAME = f"{_COLUMNS} FROM intents i {_NEWEST} WHERE i.id = ? OR i.client_order_id = ? {_ORDER}"
ONE = f"{_COLUMNS} FROM intents i {_NEWEST} WHERE i.id = ?"
SINCE = f"{_COLUMNS} FROM intents i {_NEWEST} WHERE i.created_at >= ? {_ORDER}"
UNSETTLED = (
    f"{_COLUMNS} FROM unsettled u CROSS JOIN intents i ON i.id = u.intent_id {_NEWEST} {_ORDER}"
)
_RECENT = """
SELECT id FROM intents WHERE created_at >= ?1
 UNION ALL
SELECT o.id FROM unsettled CROSS JOIN intents o ON o.id = intent_id WHERE o.created_at < ?1
"""
SINCE_OR_UNSETTLED = (
    f"{_COLUMNS} FROM ({_RECENT}) u CROSS JOIN intents i ON i.id = u.id {_NEWEST} {_ORDER}"
)
_BY_THEIR_STEPS = """
SELECT intent_id FROM steps
 WHERE seq IN (SELECT max(seq) FROM steps GROUP BY intent_id)
   AND state IN ('committed', 'sending', 'answered', 'unknown')
"""

_ids = msgspec.msgpack.Decoder(tuple[str, ...]).decode
_draft = msgspec.msgpack.Decoder(Draft).decode


def select(raw: RawConnection, query: str, *values: object) -> tuple[Intent, ...]:
    """``query`` is one of those above."""
    return tuple(map(_intent, raw.execute(query, values).fetchall()))


def unsettled_agree(raw: RawConnection) -> bool:
    """Whether the table of what is not settled says what the steps say."""
    listed = raw.execute("SELECT intent_id FROM unsettled").fetchall()
    return set(listed) == set(raw.execute(_BY_THEIR_STEPS).fetchall())


def _intent(row: tuple[object, ...]) -> Intent:
    (id_, kind, connection, account, environment, symbol, side, draft, client, request, digest,
     baseline, target, created, state, at, order_id, words, checks) = row  # fmt: skip
    return Intent(
        id=str(id_),
        kind=word(IntentKind, str(kind)),
        connection=ConnectionId(str(connection)),
        account=AccountId(str(account)),
        environment=word(Environment, str(environment)),
        symbol=str(symbol),
        side=word(OrderSide, str(side)),
        draft=None if draft is None else _draft(draft),  # type: ignore[arg-type]
        client_order_id=str(client),
        request=bytes(request),  # type: ignore[call-overload]
        digest=str(digest),
        baseline=_ids(baseline),  # type: ignore[arg-type]
        state=word(IntentState, str(state)),
        created_at=from_micros(created),
        changed_at=from_micros(at),
        order_id=str(order_id) or str(target),
        words=str(words),
        checks=int(checks),  # type: ignore[call-overload]
    )
