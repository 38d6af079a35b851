"""Writes intents to a journal and says what is committed: traced by the power-loss model.

Started as ``python -m support.journal_victim FOLDER COUNT``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from support.clock import FakeClock
from support.trading import ACCOUNT, CONNECTION, a_draft

from brokerdesk.db.journal.store import Journal
from brokerdesk.domain.intent import Intent, IntentKind, IntentState


def intent(number: int, clock: FakeClock) -> Intent:
    draft = a_draft(f"S{number}")
    return Intent(
        id=f"i{number}",
        kind=IntentKind.PLACE,
        connection=CONNECTION.id,
        account=ACCOUNT,
        environment=draft.environment,
        symbol=f"S{number}",
        side=draft.legs[0].side,
        draft=draft,
        client_order_id=f"i{number}",
        request=b"x" * 700,
        digest="d" * 64,
        baseline=tuple(f"o{one}" for one in range(40)),
        state=IntentState.COMMITTED,
        created_at=clock.now(),
        changed_at=clock.now(),
    )


async def main(folder: Path, count: int) -> None:
    clock = FakeClock()
    journal = Journal(folder / "journal.db", clock)
    try:
        for number in range(count):
            made = await journal.commit(intent(number, clock))
            say(made)
            for state in (IntentState.SENDING, IntentState.ANSWERED, IntentState.ACCEPTED):
                say(await journal.step(made.id, state, order_id=f"o{number}"))
            if number % 9 == 8:  # as the WAL does by itself, after a thousand pages
                journal._worker.submit(
                    journal._raw.execute, "PRAGMA wal_checkpoint(RESTART)"
                ).result()
    finally:
        journal.close()


def say(made: Intent) -> None:
    os.write(1, f"DURABLE {made.id} {made.state.value}\n".encode())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
