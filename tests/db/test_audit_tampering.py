"""Whoever changes the audit log, with the file in hand and the triggers gone, is found out.

Edits, removals, swaps, insertions and cut ends, in the rows themselves. One who also computes all
hashes anew is found out against a head that was kept elsewhere, as every export has it.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlite
from support.trading import a_draft, trading_room

from brokerdesk.db.journal import audit
from brokerdesk.db.journal.audit import Head

Rows = list[list[Any]]
SEQ, AT, KIND, FACTS, HASH = range(5)
TABLE = "CREATE TABLE audit (seq INTEGER, at INTEGER, kind TEXT, facts BLOB, hash BLOB)"


async def a_log(folder: Path) -> tuple[Rows, Head]:
    """What a day leaves behind: orders, cancels, halts and settings."""
    async with trading_room(folder) as room:
        for number in range(24):
            room.exchange.fate = ("ok", "refused", "not sent")[number % 3]
            intent = await room.place(a_draft(f"S{number}"), f"o{number}")
            await room.journal.note("preview", {"account": "1", "words": f"n{number}"})
            if intent.order_id:
                order = room.exchange.orders[intent.order_id]
                await room.sending.cancel(_connection(), order, f"c{number}")
            await room.journal.halt(number % 5 == 1)
            await room.journal.halt(False)
        verdict = await room.journal.verify()
        assert verdict.broken is None
        raw = room.journal._raw
        rows = raw.execute("SELECT seq, at, kind, facts, hash FROM audit ORDER BY seq").fetchall()
        return [list(row) for row in rows], verdict.head


def _connection() -> Any:
    from support.trading import CONNECTION

    return CONNECTION


def flipped(dice: random.Random, data: bytes) -> bytes:
    if not data:
        return b"\x00"
    place = dice.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << dice.randrange(8))]) + data[place + 1 :]


def edited(dice: random.Random, rows: Rows) -> Rows:
    row = rows[dice.randrange(len(rows))]
    column = dice.choice([SEQ, AT, KIND, FACTS, HASH])
    if column in (SEQ, AT):
        row[column] += dice.choice([-1, 1, 1000])
    elif column == KIND:
        row[column] += dice.choice([" ", "x"])
    else:
        row[column] = flipped(dice, row[column])
    return rows


def removed(dice: random.Random, rows: Rows) -> Rows:
    """One or more in a row, the numbers left as they are or closed up."""
    start = dice.randrange(len(rows) - 1)
    del rows[start : start + dice.choice([1, 1, 5])]
    if dice.random() < 0.5:
        for number, row in enumerate(rows, 1):
            row[SEQ] = number
    return rows


def swapped(dice: random.Random, rows: Rows) -> Rows:
    one, two = dice.sample(range(len(rows)), 2)
    rows[one], rows[two] = rows[two], rows[one]
    rows[one][SEQ], rows[two][SEQ] = one + 1, two + 1
    return rows


def inserted(dice: random.Random, rows: Rows) -> Rows:
    place = dice.randrange(len(rows))
    rows.insert(place, list(rows[dice.randrange(len(rows))]))
    for number, row in enumerate(rows, 1):
        row[SEQ] = number
    return rows


def cut(dice: random.Random, rows: Rows) -> Rows:
    """The newest are gone; what is left is a good log."""
    return rows[: dice.randrange(len(rows))]


def forged(dice: random.Random, rows: Rows) -> Rows:
    """Changed and all hashes computed anew: only a head kept elsewhere can tell."""
    way = dice.choice([edited, removed, swapped, inserted, cut])
    rows = way(dice, rows)
    before = audit.START
    for number, row in enumerate(rows, 1):
        row[SEQ] = number
        row[HASH] = before = audit._link(before, number, row[AT], row[KIND], row[FACTS])
    return rows


WAYS: tuple[Callable[[random.Random, Rows], Rows], ...] = (
    *(edited, removed, swapped, inserted, cut, forged),
)
ONLY_BY_HEAD = (cut, forged)


def run(folder: Path, trials: int, capsys: pytest.CaptureFixture[str]) -> None:
    rows, head = asyncio.run(a_log(folder))
    seed = random.randrange(10**6)
    dice, seen = random.Random(seed), Counter[str]()
    raw = sqlite.connect(":memory:", isolation_level=None)
    raw.execute(TABLE)
    try:
        for number in range(trials):
            way = WAYS[number % len(WAYS)]
            changed = way(dice, [list(row) for row in rows])
            if changed == rows:
                continue
            raw.execute("DELETE FROM audit")
            raw.executemany("INSERT INTO audit VALUES (?, ?, ?, ?, ?)", changed)
            assert audit.verify(raw, head).broken is not None, (way.__name__, seed, number)
            if way not in ONLY_BY_HEAD:
                # A cut end apart, no head is needed.
                alone = audit.verify(raw).broken is not None
                assert alone or _is_a_start(changed, rows), (way.__name__, seed, number)
            seen[way.__name__] += 1
    finally:
        raw.close()
    n = seen.total()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{n} tampered audit logs of {len(rows)} entries, seed {seed}: {dict(seen)}; all "
            f"detected. 0 failures in {n} shows only a rate below {3 / n:.5f}\n"
        )
    assert n > trials * 0.95


def _is_a_start(changed: Rows, rows: Rows) -> bool:
    return changed == rows[: len(changed)]


def test_some_tampered_logs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, 600, capsys)


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_ten_thousand_tampered_logs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, 10_200, capsys)
