"""What Schwab's line says, without a line: merging, commands, noise."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import FakeClock

from brokerdesk.brokers.schwab.stream_commands import AT_ONCE, Subscriptions
from brokerdesk.brokers.schwab.stream_symbols import symbol_of
from brokerdesk.brokers.schwab.stream_talk import MOST_SYMBOLS, Talk
from brokerdesk.brokers.schwab.stream_wire import ACTIVITY, EQUITIES, OPTIONS, Command
from brokerdesk.brokers.streaming import AccountMoved, NotTold, StreamEvent, Told
from brokerdesk.domain.kinds import AssetType, Environment
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerError,
    BrokerProtocolError,
    BrokerUnavailableError,
    RateLimitedError,
)

pytestmark = pytest.mark.allow_warnings("a level one message could not be understood")

APPLE = QuoteKey("AAPL", AssetType.EQUITY, "USD")
KOLA = QuoteKey("KO", AssetType.EQUITY, "USD")
CALL = QuoteKey("AAPL  261218C00190000", AssetType.OPTION, "USD")
WHOLE: dict[str, Any] = {
    "key": "AAPL",
    "delayed": False,
    "assetMainType": "EQUITY",
    "1": 191.5,
    "2": 191.52,
    "3": 191.51,
    "12": 191.3,
    "15": "APPLE INC",
    "33": 191.51,
    "34": 1795183265000,
    "35": 1795183264000,
}


def talking(*keys: QuoteKey, clock: FakeClock | None = None) -> Talk:
    """A line on which everything wanted has been subscribed."""
    talk = Talk(Environment.PRACTICE, clock or FakeClock())
    talk.want(frozenset(keys))
    answer_all(talk)
    return talk


def answer_all(talk: Talk, code: int = 0) -> list[Command]:
    commands = []
    while (following := talk.next()) is not None:
        command, number = following
        commands.append(command)
        talk.heard(response(command, number, code))
    return commands


def response(command: Command, number: int, code: int) -> str:
    body = {
        "service": command.service,
        "command": command.name,
        "requestid": str(number),
        "timestamp": 1,
        "content": {"code": code, "msg": "words"},
    }
    return json.dumps({"response": [body]})


def level(*records: dict[str, Any], service: str = EQUITIES) -> str:
    return json.dumps({"data": [{"service": service, "timestamp": 1, "command": "SUBS",
                                 "content": list(records)}]})  # fmt: skip


def quote_in(events: list[StreamEvent]) -> Quote:
    (told,) = events
    assert isinstance(told, Told)
    return told.quote


# -- merging ----------------------------------------------------------------------------------
def test_digits_on_the_wire_are_the_digits_of_the_price() -> None:
    talk = talking(APPLE)
    text = level(WHOLE).replace("191.52", "191.5200000000000000123")
    assert quote_in(talk.heard(text)).ask == Decimal("191.5200000000000000123")


def test_zero_is_a_bid_and_no_other_price() -> None:
    talk = talking(APPLE)
    quote = quote_in(talk.heard(level({**WHOLE, "1": 0, "2": 0, "33": 0.0})))
    assert (quote.bid, quote.ask, quote.mark) == (Decimal(0), None, None)


def test_null_takes_a_price_away() -> None:
    talk = talking(APPLE)
    talk.heard(level(WHOLE))
    quote = quote_in(talk.heard(level({"key": "AAPL", "1": None})))
    assert (quote.bid, quote.ask) == (None, Decimal("191.52"))


def test_what_nobody_wants_is_not_told() -> None:
    talk = talking(APPLE)
    assert talk.heard(level({**WHOLE, "key": "MSFT"})) == []
    assert talk.heard(level(WHOLE, service=OPTIONS)) == []
    assert talk.heard(level(WHOLE, service="LEVELONE_FUTURES")) == []


def test_a_share_and_an_option_of_it_never_mix() -> None:
    talk = talking(APPLE, CALL)
    talk.heard(level(WHOLE))
    option = {"key": CALL.symbol, "assetMainType": "OPTION", "2": 5.1, "3": 5.2, "37": 5.15}
    quote = quote_in(talk.heard(level(option, service=OPTIONS)))
    assert (quote.symbol, quote.bid, quote.mark) == (CALL.symbol, Decimal("5.1"), Decimal("5.15"))


def test_a_thing_of_another_kind_is_not_believed() -> None:
    talk = talking(APPLE)
    (event,) = talk.heard(level({**WHOLE, "assetMainType": "OPTION"}))
    assert isinstance(event, NotTold)
    assert event.keys == {APPLE}


@pytest.mark.parametrize(
    "bad",
    [
        {"2": "NaN"},
        {"2": "Infinity"},
        {"2": "1e400"},
        {"2": True},
        {"2": "191,52"},
        {"2": {"a": 1}},
        {"2": [1]},
        {"34": "today"},
        {"34": 10**30},
        {"35": 1.5},
        {"delayed": "no"},
        {"15": 7},
    ],
)
def test_a_spoilt_message_ends_the_telling_of_its_symbol_alone(bad: dict[str, Any]) -> None:
    talk = talking(APPLE, KOLA)
    talk.heard(level(WHOLE, {**WHOLE, "key": "KO"}))
    events = talk.heard(level({"key": "AAPL", **bad}, {"key": "KO", "1": 60.01}))
    refused, told = events
    assert isinstance(refused, NotTold)
    assert refused.keys == {APPLE}
    assert isinstance(told, Told)
    assert (told.key, told.quote.bid) == (KOLA, Decimal("60.01"))
    # What follows would be merged into nothing: it is not told, and taken off the line.
    assert talk.heard(level({"key": "AAPL", "1": 1})) == []
    (command,) = answer_all(talk)
    assert (command.service, command.name, command.symbols) == (EQUITIES, "UNSUBS", ("AAPL",))
    assert talk.want(frozenset({APPLE, KOLA})) == []


def test_an_older_message_changes_nothing() -> None:
    talk = talking(APPLE)
    talk.heard(level(WHOLE))
    assert talk.heard(level({"key": "AAPL", "1": 1, "34": WHOLE["34"] - 1})) == []
    assert talk.heard(level({"key": "AAPL", "3": 1, "35": WHOLE["35"] - 1})) == []
    assert quote_in(talk.heard(level({"key": "AAPL", "1": 2, "34": WHOLE["34"]}))).bid == 2


@given(st.randoms(use_true_random=False))
def test_any_split_into_changes_ends_in_the_same_quote(chance: random.Random) -> None:
    """However the figures of a quote arrive, one after the other or together, in any grouping."""
    names = [name for name in WHOLE if name.isdigit()]
    chance.shuffle(names)
    talk = talking(APPLE)
    talk.heard(level({**WHOLE, **dict.fromkeys(("1", "2", "3", "12", "33"), 1), "34": 5,
                      "35": 5, "15": "OLD"}))  # fmt: skip
    newest: Quote | None = None
    while names:
        taken = [names.pop() for _ in range(min(len(names), chance.randint(1, 4)))]
        events = talk.heard(level({"key": "AAPL", **{name: WHOLE[name] for name in taken}}))
        newest = quote_in(events)
    assert newest == quote_in(talking(APPLE).heard(level(WHOLE)))


# -- commands ---------------------------------------------------------------------------------
def test_one_command_at_a_time_subs_first_then_add() -> None:
    talk = Talk(Environment.PRACTICE, FakeClock())
    keys = [QuoteKey(f"A{n:03}", AssetType.EQUITY, "USD") for n in range(250)]
    talk.want(frozenset([*keys, CALL]))
    first = talk.next()
    assert first is not None
    assert (first[0].service, first[0].name) == (ACTIVITY, "SUBS")
    assert talk.next() is None
    talk.heard(response(*first, 0))
    commands = answer_all(talk)
    assert [(one.service, one.name, len(one.symbols)) for one in commands] == [
        (EQUITIES, "SUBS", AT_ONCE),
        (EQUITIES, "ADD", AT_ONCE),
        (EQUITIES, "ADD", 50),
        (OPTIONS, "SUBS", 1),
    ]
    assert commands[3].parameters["keys"] == CALL.symbol
    talk.want(frozenset(keys[:10]))
    assert [one.name for one in answer_all(talk)] == ["UNSUBS"] * 4


def test_never_more_than_the_line_carries() -> None:
    talk = Talk(Environment.PRACTICE, FakeClock())
    keys = frozenset(QuoteKey(f"A{n:03}", AssetType.EQUITY, "USD") for n in range(520))
    (event,) = talk.want(keys)
    assert isinstance(event, NotTold)
    assert len(event.keys) == 20
    assert sum(len(one.symbols) for one in answer_all(talk)) == MOST_SYMBOLS
    assert talk.want(keys) == []


def test_a_failed_command_is_tried_once_more() -> None:
    talk = Talk(Environment.PRACTICE, FakeClock())
    talk.want(frozenset({APPLE}))
    answer_once(talk, 0)
    assert answer_once(talk, 22) == []
    (event,) = answer_once(talk, 22)
    assert isinstance(event, NotTold)
    assert event.keys == {APPLE}
    assert talk.next() is None


def answer_once(talk: Talk, code: int) -> list[StreamEvent]:
    following = talk.next()
    assert following is not None
    return talk.heard(response(*following, code))


def test_an_answer_to_something_else_is_no_answer() -> None:
    talk = Talk(Environment.PRACTICE, FakeClock())
    talk.want(frozenset({APPLE}))
    following = talk.next()
    assert following is not None
    talk.heard(response(following[0], 99, 0))
    assert talk.next() is None
    talk.heard(response(*following, 0))
    assert talk.next() is not None


def test_an_unanswered_command_is_noticed() -> None:
    clock = FakeClock()
    talk = Talk(Environment.PRACTICE, clock)
    assert talk.next() is not None
    talk.heard('{"notify":[{"heartbeat":"1"}]}')
    clock._elapsed += 31
    with pytest.raises(BrokerUnavailableError, match="unanswered"):
        talk.heard('{"notify":[{"heartbeat":"1"}]}')


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0, 0, 11, 19, 22, 26, 28]),
            st.frozensets(
                st.sampled_from([symbol_of(key) for key in (APPLE, KOLA, CALL)]), max_size=3
            ),
        ),
        max_size=30,
    )
)
def test_whatever_is_answered_there_is_an_end_to_the_commands(
    steps: list[tuple[int, frozenset[tuple[str, str]]]],
) -> None:
    subscriptions = Subscriptions()
    for code, wanted in steps:
        subscriptions.want(wanted)
        if subscriptions.next() is not None:
            subscriptions.answered(code)
    for _ in range(20):
        if subscriptions.next() is None:
            break
        subscriptions.answered(0)
    assert subscriptions.next() is None
    assert subscriptions.asked is None


# -- the end of a line ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "kind"),
    [(3, AuthExpiredError), (12, RateLimitedError), (20, BrokerUnavailableError),
     (30, BrokerUnavailableError)],
)  # fmt: skip
@pytest.mark.parametrize("form", ["response", "notify"])
def test_codes_that_end_a_line_in_whatever_form_they_come(
    code: int, kind: type[BrokerError], form: str
) -> None:
    entry = {"service": "ADMIN", "command": "LOGIN", "requestid": "0", "timestamp": 1,
             "content": {"code": code, "msg": "words"}}  # fmt: skip
    with pytest.raises(kind) as told:
        talking(APPLE).heard(json.dumps({form: [entry]}))
    assert told.value.broker_id == "schwab"


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "7", "{", '{"data":7}', '{"data":[{"content":[]}]}', "\x00",
     '{"data":[{"service":"LEVELONE_EQUITIES","content":[{"1":1}]}]}',
     '{"response":[{"service":"ADMIN","content":{}}]}', "[" * 100_000,
     '{"a":' * 90 + "1" + "}" * 90,
     '{"data":[{"service":"LEVELONE_EQUITIES","content":[{"key":"AAPL","1":NaN}]}]}'],
)  # fmt: skip
def test_noise_ends_the_line_with_an_honest_error(text: str) -> None:
    with pytest.raises(BrokerProtocolError):
        talking(APPLE).heard(text)


def test_odd_notices_and_new_fields_are_nothing() -> None:
    talk = talking(APPLE)
    for text in (
        '{"notify":[{"heartbeat":5},{"content":"words"},7,null,{"content":{"code":"x"}}]}',
        '{"snapshot":[],"newThing":{}}',
        "{}",
    ):
        assert talk.heard(text) == []
    odd = {**WHOLE, "99": {"deep": [1]}, "newField": 1}
    assert quote_in(talk.heard(level(odd))).bid == Decimal("191.5")


@given(st.binary(max_size=200))
def test_any_bytes_are_either_understood_or_refused(noise: bytes) -> None:
    try:
        events = talking(APPLE).heard(noise)
    except BrokerError:
        return
    assert events == []


@given(st.data())
def test_a_message_with_a_spoilt_place_never_crashes_nor_tells_nonsense(
    data: st.DataObject,
) -> None:
    text = level(WHOLE)
    at = data.draw(st.integers(0, len(text) - 1))
    with_what = data.draw(st.sampled_from(['"', "{", "}", "0", "9", "e", ",", "null", "\\", "-"]))
    talk = talking(APPLE)
    try:
        events = talk.heard(text[:at] + with_what + text[at + 1 :])
    except BrokerError:
        return
    for event in events:
        if isinstance(event, Told):
            assert all(
                price is None or price.is_finite() for price in (event.quote.bid, event.quote.ask)
            )


# -- account news -----------------------------------------------------------------------------
def news(seq: int | None, kind: str = "OrderAccepted", account: Any = "12345678") -> str:
    body: dict[str, Any] = {"key": "k", "1": account, "2": kind, "3": "{}"}
    return level({**body, **({} if seq is None else {"seq": seq})}, service=ACTIVITY)


def test_repeats_are_dropped_and_gaps_are_told() -> None:
    talk = talking()
    assert talk.heard(news(1, "SUBSCRIBED")) == []
    assert len(talk.heard(news(2))) == 1
    assert talk.heard(news(2)) == []
    assert talk.heard(news(1)) == []
    gap, moved = talk.heard(news(5))
    assert isinstance(gap, AccountMoved)
    assert isinstance(moved, AccountMoved)
    assert (gap.account, gap.recovered) == (None, True)
    assert not moved.recovered
    assert len(talk.heard(news(None))) == 1


@pytest.mark.parametrize("account", ["", None, "N/A", 7])
def test_an_account_that_is_not_named_is_none(account: Any) -> None:
    (moved,) = talking().heard(news(1, account=account))
    assert isinstance(moved, AccountMoved)
    assert moved.account is None


def test_news_that_are_no_news_end_the_line() -> None:
    with pytest.raises(BrokerProtocolError):
        talking().heard(level({"1": {"a": 1}}, service=ACTIVITY))
