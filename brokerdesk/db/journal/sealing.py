"""What holds the journal's rows against the audit log: each entry of an order carries the seal of
its step and intent as they were written.

The chain proves the log alone. Without the seals a row that a failing disk or another program
altered would be believed.
"""

from __future__ import annotations

import hashlib

import msgspec

from brokerdesk.db.driver import RawConnection
from brokerdesk.db.journal import switches
from brokerdesk.domain.intent import IntentState

_KINDS = {f"order {state.value}" for state in IntentState}
"""The entries of steps."""
_ROWS = """
SELECT s.seq, s.intent_id, s.state, s.at, s.order_id, s.words, s.checks,
       i.kind, i.connection_id, i.account_id, i.environment, i.symbol, i.side, i.client_order_id,
       i.draft, i.request, i.digest, i.baseline, i.target, i.created_at
  FROM steps s LEFT JOIN intents i ON i.id = s.intent_id
"""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, str]).decode


def seal(raw: RawConnection, step: int) -> str:
    """Of a step that was just written, and of its intent."""
    return _of(raw.execute(f"{_ROWS} WHERE s.seq = ?", (step,)).fetchone())


def broken(raw: RawConnection) -> int | None:
    """The number of the first entry that the rows do not bear out; None: they bear out all."""
    rows = iter(raw.execute(f"{_ROWS} ORDER BY s.seq").fetchall())
    last = 0
    for seq, kind, facts in raw.execute("SELECT seq, kind, facts FROM audit ORDER BY seq"):
        if kind not in _KINDS:
            continue
        last, row, told = seq, next(rows, None), _decode(facts)
        if row is None or f"order {row[2]}" != kind or told.get("intent") != row[1]:
            return int(seq)
        if told.get("seal", "") not in ("", _of(row)):  # entries of old have none
            return int(seq)
    if next(rows, None) is not None:
        return int(last) + 1
    return _halt(raw)


def _halt(raw: RawConnection) -> int | None:
    """The halt stands as it was turned last."""
    row = raw.execute(
        "SELECT seq, kind FROM audit WHERE kind IN ('halt on', 'halt off')"
        " ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    said = row is not None and row[1] == "halt on"
    return None if said == switches.halted(raw) else int(row[0]) if row else 1


def _of(row: tuple[object, ...]) -> str:
    return hashlib.sha256(_encode(row)).hexdigest()[:32]
