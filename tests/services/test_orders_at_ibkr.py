"""Orders at Interactive Brokers all the way, over the socket: held against what truly happened."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.drafts import draft, share
from support.ibkr_orders import NAMES, IbkrDesk, ibkr_desk, parsed, until_told
from support.order_desk import OrderDesk
from support.order_ways import POINTS, clicked, killed_at, settled
from support.trading import CONNECTION

from brokerdesk.brokers.trading import Asked, NotSent
from brokerdesk.domain.draft import Draft, Link
from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.domain.kinds import (
    AssetType,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order_match import differences
from brokerdesk.errors import BrokerError, NotSupportedError
from brokerdesk.simulator.ibkr.trading import YES

S = IntentState
BOOKED = [
    "reset_after",
    "reset_mid_body",
    "truncate",
    "huge",
]
"""What befalls the answer to an order that was booked."""
SWALLOWED = ["reset_before", "html", "garbage", "redirect"]


async def test_an_order_is_placed_and_filled(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        intent = await desk.place(desk.wish(limit_price=desk.price("1.05")), "one")
        assert intent.state is S.ACCEPTED, intent.words
        await desk.after(120)
        order = await desk.order(intent.order_id)
        assert (order.status, order.filled_quantity) == (OrderStatus.FILLED, Decimal(10))
        assert order.client_order_id == "one"
        (entry,) = desk.truth()
        assert entry["executed"]
        assert entry["orders"] == [intent.order_id]
        assert entry["client_order_id"] == "one"


async def test_an_order_is_cancelled(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        intent = await desk.place(desk.wish(), "one")
        order = await desk.order(intent.order_id)
        assert (await desk.cancel(order, "two")).state is S.ACCEPTED
        await desk.after(30)
        assert (await desk.order(intent.order_id)).status is OrderStatus.CANCELLED
        again = await desk.cancel(order, "three")
        assert again.state is S.NOT_SENT
        assert "no longer" in again.words
        assert [one["outcome"] for one in desk.truth()] == ["place", "cancel"]


async def test_a_replacement_keeps_its_order(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        first = await desk.place(desk.wish(), "one")
        wish = desk.wish(limit_price=desk.price("0.88"), quantity=Decimal(7))
        second = await desk.place(wish, "two", replaces=first.order_id)
        assert second.state is S.ACCEPTED, second.words
        assert second.order_id == first.order_id
        order = await desk.order(first.order_id)
        assert (order.status, order.quantity) == (OrderStatus.WORKING, Decimal(7))
        assert order.limit_price == desk.price("0.88")
        numbers = [parsed(one)["orderId"] for one in desk.truth("place")]
        assert numbers[0] == numbers[1]


async def test_a_replacement_for_something_else_is_not_sent(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        first = await desk.place(desk.wish(), "one")
        other = draft(desk.account, share("MSFT"), limit_price=Decimal(5))
        for number, wish in enumerate((other, desk.wish(side=OrderSide.SELL))):
            with pytest.raises(NotSupportedError, match="is another one"):
                await desk.place(wish, f"n{number}", replaces=first.order_id)
            prepared = desk.session.prepare(wish, f"m{number}", replaces=first.order_id)
            second = await desk.session.replace(prepared)
            assert isinstance(second, NotSent)
            assert "not what it is for" in second.why
        assert len(desk.truth()) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": Decimal(900_000)}, "MUST EXCEED THE INITIAL MARGIN"),
        ({"kind": OrderType.STOP, "limit_price": None, "stop_price": Decimal(1)}, "stop price"),
    ],
    ids=["power", "stop"],
)
async def test_a_refusal_comes_in_the_brokers_words(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    async with ibkr_desk(tmp_path) as desk:
        intent = await desk.place(desk.wish(**changes), "one")
        assert intent.state is S.REJECTED
        assert words in intent.words
        assert not desk.truth()[0]["executed"]


async def test_the_preview_is_tws_own_and_places_nothing(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        wish = desk.wish(quantity=Decimal(3))
        preview = await desk.session.preview(desk.session.prepare(wish, "one"))
        assert preview.margin_change > 0
        assert preview.commission is not None
        assert (preview.fees, preview.total, preview.refusals) == (None, None, ())
        huge = desk.session.prepare(desk.wish(quantity=Decimal(900_000)), "two")
        refused = await desk.session.preview(huge)
        assert "MUST EXCEED" in refused.refusals[0]
        assert refused.margin_change is None
        assert not desk.truth()
        assert not desk.rig.tws.floor.by_number


def every_kind(desk: IbkrDesk) -> list[Draft]:
    """Orders of each kind that is taken while the market is open."""
    price = desk.price
    return [
        desk.wish(kind=OrderType.MARKET, limit_price=None),
        desk.wish(kind=OrderType.STOP, limit_price=None, stop_price=price("1.1")),
        desk.wish(kind=OrderType.STOP_LIMIT, stop_price=price("1.1")),
        desk.wish(kind=OrderType.TRAILING_STOP, limit_price=None),
        desk.wish(kind=OrderType.TRAILING_STOP, limit_price=None, trail_percent=Decimal(5)),
        desk.wish(kind=OrderType.MARKET_ON_CLOSE, limit_price=None),
        desk.wish(kind=OrderType.LIMIT_ON_CLOSE),
        *(
            desk.wish(time_in_force=one)
            for one in (TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTC)
        ),
        desk.wish(time_in_force=TimeInForce.GTD, good_till=desk.day(5)),
        desk.wish(session=TradingSession.EXTENDED),
        desk.wish(kind=OrderType.MARKET, limit_price=None, quantity=Decimal("0.5")),
        draft(desk.account, share("F"), OrderSide.SELL_SHORT, limit_price=Decimal(99)),
        draft(desk.account, share("SPY", AssetType.ETF), limit_price=Decimal(5)),
        draft(desk.account, desk.call(0), OrderSide.BUY_TO_OPEN, limit_price=Decimal("0.05")),
        desk.spread(Decimal("0.05")),
        desk.spread(Decimal("-4.9"), back=True),
    ]


async def test_each_kind_comes_back_as_asked_and_each_field_is_on_the_wire(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        await desk.learn_options()
        wishes = every_kind(desk)
        placed = []
        for number, wish in enumerate(wishes):
            intent = await desk.place(wish, f"n{number}")
            assert intent.state is S.ACCEPTED, (wish, intent.words)
            placed.append(intent.order_id)
            told = parsed(desk.truth("place")[-1])
            for field in desk.session.prepare(wish, f"n{number}").fields:
                value = {"true": "1", "false": "0"}.get(field.value, field.value)
                assert told[field.name] == value, field
        await desk.after(120)
        for wish, order_id in zip(wishes, placed, strict=True):
            assert differences(wish, await desk.order(order_id)) == ()


def exits(desk: OrderDesk) -> tuple[Draft, Draft]:
    gtc: dict[str, Any] = {"side": OrderSide.SELL, "time_in_force": TimeInForce.GTC}
    stop = {"kind": OrderType.STOP, "limit_price": None, "stop_price": desk.price("0.7")}
    return desk.wish(limit_price=desk.price("1.3"), **gtc), desk.wish(**stop, **gtc)


async def test_linked_orders_go_out_as_one_and_are_recognised(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        children = exits(desk)
        entry = desk.wish(time_in_force=TimeInForce.GTC)
        bracket = replace(entry, link=Link.BRACKET, children=children)
        intent = await desk.place(bracket, "bracket")
        assert intent.state is S.ACCEPTED, intent.words
        sent = [parsed(one) for one in desk.truth("place")]
        assert [one["transmit"] for one in sent] == ["0", "0", "1"]
        assert [one["parentId"] for one in sent[1:]] == [sent[0]["orderId"]] * 2
        triggers = replace(entry, link=Link.TRIGGERS, children=children[:1])
        assert (await desk.place(triggers, "triggers")).state is S.ACCEPTED
        filled = replace(bracket, limit_price=desk.price("1.1"))
        at_once = await desk.place(filled, "filled")
        assert at_once.state is S.ACCEPTED, at_once.words
        await desk.after(60)
        order = await desk.order(at_once.order_id)
        assert order.status is OrderStatus.FILLED
        assert len(order.children) == 2, "though TWS no longer tells that they belong together"


async def test_two_that_cancel_each_other(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        bought = await desk.place(desk.wish(limit_price=desk.price("1.1")), "buy")
        await desk.after(60)
        assert (await desk.order(bought.order_id)).status is OrderStatus.FILLED
        pair = exits(desk)
        either = replace(
            desk.wish(), legs=(), link=Link.EITHER, children=pair, limit_price=None, quantity=None
        )
        intent = await desk.place(either, "either")
        assert intent.state is S.ACCEPTED, intent.words
        head = await desk.order(intent.order_id)
        (other,) = head.children
        assert (await desk.cancel(head, "stop")).state is S.ACCEPTED
        await desk.after(30)
        assert (await desk.order(head.id)).status is OrderStatus.CANCELLED
        assert (await desk.order(other.id)).status is OrderStatus.WORKING


async def test_a_refused_bracket_is_refused_as_a_whole(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        big = Decimal(900_000)
        children = tuple(replace(one, quantity=big) for one in exits(desk))
        wish = desk.wish(quantity=big, link=Link.BRACKET, children=children)
        intent = await desk.place(wish, "bracket")
        assert intent.state is S.REJECTED, intent.words
        assert "MUST EXCEED" in intent.words
        assert not any(one["executed"] for one in desk.truth())


# -- trouble on the way -------------------------------------------------------------------------
@pytest.mark.parametrize("kind", BOOKED)
async def test_a_booked_order_whose_answer_is_lost_is_found_by_its_label(
    tmp_path: Path, kind: str
) -> None:
    async with ibkr_desk(tmp_path) as desk:
        desk.fault(kind, bytes=4096)
        intent = await settled(desk, await desk.place(desk.wish(), "one"))
        (entry,) = desk.truth("place")
        assert entry["executed"]
        assert intent.state in (S.FOUND, S.ACCEPTED), intent.words
        assert intent.order_id == entry["orders"][0]


@pytest.mark.parametrize("kind", SWALLOWED)
async def test_a_swallowed_order_is_absent_only_by_the_users_word(
    tmp_path: Path, kind: str
) -> None:
    async with ibkr_desk(tmp_path) as desk:
        desk.fault(kind)
        intent = await settled(desk, await desk.place(desk.wish(), "one"), looks=3)
        assert len(desk.truth("place")) == 1, "nothing is ever sent again"
        assert intent.state is S.UNKNOWN, intent.words
        for _ in range(5):
            await desk.after(60)
            await desk.room.settling.look_now("one")
        assert (await desk.room.settling.confirm_absent("one")).state is S.ABSENT


def _said(code: int, **more: Any) -> tuple[str, dict[str, Any]]:
    return "status", {"code": code, **more}


def _shown(field: str, value: object) -> tuple[str, dict[str, Any]]:
    return "edit", {"edit": "value", "field": field, "value": value}


FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{f"{kind}": (kind, {}) for kind in (*BOOKED, *SWALLOWED, "drip", "delay", "refuse")},
    **{f"{kind}, booked": (kind, {"executed": True}) for kind in SWALLOWED},
    **{f"{code}, not booked": _said(code) for code in (100, 103, 202, 322, 399, 504, 31415)},
    **{f"{code}, booked": _said(code, executed=True) for code in (103, 133, 202, 322, 31415)},
    **{f"{code}, then the order": _said(code, executed=True, then_answer=True)
       for code in (103, 399, 404, 2109, 31415)},
    "201 of another order": _said(201, executed=True, about=4711),
    "another order's number": _shown("orderId", 4711),
    "another label": _shown("orderRef", "somebody-elses"),
    "another permanent number": _shown("permId", 4711),
    "no permanent number": _shown("permId", 0),
    "another client": _shown("clientId", 12),
    "another account": _shown("account", "DU0000000"),
    "a status nobody knows": _shown("status", "Astray"),
    "half of it": ("edit", {"edit": "half"}),
    "the status first": ("edit", {"edit": "reversed"}),
    "a number that is none": _shown("totalQuantity", "plenty"),
    "everything twice": ("edit", {"edit": "twice"}),
}  # fmt: skip


@pytest.mark.parametrize("name", [*FAULTS])
async def test_whatever_happens_on_the_way_nothing_goes_twice_or_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("brokerdesk.brokers.ibkr.outbox.DEADLINE", 0.5)
    async with ibkr_desk(tmp_path) as desk:
        kind, args = FAULTS[name]
        desk.fault(kind, **{"bytes": 4096, "seconds": 1, **args})
        intent = await settled(desk, await desk.place(desk.wish(), "one"))
        entries = desk.truth("place")
        assert len(entries) == 1, "nothing is ever sent again"
        if entries[0]["executed"]:
            assert intent.state in (S.ACCEPTED, S.FOUND), (intent.state, intent.words)
            assert intent.order_id == entries[0]["orders"][0]
        else:
            assert intent.state is S.UNKNOWN, (intent.state, intent.words)


def test_there_are_enough_faults() -> None:
    assert len(FAULTS) >= 40


@pytest.mark.parametrize("silent", ["before", "after"])
async def test_silence_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    monkeypatch.setattr("brokerdesk.brokers.ibkr.outbox.DEADLINE", 0.3)
    async with ibkr_desk(tmp_path) as desk:
        if silent == "before":
            desk.fault("status", code=2109)
        else:
            desk.fault("body", executed=True, **{"is": "empty_list"})
        intent = await desk.place(desk.wish(), "one")
        assert intent.state is S.UNKNOWN
        intent = await settled(desk, intent, looks=2)
        assert intent.state is (S.FOUND if silent == "after" else S.UNKNOWN)


async def test_a_late_order_is_found_when_it_is_listed(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        desk.rig.dialect.switches.listed_after = 90
        desk.fault("reset_after")
        intent = await desk.place(desk.wish(), "one")
        assert intent.state is S.UNKNOWN
        await desk.after(200)
        assert (await settled(desk, intent, looks=1)).state is S.FOUND


async def test_a_cancel_whose_answer_is_lost_is_settled(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        placed = await desk.place(desk.wish(), "one")
        desk.fault("reset_after", method="cancel")
        intent = await desk.cancel(await desk.order(placed.order_id), "two")
        assert intent.state is S.UNKNOWN
        await desk.after(30)
        assert (await settled(desk, intent)).state is S.FOUND
        assert len(desk.truth("cancel")) == 1


async def test_a_replacement_whose_answer_is_lost_is_found(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        first = await desk.place(desk.wish(), "one")
        desk.fault("reset_after")
        wish = desk.wish(limit_price=desk.price("0.85"))
        second = await settled(desk, await desk.place(wish, "two", replaces=first.order_id))
        assert second.state is S.FOUND, second.words
        assert second.order_id == first.order_id
        assert (await desk.order(first.order_id)).limit_price == desk.price("0.85")


async def test_a_warning_leaves_an_order_alive(tmp_path: Path) -> None:
    """The library would show it as cancelled after 10349, and after a code that is on no list."""
    async with ibkr_desk(tmp_path) as desk:
        desk.rig.tws.switches.warnings = [399, 2109, 10349, 404]
        assert (await desk.place(desk.wish(), "one")).state is S.ACCEPTED
        desk.rig.tws.switches.warnings = []
        desk.fault("status", code=31415, executed=True, then_answer=True)
        odd = await desk.place(desk.wish(quantity=Decimal(2)), "two")
        assert odd.state is S.ACCEPTED, odd.words


async def test_read_only_in_tws_is_told_before_anything_leaves(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        desk.rig.tws.switches.read_only = True
        with pytest.raises(BrokerError) as caught:
            await desk.place(desk.wish(), "one")
        assert caught.value.title == "TWS takes no orders."
        prepared = desk.session.prepare(desk.wish(), "two")
        refused = await desk.session.place(prepared)
        assert "Read-Only" in refused.words
        assert not any(one["executed"] for one in desk.truth())


async def test_what_others_entered_is_changed_where_it_was_entered(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        intent = await desk.place(desk.wish(), "one")
        for ticket in desk.rig.tws.floor.by_number.values():
            if ticket.terms is not None:
                ticket.terms.words["client"] = 12
        order = await desk.order(intent.order_id)
        other = await desk.cancel(order, "two")
        assert (other.state, len(desk.truth("cancel"))) == (S.NOT_SENT, 0)
        assert "another program" in other.words


# -- what TWS asks ------------------------------------------------------------------------------
QUESTION = "The order is 90% away from the market. Send it all the same? <b>Yes</b>"


@pytest.mark.parametrize("agreed", [True, False])
async def test_what_tws_asks_is_shown_word_for_word_and_answered_once(
    tmp_path: Path, agreed: bool
) -> None:
    async with ibkr_desk(tmp_path) as desk:
        desk.rig.tws.switches.question = QUESTION
        sending = desk.room.sending
        result = await sending.place(desk.room.reviewed(desk.wish(), "one"))
        assert result.intent.state is S.SENDING
        assert result.asked is not None
        assert result.asked.questions == (QUESTION,)
        assert len(desk.truth("place")) == 1
        assert not desk.truth("place")[0]["executed"], "nobody answers but the user"
        answered = await sending.answer(CONNECTION, result.intent, result.asked, agreed=agreed)
        entries = desk.truth("place")
        if agreed:
            assert answered.intent.state is S.ACCEPTED, answered.intent.words
            assert entries[1]["orders"] == [answered.intent.order_id]
            assert parsed(entries[1])["advancedErrorOverride"] == YES
        else:
            assert answered.intent.state is S.REJECTED
            assert len(entries) == 1
        again = await desk.session.answer(desk.account, result.asked.token, agreed=True)
        assert "no longer open" in again.why
        assert len(desk.truth("place")) == len(entries)


async def test_a_question_of_another_account_is_not_answered(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        desk.rig.tws.switches.question = QUESTION
        asked = await desk.session.place(desk.session.prepare(desk.wish(), "one"))
        assert isinstance(asked, Asked)
        others = [one.id for one in await desk.session.accounts() if one.id != desk.account]
        told = await desk.session.answer(others[0], asked.token, agreed=True)
        assert "no longer open" in told.why
        assert len(desk.truth("place")) == 1


# -- clicks and kills ---------------------------------------------------------------------------
async def test_two_clicks_send_once(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        results = await clicked(desk, desk.wish())
        assert len(desk.truth("place")) == 1
        assert sum(isinstance(one, Intent) for one in results) == 1


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("linked", [False, True])
async def test_a_crash_at_each_point_doubles_and_loses_nothing(
    tmp_path: Path, point: str, linked: bool
) -> None:
    async with ibkr_desk(tmp_path) as desk:
        wish = desk.wish(time_in_force=TimeInForce.GTC)
        if linked:
            wish = replace(wish, link=Link.BRACKET, children=exits(desk))
        found = await killed_at(desk, point, wish)
        entries = desk.truth("place")
        assert len(entries) in (0, 3 if linked else 1)
        if found is None:
            assert (point, entries) == ("before commit", [])
            return
        found = await settled(desk, found)
        if entries:
            assert found.state is S.FOUND
            assert found.order_id == entries[-1]["orders"][0]
        else:
            assert found.state is (S.NOT_SENT if point == "committed" else S.UNKNOWN)


# -- news ---------------------------------------------------------------------------------------
async def test_a_fill_is_told_with_its_order(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk, until_told(desk) as news:
        await news.ready()
        intent = await desk.place(desk.wish(limit_price=desk.price("1.05")), "one")
        moved = await news.moved(lambda one: one.filled and one.order is not None)
        assert moved.order.id == intent.order_id
        assert moved.order.client_order_id == "one"
        assert not moved.recovered


async def test_what_was_filled_unheard_is_told_as_recovered(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        async with until_told(desk) as news:
            await news.ready()
            intent = await desk.place(desk.wish(limit_price=desk.price("1.05")), "one")
        await desk.after(300)
        async with until_told(desk) as news:
            moved = await news.moved(lambda one: one.filled and one.recovered)
            assert moved.account == desk.account
            assert moved.order is not None
            assert moved.order.id == intent.order_id


def test_every_name_of_a_field_has_its_place_on_the_wire() -> None:
    assert {"orderRef", "transmit", "lmtPrice", "advancedErrorOverride"} <= set(NAMES)


async def test_one_of_two_that_cancel_each_other_is_not_taken_for_both(tmp_path: Path) -> None:
    async with ibkr_desk(tmp_path) as desk:
        bought = await desk.place(desk.wish(limit_price=desk.price("1.1")), "buy")
        await desk.after(60)
        assert (await desk.order(bought.order_id)).status is OrderStatus.FILLED
        pair = exits(desk)
        either = replace(
            desk.wish(), legs=(), link=Link.EITHER, children=pair, limit_price=None, quantity=None
        )
        path = r"^/ibkr/tws/place$"
        rule = {"kind": "reset_before", "path": path, "times": 1, "after": 1, "args": {}}
        desk.rig.sim.faults.add([rule])
        intent = await settled(desk, await desk.place(either, "either"))
        assert [one["executed"] for one in desk.truth("place")[1:]] == [True, False]
        assert intent.state is S.UNKNOWN, intent.words
        assert intent.words.startswith("Only 1 of the 2 orders that belong together is seen")
        look = desk.room.settling.looks[intent.id]
        assert [one.client_order_id for one in look.candidates] == ["either"]
        assert not look.can_be_absent
        chosen = await desk.room.settling.choose(intent.id, look.candidates[0].id)
        assert chosen.state is S.FOUND
