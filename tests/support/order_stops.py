"""Stops of a tour at everything that sends, halts, cancels or tells of orders, at its worst.

The real window and its real widgets; what brokers and services would answer is given by hand, in
the words of a broker that writes HTML, turns the reading direction round and never ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QApplication, QWidget
from support import ledger, reviews
from support.desk import FakeDesk, sample_figures
from support.lists import leg as order_leg
from support.lists import order as broker_order
from support.profiles import HOSTILE
from support.tickets import AAPL, IBKR, READS, SCHWAB, FakeTicketPort, option, quote_of, rest
from support.ui import NOW

from brokerdesk.brokers.trading import Asked, Preview, SentField
from brokerdesk.domain.draft import Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import Environment, OrderSide, OrderStatus
from brokerdesk.services.routing import Obstacle
from brokerdesk.services.trading_facts import Found, LedgerRow, Match, Review, Sent, TicketQuote
from brokerdesk.ui.tickets import Tickets
from brokerdesk.ui.tour import Stop
from brokerdesk.ui.viewmodels.ledger_rows import ledger_row as row_of
from brokerdesk.ui.viewmodels.review import ReviewViewModel
from brokerdesk.ui.viewmodels.review_outcome import choices
from brokerdesk.ui.viewmodels.ticket_fields import Kind
from brokerdesk.ui.viewmodels.trading_switch import question
from brokerdesk.ui.views.orders.sheets import CancelAllSheet
from brokerdesk.ui.views.review.checked_sheet import CheckedSheet
from brokerdesk.ui.views.ticket.chain_sheet import open_chain
from brokerdesk.ui.views.trading.switch_sheet import SwitchSheet
from brokerdesk.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from brokerdesk.ui.life import Life
    from brokerdesk.ui.shell.window import MainWindow

D = Decimal
TAG, BIDI, AMPERSAND, ENDLESS, TABLE, FORMULA, FONT = HOSTILE
WORST = replace(AAPL, symbol="A&B<b>x", name=TAG)
Step = Callable[["Stand"], object]


class Stand:
    """A ticket and a review of their own in the window, over answers given by hand."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.port = FakeTicketPort(
            replace(SCHWAB, name=TAG, broker_title=TABLE),
            replace(IBKR, name=ENDLESS, obstacle=Obstacle.KIND, why=FONT),
            replace(READS, name=BIDI, why=AMPERSAND),
        )
        self.port.environments = (Environment.LIVE, Environment.PAPER)
        self.port.matches = tuple(
            Match(instrument=replace(AAPL, symbol=f"{n}{text}"[:20], name=text), told_by=TABLE,
                  found=Found.BROKER)
            for n, text in enumerate(HOSTILE)
        )  # fmt: skip
        priced = TicketQuote(quote=quote_of(WORST, source=TABLE), source=FONT)
        self.port.quotes[WORST.symbol] = priced
        self.clock, self.trading = reviews.HandClock(), reviews.HandTrading()
        review = ReviewViewModel(self.trading, self.clock, window)
        desk = FakeDesk(sample_figures())  # the window's own is offline
        desk.setParent(window)
        desk.beside = window.desk.beside
        self.tickets = Tickets(window, desk, self.port, review)
        self.model = self.tickets.model

    def write(self, **fields: Any) -> None:
        given: dict[str, Any] = {
            "instrument": WORST, "search": WORST.symbol, "quantity": "240", "limit": "268.50",
        }  # fmt: skip
        self.tickets.open()
        self.model.edit(**(given | fields))
        rest(self.model)

    def read(self, review: Review | BaseException) -> None:
        drafts = () if isinstance(review, BaseException) else review.orders
        self.tickets.review.open(tuple(one.draft for one in drafts))
        self.trading.tell(review)
        self.clock.move(1)
        self.tickets.review.tick()

    def sent(self, row: LedgerRow | None, *answer: Sent) -> None:
        """What became of an order without warnings."""
        self.trading.rows["i1"] = row
        self.read(reviews.plain_review())
        assert self.tickets.review.send()
        self.trading.tell(answer)

    def leave(self) -> None:
        for sheet in self.window.findChildren(Sheet):
            if sheet.isVisible():
                sheet.close_sheet()
        self.tickets.review.back()
        if self.tickets.own is not None:
            self.tickets.own.close()
        self.tickets.close()
        self.window.desk.beside.hide("review")
        self.window.desk.beside.hide("ticket")


def _stand(name: str, *steps: Step, own: bool = False) -> Stop:
    made: list[Stand] = []

    def arrive(window: MainWindow, life: Life) -> QWidget:
        window.desk.go("positions")
        made.append(Stand(window))
        for step in steps:
            step(made[-1])
        QApplication.processEvents()
        return made[-1].tickets.own or window if own else window

    return Stop(name, arrive, lambda window, life: made.pop().leave())


# the ticket


def _stock(stand: Stand) -> None:
    stand.write()
    stand.model.choose_kind(Kind.STOP_LIMIT)
    stand.model.edit(stop="zero", limit="-1")
    rest(stand.model)


def _legs(stand: Stand) -> None:
    stand.write(options=True, quantity="2")
    for strike, side in ((270, OrderSide.BUY_TO_OPEN), (280, OrderSide.SELL_TO_OPEN)):
        stand.model.add_leg(option(strike), side)
    rest(stand.model)


def _attached(stand: Stand) -> None:
    stand.write()
    stand.model.choose_link(Link.BRACKET)
    stand.model.edit(profit="300", loss="x")
    rest(stand.model)


def _chain(stand: Stand) -> None:
    stand.write(options=True, instrument=AAPL, search="AAPL")
    assert stand.tickets.pane is not None
    assert open_chain(stand.tickets.pane, stand.model) is not None


def _completion(stand: Stand) -> None:
    stand.tickets.open()
    pane = stand.tickets.pane
    assert pane is not None
    pane.body.symbol.window().activateWindow()
    QApplication.processEvents()
    pane.body.symbol.setFocus()
    pane.search.look("a")
    pane.search._ask()


def _no_price(stand: Stand) -> None:
    stand.port.quotes[WORST.symbol] = TicketQuote(failure=TAG, source=TABLE)
    stand.write()


# the review


def _worst() -> Review:
    worst = reviews.worst()
    findings = tuple(
        reviews.warning(f"w{n}", f"{text}. And {text} as a second sentence.")
        for n, text in enumerate(HOSTILE)
    )
    preview = Preview(at=NOW, warnings=(TAG, TABLE, AMPERSAND), total=D("1234567890.12"))
    fields = tuple(
        SentField(name=f"{text}"[:60], value=text, words=text) for text in HOSTILE
    ) + worst.orders[0].fields  # fmt: skip
    return reviews.review(
        replace(worst.orders[0], findings=findings, preview=preview, fields=fields,
                broker_title=TABLE, account_name=TAG)
    )  # fmt: skip


def _basket() -> Review:
    found = reviews.basket(4)
    return replace(
        found,
        orders=tuple(
            replace(one, account_name=text, broker_title=text)
            for one, text in zip(found.orders, HOSTILE, strict=False)
        ),
    )


def _blocked() -> Review:
    return reviews.review(
        reviews.reviewed(
            findings=(reviews.stop("most value", f"Too much. {TAG}"), *reviews.WARNINGS),
            preview=None, preview_failure=TABLE,
        )
    )  # fmt: skip


def _asked(stand: Stand) -> None:
    asked = Sent(intent=reviews.ASKED.intent, asked=Asked(questions=HOSTILE, token="t"))
    stand.sent(None, asked)


def _unknown(stand: Stand) -> None:
    found = reviews.order(status_text=TAG)
    row = reviews.row(
        IntentState.UNKNOWN, account_name=TABLE,
        search=reviews.searched(candidates=(found,), failure=TAG),
    )  # fmt: skip
    stand.sent(row, reviews.sent(IntentState.UNKNOWN, words=TAG))


def _rejected(text: str) -> Step:
    def do(stand: Stand) -> None:
        state = IntentState.REJECTED
        stand.sent(
            reviews.row(state, intent=reviews.intent(state, words=text)),
            reviews.sent(state, words=text, order_id=""),
        )

    return do


# sheets and pages


def _sheet(name: str, make: Callable[[], Sheet]) -> Stop:
    def arrive(window: MainWindow, life: Life) -> QWidget:
        window.desk.go("overview")
        make().open_over(window)
        return window

    def leave(window: MainWindow, life: Life) -> None:
        for sheet in window.findChildren(Sheet):
            sheet.close_sheet()

    return Stop(name, arrive, leave)


def _turn_on(environment: str) -> Callable[[], Sheet]:
    return lambda: SwitchSheet(question("c1", TAG, TABLE, environment))


def _cancel_all() -> Sheet:
    rows = tuple(
        ledger.working_row(f"k{n}", n + 1, account=AccountId(f"a{n}"), account_name=text,
                           status_text=text, environment=list(Environment)[n % 3])
        for n, text in enumerate(HOSTILE)
    )  # fmt: skip
    return CancelAllSheet(tuple(row_of(row, {}) for row in rows))


def _checked() -> Sheet:
    found = tuple(
        broker_order(n, legs=(order_leg(text[:24]),), status_text=text)
        for n, text in enumerate(HOSTILE)
    )
    row = reviews.row(IntentState.UNKNOWN, search=reviews.searched(candidates=found))
    return CheckedSheet(choices(row), can_be_absent=True)


def _halted(window: MainWindow, life: Life) -> QWidget:
    window.desk.go("overview")
    window.desk.wish("halt:on")
    return window


def _lift(window: MainWindow, life: Life) -> None:
    window.desk.trading.halt(False, lambda _error: None, lambda: None)


def ledger_rows() -> tuple[LedgerRow, ...]:
    """An order in every state of ours and of a broker's, each with words of others."""
    ours = [
        ledger.ledger_row(
            f"ours-{state.value}", account_name=HOSTILE[n % len(HOSTILE)],
            intent=ledger.intent(n + 1, state=state, words=HOSTILE[n % len(HOSTILE)],
                                 symbol="A&B <b>"),
            moments=ledger.moments(NOW, (state.value, 3, TAG)),
            search=reviews.searched(failure=TABLE) if state is IntentState.UNKNOWN else None,
            cannot_cancel=TAG, cannot_replace=TABLE,
        )
        for n, state in enumerate(IntentState)
    ]  # fmt: skip
    theirs = [
        ledger.working_row(
            f"theirs-{status.value}", n + 1, status=status, status_text=HOSTILE[n % len(HOSTILE)],
            raw_status=TAG, raw_type=FONT, account_name=HOSTILE[n % len(HOSTILE)],
            filled_quantity=D(40), environment=list(Environment)[n % 3],
        )
        for n, status in enumerate(OrderStatus)
    ]  # fmt: skip
    cancelling = ledger.working_row(
        "cancelling", 77, cancel=ledger.asked_to_cancel(AccountId("s1"), "77", words=TAG,
                                                        state=IntentState.REJECTED),
    )  # fmt: skip
    return (*ours, *theirs, cancelling, ledger.unknown_row("doubt", failure=TAG,
            candidates=(broker_order(5, status_text=TABLE),)))  # fmt: skip


def _page(name: str, services: Callable[[Any], Any], then: Callable[[Any], object]) -> Stop:
    """A page beside the window's own, over services in our hand, in a window of its own."""
    made: list[QWidget] = []

    def arrive(window: MainWindow, life: Life) -> QWidget:
        from brokerdesk.ui.views.registry import page as spec_of

        desk = FakeDesk(sample_figures(), services=services(window))
        page = spec_of(name).make(desk)
        page.setWindowTitle(f"Test {name}")
        page.resize(1240, 800)
        page.show()
        page.enter()
        QApplication.processEvents()
        then(page)
        QApplication.processEvents()
        made.append(page)
        desk.setParent(page)
        return page

    def leave(window: MainWindow, life: Life) -> None:
        page = made.pop()
        page.close()
        page.deleteLater()

    return Stop(f"{name}-worst", arrive, leave)


def _of_orders(_window: Any) -> Any:
    async def read(fn: Any) -> Any:
        none = SimpleNamespace(list=lambda *_a: (), naming=lambda _accounts, _word: ())
        return fn(
            SimpleNamespace(transactions=none, orders=none, same_accounts=none, accounts=none)
        )

    trading = ledger.FakeTrading(rows=ledger_rows())
    return SimpleNamespace(trading=trading, database=SimpleNamespace(read=read))


def _choose_doubt(page: Any) -> None:
    page.choose_view("all")
    QApplication.processEvents()
    page.show_target("doubt")


def _of_audit(_window: Any) -> Any:
    entries = [
        ledger.entry(n + 1, "order rejected", symbol=text[:20], words=text, account=text)
        for n, text in enumerate(HOSTILE)
    ]
    return SimpleNamespace(trading=ledger.FakeTrading(entries=entries))


def _day(window: MainWindow, life: Life) -> QWidget:
    window.desk.go("positions")
    window.desk.travel(window.desk.clock() - timedelta(seconds=1))
    return window


def _compared(window: MainWindow, life: Life) -> QWidget:
    life.comparisons.ask()
    return window


def _leave_compared(window: MainWindow, life: Life) -> None:
    if life.comparisons.sheet is not None:
        life.comparisons.sheet.close_sheet()
    window.desk.travel(None)


def order_stops() -> tuple[Stop, ...]:
    """All of them."""
    write: Step = lambda stand: stand.write()  # noqa: E731
    return (
        _stand("ticket-stock", _stock),
        _stand("ticket-legs", _legs),
        _stand("ticket-attached", _attached),
        _stand("ticket-no-price", _no_price),
        _stand("ticket-chain", _chain),
        _stand("ticket-completion", _completion),
        _stand("ticket-window", _legs, lambda stand: stand.tickets.pop(), own=True),
        _stand("review-plain", write, lambda stand: stand.read(reviews.plain_review())),
        _stand("review-warnings", write, lambda stand: stand.read(_worst())),
        _stand("review-basket", write, lambda stand: stand.read(_basket())),
        _stand("review-blocked", write, lambda stand: stand.read(_blocked())),
        _stand("review-question", write, _asked),
        _stand("review-unknown", write, _unknown),
        *(_stand(f"review-rejected-{n}", write, _rejected(text))
          for n, text in enumerate((TAG, BIDI, ENDLESS))),
        _sheet("turn-on-live", _turn_on("live")),
        _sheet("turn-on-practice", _turn_on("practice")),
        _sheet("cancel-all", _cancel_all),
        _sheet("checked-myself", _checked),
        Stop("halted", _halted, _lift),
        _page("orders", _of_orders, _choose_doubt),
        _page("audit", _of_audit, lambda page: page.table.select_row("1")),
        Stop("compared-day", _day),
        Stop("compare", _compared, _leave_compared),
    )  # fmt: skip
