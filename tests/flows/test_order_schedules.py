"""Whatever happens in whatever order: sent once at most, never lost, blocked while unknown.

Hypothesis makes the schedules: orders, cancels, replacements, crashes at named points, restarts,
refreshes, orders made elsewhere, faults, halts, twins, time. Services and journal are the real
ones, the file is real; the exchange is in memory and keeps the truth.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support.order_world import SIDES, SYMBOLS, KilledError, World, a_draft, in_memory, no_threads
from support.trading import CONNECTION, FATES

from brokerdesk.db.journal.store import RefusedByJournalError
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.intent import OPEN, Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.domain.order_match import differences
from brokerdesk.errors import BrokerDeskError

S = IntentState
POINTS = (
    *("ready", "before commit", "committed", "sending", "answered", "noted", "read back"),
    *("told", "looked", "found"),
)
SEEN: Counter[str] = Counter()
"""What all schedules of a run came upon."""
wishes = st.builds(
    a_draft,
    symbol=st.sampled_from(SYMBOLS),
    side=st.sampled_from(SIDES),
    quantity=st.sampled_from(["1", "10"]),
)
fates = st.sampled_from([*FATES, "ok", "ok", "ok", "lost", "late", "swallowed"])


class Desk(RuleBasedStateMachine):
    """One user, one exchange, and all that may befall them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="brokerdesk-schedule-", dir=in_memory())
        self.threads = no_threads()
        self.threads.__enter__()
        self.world: World

    @initialize(keeps_ids=st.booleans(), silent=st.booleans())
    def open(self, keeps_ids: bool, silent: bool) -> None:
        """``silent``: a user who never answers anything."""
        self.world = World(Path(self.folder.name), keeps_ids=keeps_ids)
        self.halted, self.silent = False, silent
        SEEN["schedules"] += 1

    def _id(self) -> str:
        self.world.count += 1
        return f"i{self.world.count}"

    def _tried(self, work: Any, kind: IntentKind, draft: Draft | None) -> None:
        """One attempt; what must be refused was refused, and sent nothing."""
        world = self.world
        blocked = draft is not None and any(
            (one.symbol, one.side) == (draft.legs[0].instrument.symbol, draft.legs[0].side)
            for one in world.known()
            if one.state in OPEN
        )
        before = len(world.exchange.sends)
        world.exchange.fate = self.fate
        try:
            result = world.do(work)
        except RefusedByJournalError:
            SEEN["refused by the journal"] += 1
            assert len(world.exchange.sends) == before
        except (KilledError, BrokerDeskError, RuntimeError, asyncio.CancelledError) as error:
            SEEN[type(error).__name__] += 1
        else:
            SEEN[f"{kind} {result.intent.state}"] += 1
            assert kind is IntentKind.CANCEL or not self.halted, "sent though halted"
            assert not blocked, "sent beside one that is not settled"
        finally:
            world.exchange.fate = "ok"
        if blocked or (self.halted and kind is not IntentKind.CANCEL):
            assert len(world.exchange.sends) == before
        if world.dead:
            self._restart()

    fate = "ok"

    @precondition(lambda self: not self.world.dead)
    @rule(draft=wishes, fate=fates, clicks=st.sampled_from([1, 1, 1, 3]))
    def submit(self, draft: Draft, fate: str, clicks: int) -> None:
        self.fate, id_ = fate, self._id()
        for _ in range(clicks):
            if not self.world.dead:
                room = self.world.room
                self._tried(room.sending.place(room.reviewed(draft, id_)), IntentKind.PLACE, draft)
                self.fate = "ok"

    @rule(data=st.data(), fate=fates)
    def change(self, data: st.DataObject, fate: str) -> None:
        order = self._one_of(data)
        if order is None:
            return
        room, leg = self.world.room, order.legs[0]
        draft = a_draft(leg.instrument.symbol, leg.side, str(order.quantity))
        draft = replace(draft, limit_price=(order.limit_price or Decimal(1)) + Decimal("0.25"))
        self.fate = fate
        reviewed = room.reviewed(draft, self._id(), order.id)
        self._tried(room.sending.replace(reviewed), IntentKind.REPLACE, draft)

    @rule(data=st.data(), fate=st.sampled_from(["ok", "ok", "lost", "swallowed"]))
    def cancel(self, data: st.DataObject, fate: str) -> None:
        order = self._one_of(data)
        if order is None:
            return
        self.fate = fate
        self._tried(
            self.world.room.sending.cancel(CONNECTION, order, self._id()), IntentKind.CANCEL, None
        )

    def _one_of(self, data: st.DataObject) -> Order | None:
        seen = [one for one in self.world.exchange._seen() if one.status is OrderStatus.WORKING]
        return data.draw(st.sampled_from(seen)) if seen else None

    @rule()
    def crash(self) -> None:
        self._restart()

    @rule(point=st.sampled_from(POINTS))
    def will_die_at(self, point: str) -> None:
        self.world.dies_at(point)

    def _restart(self) -> None:
        SEEN["restarts"] += 1
        self.world.crash()
        self.world.exchange.down = False
        self.world.restart()
        if any(one.state in (S.COMMITTED, S.SENDING, S.ANSWERED) for one in self.world.known()):
            raise AssertionError("left open by a start")

    @rule()
    def refresh(self) -> None:
        """The user asks about everything that is unknown."""
        for one in self.world.known():
            if one.state is S.UNKNOWN and not self.world.dead:
                self._quietly(self.world.room.settling.look_now(one.id))

    @precondition(lambda self: not self.silent)
    @rule()
    def answer(self) -> None:
        """The user, who knows the truth, says whether what is proposed is theirs."""
        for one in self.world.known():
            if one.kind is not IntentKind.CANCEL and not self.world.dead:
                self._answered(one.id)

    def _answered(self, intent: str) -> None:
        try:
            said = self.world.answers(intent)
        except (KilledError, BrokerDeskError) as error:
            said = type(error).__name__
        SEEN[f"answers {said}"] += bool(said)
        if self.world.dead:
            self._restart()

    @precondition(lambda self: not self.silent)
    @rule()
    def say_absent(self) -> None:
        for one in self.world.known():
            if one.state is S.UNKNOWN and not self.world.dead:
                self._quietly(self.world.room.settling.confirm_absent(one.id))

    def _quietly(self, work: Any) -> None:
        try:
            self.world.do(work)
        except (KilledError, BrokerDeskError) as error:
            SEEN[type(error).__name__] += 1
        if self.world.dead:
            self._restart()

    @rule(draft=wishes)
    def elsewhere(self, draft: Draft) -> None:
        """Another program of the user's: often an order just like one of ours."""
        SEEN["elsewhere"] += 1
        self.world.exchange.twin(draft)

    @rule()
    def twin(self) -> None:
        """Another program enters just what is being looked for."""
        lost = [one.draft for one in self._lost() if one.draft is not None]
        SEEN["twins of lost orders"] += bool(lost)
        if lost:
            self.world.exchange.twin(lost[-1])

    @rule(data=st.data())
    def filled(self, data: st.DataObject) -> None:
        order = self._one_of(data)
        if order is not None:
            whole = replace(order, status=OrderStatus.FILLED, filled_quantity=order.quantity)
            self.world.exchange.orders[order.id] = whole

    @rule(down=st.booleans(), partial=st.booleans())
    def trouble(self, down: bool, partial: bool) -> None:
        self.world.exchange.down, self.world.exchange.partial = down, partial

    @rule(on=st.booleans())
    def halt(self, on: bool) -> None:
        self.world.do(self.world.room.journal.halt(on))
        self.halted = on

    @rule(seconds=st.sampled_from([1, 3, 20, 70, 200, 400]), answers=st.booleans())
    def pass_time(self, seconds: int, answers: bool) -> None:
        self.world.wait(seconds)
        if self.world.dead:
            self._restart()
        if answers and not self.silent:
            self.answer()

    @invariant()
    def nothing_doubled_or_lost(self) -> None:
        if hasattr(self, "world") and not self.world.dead:
            self.world.check()
            assert self.world.do(self.world.room.journal.halted()) == self.halted

    def teardown(self) -> None:
        """The broker recovers and time passes: what can be known is known."""
        try:
            if hasattr(self, "world"):
                self._afterwards()
        finally:
            if hasattr(self, "world"):
                self.world.close()
            self.threads.__exit__(None, None, None)
            self.folder.cleanup()

    def _afterwards(self) -> None:
        world = self.world
        world.exchange.down = world.exchange.partial = False
        self._restart()
        world.wait(420)
        world.check()
        assert not world.room.bugs, world.room.bugs
        for one in world.known():
            SEEN[f"ends {one.state}"] += 1
            assert one.state not in (S.COMMITTED, S.SENDING, S.ANSWERED)
            mine = world.exchange.made.get(one.id)
            look = world.room.settling.looks.get(one.id)
            if mine is not None and one.state is S.UNKNOWN:
                assert look is not None
                as_asked = one.draft and not differences(one.draft, world.exchange.orders[mine])
                assert not look.can_be_absent or not as_asked, "offered as absent, and it is there"
                assert mine in {order.id for order in look.candidates}, (one, look)
                SEEN["proposed in the end"] += look.proposed is not None
        if not self.silent:
            self._settle_all()

    def _settle_all(self) -> None:
        """Nobody is stuck: what is shown and theirs is chosen, and the rest ends as not there."""
        world, settling = self.world, self.world.room.settling
        for _ in range(4):
            for one in self._lost():
                look, mine = settling.looks[one.id], world.exchange.made.get(one.id)
                if mine is not None and mine in {order.id for order in look.candidates}:
                    SEEN["chosen in the end"] += 1
                    assert world.do(settling.choose(one.id, mine)).order_id == mine
                elif look.can_be_absent:
                    SEEN["absent in the end"] += 1
                    SEEN["absent beside a twin"] += bool(look.aside)
                    assert mine is None
                    assert world.do(settling.confirm_absent(one.id)).state is S.ABSENT
                else:
                    self._answered(one.id)
            if not self._lost():
                break
            world.wait(420)
        assert not self._lost()
        world.check()

    def _lost(self) -> list[Intent]:
        return [
            one
            for one in self.world.known()
            if one.state is S.UNKNOWN and one.kind is not IntentKind.CANCEL
        ]


def run(examples: int, steps: int, capsys: pytest.CaptureFixture[str]) -> None:
    SEEN.clear()
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    n = SEEN["schedules"]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{n} schedules of orders: {dict(SEEN)}; each intent sent once at most, none lost. "
            f"0 failures in {n} shows only a rate below {3 / n:.4f}\n"
        )


def test_a_few_schedules(capsys: pytest.CaptureFixture[str]) -> None:
    run(120, 20, capsys)
    assert SEEN["schedules"] >= 120


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_ten_thousand_schedules(capsys: pytest.CaptureFixture[str]) -> None:
    run(10_000, 20, capsys)
    assert SEEN["schedules"] >= 10_000
    assert SEEN["restarts"] > 10_000
