"""A history, an account's detail and ports for the tests of Overview and Accounts."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from support.ui import NOW

from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AccountType, AssetType, ConnectionState, Environment, TaxStatus
from brokerdesk.domain.position import Position
from brokerdesk.services.account_detail import AccountCard, AccountDetail
from brokerdesk.services.account_sums import account_sums
from brokerdesk.services.history import AccountSeries, History, total_history
from brokerdesk.services.history_facts import Flow, ValueLine
from brokerdesk.services.history_ranges import Range
from brokerdesk.ui.models.account_detail_columns import EntryRow, HoldingRow
from brokerdesk.ui.viewmodels.accounts_list import OtherAccount

D = Decimal
TODAY = date(2026, 11, 20)


def a_history(days: int = 200, *, quiet: int = 0) -> History:
    """A rising line with one deposit; ``quiet`` days ago a second account fell silent."""
    last = TODAY.toordinal()
    one, two = AccountId("acme:1"), AccountId("acme:2")
    xs = array("i", range(last - days + 1, last + 1))
    series = [AccountSeries(account=one, days=xs, units=[100_000 + n for n in range(days)])]
    if quiet:
        short = array("i", range(last - days + 1, last - quiet + 1))
        series.append(AccountSeries(account=two, days=short, units=[5] * len(short)))
    return total_history(
        series,
        currency="USD",
        flows=[Flow(account=one, day=last - 10, amount=D(5000))],
        flows_from=last - days,
        flows_until=last,
    )


class FakeHistories:
    """``services.history``; ``asked`` lists what was asked for."""

    def __init__(self, history: History | None = None) -> None:
        self.history = a_history() if history is None else history
        self.asked: list[tuple[Any, ...]] = []

    async def daily(
        self, environment: Environment, currency: str, accounts: Any, *, together: bool = False
    ) -> History:
        more = ("together",) if together else ()
        self.asked.append(("daily", environment.value, currency, accounts, *more))
        return self.history

    async def day(
        self,
        environment: Environment,
        currency: str,
        day: date,
        accounts: Any,
        *,
        until: datetime | None = None,
        together: bool = False,
    ) -> ValueLine:
        self.asked.append(("day", environment.value, currency, day, accounts, until))
        return self.history.over(Range.WEEK, day)


# one account


def a_position(symbol: str, units: str, mark: str, **changes: Any) -> Position:
    values: dict[str, Any] = {
        "instrument": Instrument(symbol=symbol, asset_type=AssetType.EQUITY, name=f"{symbol} Inc."),
        "quantity": D(units),
        "average_cost": D("10"),
        "mark": D(mark),
        "market_value": D(units) * D(mark),
        "day_pl": D("1.50"),
        "open_pl": D("20"),
    }
    return Position(**{**values, **changes})


def a_card(key: str = "schwab:1", **changes: Any) -> AccountCard:
    account = Account(
        id=AccountId(key),
        broker=key.partition(":")[0],
        environment=Environment.LIVE,
        name="Individual",
        number_mask="…4821",
        type=AccountType.MARGIN,
        institution="Held & Kept",
        tax_status=TaxStatus.TAXABLE,
        flags=changes.pop("flags", AccountFlags(margin=True, trading_blocked=True)),
    )
    values: dict[str, Any] = {
        "account": account,
        "nickname": "",
        "connection": ConnectionId("c-Schwab"),
        "connection_name": "Schwab",
        "state": ConnectionState.OK,
        "state_text": "",
        "included": True,
        "closed_at": None,
        "first_seen": NOW - timedelta(days=400),
        "last_seen": NOW,
    }
    return AccountCard(**{**values, **changes})


def a_detail(key: str = "schwab:1", **changes: Any) -> AccountDetail:
    """An account whose total is its cash and its positions."""
    positions = changes.pop(
        "positions", (a_position("AAPL", "2", "100"), a_position("X", "1", "5"))
    )
    balances = changes.pop(
        "balances",
        (
            Balance(
                currency="USD",
                cash=D("95.00"),
                net_liquidation=D("300.00"),
                buying_power=(("stock", D("190")),),
                others=(("accruedInterest", D("7.25")),),
            ),
        ),
    )
    unread = changes.get("unread", ())
    values: dict[str, Any] = {
        "card": changes.pop("card", a_card(key)),
        "as_of": NOW - timedelta(seconds=12),
        "fetched_at": NOW - timedelta(seconds=12),
        "damaged": False,
        "balances": balances,
        "positions": positions,
        "unread": (),
        "held": None,
        "sums": account_sums(balances, positions, unread=len(unread)),
    }
    return AccountDetail(**{**values, **changes})


def an_entry(key: str = "t1", **changes: Any) -> EntryRow:
    values: dict[str, Any] = {
        "key": key, "time": NOW, "kind": "deposit", "text": "Wire", "symbol": "",
        "quantity": None, "price": None, "fees": None, "amount": D("5000"), "currency": "USD",
    }  # fmt: skip
    return EntryRow(**{**values, **changes})


class FakeAccounts:
    """``AccountsPort`` over details by key; ``held`` keeps answers back until ``settle``."""

    def __init__(self, *details: AccountDetail, others: tuple[OtherAccount, ...] = ()) -> None:
        self.details = {str(one.card.id): one for one in details}
        self.kept_others = others
        self.kept_entries: tuple[EntryRow, ...] = (an_entry(),)
        self.asked: list[tuple[Any, ...]] = []
        self.names: list[tuple[str, str]] = []
        self.hold = False
        self.waiting: list[Callable[[], object]] = []
        self.error: BaseException | None = None

    def _answer(self, call: Callable[[], object]) -> None:
        if self.hold:
            self.waiting.append(call)
        else:
            call()

    def settle(self) -> None:
        waiting, self.waiting = self.waiting, []
        for call in waiting:
            call()

    def others(self, done: Any) -> None:
        self.asked.append(("others",))
        self._answer(lambda: done(self.kept_others))

    def detail(self, account: str, as_of: datetime | None, done: Any, failed: Any) -> None:
        self.asked.append(("detail", account, as_of))
        if self.error is not None:
            error = self.error
            self._answer(lambda: failed(error))
        else:
            self._answer(lambda: done(self.details.get(account)))

    def entries(
        self, account: str, since: datetime | None, until: datetime | None, done: Any, failed: Any
    ) -> None:
        self.asked.append(("entries", account, since, until))
        self._answer(lambda: done(self.kept_entries))

    def rename(self, account: str, nickname: str, done: Any) -> None:
        self.names.append((account, nickname))
        before = self.details[account]
        self.details[account] = replace(before, card=replace(before.card, nickname=nickname))
        self._answer(done)

    def holdings(self, detail: AccountDetail) -> tuple[HoldingRow, ...]:
        from brokerdesk.ui.gateways.accounts import _holding

        return tuple(_holding(place, one) for place, one in enumerate(detail.positions))

    def broker_title(self, broker: str) -> str:
        return broker.capitalize()


def another(key: str = "schwab:9", **changes: Any) -> OtherAccount:
    values: dict[str, Any] = {
        "key": key, "connection": "c-Schwab", "connection_title": "Schwab", "broker": "Schwab",
        "name": "Kids", "mask": "…0042", "environment": "live", "currency": "USD",
        "offered": False, "closed": False,
    }  # fmt: skip
    return OtherAccount(**{**values, **changes})
