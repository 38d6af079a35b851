"""Reviews as they are in life and at their worst, and a trading service that answers by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from support.ui import NOW

from brokerdesk.brokers.trading import Asked, Preview, SentField
from brokerdesk.domain.draft import Draft, DraftLeg
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OrderSide,
    OrderStatus,
    OrderType,
    PriceFeed,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.quote import Quote
from brokerdesk.services.order_limits import Finding
from brokerdesk.services.trading_facts import (
    Estimate,
    LedgerRow,
    Review,
    ReviewedOrder,
    Search,
    Sent,
)

D = Decimal
ACCOUNT, CONNECTION = AccountId("a1"), ConnectionId("c1")
MINUTE = timedelta(seconds=60)


def leg(symbol: str = "AAPL", side: OrderSide = OrderSide.BUY, **more: Any) -> DraftLeg:
    made = Instrument(symbol=symbol, asset_type=AssetType.EQUITY, name="Apple Inc.", **more)
    return DraftLeg(instrument=made, side=side)


def draft(symbol: str = "AAPL", side: OrderSide = OrderSide.BUY, **changes: Any) -> Draft:
    values: dict[str, Any] = {
        "account": ACCOUNT,
        "environment": Environment.LIVE,
        "legs": (leg(symbol, side),),
        "type": OrderType.LIMIT,
        "quantity": D(240),
        "limit_price": D("268.50"),
    }
    return Draft(**{**values, **changes})


def warning(code: str, words: str) -> Finding:
    return Finding(code=code, blocks=False, words=words)


def stop(code: str, words: str) -> Finding:
    return Finding(code=code, blocks=True, words=words)


WARNINGS = (
    warning("hours", "Outside market hours. Trading is thin and may fill in part."),
    warning("usual size", "6× your usual size. Your last 10 AAPL orders were near 40 shares."),
    warning("share of power", "Uses 78% of buying power. $18,174.56 left."),
)


def reviewed(**changes: Any) -> ReviewedOrder:
    values: dict[str, Any] = {
        "draft": draft(),
        "connection": CONNECTION,
        "broker_title": "Schwab",
        "account_name": "Schwab …4821 Individual",
        "fields": (
            SentField(name="orderType", value="LIMIT", words="Order type: limit"),
            SentField(name="session", value="SEAMLESS", words="Session: extended hours"),
            SentField(name="duration", value="DAY", words="For the day"),
            SentField(name="price", value="268.50", words="Limit price"),
            SentField(
                name="orderLegCollection.0.instruction", value="BUY", words="Side: buy"
            ),
            SentField(name="orderLegCollection.0.quantity", value="240", words="Quantity"),
        ),
        "quote": Quote(
            symbol="AAPL", source="Schwab", feed=PriceFeed.REAL_TIME, fetched_at=NOW,
            as_of=NOW - timedelta(seconds=6), bid=D("268.40"), ask=D("268.44"), last=D("268.42"),
        ),
        "estimate": Estimate(
            currency="USD", power_if_open_fill=D("11986.56"), held_after=D(425),
            weight_after=D("12.1"), exact=True,
        ),
        "preview": Preview(
            at=NOW, commission=D(0), fees=D(0), total=D("64440.00"),
            buying_power_after=D("18174.56"),
        ),
        "findings": WARNINGS,
    }  # fmt: skip
    return ReviewedOrder(**{**values, **changes})


def review(*orders: ReviewedOrder, at: datetime = NOW, **changes: Any) -> Review:
    values: dict[str, Any] = {
        "id": "r1",
        "at": at,
        "until": at + MINUTE,
        "environment": Environment.LIVE,
        "orders": orders or (reviewed(),),
    }
    return Review(**{**values, **changes})


def plain_review(**changes: Any) -> Review:
    """One without anything to read first."""
    return review(reviewed(findings=()), **changes)


def intent(state: IntentState = IntentState.ACCEPTED, **changes: Any) -> Intent:
    values: dict[str, Any] = {
        "id": "i1", "kind": IntentKind.PLACE, "connection": CONNECTION, "account": ACCOUNT,
        "environment": Environment.LIVE, "symbol": "AAPL", "side": OrderSide.BUY,
        "draft": draft(), "client_order_id": "BD-1", "request": b"{}", "digest": "d",
        "baseline": (), "state": state, "created_at": NOW, "changed_at": NOW,
        "order_id": "10048213391",
    }  # fmt: skip
    return Intent(**{**values, **changes})


def sent(state: IntentState = IntentState.ACCEPTED, **changes: Any) -> Sent:
    return Sent(intent=intent(state, **changes))


def order(status: OrderStatus = OrderStatus.WORKING, **changes: Any) -> Order:
    values: dict[str, Any] = {
        "id": "10048213391", "account": ACCOUNT, "status": status, "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.DAY, "session": TradingSession.REGULAR,
        "legs": (
            OrderLeg(instrument=leg().instrument, side=OrderSide.BUY, quantity=D(240)),
        ),
        "quantity": D(240), "filled_quantity": D(0), "entered_at": NOW,
    }  # fmt: skip
    return Order(**{**values, **changes})


def row(state: IntentState = IntentState.ACCEPTED, **changes: Any) -> LedgerRow:
    values: dict[str, Any] = {
        "key": "i1", "connection": CONNECTION, "account": ACCOUNT,
        "account_name": "Schwab …4821 Individual", "environment": Environment.LIVE,
        "intent": intent(state), "order": None,
        "orders_url": "https://client.schwab.test/orders",
    }  # fmt: skip
    return LedgerRow(**{**values, **changes})


def searched(checks: int = 3, **changes: Any) -> Search:
    values: dict[str, Any] = {
        "checks": checks, "looked_at": NOW, "next_at": NOW + timedelta(seconds=18),
    }  # fmt: skip
    return Search(**{**values, **changes})


ASKED = Sent(
    intent=intent(IntentState.SENDING),
    asked=Asked(questions=("This order exceeds <b>5%</b> of the market. Continue?",), token="t"),
)

# at their worst


def worst() -> Review:
    """Long names, amounts of ten digits, seven warnings, many fields."""
    seven = tuple(
        warning(f"w{n}", f"Warning number {n} of the day. It says at some length what is unusual "
                f"about 1,234,567,890.12 USD and why it matters.")
        for n in range(7)
    )  # fmt: skip
    long = "Interactive Brokers LLC …4821 The retirement savings of the whole family, joint"
    return review(
        reviewed(
            draft=draft("BRK.B", OrderSide.SELL_SHORT, quantity=D("1234567890.12345678"),
                        limit_price=D("1234567.89")),
            broker_title="Interactive Brokers of the Second Empire",
            account_name=long,
            findings=seven,
            preview=Preview(
                at=NOW, commission=D("1234567890.12"), total=D("1524157875019052100.11"),
                buying_power_after=D("-1234567890.12"), margin_change=D("1234567890.12"),
                warnings=("Your order is <b>large</b> & will be worked by a human.",),
            ),
            estimate=Estimate(
                currency="USD", value=D("1524157875019052100.11"), power_before=D("9876543210.99"),
                power_after=D("-1234567890.12"), held_after=D("-1234567890.12345678"),
                weight_after=D("99.9"),
            ),
            fields=tuple(
                SentField(name=f"a.rather.long.path.of.a.field.{n}", value="x" * 40 + str(n),
                          words="What this field means, in our own words")
                for n in range(30)
            ),
        )
    )  # fmt: skip


def basket(of: int = 4) -> Review:
    orders = tuple(
        reviewed(
            draft=draft(side=OrderSide.SELL, quantity=D(10 * n)),
            account_name=f"Schwab …{4820 + n} Account {n}",
            findings=WARNINGS[:1] if n % 2 else (),
            preview=None if n == of else reviewed().preview,
            estimate=Estimate(
                currency="USD", value=D(2685 * n), power_before=D("18174.56"),
                power_after=D("20859.56"), exact=False,
            ),
        )
        for n in range(1, of + 1)
    )  # fmt: skip
    return review(*orders)


@dataclass
class HandTrading:
    """``ReviewPort`` whose answers are given by hand."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    waiting: list[tuple[Callable[[Any], object], Callable[[BaseException], object]]] = field(
        default_factory=list
    )
    rows: dict[str, LedgerRow | None] = field(default_factory=dict)
    error: BaseException | None = None

    def review(self, drafts: Any, replaces: str, done: Any, failed: Any) -> None:
        self.calls.append(("review", drafts, replaces))
        self.waiting.append((done, failed))

    def void(self, review: str) -> None:
        self.calls.append(("void", review))

    def send(self, review: str, read: frozenset[str], done: Any, failed: Any) -> None:
        self.calls.append(("send", review, read))
        self.waiting.append((done, failed))

    def answer(self, intent: str, agreed: bool, done: Any, failed: Any) -> None:
        self.calls.append(("answer", intent, agreed))
        self.waiting.append((done, failed))

    def follow(self, intent: str, done: Callable[[LedgerRow | None], object]) -> None:
        self.calls.append(("follow", intent))
        done(self.rows.get(intent))

    def check_now(self, intent: str, done: Any, failed: Any) -> None:
        self._do(("check_now", intent), done, failed)

    def confirm_absent(self, intent: str, done: Any, failed: Any) -> None:
        self._do(("confirm_absent", intent), done, failed)

    def choose(self, intent: str, order: str, done: Any, failed: Any) -> None:
        self._do(("choose", intent, order), done, failed)

    def set_aside(self, intent: str, orders: tuple[str, ...], done: Any, failed: Any) -> None:
        self._do(("set_aside", intent, orders), done, failed)

    def _do(self, call: tuple[Any, ...], done: Any, failed: Any) -> None:
        self.calls.append(call)
        if self.error is not None:
            failed(self.error)
        else:
            done()

    def tell(self, answer: Any) -> None:
        """Answer the oldest question that waits."""
        done, failed = self.waiting.pop(0)
        if isinstance(answer, BaseException):
            failed(answer)
        else:
            done(answer)

    def sends(self) -> list[tuple[Any, ...]]:
        return [call for call in self.calls if call[0] == "send"]


@dataclass
class HandClock:
    """A time that the test moves."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def with_preview(**changes: Any) -> ReviewedOrder:
    preview = reviewed().preview
    assert preview is not None
    return reviewed(preview=replace(preview, **changes))
