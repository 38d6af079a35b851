"""Answers after which nobody can know what became of an order: unknown, each time. And the others.

The real way of an order, with the reads at the simulated broker; only the answer to the order
itself comes from a server that says, byte for byte, what it is told to.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.order_desk import order_desk
from support.order_server import KINDS, Answering, order_server, said

from brokerdesk.brokers.once import send_once
from brokerdesk.domain.intent import IntentState

S = IntentState


def _words(**body: Any) -> bytes:
    return json.dumps(body).encode()


REFUSALS: dict[str, dict[str, Answering]] = {
    "alpaca": {
        "buying power": said(403, _words(code=40310000, message="insufficient buying power")),
        "not tradable": said(422, _words(code=42210000, message="asset X is not tradable")),
        "bad request": said(400, _words(code=40010001, message="limit price is required")),
        "no login": said(401, _words(code=40110000, message="access key verification failed")),
        "plain no login": said(401, _words(message="unauthorized.")),
        "forbidden": said(403, _words(message="forbidden.")),
    },
    "schwab": {
        "words": said(400, _words(message="Order price is out of range")),
        "words and errors": said(400, _words(message="Bad order", errors=["No such symbol"])),
        "no login": said(401, _words(message="Client not authorized")),
        "not allowed": said(403, _words(message="This account may not trade options")),
        "no account": said(404, _words(message="Account not found")),
    },
}
"""Answers that the broker's documents call final. Brokers without HTTP have tests of their own."""


@pytest.mark.parametrize("broker", REFUSALS)
async def test_ambiguous_answers_are_unknown_and_definitive_ones_never(
    tmp_path: Path,
    broker: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: Counter[str] = Counter()
    async with order_desk(tmp_path, broker) as desk, order_server() as server:
        quick = partial(_elsewhere, server.url)
        monkeypatch.setattr(f"brokerdesk.brokers.{broker}.trading.send_once", quick)
        for name, answer in {**KINDS, **REFUSALS[broker]}.items():
            server.answer = lambda _, answer=answer: answer  # type: ignore[misc]
            intent = await desk.place(desk.wish(), f"n{seen.total()}")
            for task in desk.room.supervisor.names:
                await desk.room.supervisor.cancel(task)
            final = name in REFUSALS[broker]
            assert intent.state is (S.REJECTED if final else S.UNKNOWN), (name, intent)
            assert intent.words
            assert len(server.writes()) == seen.total() + 1, "sent again"
            seen["refused" if final else "unknown"] += 1
            if not final:
                await desk.room.journal.step(intent.id, S.ABSENT)
        monkeypatch.undo()
    n = seen.total()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{seen['unknown']} kinds of ambiguous answers at {broker}: all unknown; "
            f"{seen['refused']} definitive ones: none unknown. "
            f"0 failures in {n} shows only a rate below {3 / n:.3f}\n"
        )
    assert seen["unknown"] >= 25


async def _elsewhere(url: str, wire: Any, **more: Any) -> Any:
    return await send_once(wire, **{**more, "base_url": url, "deadline": 0.4})


@pytest.mark.parametrize("broker", REFUSALS)
async def test_what_never_left_is_not_sent(
    tmp_path: Path, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with order_server() as server:
        gone = server.url
    async with order_desk(tmp_path, broker) as desk:
        quick = partial(_elsewhere, gone)
        monkeypatch.setattr(f"brokerdesk.brokers.{broker}.trading.send_once", quick)
        assert (await desk.place(desk.wish(), "one")).state is S.NOT_SENT
        monkeypatch.undo()
        assert (await desk.place(desk.wish(), "two")).state is S.ACCEPTED
