"""Whatever goes wrong on the way: one request for each intent, however long one waits."""

from __future__ import annotations

import random
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.order_desk import OrderDesk, order_desk
from support.order_houses import HOUSES

from brokerdesk.domain.intent import IntentState

S = IntentState
STATUSES = (400, 401, 402, 403, 404, 408, 409, 410, 422, 425, 429, 500, 502, 503, 504)
FAULTS: list[tuple[str, dict[str, Any]]] = [
    *((kind, {}) for kind in ("reset_before", "reset_after", "reset_mid_body", "drip", "truncate")),
    *((kind, {}) for kind in ("garbage", "html", "redirect", "huge", "wrong_clock")),
    *((kind, {"executed": True}) for kind in ("html", "garbage", "redirect")),
    *(("status", {"status": code}) for code in STATUSES),
    *(("status", {"status": code, "executed": True}) for code in (408, 429, 500, 503, 504)),
    *(("redirect", {"to": to}) for to in ("same", "other", "downgrade")),
    *(("location", {"is": how}) for how in ("missing", "other", "garbage", "twice", "empty")),
]
_AT_TWS: list[tuple[str, dict[str, Any]]] = [
    *((kind, {}) for kind in ("reset_before", "reset_after", "reset_mid_body", "drip", "truncate")),
    *((kind, {}) for kind in ("garbage", "html", "redirect", "huge", "delay", "refuse")),
    *((kind, {"executed": True}) for kind in ("reset_before", "html", "garbage", "redirect")),
    *(("status", {"code": code}) for code in (100, 103, 202, 322, 399, 504, 31415)),
    *(("status", {"code": code, "executed": True}) for code in (103, 133, 202, 322, 31415)),
    *(
        ("status", {"code": code, "executed": True, "then_answer": True})
        for code in (103, 399, 404, 2109, 31415)
    ),
    *(("edit", {"edit": edit}) for edit in ("half", "reversed", "twice")),
    *(
        ("edit", {"edit": "value", "field": field, "value": value})
        for field, value in (
            *(("orderId", 4711), ("orderRef", "somebody-elses"), ("permId", 4711), ("permId", 0)),
            *(("clientId", 12), ("account", "DU0000000"), ("status", "Astray")),
        )
    ),
]
"""What can befall an order at TWS, which speaks no HTTP."""
KINDS = {broker: _AT_TWS if broker == "ibkr" else FAULTS for broker in HOUSES}
MORE: dict[str, dict[str, Any]] = {"ibkr": {"bytes": 4096, "seconds": 1}}
FRESH_AFTER = 150


async def one_case(
    desk: OrderDesk, number: int, fault: tuple[str, dict[str, Any]], dice: random.Random
) -> str:
    """An order, its replacement or its cancel meets trouble; then minutes pass."""
    kind, args = fault
    wish = desk.wish(
        quantity=Decimal(1), limit_price=desk.price("0.5") + Decimal(number % 997) / 100
    )
    what = dice.choice(["place", "place", "replace", "cancel"])
    placed = None
    if what != "place":
        placed = await desk.place(wish, f"p{number}")
        assert placed.state is S.ACCEPTED, placed.words
    before = len(desk.truth())
    desk.fault(kind, method=what, **{**MORE.get(desk.rig.BROKER, {}), **args})
    if placed is None:
        intent = await desk.place(wish, f"f{number}")
    elif what == "cancel":
        intent = await desk.cancel(await desk.order(placed.order_id), f"f{number}")
    else:
        assert wish.limit_price is not None
        more = desk.wish(quantity=Decimal(1), limit_price=wish.limit_price + Decimal("0.5"))
        intent = await desk.place(more, f"f{number}", replaces=placed.order_id)
    for name in desk.room.supervisor.names:
        await desk.room.supervisor.cancel(name)
    for wait in (35, 90):
        await desk.after(wait)
        await desk.room.settling.look_now(intent.id)
    assert len(desk.truth()) - before <= 1, (fault, what)
    desk.rig.sim.faults.clear()
    found = await desk.room.journal.get(intent.id)
    assert found is not None
    if found.state is S.UNKNOWN:
        found = await desk.room.journal.step(intent.id, S.ABSENT)
    return found.state.value


async def run(folder: Path, broker: str, seeds: int, capsys: pytest.CaptureFixture[str]) -> None:
    seen: Counter[str] = Counter()
    cases = [(fault, seed) for seed in range(seeds) for fault in KINDS[broker]]
    for start in range(0, len(cases), FRESH_AFTER):
        where = folder / f"{start}"
        where.mkdir()
        async with order_desk(where, broker) as desk:
            for number, (fault, seed) in enumerate(cases[start : start + FRESH_AFTER], start):
                dice = random.Random(f"{seed}-{fault}")
                seen[await one_case(desk, number, fault, dice)] += 1
    n = seen.total()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(KINDS[broker])} faults x {seeds} seeds at {broker}: {dict(seen)}; never more "
            f"than one request for an intent. 0 failures in {n} shows only a rate below "
            f"{3 / n:.4f}\n"
        )


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waited for in real time is what says nothing."""
    monkeypatch.setattr("brokerdesk.brokers.ibkr.outbox.DEADLINE", 0.3)


@pytest.mark.parametrize("broker", HOUSES)
async def test_nothing_is_sent_again(
    tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await run(tmp_path, broker, 1, capsys)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("broker", HOUSES)
async def test_nothing_is_ever_sent_again(
    tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await run(tmp_path, broker, 50, capsys)
