"""What TWS may send that the simulated accounts have none of, message by message."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from ib_async.contract import ComboLeg, Contract, ContractDetails
from ib_async.objects import CommissionReport, Execution
from ib_async.order import Order, OrderState
from support.ibkr_wire import SERVER

from brokerdesk.brokers.ibkr import orders, transactions
from brokerdesk.brokers.ibkr.address import fits, practice_socket, problems_of
from brokerdesk.brokers.ibkr.answers import ACCOUNT, COMPLETED, ORDERS, Answers, Question
from brokerdesk.brokers.ibkr.balances import balances, gathered
from brokerdesk.brokers.ibkr.border import known, needed, written
from brokerdesk.brokers.ibkr.instruments import instrument
from brokerdesk.brokers.ibkr.link import CarefulDecoder
from brokerdesk.brokers.ibkr.mapping import reading
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import AssetType, Environment, OrderSide, OrderStatus, OrderType
from brokerdesk.errors import BrokerError, BrokerProtocolError, InputError

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
NUMBER = "DU1234567"
ID = account_id("ibkr", "practice", NUMBER)
UNSET = 1.7976931348623157e308


@pytest.fixture
def question() -> Iterator[Question]:
    loop = asyncio.new_event_loop()
    yield Question(loop.create_future(), NUMBER)
    loop.close()


# -- the border -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "meant"),
    [(0.1, "0.1"), (150.25, "150.25"), (1e-8, "0.00000001"), (123456789.12, "123456789.12")],
)
def test_floats_become_the_decimals_that_were_written(given: float, meant: str) -> None:
    assert known(given) == Decimal(meant)


def test_unset_is_none_and_what_is_no_figure_is_refused() -> None:
    assert known(UNSET) is None
    assert known(None) is None
    for bad in (float("nan"), float("inf"), float("-inf"), 1e300):
        with pytest.raises(ValueError):
            known(bad)
    with pytest.raises(ValueError):
        needed(UNSET)
    assert written("1.7976931348623157E308") is None
    assert written("12.50") == Decimal("12.50")
    assert written("") is None
    assert written("NaN") is None


# -- addresses --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("accounts", "paper", "live"),
    [
        (["DU1"], True, False),
        (["DF1", "DU2"], True, False),
        (["U1", "F2"], False, True),
        (["U1", "DU2"], False, False),
    ],
)
def test_paper_is_known_by_account_ids(accounts: list[str], paper: bool, live: bool) -> None:
    assert fits(accounts, Environment.PAPER) is paper
    assert fits(accounts, Environment.LIVE) is live
    assert fits(accounts, Environment.PRACTICE)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "192.168.1.20", "10.0.0.5"])
def test_own_networks_are_allowed(host: str) -> None:
    typed = {"host": host, "port": "", "client_id": "0"}
    assert problems_of(typed, Environment.LIVE) == ()


@pytest.mark.parametrize(
    "url",
    ["", "http://127.0.0.1:80", "tcp://10.0.0.1:80", "tcp://127.0.0.1", "tcp://[", "tcp://x:99999"],
)
def test_practice_is_on_this_computer(url: str) -> None:
    with pytest.raises(InputError):
        practice_socket(url)


# -- instruments ------------------------------------------------------------------------------
def test_classes_of_shares_options_futures_coins_and_the_unknown() -> None:
    share = instrument(Contract(secType="STK", symbol="BRK B", currency="USD", conId=1))
    assert share.symbol == "BRK.B"
    option = instrument(
        Contract(
            secType="OPT",
            symbol="SPY",
            tradingClass="SPY",
            lastTradeDateOrContractMonth="20261218",
            strike=635.5,
            right="P",
            multiplier="100",
            currency="USD",
        )
    )
    assert option.symbol == "SPY   261218P00635500"
    assert option.strike == Decimal("635.5")
    future = instrument(
        Contract(secType="FUT", symbol="ES", localSymbol="ESZ6", multiplier="50", currency="USD")
    )
    assert (future.symbol, future.asset_type, future.multiplier) == (
        "ESZ6",
        AssetType.FUTURE,
        Decimal(50),
    )
    coin = instrument(Contract(secType="CRYPTO", symbol="BTC", currency="USD"))
    assert coin.symbol == "BTC/USD"
    pair = instrument(Contract(secType="CASH", symbol="EUR", currency="USD"))
    assert (pair.symbol, pair.asset_type) == ("EUR/USD", AssetType.CURRENCY)
    new = instrument(Contract(secType="NEW", symbol="X", currency="USD"))
    assert (new.asset_type, new.raw_type) == (AssetType.UNKNOWN, "NEW")
    with pytest.raises(ValueError):
        instrument(Contract(secType="STK", currency="USD"))


# -- balances ---------------------------------------------------------------------------------
def test_ledgers_are_told_apart_and_empty_ones_left_out() -> None:
    rows = [
        ("NetLiquidation", "1500.00", "USD"),
        ("TotalCashValue", "1500.00", "USD"),
        ("BuyingPower", "3000.00", "USD"),
        ("CashBalance", "400.00", "USD"),
        ("NetLiquidationByCurrency", "400.00", "USD"),
        ("CashBalance", "1000.00", "EUR"),
        ("NetLiquidationByCurrency", "1000.00", "EUR"),
        ("ExchangeRate", "1.1", "EUR"),
        ("CashBalance", "0.00", "GBP"),
        ("NetLiquidationByCurrency", "0.00", "GBP"),
        ("ExchangeRate", "1.3", "GBP"),
        ("NetLiquidationByCurrency", "1500.00", "BASE"),
        ("NewWord", "something else", "USD"),
    ]
    found, unread = balances(gathered(rows))
    assert [(one.currency, one.cash, one.net_liquidation) for one in found] == [
        ("USD", Decimal("400.00"), Decimal("400.00")),
        ("EUR", Decimal("1000.00"), Decimal("1000.00")),
    ]
    assert ("NetLiquidation", Decimal("1500.00")) in found[0].others
    assert [one.label for one in unread] == ["NewWord"]


# -- orders -----------------------------------------------------------------------------------
def order(**changes: Any) -> Order:
    given: dict[str, Any] = {
        "orderId": 4,
        "clientId": 7,
        "permId": 900,
        "action": "BUY",
        "totalQuantity": 3.0,
        "orderType": "LMT",
        "lmtPrice": 10.5,
        "tif": "DAY",
        "account": NUMBER,
    }
    return Order(**{**given, **changes})


SHARE = Contract(secType="STK", symbol="AAPL", currency="USD", conId=1, localSymbol="AAPL")


def status(number: int, word: str, filled: float = 0.0, perm: int = 900) -> tuple[Any, ...]:
    return (number, word, filled, 3.0 - filled, 10.25, perm, 0, 0.0, 7, "", 0.0)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("PendingSubmit", OrderStatus.PENDING),
        ("PreSubmitted", OrderStatus.WORKING),
        ("Submitted", OrderStatus.WORKING),
        ("PendingCancel", OrderStatus.CANCEL_PENDING),
        ("Cancelled", OrderStatus.CANCELLED),
        ("Filled", OrderStatus.FILLED),
        ("Inactive", OrderStatus.UNKNOWN),
        ("Brand new", OrderStatus.UNKNOWN),
    ],
)
def test_a_status_is_what_tws_says_of_the_order(
    question: Question, word: str, meant: OrderStatus
) -> None:
    question.rows.append(("order", (SHARE, order(), OrderState(status="PreSubmitted"))))
    question.rows.append(("status", status(4, word, 1.0)))
    (found,) = orders.open_orders(question, ID, NUMBER, {})
    assert (found.status, found.raw_status) == (meant, word)
    assert (found.filled_quantity, found.average_price) == (Decimal(1), Decimal("10.25"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20270115 23:59:59 US/Eastern", date(2027, 1, 15)),
        ("20270116 05:59:59 Europe/Berlin", date(2027, 1, 15)),
        ("20270116-04:59:59", date(2027, 1, 15)),
        ("20270115", date(2027, 1, 15)),
        ("20270116 05:59:59", None),
        ("20270115 23:59:59 Nowhere/Atall", None),
        ("20270115 23:59:59 ../../etc/passwd", None),
        ("20271315 23:59:59 US/Eastern", None),
        ("99991231-23:59:59", date(9999, 12, 31)),
        ("00010101-00:00:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_the_last_day_is_the_one_in_new_york_whatever_zone_tws_writes(
    text: str, day: date | None
) -> None:
    given = order(tif="GTD", goodTillDate=text)
    found = orders.one_order(SHARE, given, OrderState(), None, ID, {})
    assert found.good_till == day
    lasting = order(tif="GTC", goodTillDate=text)
    assert orders.one_order(SHARE, lasting, OrderState(), None, ID, {}).good_till is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"auxPrice": 1.5}, (Decimal("1.5"), None)),
        ({"auxPrice": 1.5, "trailingPercent": 0.0}, (Decimal("1.5"), None)),
        ({"auxPrice": 7.25, "trailingPercent": 2.5}, (None, Decimal("2.5"))),
        ({"auxPrice": 0.0}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_a_trail_is_an_amount_or_percent(changes: dict[str, Any], told: tuple[Any, Any]) -> None:
    given = order(orderType="TRAIL", **changes)
    found = orders.one_order(SHARE, given, OrderState(), None, ID, {})
    assert (found.trail_amount, found.trail_percent) == told
    plain = orders.one_order(SHARE, order(**changes), OrderState(), None, ID, {})
    assert (plain.trail_amount, plain.trail_percent) == (None, None)


def test_an_error_about_an_order_does_not_change_its_status() -> None:
    """The library itself would show this one as cancelled."""

    async def check() -> None:
        answers = Answers()
        found = answers.ask(ORDERS)
        decoder = CarefulDecoder(answers)
        decoder.serverVersion = 178
        decoder.interpret(SERVER["5"].split("|"))
        decoder.interpret(SERVER["3"].split("|"))
        answers.error(4, 10349, "Order TIF was set to DAY based on order preset.", "")
        decoder.interpret(["53", "1"])
        await found.done
        (one,) = orders.open_orders(found, ID, NUMBER, {})
        assert one.status is OrderStatus.WORKING
        assert one.client_order_id == "bd-1"
        assert one.type is OrderType.MARKET
        answers.forget(ORDERS)

    asyncio.run(check())


def test_children_hang_under_their_parent(question: Question) -> None:
    for number, parent in ((5, 0), (6, 5), (7, 5)):
        one = order(orderId=number, permId=900 + number, parentId=parent)
        question.rows.append(("order", (SHARE, one, OrderState(status="PreSubmitted"))))
    (found,) = orders.open_orders(question, ID, NUMBER, {})
    assert [child.id for child in found.children] == ["906", "907"]


def test_combinations_have_legs_once_their_contracts_are_known(question: Question) -> None:
    legs = [
        ComboLeg(conId=11, ratio=1, action="BUY"),
        ComboLeg(conId=12, ratio=2, action="SELL"),
    ]
    bag = Contract(secType="BAG", symbol="SPY", currency="USD", comboLegs=legs)
    question.rows.append(("order", (bag, order(action="SELL"), OrderState(status="Submitted"))))
    named = {
        number: ContractDetails(
            contract=Contract(secType="STK", symbol=f"L{number}", currency="USD", conId=number)
        )
        for number in (11, 12)
    }
    (found,) = orders.open_orders(question, ID, NUMBER, named)
    assert [(leg.side, leg.quantity) for leg in found.legs] == [
        (OrderSide.SELL, Decimal(3)),
        (OrderSide.BUY, Decimal(6)),
    ]
    assert len(orders.open_orders(question, ID, NUMBER, {}).unread) == 1


def test_orders_of_other_accounts_and_previews_are_left_out(question: Question) -> None:
    state = OrderState(status="Submitted")
    question.rows.append(("order", (SHARE, order(account="U1"), state)))
    question.rows.append(("order", (SHARE, order(whatIf=True), state)))
    assert orders.open_orders(question, ID, NUMBER, {}).items == ()


# -- executions -------------------------------------------------------------------------------
def executed(**changes: Any) -> Execution:
    given: dict[str, Any] = {
        "execId": "0000e0d5.1.01.01",
        "time": NOW,
        "acctNumber": NUMBER,
        "side": "BOT",
        "shares": 3.0,
        "price": 10.5,
        "permId": 900,
    }
    return Execution(**{**given, **changes})


def transactions_of(found: Question) -> Any:
    span = (NOW - timedelta(days=1), NOW + timedelta(days=1))
    return transactions.transactions(found, ID, NUMBER, span, {}, lambda _: False)


def test_cash_moves_by_price_units_and_commission(question: Question) -> None:
    question.rows.append(("execution", (SHARE, executed(side="SLD"))))
    report = CommissionReport(execId="0000e0d5.1.01.01", commission=1.25, currency="USD")
    question.rows.append(("commission", (report,)))
    (one,) = transactions_of(question)
    assert (one.amount, one.quantity, one.fees) == (Decimal("30.25"), Decimal(-3), Decimal("1.25"))
    assert one.order_id == "900"


def test_a_commission_in_other_money_or_unset_is_no_part_of_the_amount(question: Question) -> None:
    for number, (fee, currency) in enumerate(((2.0, "EUR"), (UNSET, "USD"))):
        name = f"e.{number}.01.01"
        question.rows.append(("execution", (SHARE, executed(execId=name))))
        report = CommissionReport(execId=name, commission=fee, currency=currency)
        question.rows.append(("commission", (report,)))
    for one in transactions_of(question):
        assert (one.amount, one.fees) == (Decimal("-31.5"), None)


def test_what_cannot_be_told_is_named(question: Question) -> None:
    bond = Contract(secType="BOND", symbol="US-T", currency="USD", conId=2)
    question.rows.append(("execution", (bond, executed(execId="b.1.01"))))
    question.rows.append(("execution", (SHARE, executed(execId="c.1.01", shares=float("nan")))))
    question.rows.append(("execution", (SHARE, executed(execId="d.1.01", side="NEW"))))
    found = transactions_of(question)
    assert not found.items
    assert len(found.unread) == 3


# -- tampered messages ------------------------------------------------------------------------
TEXTS = (
    "",
    "NaN",
    "-1",
    "Infinity",
    "x",
    "9" * 400,
    "1.7976931348623157E308",
    "0",
    "\x00",
    "é",
    "1e5",
)


def mutated(fields: list[str], draw: random.Random) -> list[str]:
    """One message with something wrong about it."""
    fields = list(fields)
    place = draw.randrange(len(fields))
    kind = draw.randrange(5)
    if kind == 0:
        fields[place] = draw.choice(TEXTS)
    elif kind == 1:
        del fields[place]
    elif kind == 2:
        fields.insert(place, draw.choice(TEXTS))
    elif kind == 3:
        fields = fields[:place]
    else:
        fields[place] = fields[place][::-1]
    return fields


async def _tamper(count: int, seed: int) -> None:
    draw = random.Random(seed)
    kinds = ["6", "5", "3", "11", "59", "10", "4", "54", "15", "8"]
    for _ in range(count):
        answers = Answers()
        questions = [answers.ask(ACCOUNT, NUMBER), answers.ask(ORDERS), answers.ask(COMPLETED)]
        questions += [answers.ask(number) for number in (1, 2, 3)]
        decoder = CarefulDecoder(answers)
        decoder.serverVersion = 178
        decoder.interpret(SERVER["6"].split("|"))
        good = SERVER["7"].split("|")
        tampered = mutated(good, draw)
        decoder.interpret(tampered)
        for kind in draw.sample(kinds, 4):
            decoder.interpret(mutated(SERVER[kind].split("|"), draw))
        try:
            found = reading(questions[0], Environment.PRACTICE, NOW, {})
        except BrokerError:
            found = None
        if found is not None:
            for held in found.positions:
                written_down = {one for text in [*tampered, *good] if (one := written(text))}
                for amount in (held.quantity, held.market_value, held.open_pl, held.mark):
                    assert not amount or amount in written_down
            to_me = len(tampered) == len(good) and tampered[0] == "7" and tampered[-1] == NUMBER
            closed = len(tampered) > 13 and written(tampered[13]) == 0
            if to_me and not closed:
                assert found.positions or found.unread, tampered
        span = (NOW - timedelta(days=1), NOW)
        orders.open_orders(questions[1], ID, NUMBER, {})
        orders.completed_orders(questions[2], ID, NUMBER, span, {})
        transactions.transactions(questions[5], ID, NUMBER, span, {}, lambda _: False)
        for key in list(answers.questions):
            answers.forget(key)
        answers.started()
        if answers.ready.done():
            answers.ready.exception()


def test_tampered_messages_neither_crash_nor_invent_amounts() -> None:
    asyncio.run(_tamper(1500, 1))


@pytest.mark.deep
def test_many_tampered_messages_neither_crash_nor_invent_amounts() -> None:
    asyncio.run(_tamper(20_000, 2))


def test_a_recording_that_is_none_is_refused() -> None:
    from brokerdesk.brokers.ibkr.replay import replay

    for raw in (b"{}", b"[]", b"", b'{"account": "A", "messages": [["9"]]}'):
        with pytest.raises(BrokerProtocolError):
            replay(raw, Environment.PRACTICE, NOW)
