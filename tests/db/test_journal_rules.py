"""What the journal refuses, whoever asks: beside what is unsettled, switched off, or too fast."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.clock import FakeClock
from support.trading import ACCOUNT, CONNECTION, a_draft

from brokerdesk.db import driver
from brokerdesk.db.journal import schema
from brokerdesk.db.journal.guarding import Guard
from brokerdesk.db.journal.history import Sighting
from brokerdesk.db.journal.store import Journal, RefusedByJournalError
from brokerdesk.db.journal.switches import trading
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import Intent, IntentKind, IntentState, check_step
from brokerdesk.domain.kinds import AssetType, OrderSide, OrderType
from brokerdesk.errors import StorageError
from brokerdesk.services.sending_before import blocked_by

S = IntentState
OPEN_CALL, OPEN_PUT = OrderSide.BUY_TO_OPEN, OrderSide.SELL_TO_OPEN


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    made = Journal(tmp_path / "journal.db", FakeClock())
    yield made
    made.close()


def leg(symbol: str, side: OrderSide) -> DraftLeg:
    return DraftLeg(instrument=Instrument(symbol=symbol, asset_type=AssetType.OPTION), side=side)


def spread(*legs: DraftLeg) -> Draft:
    return a_draft(legs=legs, type=OrderType.NET_DEBIT, quantity="1")


def wish(draft: Draft, id_: str, **changes: object) -> Intent:
    now = FakeClock().now()
    symbol, side = blocked_by(draft)
    made = Intent(
        id=id_,
        kind=IntentKind.PLACE,
        connection=CONNECTION.id,
        account=draft.account,
        environment=draft.environment,
        symbol=symbol,
        side=side,
        draft=draft,
        client_order_id=id_,
        request=b"{}",
        digest="",
        baseline=(),
        state=S.COMMITTED,
        created_at=now,
        changed_at=now,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def cancelling(draft: Draft, id_: str) -> Intent:
    return replace(wish(draft, id_), kind=IntentKind.CANCEL, draft=None, order_id="o1")


async def unknown(journal: Journal, intent: Intent) -> None:
    await journal.commit(intent)
    await journal.step(intent.id, S.SENDING)
    await journal.step(intent.id, S.UNKNOWN)


CALLS = spread(leg("C100", OPEN_CALL), leg("C110", OPEN_PUT))


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        (CALLS, a_draft(legs=(leg("C100", OPEN_CALL),)), True),
        (CALLS, a_draft(legs=(leg("C110", OPEN_PUT),)), True),
        (a_draft(legs=(leg("C110", OPEN_PUT),)), CALLS, True),
        (CALLS, spread(leg("C110", OPEN_PUT), leg("C100", OPEN_CALL)), True),
        (CALLS, spread(leg("C110", OPEN_PUT), leg("C120", OPEN_CALL)), True),
        (CALLS, a_draft(legs=(leg("C100", OPEN_PUT),)), False),
        (CALLS, spread(leg("C110", OPEN_CALL), leg("C100", OPEN_PUT)), False),
        (CALLS, a_draft(legs=(leg("C130", OPEN_CALL),)), False),
        (a_draft(), a_draft(), True),
        (a_draft(), a_draft(side=OrderSide.SELL), False),
        (a_draft(link=Link.TRIGGERS, children=(a_draft(side=OrderSide.SELL),)),
         a_draft(side=OrderSide.SELL), True),
    ],
)  # fmt: skip
async def test_what_is_unsettled_blocks_leg_by_leg(
    journal: Journal, first: Draft, second: Draft, refused: bool
) -> None:
    await unknown(journal, wish(first, "one"))
    if refused:
        with pytest.raises(RefusedByJournalError):
            await journal.commit(wish(second, "two"))
        assert await journal.get("two") is None
        await journal.step("one", S.FOUND, order_id="o1")
    await journal.commit(wish(second, "two"))


async def test_under_a_halt_an_order_is_not_even_written_down(journal: Journal) -> None:
    await journal.halt(True)
    with pytest.raises(RefusedByJournalError):
        await journal.commit(wish(a_draft(), "one"))
    assert await journal.get("one") is None


@pytest.mark.parametrize("state", [one for one in S if one not in (S.COMMITTED, S.SENDING)])
def test_no_way_leads_back_to_sending(state: IntentState) -> None:
    with pytest.raises(ValueError, match="does not go from"):
        check_step(state, S.SENDING)


async def test_another_account_is_not_blocked(journal: Journal) -> None:
    await unknown(journal, wish(CALLS, "one"))
    other = AccountId("acme:other")
    await journal.commit(wish(replace(CALLS, account=other), "two"))


async def test_the_same_account_is_blocked_whatever_connection_leads_to_it(
    journal: Journal,
) -> None:
    """One account may be reached by two connections, and a connection may be made anew."""
    await unknown(journal, wish(CALLS, "one"))
    with pytest.raises(RefusedByJournalError, match="not settled"):
        await journal.commit(wish(CALLS, "two", connection=ConnectionId("another")))
    assert await journal.get("two") is None


async def test_a_cancel_passes_what_blocks_orders(journal: Journal) -> None:
    await unknown(journal, wish(a_draft(), "one"))
    await journal.halt(True)
    cancel = cancelling(a_draft(), "two")
    guard = Guard(switch=trading(CONNECTION.id), per_minute=0)
    assert (await journal.commit(cancel, guard)).state is S.COMMITTED


async def test_switches_are_off_until_turned_on_and_hold_over_a_restart(tmp_path: Path) -> None:
    guard = Guard(switch=trading(CONNECTION.id))
    journal = Journal(tmp_path / "journal.db", FakeClock())
    assert await journal.trading_on() == frozenset()
    with pytest.raises(RefusedByJournalError, match="Trading is off"):
        await journal.commit(wish(a_draft(), "one"), guard)
    await journal.turn(CONNECTION.id, True, {"broker": "acme"})
    await journal.turn(CONNECTION.id, True, {"broker": "acme"})
    journal.close()
    journal = Journal(tmp_path / "journal.db", FakeClock())
    assert await journal.trading_on() == {CONNECTION.id}
    await journal.commit(wish(a_draft(), "one"), guard)
    await journal.turn(CONNECTION.id, False, {})
    with pytest.raises(RefusedByJournalError):
        await journal.commit(wish(a_draft("XYZ"), "two"), guard)
    kinds = [one.kind for one in await journal.log() if one.kind.startswith("trading")]
    assert kinds == ["trading on", "trading off"], "turned twice is noted once"
    journal.close()


@pytest.mark.parametrize("value", ["", "ON", "1", "true", "off"])
async def test_a_switch_that_says_anything_else_is_off_and_a_halt_is_on(
    tmp_path: Path, value: str
) -> None:
    journal = Journal(tmp_path / "journal.db", FakeClock())
    journal.close()
    raw = driver.connect_prepared(tmp_path / "journal.db")
    for name in ("halt", trading(CONNECTION.id)):
        raw.execute("INSERT INTO switches VALUES (?, ?)", (name, value))
    raw.close()
    journal = Journal(tmp_path / "journal.db", FakeClock())
    assert await journal.trading_on() == frozenset()
    assert await journal.halted() is (value != "off")
    journal.close()


async def test_the_pace_counts_orders_and_no_cancels(tmp_path: Path) -> None:
    clock, guard = FakeClock(), Guard(per_minute=2)
    journal = Journal(tmp_path / "journal.db", clock)
    await journal.commit(wish(a_draft("A"), "old"), guard)
    await clock.advance(61)
    now = clock.now()
    await journal.commit(wish(a_draft("B"), "b", created_at=now), guard)
    await journal.commit(replace(cancelling(a_draft("C"), "c"), created_at=now), guard)
    changed = wish(a_draft("D"), "d", kind=IntentKind.REPLACE, order_id="o", created_at=now)
    await journal.commit(changed, guard)
    with pytest.raises(RefusedByJournalError, match="your limit is reached"):
        await journal.commit(wish(a_draft("E"), "e", created_at=now), guard)
    assert await journal.get("e") is None
    journal.close()


@pytest.mark.parametrize("jump", [3600, -3600, 86_400 * 400, -86_400 * 400, -30, 30])
async def test_a_clock_that_is_set_fools_no_pace(tmp_path: Path, jump: int) -> None:
    clock, guard = FakeClock(), Guard(per_minute=2)
    journal = Journal(tmp_path / "journal.db", clock)

    async def sent(name: str) -> None:
        await journal.commit(wish(a_draft(name), name, created_at=clock.now()), guard)

    await sent("a")
    await sent("b")
    clock.jump(jump)
    with pytest.raises(RefusedByJournalError, match="your limit is reached"):
        await sent("c")
    await clock.advance(59)
    with pytest.raises(RefusedByJournalError):
        await sent("c")
    await clock.advance(2)
    await sent("c")
    await sent("d")
    with pytest.raises(RefusedByJournalError):
        await sent("e")
    journal.close()


async def test_what_another_run_dated_ahead_counts_and_is_told(tmp_path: Path) -> None:
    clock, guard = FakeClock(), Guard(per_minute=2)
    journal = Journal(tmp_path / "journal.db", clock)
    for name in ("a", "b"):
        await journal.commit(wish(a_draft(name), name, created_at=clock.now()), guard)
    journal.close()
    clock.jump(-3600)
    journal = Journal(tmp_path / "journal.db", clock)
    late = wish(a_draft("c"), "c", created_at=clock.now())
    with pytest.raises(RefusedByJournalError, match="2 are dated ahead of now"):
        await journal.commit(late, guard)
    await journal.commit(late, Guard(per_minute=3))
    journal.close()


async def test_two_programs_with_one_journal_share_the_pace(tmp_path: Path) -> None:
    clock, guard = FakeClock(), Guard(per_minute=2)
    one = Journal(tmp_path / "journal.db", clock)
    two = Journal(tmp_path / "journal.db", clock)
    await one.commit(wish(a_draft("a"), "a"), guard)
    await two.commit(wish(a_draft("b"), "b"), guard)
    for journal in (one, two):
        with pytest.raises(RefusedByJournalError, match="2 orders in the last minute"):
            await journal.commit(wish(a_draft("c"), "c"), guard)
        journal.close()


async def test_what_was_seen_is_kept_and_never_altered(tmp_path: Path, journal: Journal) -> None:
    now = FakeClock().now()
    one = Sighting(
        connection=CONNECTION.id, account=ACCOUNT, order_id="o1", what="filled", at=now,
        recovered=True,
    )  # fmt: skip
    await journal.see(one)
    assert await journal.sightings(now) == (one,)
    assert await journal.sightings(now + timedelta(seconds=1)) == ()
    with pytest.raises(StorageError):
        await journal._write(lambda raw: raw.execute("DELETE FROM sightings"))
    with pytest.raises(StorageError):
        await journal._write(lambda raw: raw.execute("UPDATE sightings SET what = 'x'"))
    assert await journal.sightings(now) == (one,)


async def test_histories_know_the_target_and_every_state_once(journal: Journal) -> None:
    await unknown(journal, wish(a_draft(), "one", kind=IntentKind.REPLACE, order_id="old"))
    for checks in (1, 2, 3):
        await journal.step("one", S.UNKNOWN, checks=checks)
    await journal.step("one", S.FOUND, order_id="new")
    (found,) = await journal.histories(FakeClock().now())
    assert (found.target, found.intent.order_id) == ("old", "new")
    assert [one.state for one in found.steps] == [S.COMMITTED, S.SENDING, S.UNKNOWN, S.FOUND]


async def test_an_open_intent_is_in_the_histories_however_old(journal: Journal) -> None:
    await unknown(journal, wish(a_draft(), "one"))
    later = FakeClock().now() + timedelta(days=400)
    assert [one.intent.id for one in await journal.histories(later)] == ["one"]


async def test_a_journal_of_the_first_format_is_brought_up_and_keeps_everything(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    driver.create_private(path)
    raw = driver.connect_prepared(path)
    for statement in schema._FIRST:
        raw.execute(statement)
    raw.execute("INSERT INTO switches VALUES ('halt', 'on')")
    raw.execute("PRAGMA user_version = 1")
    raw.close()
    journal = Journal(path, FakeClock())
    assert await journal.halted()
    assert await journal.sightings(FakeClock().now()) == ()
    await journal.halt(False)
    await journal.commit(wish(a_draft(), "one"))
    journal.close()
    assert schema.VERSION == 3
