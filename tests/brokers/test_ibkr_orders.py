"""Orders in TWS's words, what its answers prove, and that nothing but orders leaves as one."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.brokers import MemoryCredentials
from support.clock import FakeClock
from support.drafts import coin, draft, drafts, option, share
from support.ibkr_orders import parsed
from support.rigs_ibkr import IbkrRig, ibkr_rig, sign_in

import brokerdesk
from brokerdesk.brokers.base import SessionContext
from brokerdesk.brokers.ibkr import order_codes, order_frames, order_wire
from brokerdesk.brokers.ibkr.answers import Answers
from brokerdesk.brokers.ibkr.link import READS, Wire
from brokerdesk.brokers.ibkr.order_answers import GONE, CancelWatch, Watch
from brokerdesk.brokers.ibkr.order_frames import Given
from brokerdesk.brokers.ibkr.session import IbkrSession
from brokerdesk.brokers.ibkr.trading import EVER
from brokerdesk.brokers.trading import Answered, Asked, NotSent, Refused, Unproven
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.errors import BrokerError, InputError, NotSupportedError

ME = AccountId("ibkr:0123456789abcdef")
ACCOUNT, CLIENT, NUMBER, PERM = "DU1", 7, 41, 900_000_001
Event = tuple[str, tuple[Any, ...]]


@pytest.fixture
async def rig() -> AsyncIterator[IbkrRig]:
    async with ibkr_rig() as made:
        yield made


def session() -> IbkrSession:
    context = SessionContext(
        environment=Environment.PRACTICE, clock=FakeClock(), credentials=MemoryCredentials({})
    )
    return IbkrSession(context)


# -- what TWS says ------------------------------------------------------------------------------
def shown(**changes: Any) -> Event:
    """Message 5."""
    order = {
        "orderId": NUMBER, "clientId": CLIENT, "permId": PERM, "account": ACCOUNT,
        "orderRef": "mine", "whatIf": False, "lmtPrice": 10.0, "totalQuantity": 5.0,
        "auxPrice": 0.0, "trailingPercent": None,
    }  # fmt: skip
    status = changes.pop("status", "Submitted")
    return "order", (None, SimpleNamespace(**{**order, **changes}), SimpleNamespace(status=status))


def status(word: str = "Submitted", **changes: Any) -> Event:
    """Message 3 of the answers."""
    values = {"number": NUMBER, "filled": 0.0, "perm": PERM, "client": CLIENT, **changes}
    return "status", (
        values["number"], word, values["filled"], 5.0, 0.0, values["perm"], 0, 0.0,
        values["client"], "", 0.0,
    )  # fmt: skip


def said(code: int, number: int = NUMBER, text: str = "because") -> Event:
    return "error", (number, code, text)


def outcome(*events: Event, watch: Watch | None = None) -> Any:
    """What these come to when nothing follows."""
    watch = watch or Watch({NUMBER: "mine"}, client=CLIENT, account=ACCOUNT)
    for kind, values in events:
        watch.hear(kind, values)
    return watch.at_end(GONE)


AMBIGUOUS: dict[str, tuple[Event, ...]] = {
    "nothing": (),
    "a number on no list": (said(31415),),
    "duplicate order id": (said(103),),
    "cancelled, and never shown": (said(202),),
    "a failure in TWS": (said(322),),
    "too many messages": (said(100, -1),),
    "the connection to the broker is lost": (said(1100, -1),),
    "no answer within TWS": (said(504),),
    "submitting failed": (said(133),),
    "a refusal of another order": (said(201, NUMBER + 1),),
    "a refusal of nobody's": (said(201, -1),),
    "validation of something else": (said(321, -1, "no such thing"),),
    "only a warning": (said(399),),
    "only the preset's word": (said(10349),),
    "held for shares to borrow, not shown": (said(404),),
    "farms": (said(2104, -1), said(2158, -1)),
    "a status without its order": (status(),),
    "a status of another client": (status(client=8),),
    "an order of another client": (shown(clientId=8),),
    "an order of another number": (shown(orderId=NUMBER + 1),),
    "another label": (shown(orderRef="yours"),),
    "no label": (shown(orderRef=""),),
    "another account": (shown(account="DU2"),),
    "no permanent number": (shown(permId=0),),
    "no permanent number, then a status": (shown(permId=0), status(perm=0)),
    "a preview": (shown(whatIf=True),),
    "changing a filled order, which this is not": (said(104),),
    "a refused cancel": (said(10148),),
    "a lost cancel": (said(10147),),
    "still under way": (said(2102),),
    "market data": (said(354),),
    "a word of later versions": (said(20_000), said(10_999)),
}
TAKEN: dict[str, tuple[Event, ...]] = {
    "shown": (shown(),),
    "shown, told": (shown(status="PendingSubmit"), status()),
    "waits for its stop": (shown(status="PreSubmitted"),),
    "filled at once": (shown(status="Filled"), status("Filled", filled=5.0)),
    "twice": (shown(), shown(), status(), status()),
    "a warning first": (said(399), shown()),
    "a preset's word after it": (shown(), said(10349)),
    "an unlisted number first": (said(31415), shown()),
    "an unlisted number after it": (shown(), said(31415)),
    "cancelled by the broker": (shown(), status("Cancelled"), said(202)),
    "inactive": (shown(status="Inactive"),),
    "filled, then a late refusal": (shown(), status("Filled", filled=5.0), said(201)),
    "refused, yet alive": (said(201), shown()),
    "held": (said(404), shown(status="PreSubmitted")),
}


@pytest.mark.parametrize("name", [*AMBIGUOUS])
def test_what_proves_nothing_is_unproven(name: str) -> None:
    found = outcome(*AMBIGUOUS[name])
    assert isinstance(found, Unproven), found
    assert found.why


def test_there_are_enough_kinds() -> None:
    assert len(AMBIGUOUS) >= 25


@pytest.mark.parametrize("name", [*TAKEN])
def test_what_is_shown_with_our_label_is_taken(name: str) -> None:
    assert outcome(*TAKEN[name]) == Answered(order_id=str(PERM))


@pytest.mark.parametrize("code", sorted(order_codes.REFUSALS))
def test_refusals_are_final_with_the_brokers_words(code: int) -> None:
    assert outcome(said(code)) == Refused(words="because", code=str(code))
    assert outcome(shown(status="PendingSubmit"), said(code)) == Refused(
        words="because", code=str(code)
    )


def test_read_only_mode_refuses_whatever_it_was() -> None:
    text = "Error validating request.-'bO' : cause - The API interface is in Read-Only mode."
    assert isinstance(outcome(said(321, -1, text)), Refused)


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 60_000), st.text(max_size=80))
def test_no_other_number_is_ever_final(code: int, text: str) -> None:
    found = outcome(said(code, text=text))
    assert isinstance(found, Refused) == (code in order_codes.REFUSALS)
    assert isinstance(found, Refused | Unproven)


EVENTS = [one for events in (*AMBIGUOUS.values(), *TAKEN.values()) for one in events]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(EVENTS), max_size=8))
def test_what_was_seen_alive_with_units_is_never_called_refused(events: list[Event]) -> None:
    watch = Watch({NUMBER: "mine"}, client=CLIENT, account=ACCOUNT)
    filled = shown(), status("Submitted", filled=1.0)
    found = outcome(*filled, *events, watch=watch)
    assert not isinstance(found, Refused | NotSent | Asked)


def change(**terms: str) -> Watch:
    figures = {"lmtPrice": Decimal("12.5"), **{k: Decimal(v) for k, v in terms.items()}}
    return Watch({NUMBER: "new"}, client=CLIENT, account=ACCOUNT, terms=figures, perm=PERM)


def test_a_change_is_made_when_it_is_shown() -> None:
    assert isinstance(outcome(shown(), status(), watch=change()), Unproven), "as it was before"
    made = shown(lmtPrice=12.5)
    assert outcome(shown(), made, watch=change()) == Answered(order_id=str(PERM))
    assert isinstance(outcome(replaced := shown(lmtPrice=12.5, permId=3), watch=change()), Unproven)
    assert replaced
    for code in (104, 105, 329, 2102, 201, 110):
        assert isinstance(outcome(shown(), said(code), watch=change()), Refused)
    assert isinstance(outcome(said(103), watch=change()), Unproven)


# -- several at once ----------------------------------------------------------------------------
LABELS = {41: "mine", 42: "mine.1", 43: "mine.2"}


def family(*, together: bool = False) -> Watch:
    return Watch(LABELS, client=CLIENT, account=ACCOUNT, together=together)


def child(number: int, **changes: Any) -> Event:
    told = {"orderId": number, "orderRef": LABELS[number], "permId": PERM + number - 41}
    return shown(**{**told, **changes})


def test_a_group_is_taken_when_all_of_it_is_shown() -> None:
    all_of_it = [child(number, status="PreSubmitted") for number in LABELS]
    assert outcome(*all_of_it, watch=family()) == Answered(order_id=str(PERM))
    for missing in range(3):
        some = all_of_it[:missing] + all_of_it[missing + 1 :]
        assert isinstance(outcome(*some, watch=family()), Unproven)


def test_a_group_is_refused_with_its_head_or_as_a_whole() -> None:
    assert isinstance(outcome(said(201, 41), watch=family()), Refused)
    assert isinstance(outcome(said(201, 41), watch=family(together=True)), Unproven)
    everyone = [said(201, number) for number in LABELS]
    assert isinstance(outcome(*everyone, watch=family(together=True)), Refused)
    assert isinstance(outcome(said(201, 43), watch=family()), Unproven), "the head may be alive"
    assert isinstance(outcome(child(42), said(201, 41), watch=family()), Unproven)


# -- cancels ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ((status("PendingCancel"),), Answered),
        ((status("Cancelled"),), Answered),
        ((said(202),), Answered),
        ((said(10147),), Refused),
        ((said(10148),), Refused),
        ((said(161),), Refused),
        ((), Unproven),
        ((said(31415),), Unproven),
        ((status("Submitted"),), Unproven),
        ((status("Cancelled", number=40),), Unproven),
        ((status("Cancelled", client=8),), Unproven),
        ((status("Cancelled", perm=5),), Unproven),
        ((said(202, 40),), Unproven),
        ((said(399),), Unproven),
    ],
)
def test_what_a_cancel_comes_to(events: tuple[Event, ...], kind: type) -> None:
    watch = CancelWatch(NUMBER, CLIENT, str(PERM), PERM)
    for name, values in events:
        watch.hear(name, values)
    assert isinstance(watch.at_end(GONE), kind)


# -- what TWS asks ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("advanced", "codes"),
    [
        ('{"8229": "IBX"}', "IBX"),
        ('{"reject": {"tags": [{"8229": ["A1", "B2"]}]}}', "A1,B2"),
        ('{"8229": "A1,A1,B2"}', "A1,B2"),
        ("", ""),
        ("no tree", ""),
        ("[" * 5000, ""),
        ('{"8229": "a b\\u0000c"}', ""),
        ('{"8229": "' + "x" * 40 + '"}', ""),
        ('{"other": "A1"}', ""),
    ],
)
def test_only_a_word_of_tws_itself_can_be_agreed_to(advanced: str, codes: str) -> None:
    assert order_codes.overrides(advanced) == codes
    found = outcome(("advanced", (NUMBER, advanced)), said(201, text="<b>Sure?</b>"))
    if codes:
        assert found == Asked(questions=("<b>Sure?</b>",), token=codes)
    else:
        assert found == Refused(words="<b>Sure?</b>", code="201")


# -- drafts in TWS's words ----------------------------------------------------------------------
def wire_of(one: Draft, **given: Any) -> list[dict[str, str]]:
    prepared = session().prepare(one, "mine")
    orders = order_frames.orders_in(prepared.body)
    numbers = list(range(41, 41 + len(orders)))
    return [
        parsed(
            {
                "body": "|".join(
                    order_frames.placing(
                        each, Given(number=number, account=ACCOUNT, parent=parent, **given), 178
                    ).split("\0")[:-1]
                )
            }
        )
        for each, number, parent in zip(
            orders, numbers, order_frames.parents(orders, numbers), strict=True
        )
    ]


@settings(max_examples=250, deadline=None)
@given(drafts(ME))
def test_every_draft_is_refused_in_words_or_goes_out_as_it_is_shown(one: Draft) -> None:
    try:
        prepared = session().prepare(one, "mine")
    except (InputError, NotSupportedError):
        return
    assert prepared == session().prepare(one, "mine"), "the same bytes always"
    told = wire_of(one)
    plain = {"true": "1", "false": "0"}
    for field in prepared.fields:
        place, name = 0, field.name
        if name.startswith("orders["):
            place, name = int(name[7]), name.partition("].")[2]
        value = plain.get(field.value, field.value)
        if name == "parent":
            assert told[place]["parentId"] == told[int(value)]["orderId"]
        else:
            assert told[place][name] == value
        assert field.words
    assert all(each["whatIf"] == "0" for each in told)
    assert [each["account"] for each in told] == [ACCOUNT] * len(told)
    assert told[-1]["transmit"] == "1"
    assert {each["whatIf"] for each in wire_of(one, what_if=True)} == {"1"}


T = OrderType
CANNOT: dict[str, tuple[Draft, str]] = {
    "money for shares": (draft(ME, kind=T.MARKET, quantity=None, notional=Decimal(50)), "notional"),
    "a session before": (draft(ME, session=TradingSession.PRE_MARKET), "session"),
    "a market order outside hours": (
        draft(ME, kind=T.MARKET, session=TradingSession.EXTENDED), "session"),
    "an auction until cancelled": (
        draft(ME, kind=T.LIMIT_ON_CLOSE, time_in_force=TimeInForce.GTC), "time_in_force"),
    "a stop for now": (
        draft(ME, kind=T.STOP, time_in_force=TimeInForce.IOC), "time_in_force"),
    "half a share short": (
        draft(ME, side=OrderSide.SELL_SHORT, quantity=Decimal("0.5")), "quantity"),
    "half an option": (
        draft(ME, option(), OrderSide.BUY_TO_OPEN, quantity=Decimal("0.5")), "quantity"),
    "an option outside hours": (
        draft(ME, option(), OrderSide.BUY_TO_OPEN, session=TradingSession.EXTENDED), "session"),
    "a coin short": (draft(ME, coin(), OrderSide.SELL_SHORT), "side"),
    "a coin at the market for the day": (draft(ME, coin(), kind=T.MARKET), "time_in_force"),
    "a fund of a family": (draft(ME, share("VTSAX", AssetType.MUTUAL_FUND)), "symbol"),
    "a trail with a limit": (
        draft(ME, kind=T.TRAILING_STOP_LIMIT, limit_price=Decimal(5), trail_amount=Decimal(1)),
        "type"),
}  # fmt: skip


@pytest.mark.parametrize("name", [*CANNOT])
def test_what_cannot_be_done_is_said_with_the_field(name: str) -> None:
    one, what = CANNOT[name]
    with pytest.raises(NotSupportedError) as caught:
        order_wire.request(one, "mine")
    assert caught.value.capability == what


def test_several_legs_need_their_numbers() -> None:
    legs = tuple(
        DraftLeg(instrument=option(strike), side=side)
        for strike, side in (("150", OrderSide.BUY_TO_OPEN), ("155", OrderSide.SELL_TO_OPEN))
    )
    spread = draft(ME, legs=legs, limit_price=Decimal("-1.25"))
    with pytest.raises(NotSupportedError, match="option chain"):
        order_wire.request(spread, "mine")
    known = tuple(
        replace(one, instrument=replace(one.instrument, broker_ids=(("ibkr", str(900 + place)),)))
        for place, one in enumerate(legs)
    )
    (told,) = wire_of(replace(spread, legs=known))
    assert (told["secType"], told["action"], told["lmtPrice"]) == ("BAG", "BUY", "-1.25")
    assert [told[f"comboLegs[{place}].action"] for place in range(2)] == ["BUY", "SELL"]
    assert [told[f"comboLegs[{place}].conId"] for place in range(2)] == ["900", "901"]


def test_amounts_go_out_as_their_digits() -> None:
    (told,) = wire_of(
        draft(ME, coin(), quantity=Decimal("0.00000010"), limit_price=Decimal("1E+5"))
    )
    assert (told["totalQuantity"], told["lmtPrice"]) == ("0.0000001", "100000")
    money = draft(
        ME, coin(), kind=T.MARKET, quantity=None, notional=Decimal("50.10"),
        time_in_force=TimeInForce.IOC,
    )  # fmt: skip
    (told,) = wire_of(money)
    assert (told["totalQuantity"], told["cashQty"]) == ("0", "50.1")


def test_an_auction_at_the_open_is_a_time_in_force() -> None:
    (told,) = wire_of(draft(ME, kind=T.LIMIT_ON_OPEN))
    assert (told["orderType"], told["tif"]) == ("LMT", "OPG")


def test_a_change_of_linked_orders_is_refused() -> None:
    exits = tuple(
        draft(ME, side=OrderSide.SELL, kind=kind, time_in_force=TimeInForce.GTC)
        for kind in (T.LIMIT, T.STOP)
    )
    bracket = draft(ME, link=Link.BRACKET, children=exits)
    assert len(wire_of(bracket)) == 3
    with pytest.raises(NotSupportedError, match="one by one"):
        session().prepare(bracket, "mine", replaces="5")
    with pytest.raises(NotSupportedError, match="environment"):
        session().prepare(replace(draft(ME), environment=Environment.LIVE), "mine")


# -- the one way out ----------------------------------------------------------------------------
def test_orders_leave_by_one_function_that_two_modules_call() -> None:
    room = Path(brokerdesk.__file__).parent
    callers = set()
    for path in room.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "hand_over":
                callers.add(path.relative_to(room).as_posix())
            name = getattr(getattr(node, "func", None), "attr", "")
            if name in ("reqGlobalCancel", "exerciseOptions", "reqAutoOpenOrders"):
                raise AssertionError(path)
    assert callers == {"brokers/ibkr/outbox.py", "brokers/ibkr/what_if.py"}


@pytest.mark.parametrize("message", ["", "58\x001\0", "15\x001\x001\0", "21\x002\0", "30\0", "1\0"])
async def test_nothing_but_orders_and_cancels_leaves_that_way(rig: IbkrRig, message: str) -> None:
    wire = Wire(Answers())
    await wire.greet("127.0.0.1", int(rig.answers["port"]), 7)
    with pytest.raises(RuntimeError):
        wire.hand_over(message)
    with pytest.raises(RuntimeError):
        wire.hand_over()
    await wire.close()
    with pytest.raises(ConnectionError):
        wire.hand_over(order_frames.cancelling(5, 178))
    assert set(rig.tws.state.asked) == {71}
    assert not {3, 4} & READS


async def test_an_order_never_waits_in_the_librarys_queue(rig: IbkrRig) -> None:
    wire: Any = Wire(Answers())
    await wire.greet("127.0.0.1", int(rig.answers["port"]), 7)
    for _ in range(wire.MaxRequests + 5):
        wire.reqCurrentTime()
    assert wire._msgQ
    with pytest.raises(RuntimeError, match="too many"):
        wire.hand_over(order_frames.cancelling(5, 178))
    await wire.close()
    assert 4 not in rig.tws.state.asked


async def test_nothing_leaves_while_tws_has_lost_its_broker(rig: IbkrRig) -> None:
    mine: Any = rig.session(MemoryCredentials((await sign_in(rig)).credentials))
    try:
        account = (await mine.accounts()).items[0].id
        prepared = mine.prepare(draft(account), "one")
        for _ in range(2):
            await rig.lever(action="error", code=1100)
            told = await mine.place(prepared)
            assert isinstance(told, NotSent), told
        await rig.lever(action="stop")
        assert isinstance(await mine.place(prepared), NotSent)
        assert isinstance(await mine.cancel(account, "5"), NotSent)
    finally:
        await mine.aclose()
    assert not {3, 4} & set(rig.tws.state.asked)


# -- before and after ---------------------------------------------------------------------------
@pytest.fixture
async def mine(rig: IbkrRig) -> AsyncIterator[Any]:
    found: Any = rig.session(MemoryCredentials((await sign_in(rig)).credentials))
    yield found
    await found.aclose()


async def test_ready_proves_the_account_the_connection_and_the_login(
    rig: IbkrRig, mine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = (await mine.accounts()).items[0].id
    await mine.ready(account)
    with pytest.raises(BrokerError, match="no longer lists"):
        await mine.ready(ME)
    rig.tws.switches.read_only = True
    with pytest.raises(BrokerError, match="takes no orders"):
        await mine.ready(account)
    rig.tws.switches.read_only = False
    await rig.lever(action="error", code=1100)
    with pytest.raises(BrokerError, match="lost its connection"):
        await mine.ready(account)
    await rig.lever(action="error", code=1102)
    ends = (await mine.sign_in()).ends
    rig.clock.jump((ends - rig.clock.now()).total_seconds() - 60)
    with pytest.raises(BrokerError, match="weekly login"):
        await mine.ready(account)
    rig.clock.jump(120)
    await mine.ready(account)
    monkeypatch.setattr("brokerdesk.brokers.ibkr.trading.READY_WITHIN", 0.2)
    rig.tws.switches.silent = [16]
    with pytest.raises(BrokerError, match="did not answer"):
        await mine.ready(account)
    assert not {3, 4} & set(rig.tws.state.asked)


async def test_a_label_on_two_orders_names_neither(rig: IbkrRig, mine: Any) -> None:
    account = (await mine.accounts()).items[0].id
    wish = draft(account, limit_price=Decimal(5))
    before = {one.id for one in await mine.every_order(account, EVER)}
    first, second = [await mine.place(mine.prepare(wish, "same")) for _ in range(2)]
    assert isinstance(first, Answered)
    assert await mine.by_client_id(account, "same") is None
    assert await mine.by_client_id(account, "other") is None
    found = [one for one in await mine.every_order(account, EVER) if one.id not in before]
    assert {one.id for one in found} == {first.order_id, second.order_id}
    assert {one.client_order_id for one in found} == {"same"}


@pytest.mark.parametrize("kind", [T.STOP, T.STOP_LIMIT, T.TRAILING_STOP])
async def test_stops_are_changed_as_well(rig: IbkrRig, mine: Any, kind: OrderType) -> None:
    account = (await mine.accounts()).items[0].id
    prices: dict[str, Any] = {}
    if kind is not T.TRAILING_STOP:
        prices["stop_price"] = Decimal(900)
    if kind is T.STOP_LIMIT:
        prices["limit_price"] = Decimal(905)
    first = await mine.place(mine.prepare(draft(account, kind=kind, **prices), "one"))
    assert isinstance(first, Answered), first
    moved: dict[str, Any] = {name: value + 1 for name, value in prices.items()}
    moved = moved or {"trail_amount": Decimal(3)}
    other = draft(account, kind=kind, quantity=Decimal(4), **moved)
    again = await mine.replace(mine.prepare(other, "two", replaces=first.order_id))
    assert again == first
    shown = await mine.order(account, first.order_id)
    assert shown.quantity == 4
    assert shown.stop_price == moved.get("stop_price", shown.stop_price)


async def test_an_order_that_only_its_executions_tell_of_is_found(rig: IbkrRig, mine: Any) -> None:
    account = (await mine.accounts()).items[0].id
    quote = (await mine.quotes(["AAPL"])).items[0]
    wish = draft(account, limit_price=(quote.last * 2).quantize(Decimal("0.01")))
    placed = await mine.place(mine.prepare(wish, "one"))
    await rig.clock.advance(120)
    assert (await mine.order(account, placed.order_id)).status is OrderStatus.FILLED
    none: dict[str, Any] = {"is": "empty_list"}
    await rig.fault("body", "completed", **none)
    for found in (
        await mine.order(account, placed.order_id),
        await mine.by_client_id(account, "one"),
    ):
        assert found.id == placed.order_id
        assert (found.status, found.filled_quantity) == (OrderStatus.UNKNOWN, Decimal(10))
        assert found.average_price is not None


async def test_what_cannot_be_read_hides_no_order(rig: IbkrRig, mine: Any) -> None:
    account = (await mine.accounts()).items[0].id
    await mine.place(mine.prepare(draft(account, limit_price=Decimal(5)), "one"))
    await rig.fault("edit", "orders", edit="value", field="totalQuantity", value="plenty")
    assert (await mine.every_order(account, EVER)).unread
    for ask in (mine.order(account, "4711"), mine.by_client_id(account, "two")):
        with pytest.raises(BrokerError, match="cannot be understood"):
            await ask
