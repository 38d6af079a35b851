"""An order without an id of ours is proposed, and taken for ours at the user's word alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.order_world import World, a_draft, no_threads
from support.trading import CONNECTION

from brokerdesk.brokers.trading import Answered, Outcome, Prepared, Preview, Unproven
from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.errors import NotSupportedError
from brokerdesk.services.settling import SET_ASIDE
from brokerdesk.services.settling_looks import Look

S = IntentState


@contextmanager
def desk(folder: Path, *, keeps_ids: bool = False) -> Iterator[World]:
    """A broker without ids of ours, unless told."""
    with no_threads():
        world = World(folder, keeps_ids=keeps_ids)
        try:
            yield world
        finally:
            world.close()


def place(world: World, intent: str = "one", fate: str = "ok") -> None:
    world.exchange.fate = fate
    world.do(world.room.place(a_draft(), intent))


def now(world: World, intent: str = "one") -> Intent:
    return next(one for one in world.known() if one.id == intent)


def proposed(world: World, fate: str) -> Look:
    """One order is sent and comes to ``fate``; where it never arrived, a twin is there instead."""
    place(world, fate=fate)
    if fate == "swallowed":
        world.exchange.elsewhere(a_draft())
    world.wait(62)
    look = world.room.settling.looks["one"]
    assert look.proposed is not None
    return look


def test_however_long_it_is_alone_it_is_never_taken_for_ours_unasked(tmp_path: Path) -> None:
    with desk(tmp_path) as world:
        look = proposed(world, "swallowed")
        assert look.refusable == ("o1",)
        world.wait(1200)
        assert (now(world)).state is S.UNKNOWN
        assert not world.room.settling.looks["one"].can_be_absent, "nor called absent beside it"
        with pytest.raises(NotSupportedError):
            world.do(world.room.settling.confirm_absent("one"))


def test_yes_settles_it(tmp_path: Path) -> None:
    with desk(tmp_path) as world:
        proposed(world, "lost")
        chosen = world.do(world.room.settling.choose("one", "o1"))
        assert (chosen.state, chosen.order_id) == (S.FOUND, "o1")
        assert chosen.words == "Found, as the user said."
        assert "one" not in world.room.settling.looks


def test_no_sets_it_aside_and_the_reads_begin_anew(tmp_path: Path) -> None:
    """The twin shows late, when there were reads enough already: they do not count."""
    with desk(tmp_path) as world:
        place(world, "one", "swallowed")
        world.exchange.late["o1"] = world.clock.now() + timedelta(seconds=400)
        world.exchange.elsewhere(a_draft())
        world.wait(380)
        early = world.room.settling.looks["one"]
        assert early.can_be_absent
        world.wait(90)
        assert world.room.settling.looks["one"].proposed is not None
        said = world.do(world.room.settling.set_aside("one", ["o1"]))
        assert (said.proposed, said.likely, said.refusable) == (None, False, ())
        assert said.aside == {"o1"}
        assert (said.intent.checks, said.spanned) == (1, timedelta())
        with pytest.raises(NotSupportedError):
            world.do(world.room.settling.confirm_absent("one"))
        world.wait(110)
        assert not world.room.settling.looks["one"].can_be_absent
        world.wait(200)
        look = world.room.settling.looks["one"]
        assert look.can_be_absent
        assert [one.id for one in look.candidates] == ["o1"], "it can still be chosen"
        assert world.do(world.room.settling.confirm_absent("one")).state is S.ABSENT
        states = world.states("one")
        assert states.count(S.SENDING) == 1
        assert S.SENDING not in states[states.index(S.UNKNOWN) :]


def test_reads_alone_or_time_alone_are_not_enough_after_a_no(tmp_path: Path) -> None:
    with desk(tmp_path) as world:
        proposed(world, "swallowed")
        world.do(world.room.settling.set_aside("one", ["o1"]))
        for _ in range(6):
            look = world.do(world.room.settling.look_now("one"))
        assert look is not None
        assert look.intent.checks >= 5
        assert not look.can_be_absent, "many looks, and no time"
        world.exchange.down = True
        world.wait(150)
        look = world.room.settling.looks["one"]
        assert not look.can_be_absent, "the last one failed"


def test_a_no_that_was_a_slip_can_be_taken_back(tmp_path: Path) -> None:
    with desk(tmp_path) as world:
        proposed(world, "lost")
        world.do(world.room.settling.set_aside("one", ["o1"]))
        assert world.do(world.room.settling.choose("one", "o1")).state is S.FOUND


def test_ours_that_shows_after_a_no_is_proposed(tmp_path: Path) -> None:
    with desk(tmp_path) as world:
        place(world, "one", "late")
        world.exchange.elsewhere(a_draft())
        world.wait(62)
        world.do(world.room.settling.set_aside("one", ["o2"]))
        world.wait(200)
        look = world.room.settling.looks["one"]
        assert look.proposed is not None
        assert look.proposed.id == "o1"
        assert not look.can_be_absent


def test_who_starts_anew_is_asked_anew_and_the_word_is_in_the_audit_log(
    tmp_path: Path,
) -> None:
    with desk(tmp_path) as world:
        proposed(world, "swallowed")
        world.do(world.room.settling.set_aside("one", ["o1"]))
        entries = [one for one in world.do(world.room.journal.log()) if one.kind == SET_ASIDE]
        assert [dict(one.facts) for one in entries] == [{"intent": "one", "order": "o1"}]
        world.crash()
        world.restart()
        world.wait(62)
        look = world.room.settling.looks["one"]
        assert look.proposed is not None
        assert not look.can_be_absent
        world.do(world.room.settling.set_aside("one", ["o1"]))
        world.wait(300)
        assert world.do(world.room.settling.confirm_absent("one")).state is S.ABSENT


def test_none_of_several_can_be_said_at_once(tmp_path: Path) -> None:
    """Two twins and ours never arrived: nobody is stuck with them."""
    with desk(tmp_path) as world:
        place(world, "one", "swallowed")
        world.exchange.elsewhere(a_draft())
        world.exchange.elsewhere(a_draft())
        world.wait(62)
        look = world.room.settling.looks["one"]
        assert (look.proposed, look.likely) == (None, True)
        assert set(look.refusable) == {"o1", "o2"}
        one = world.do(world.room.settling.set_aside("one", ["o1"]))
        assert one.proposed is not None, "the other one is alone now"
        world.do(world.room.settling.set_aside("one", ["o2"]))
        world.wait(300)
        assert world.room.settling.looks["one"].can_be_absent


def test_what_turns_up_after_it_was_said_to_be_absent_is_proposed(tmp_path: Path) -> None:
    with desk(tmp_path) as world:
        place(world, "one", "late")
        world.wait(190)
        assert world.do(world.room.settling.confirm_absent("one")).state is S.ABSENT
        assert "one" not in world.room.settling.looks
        world.wait(90)
        look = world.room.settling.looks["one"]
        assert (now(world)).state is S.ABSENT, "not taken for it unasked"
        assert look.proposed is not None
        assert not look.can_be_absent
        told = [one.proposed.id for one in world.room.looks if one.proposed is not None]
        assert set(told) == {"o1"}
        assert world.do(world.room.settling.choose("one", "o1")).state is S.FOUND


def test_a_twin_that_turns_up_after_absence_is_refused_for_good(tmp_path: Path) -> None:
    with desk(tmp_path) as world:
        place(world, "one", "swallowed")
        world.exchange.late["o1"] = world.clock.now() + timedelta(seconds=300)
        world.exchange.elsewhere(a_draft())
        world.wait(250)
        world.do(world.room.settling.confirm_absent("one"))
        world.wait(120)
        assert world.room.settling.looks["one"].proposed is not None
        world.do(world.room.settling.set_aside("one", ["o1"]))
        assert "one" not in world.room.settling.looks
        world.wait(200)
        assert "one" not in world.room.settling.looks
        assert (now(world)).state is S.ABSENT


def test_the_order_of_another_intent_is_not_chosen(tmp_path: Path) -> None:
    """Two lost orders, one order at the broker: it is one's or the other's."""
    with desk(tmp_path) as world:
        place(world, "one", "swallowed")
        world.wait(200)
        world.do(world.room.settling.confirm_absent("one"))
        place(world, "two", "lost")
        order = world.exchange.orders["o1"]
        world.exchange.orders["o1"] = replace(order, entered_at=None)
        world.wait(62)
        assert world.room.settling.looks["one"].proposed is not None
        assert world.room.settling.looks["two"].proposed is not None
        assert world.do(world.room.settling.choose("two", "o1")).state is S.FOUND
        with pytest.raises(NotSupportedError, match="another order of yours"):
            world.do(world.room.settling.choose("one", "o1"))
        world.wait(70)
        assert "one" not in world.room.settling.looks


def test_what_the_broker_does_not_show_any_more_is_not_set_aside(tmp_path: Path) -> None:
    with desk(tmp_path) as world:
        proposed(world, "lost")
        for ids in (["nobody's"], ["o1", "nobody's"], []):
            with pytest.raises(NotSupportedError):
                world.do(world.room.settling.set_aside("one", ids))
        assert not world.room.settling.looks["one"].aside
        with pytest.raises(NotSupportedError):
            world.do(world.room.settling.set_aside("two", ["o1"]))


def test_a_proposal_stands_while_the_broker_cannot_be_asked(tmp_path: Path) -> None:
    with desk(tmp_path) as world:
        proposed(world, "lost")
        world.exchange.down = True
        world.wait(70)
        look = world.room.settling.looks["one"]
        assert look.failure
        assert look.proposed is not None
        assert world.do(world.room.settling.choose("one", "o1")).state is S.FOUND


def test_no_proposal_is_made_of_a_list_that_was_not_read_whole(tmp_path: Path) -> None:
    """The twin may be what could not be read."""
    with desk(tmp_path) as world:
        place(world, "one", "lost")
        world.exchange.elsewhere(a_draft())
        world.exchange.partial = True
        world.wait(62)
        look = world.room.settling.looks["one"]
        assert [one.id for one in look.candidates] == ["o1"]
        assert look.proposed is None


def test_the_order_that_the_broker_named_is_found_beside_a_twin(tmp_path: Path) -> None:
    """Its answer was lost after its head: no list is needed to know which of two it is."""
    with desk(tmp_path) as world:
        real = world.exchange.place

        async def broken(prepared: Prepared, preview: Preview | None = None) -> Outcome:
            outcome = await real(prepared, preview)
            assert isinstance(outcome, Answered)
            return Unproven(why="The answer broke off.", order_id=outcome.order_id)

        world.exchange.place = broken  # type: ignore[method-assign]
        place(world)
        world.exchange.elsewhere(a_draft())
        world.wait(6)
        found = now(world)
        assert (found.state, found.order_id) == (S.FOUND, "o1")


def test_what_the_broker_named_cannot_be_set_aside(tmp_path: Path) -> None:
    """It is what came of our request, if not what was asked for: the user chooses it."""
    with desk(tmp_path) as world:
        place(world, fate="other order")
        world.wait(70)
        look = world.room.settling.looks["one"]
        assert (look.proposed, look.refusable, look.likely) == (None, (), True)
        with pytest.raises(NotSupportedError):
            world.do(world.room.settling.set_aside("one", ["o1"]))
        assert world.do(world.room.settling.choose("one", "o1")).state is S.FOUND


def test_an_order_with_our_id_is_found_at_once_beside_a_twin(tmp_path: Path) -> None:
    with desk(tmp_path, keeps_ids=True) as world:
        world.exchange.elsewhere(a_draft())
        place(world, "one", "lost")
        world.exchange.elsewhere(a_draft())
        world.wait(4)
        assert ((now(world)).state, (now(world)).order_id) == (S.FOUND, "o2")


def test_a_cancel_is_settled_by_its_order_and_never_proposed(tmp_path: Path) -> None:
    with desk(tmp_path) as world:
        place(world)
        world.exchange.fate = "lost"
        order = world.exchange.orders["o1"]
        world.do(world.room.sending.cancel(CONNECTION, order, "two"))
        world.wait(4)
        assert (now(world, "two")).state is S.FOUND
        assert all(one.proposed is None for one in world.room.looks)


def test_several_that_turn_up_after_absence_are_the_users_to_tell_apart(tmp_path: Path) -> None:
    """A twin was set aside, ours is listed late, and the program was started anew in between."""
    with desk(tmp_path) as world:
        place(world, fate="late")
        world.exchange.late["o1"] = world.clock.now() + timedelta(seconds=400)
        world.exchange.elsewhere(a_draft())
        world.wait(62)
        world.do(world.room.settling.set_aside("one", ["o2"]))
        world.wait(300)
        assert world.do(world.room.settling.confirm_absent("one")).state is S.ABSENT
        world.crash()
        world.restart()
        world.wait(62)
        look = world.room.settling.looks["one"]
        assert look.asks
        assert look.refusable == ("o1", "o2")
        assert world.do(world.room.settling.choose("one", "o1")).state is S.FOUND
