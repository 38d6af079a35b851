"""What answers each request of a client that is connected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.orders import Status
from brokerdesk.simulator.ibkr import chains, executions, orders, portfolio, quotes
from brokerdesk.simulator.ibkr.contracts import contract, details
from brokerdesk.simulator.ibkr.frames import Message, message
from brokerdesk.simulator.ibkr.live import Live
from brokerdesk.simulator.ibkr.state import IbkrState
from brokerdesk.simulator.ibkr.trading import Trading

COMPLETED_DAYS = 3
READ_ONLY = (
    "Error validating request.-'bO' : cause - The API interface is currently in Read-Only mode."
)
NO_STATISTICS = (
    "Error validating request.-'bN' : cause - Snapshot market data subscription is not applicable "
    "to generic ticks"
)
ORDERS = frozenset({3, 4, 5, 15, 16, 58, 99})
NAMES = {
    1: "quotes", 2: "quotes/cancel", 3: "place", 4: "cancel", 5: "orders", 6: "portfolio",
    7: "executions", 8: "ids", 9: "contracts", 15: "autobind", 16: "orders", 49: "time",
    58: "cancel", 59: "feed", 61: "positions", 62: "accounts", 63: "accounts/cancel",
    64: "positions/cancel", 71: "start", 76: "values", 77: "values/cancel", 78: "chains",
    81: "symbols", 99: "completed",
}  # fmt: skip


def error(request: str, code: int, text: str) -> Message:
    return message(4, 2, request, code, text, "")


class Requests:
    """One connection's answers: it remembers what prices the client will take."""

    def __init__(self, state: IbkrState) -> None:
        self._state = state
        self._feed = quotes.LIVE
        self.live = Live(state)
        self.trading = Trading(state)
        self._answers: dict[int, Callable[[Sequence[str]], list[Message]]] = {
            1: self.quote,
            2: self.end_quote,
            3: self.trading.place,
            4: self.trading.cancel,
            58: self.trading.cancel_all,
            5: self.open_orders,
            6: self.account,
            7: self.executions,
            8: lambda _: [message(9, 1, self.trading.next_id())],
            9: self.contract,
            16: self.open_orders,
            49: lambda _: [message(49, 1, int(state.now().timestamp()))],
            59: self.feed,
            61: self.positions,
            62: self.summary,
            64: self.end_positions,
            76: self.account_multi,
            78: self.chains,
            81: lambda fields: [chains.matching(fields[1], fields[2])],
            99: self.completed,
        }

    def answer(self, fields: Sequence[str]) -> list[Message]:
        """The messages for a request; none for one that wants no answer."""
        number = int(fields[0])
        if self._state.switches.read_only and number in ORDERS:
            return [error("-1", 321, READ_ONLY)]
        handler = self._answers.get(number)
        return handler(fields) if handler else []

    def _accounts(self) -> list[tuple[str, Account]]:
        return [(self._state.number(one), one) for one in self._state.exchange.accounts]

    def account(self, fields: Sequence[str]) -> list[Message]:
        """6: values, holdings, the time and the end; nothing when the subscription is ended."""
        if fields[2] != "1":
            return []
        number = fields[3] or self._accounts()[0][0]
        account = self._state.account(number)
        if account is None:
            return [error("-1", 321, f"Error validating request.-'account {number}' : unknown")]
        now = self._state.now()
        answer = portfolio.account_messages(number, self._state.values(account, now))
        valued = account.value_at(now)
        for held in valued.positions:
            self._state.directory.learn(contract(held.symbol))
        switches = self._state.switches
        rows = portfolio.portfolio_messages(
            number, valued, plain_options=switches.plain_option_cost
        )
        if switches.closed_rows and rows:
            gone = rows[0]
            rows.append(
                (*gone[:2], "1", "GONE", *gone[4:13], "0", gone[14], "0.0", "0.0", *gone[17:])
            )
        return [*answer, *rows, *portfolio.closing(number, now)]

    def account_multi(self, fields: Sequence[str]) -> list[Message]:
        account = self._state.account(fields[3])
        if account is None:
            return [error(fields[2], 321, "Error validating request.-unknown account")]
        found = self._state.values(account, self._state.now())
        return [
            *portfolio.multi_messages(fields[2], fields[3], found),
            message(74, 1, fields[2]),
        ]

    def summary(self, fields: Sequence[str]) -> list[Message]:
        """62: the tags that were asked for, of every account."""
        tags = frozenset(fields[4].split(","))
        found: list[Message] = []
        for number, account in self._accounts():
            known = self._state.values(account, self._state.now())
            found += portfolio.summary_messages(fields[2], number, known, tags)
        return [*found, message(64, 1, fields[2])]

    def positions(self, fields: Sequence[str]) -> list[Message]:
        found: list[Message] = []
        plain = self._state.switches.plain_option_cost
        for number, account in self._accounts():
            valued = account.value_at(self._state.now())
            for held in valued.positions:
                self._state.directory.learn(contract(held.symbol))
            found += portfolio.position_messages(number, valued, plain_options=plain)
        self.live.follow_accounts()
        return [*found, message(62, 1)]

    def end_positions(self, fields: Sequence[str]) -> list[Message]:
        self.live.leave_accounts()
        return []

    def open_orders(self, fields: Sequence[str]) -> list[Message]:
        now = self._state.now()
        found: list[Message] = []
        for number, account in self._accounts():
            for order in account.orders(now - orders.OLDEST_ORDER, now):
                if order.status(now) is Status.WORKING:
                    self._state.directory.learn(contract(order.symbol))
                    found += orders.open_messages(order, number, now)
        return [*found, message(53, 1)]

    def completed(self, fields: Sequence[str]) -> list[Message]:
        now = self._state.now()
        since = now - timedelta(days=COMPLETED_DAYS)
        found: list[Message] = []
        for number, account in self._accounts():
            for order in account.orders(now - orders.OLDEST_ORDER, now):
                if order.status(now) is not Status.WORKING and order.ends >= since:
                    self._state.directory.learn(contract(order.symbol))
                    found.append(orders.completed_message(order, number, now))
        return [*found, message(102)]

    def executions(self, fields: Sequence[str]) -> list[Message]:
        """7: those of the account that the filter names, or of all."""
        request, wanted = fields[2], fields[4]
        switches = self._state.switches
        found: list[Message] = []
        for number, account in self._accounts():
            if wanted not in ("", number):
                continue
            events = executions.executions(account, self._state.now(), switches.execution_days)
            for event in events:
                self._state.directory.learn(contract(event.symbol))
                order = self._state.own_order(event.order)
                found += executions.messages(request, number, event, order=order)
            if switches.corrected and events:
                found += executions.messages(request, number, events[-1], correction=2)
        if not switches.commissions:
            found = [one for one in found if one[0] != "59"]
        return [*found, message(55, 1, request)]

    def chains(self, fields: Sequence[str]) -> list[Message]:
        """78: the days and strikes of the options on a share."""
        return chains.parameters(self._state.exchange.market, self._state.now(), fields)

    def contract(self, fields: Sequence[str]) -> list[Message]:
        request = fields[2]
        several = chains.of_day(self._state.exchange.market, self._state.now(), fields[3:15])
        if several:
            learnt = [self._state.directory.learn(one) for one in several]
            return [*(details(request, one) for one in learnt), message(52, 1, request)]
        found = self._state.directory.find(fields[3:15])
        if found is None:
            return [error(request, 200, "No security definition has been found for the request")]
        return [details(request, found), message(52, 1, request)]

    def feed(self, fields: Sequence[str]) -> list[Message]:
        self._feed = int(fields[2])
        return []

    def quote(self, fields: Sequence[str]) -> list[Message]:
        """1: a snapshot or a line that goes on, or why there is none."""
        request, generic, snapshot = fields[2], "".join(fields[16:17]), fields[17:18] != ["0"]
        found = self._state.directory.find(fields[3:15])
        if found is None:
            return [error(request, 200, "No security definition has been found for the request")]
        if snapshot and generic:
            return [error(request, 321, NO_STATISTICS)]
        switches = self._state.switches
        kind = switches.market_data
        if kind == "competing":
            return [error(request, 10197, "No market data during competing live session")]
        if kind == "none" or (kind == "delayed" and self._feed < quotes.DELAYED):
            return [error(request, 354, "Requested market data is not subscribed.")]
        if len(self.live.lines) >= switches.stream_lines:
            return [error(request, 101, "Max number of tickers has been reached")]
        shown = quotes.LIVE if kind == "live" else quotes.DELAYED
        market, now = self._state.exchange.market, self._state.now()
        halted = found.source in self._state.floor.knobs.halted
        told = quotes.ticks(request, found, market, now, shown, halted=halted)
        if not snapshot:
            self.live.open_line(request, found, told)
            told = [*told, *quotes.statistics(request, found, market, generic)]
        elif found.symbol in switches.endless:
            told = told[:2]
        else:
            delayed = shown == quotes.DELAYED
            model = chains.model(request, found, market, now, delayed=delayed)
            told = [*model, *quotes.snapshot(request, found, market, now, shown, halted=halted)]
        if shown == quotes.DELAYED:
            words = "Requested market data is not subscribed. Displaying delayed market data."
            return [error(request, 10167, words), *told]
        return told

    def end_quote(self, fields: Sequence[str]) -> list[Message]:
        """2: a line ends; a snapshot's may be over already."""
        self.live.close_line(fields[2])
        return []
