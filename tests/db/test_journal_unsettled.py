"""Looking for what is not settled takes no longer the more was ever sent, and forgets nothing."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import FakeClock
from support.journal_victim import intent

from brokerdesk.db import driver
from brokerdesk.db.journal import intents, schema
from brokerdesk.db.journal.store import Journal, RefusedByJournalError
from brokerdesk.domain.intent import EDGES, OPEN, IntentState
from brokerdesk.errors import DatabaseDamagedError

S = IntentState
SETTLED = (
    (S.NOT_SENT,),
    (S.SENDING, S.REJECTED),
    (S.SENDING, S.ANSWERED, S.ACCEPTED),
    (S.SENDING, S.UNKNOWN, S.ABSENT, S.FOUND),
)
LEFT_OPEN: tuple[tuple[IntentState, ...], ...] = (
    (),
    (S.SENDING,),
    (S.SENDING, S.ANSWERED),
    (S.SENDING, S.UNKNOWN, S.UNKNOWN),
)


async def filled(journal: Journal, ways: tuple[tuple[IntentState, ...], ...]) -> list[str]:
    """An intent for each way; those that are open in the end."""
    clock, found = FakeClock(), []
    for number, way in enumerate(ways):
        made = await journal.commit(intent(number, clock))
        for state in way:
            made = await journal.step(made.id, state)
        if made.state in OPEN:
            found.append(made.id)
    return found


@pytest.mark.parametrize(
    "query", [intents.UNSETTLED, intents.SINCE_OR_UNSETTLED, intents.SAME, intents.ONE]
)
async def test_no_query_on_the_way_of_an_order_walks_through_the_history(
    tmp_path: Path, query: str
) -> None:
    journal = Journal(tmp_path / "journal.db", FakeClock())
    await filled(journal, SETTLED * 20)
    raw = driver.connect(tmp_path / "journal.db", read_only=True)
    raw.execute("PRAGMA analysis_limit = 0")
    values = (0,) * (1 if "?1" in query else query.count("?"))
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    raw.close()
    journal.close()
    walks = [
        one for one in plan if one.startswith("SCAN") and one not in ("SCAN u", "SCAN unsettled")
    ]
    assert walks == []
    assert any("steps USING COVERING INDEX steps_intent" in one for one in plan)
    if "FROM unsettled u" in query:
        assert "SCAN u" in plan, plan


async def test_pages_read_do_not_grow_with_what_is_settled(tmp_path: Path) -> None:
    """Not a time: steps of SQLite's own machine, counted by its progress handler."""
    journal = Journal(tmp_path / "journal.db", FakeClock())
    numbers = itertools.count()

    async def work(orders: int) -> int:
        for _ in range(orders):
            made = await journal.commit(intent(next(numbers), FakeClock()))
            for state in (S.SENDING, S.ANSWERED, S.ACCEPTED):
                await journal.step(made.id, state)
        counted = 0

        def tick() -> int:
            nonlocal counted
            counted += 1
            return 0

        journal._raw.set_progress_handler(tick, 10)
        await journal.commit(intent(next(numbers), FakeClock()))
        journal._raw.set_progress_handler(None, 10)
        await journal.step(f"i{next(numbers) - 1}", S.NOT_SENT)
        return counted

    few = await work(5)
    many = await work(300)
    journal.close()
    assert many <= few + 5, (few, many)


async def test_what_is_open_is_listed_and_blocks_and_what_is_settled_does_not(
    tmp_path: Path,
) -> None:
    journal = Journal(tmp_path / "journal.db", FakeClock())
    ways = SETTLED + LEFT_OPEN
    open_ones = await filled(journal, ways)
    assert len(open_ones) == len(LEFT_OPEN)
    journal.close()
    journal = Journal(tmp_path / "journal.db", FakeClock())
    assert sorted(one.id for one in await journal.unsettled()) == sorted(open_ones)
    for number in range(len(ways)):
        twin = intent(number, FakeClock())
        twin = type(twin)(**{**fields(twin), "id": f"t{number}", "client_order_id": f"t{number}"})
        if f"i{number}" in open_ones:
            with pytest.raises(RefusedByJournalError):
                await journal.commit(twin)
        else:
            await journal.commit(twin)
    journal.close()


def fields(made: Any) -> dict[str, Any]:
    return {name: getattr(made, name) for name in made.__dataclass_fields__}


async def test_a_journal_of_the_second_format_takes_its_open_orders_along(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path, FakeClock())
    open_ones = await filled(journal, SETTLED + LEFT_OPEN)
    before = await journal.unsettled()
    journal.close()
    raw = driver.connect_prepared(path)
    for name in ("steps_open", "steps_settled"):
        raw.execute(f"DROP TRIGGER {name}")
    raw.execute("DROP TABLE unsettled")
    raw.execute("PRAGMA user_version = 2")
    raw.close()
    journal = Journal(path, FakeClock())
    assert await journal.unsettled() == before
    assert len(before) == len(open_ones)
    assert (await journal.verify()).broken is None
    journal.close()


@pytest.mark.parametrize(
    "harm", ["DELETE FROM unsettled WHERE intent_id = 'i0'", "INSERT INTO unsettled VALUES ('i9')"]
)
async def test_a_list_that_forgot_one_or_invents_one_is_a_damaged_journal(
    tmp_path: Path, harm: str
) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path, FakeClock())
    await filled(journal, LEFT_OPEN)
    journal.close()
    raw = driver.connect_prepared(path)
    raw.execute(harm)
    raw.close()
    with pytest.raises(DatabaseDamagedError):
        Journal(path, FakeClock())
    raw = driver.connect(path, read_only=True)
    assert raw.execute("SELECT count(*) FROM steps").fetchone()[0] > 0, "nothing was thrown away"
    raw.close()


def test_the_format_names_the_states_that_are_open() -> None:
    words = ", ".join(f"'{one.value}'" for one in S if one in OPEN)
    assert sum(f"({words})" in statement for statement in schema._THIRD) == 3
    assert f"({words})" in intents._BY_THEIR_STEPS


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whatever_way_intents_go_the_list_agrees_with_their_steps(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = driver.connect_prepared(_empty(tmp_path_factory.mktemp("journal") / "journal.db"))
    schema.bring_up_to_date(raw, Path("journal.db"))
    raw.execute("PRAGMA foreign_keys = OFF")
    states = {f"i{number}": S.COMMITTED for number in range(4)}
    for name in states:
        _step(raw, name, S.COMMITTED)
    for _ in range(data.draw(st.integers(0, 12))):
        name = data.draw(st.sampled_from(sorted(states)))
        after = sorted(EDGES[states[name]])
        if after:
            states[name] = data.draw(st.sampled_from(after))
            _step(raw, name, states[name])
        assert intents.unsettled_agree(raw)
        listed = {row[0] for row in raw.execute("SELECT intent_id FROM unsettled")}
        assert listed == {one for one, state in states.items() if state in OPEN}
    raw.close()


def _empty(path: Path) -> Path:
    driver.create_private(path)
    return path


def _step(raw: driver.RawConnection, name: str, state: IntentState) -> None:
    raw.execute(
        "INSERT INTO steps (intent_id, state, at, order_id, words, checks)"
        " VALUES (?, ?, 0, '', '', 0)",
        (name, state.value),
    )
