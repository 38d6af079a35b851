"""A desk without a program behind it, and figures as they are in life and at their worst."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from support.ui import HOSTILE, NOW, FakePortfolio, HandRunner, account, connection, position

from brokerdesk.settings import Settings
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.viewmodels.state import (
    AccountRow,
    Action,
    ClassRow,
    ConnectionRow,
    Figures,
    LotRow,
    Mark,
    Message,
    PositionRow,
    TotalRow,
)

D = Decimal


class FakeBackstage:
    """Runs a page's work at once, over ``services`` that the test gives."""

    def __init__(self, services: Any, runner: HandRunner) -> None:
        self.services, self.runner = services, runner
        self.kept = Settings()
        self.changes: list[dict[str, object]] = []

    def run(
        self,
        name: str,
        make: Callable[[Any], Coroutine[Any, Any, Any]],
        done: Callable[[Any], object] | None,
        failed: Callable[[BaseException], object] | None,
        policy: Any,
    ) -> None:
        self.runner.run(name, lambda: make(self.services), done, failed, policy=policy)

    def settings(self) -> Settings:
        return self.kept

    def change_settings(
        self,
        values: dict[str, object],
        done: Callable[[], object] | None,
        failed: Callable[[BaseException], object] | None,
    ) -> None:
        self.changes.append(values)
        self.kept = self.kept.with_values(values)
        if done is not None:
            done()


class FakeDesk(Desk):
    """A desk that is open, with ``port`` (fake portfolio), ``backstage`` and what was wished."""

    def __init__(
        self,
        figures: Figures | None = None,
        *,
        services: Any = None,
        runner: HandRunner | None = None,
        now: datetime = NOW,
        **more: Any,
    ) -> None:
        self.runner = runner or HandRunner()
        model = PortfolioViewModel(lambda: now, **more)
        super().__init__(model, lambda: now)
        self.port = FakePortfolio(sample_figures() if figures is None else figures)
        self.backstage = FakeBackstage(services, self.runner)
        self.wishes: list[str] = []
        self.ways: list[tuple[str, str]] = []
        self.toasts: list[Any] = []
        self.sentences: list[str] = []
        self.wished.connect(self.wishes.append)
        self.went.connect(lambda page, target: self.ways.append((page, target)))
        self.toasted.connect(self.toasts.append)
        self.said.connect(self.sentences.append)
        model.attach(self.port)
        self.attach(self.backstage)

    def show(self, figures: Figures) -> None:
        """Other figures arrive."""
        self.port.figures = figures
        self.portfolio.reload()


# in life


def _account(key: str, broker: str, mask: str, name: str, **more: Any) -> AccountRow:
    return account(key, broker=broker, mask=mask, name=name, connection=f"c-{broker}", **more)


def sample_accounts() -> tuple[AccountRow, ...]:
    """Six live accounts at five brokers, one kept, one whose sign-in ended, and a paper one."""
    margin, cash, reads = (("Margin", ""),), (("Cash", ""),), (("Read-only", ""),)
    old = NOW - timedelta(days=2, hours=2)
    return (
        _account("s1", "Schwab", "…4821", "Individual", net=D("245173.98"), day_pl=D("614.40"),
                 day_percent=D("0.25"), cash=D("41307.28"), buying_power=D("82614.56"),
                 tags=margin, as_of=NOW - timedelta(seconds=12)),
        _account("s2", "Schwab", "…7730", "Roth IRA", net=D("130735.40"), day_pl=D("413.00"),
                 day_percent=D("0.32"), cash=D("2184.40"), buying_power=D("2184.40"), tags=cash,
                 as_of=NOW - timedelta(seconds=12)),
        _account("i1", "IBKR", "…5508", "Margin", net=D("158977.20"), day_pl=D("15.55"),
                 day_percent=D("0.01"), cash=D("12660.35"), buying_power=D("188402.10"),
                 tags=margin, as_of=NOW - timedelta(seconds=8)),
        _account("a1", "Alpaca", "…9F2C", "Margin", net=D("84121.61"), day_pl=D("1153.20"),
                 day_percent=D("1.39"), cash=D("8412.91"), buying_power=D("16825.82"),
                 tags=(*margin, ("PDT 1 of 3", "")), as_of=NOW - timedelta(seconds=3)),
        _account("f1", "Fidelity", "…3306", "401(k)", net=D("200157.81"), day_pl=D("42.70"),
                 day_percent=D("0.02"), cash=D("1022.16"), tags=reads, mark=Mark.SUSPECT,
                 stale="kept", as_of=NOW - timedelta(minutes=12)),
        _account("v1", "Vanguard", "…1190", "Taxable", net=D("124424.17"), day_pl=None,
                 day_percent=None, cash=D("3518.07"), tags=reads, mark=Mark.SIGN_IN, stale="old",
                 as_of=old, fetched_at=old),
        _account("p1", "Alpaca", "…P7QX", "", net=D("99997.50"), day_pl=D("712.50"),
                 day_percent=D("0.72"), cash=D("71925.00"), buying_power=D("143850.00"),
                 environment="paper", tags=()),
    )  # fmt: skip


_HOLDINGS = (
    # symbol, name, class, quantity, average cost, last, day %, accounts
    ("VOO", "Vanguard S&P 500 ETF", "US stock funds", "250", "408.62", "618.90", "0.40", "s1 i1"),
    ("VFIFX", "Vanguard Target 2050", "Target-date", "2650.412", "41.77", "57.90", "0", "f1"),
    ("BND", "Vanguard Total Bond ETF", "Bonds", "1260", "76.74", "74.88", "0.09", "s1 s2 i1"),
    ("VTI", "Vanguard Total Stock Market", "US stock funds", "240", "", "329.80", "", "v1"),
    ("MSFT", "Microsoft Corp.", "US stocks", "115", "354.97", "512.30", "-0.50", "s1 a1"),
    ("VXUS", "Vanguard Intl Stock ETF", "International", "730", "61.92", "74.21", "-0.20", "s2 v1"),
    ("AAPL", "Apple Inc.", "US stocks", "185", "174.31", "268.42", "1.24", "s1 s2 a1"),
    ("BRK.B", "Berkshire Hathaway B", "US stocks", "90", "361.05", "498.73", "0.31", "s1"),
    ("NVDA", "NVIDIA Corp.", "US stocks", "210", "98.33", "187.15", "2.60", "a1"),
    ("GOOGL", "Alphabet Inc. A", "US stocks", "120", "139.50", "284.10", "0.38", "i1"),
    ("SCHD", "Schwab US Dividend ETF", "US stock funds", "900", "24.85", "27.64", "0.22", "s2"),
    ("AMZN", "Amazon.com Inc.", "US stocks", "95", "146.20", "231.77", "-0.91", "i1"),
    ("JPM", "JPMorgan Chase", "US stocks", "60", "188.42", "309.45", "1.09", "s1"),
    ("COST", "Costco Wholesale", "US stocks", "18", "612.75", "921.60", "-0.51", "i1"),
    ("IBIT", "iShares Bitcoin Trust", "Bitcoin trust", "300", "38.74", "52.18", "2.43", "a1"),
    ("TSLA", "Tesla Inc.", "US stocks", "35", "431.60", "401.22", "-2.08", "i1"),
)  # fmt: skip


def sample_positions() -> tuple[PositionRow, ...]:
    """Sixteen holdings over six accounts, one without a cost, one with a cost for a part only."""
    accounts = {row.key: row for row in sample_accounts()}
    total = sum((row.net or D(0) for row in accounts.values() if row.environment == "live"), D(0))
    rows = []
    for symbol, name, kind, held, cost, last, day, holders in _HOLDINGS:
        keys = holders.split()
        quantity, mark = D(held), D(last)
        average = D(cost) if cost else None
        percent = D(day) if day else None
        parts = []
        left = quantity
        for place, key in enumerate(keys):
            share = left if place == len(keys) - 1 else (quantity / len(keys)).quantize(D(1))
            left -= share
            row = accounts[key]
            known = None if key == "v1" else average
            parts.append(_part(row, symbol, name, kind, share, known, mark, percent, total))
        worth = quantity * mark
        pl = None if average is None else (mark - average) * quantity
        rows.append(
            position(
                symbol.lower(), symbol=symbol, name=name, asset_class=kind,
                asset_type="equity" if kind == "US stocks" else "etf", quantity=quantity,
                average_cost=average, mark_price=mark, value=worth,
                day_pl=None if percent is None else (worth * percent / 100).quantize(D("0.01")),
                day_percent=percent, open_pl=pl,
                open_percent=_percent(average, mark),
                weight=worth / total * 100, accounts=tuple(keys),
                holders=" ".join(accounts[key].title for key in keys),
                partial="v1" in keys and len(keys) > 1,
                children=tuple(parts) if len(parts) > 1 else (), account="",
                lots=tuple(lot for part in parts for lot in part.lots),
            )
        )  # fmt: skip
    return tuple(rows)


def _part(
    row: AccountRow,
    symbol: str,
    name: str,
    kind: str,
    share: Decimal,
    average: Decimal | None,
    mark: Decimal,
    percent: Decimal | None,
    total: Decimal,
) -> PositionRow:
    worth = share * mark
    cost = None if average is None else average * share
    lots = (
        (LotRow(account=row.key, quantity=share, acquired=date(2021, 3, 12), cost=cost,
                price=average, open_pl=None if cost is None else worth - cost),)
        if average is not None
        else ()
    )  # fmt: skip
    return position(
        row.key, symbol=symbol, name=name, asset_class=kind, quantity=share,
        average_cost=average, mark_price=mark, value=worth, day_percent=percent,
        day_pl=None if percent is None else (worth * percent / 100).quantize(D("0.01")),
        open_pl=None if cost is None else worth - cost,
        open_percent=_percent(average, mark),
        weight=worth / total * 100, account=row.title, accounts=(row.key,), mark=row.mark,
        stale=row.stale, as_of=row.as_of, fetched_at=row.fetched_at, lots=lots,
    )  # fmt: skip


def _percent(cost: Decimal | None, mark: Decimal) -> Decimal | None:
    return None if not cost else ((mark / cost - 1) * 100).quantize(D("0.01"))


def sample_connections() -> tuple[ConnectionRow, ...]:
    """Five connections in five states."""
    old = NOW - timedelta(days=2, hours=2)
    return (
        connection("c-Schwab", title="Schwab", broker="schwab", accounts=2, sign_in_days=7,
                   sign_in_ends=NOW + timedelta(hours=30), failures=1),
        connection("c-IBKR", title="IBKR", broker="ibkr", accounts=1, sign_in_days=7,
                   sign_in_ends=NOW + timedelta(hours=37), last_success=NOW - timedelta(seconds=8)),
        connection("c-Alpaca", title="Alpaca", broker="alpaca", accounts=2, no_expiry=True,
                   last_success=NOW - timedelta(seconds=3)),
        connection("c-Fidelity", title="SnapTrade", broker="snaptrade", accounts=1,
                   mark=Mark.SUSPECT, words="The last good figures are kept.",
                   last_success=NOW - timedelta(minutes=12)),
        connection("c-Vanguard", title="Plaid", broker="plaid", accounts=1, mark=Mark.SIGN_IN,
                   words="Plaid reports the login ended.", needs_sign_in=True, last_success=old,
                   failures=14),
    )  # fmt: skip


def sample_messages() -> tuple[Message, ...]:
    """One of each kind."""
    return (
        Message(key="sign_in:c-Vanguard", kind="error", title="Vanguard …1190: sign in again.",
                text="Plaid reports the login ended. Figures are from 18 Nov 09:12 ET.",
                actions=(Action(id="sign_in:c-Vanguard", label="Sign in"),)),
        Message(key="suspect:f1", kind="warn",
                title="Fidelity …3306 returned no positions.",
                text="The last good sync had 2. Kept those until you decide.",
                actions=(Action(id="keep:f1", label="Keep last good"),
                         Action(id="accept:f1", label="Accept as empty"))),
        Message(key="due:c-Schwab", kind="warn", title="Schwab sign-in ends in 1 d 6 h.",
                text="Renew now to keep weekend syncs running.",
                actions=(Action(id="sign_in:c-Schwab", label="Renew"),)),
    )  # fmt: skip


def sample_movers(positions: tuple[PositionRow, ...]) -> tuple[PositionRow, ...]:
    """The largest changes of the day, as figures carry them."""
    known = [replace(row, children=()) for row in positions if row.day_pl is not None]
    return tuple(sorted(known, key=lambda row: -abs(row.day_pl or D(0)))[:8])


def sample_classes(positions: tuple[PositionRow, ...]) -> tuple[ClassRow, ...]:
    """What the positions are worth by asset class."""
    sums: dict[str, Decimal] = {}
    for row in positions:
        sums[row.asset_class] = sums.get(row.asset_class, D(0)) + (row.value or D(0))
    return tuple(
        ClassRow(environment="live", currency="USD", name=name, value=value)
        for name, value in sorted(sums.items(), key=lambda pair: -pair[1])
    )


def sample_figures(**changes: Any) -> Figures:
    """The portfolio of the design's pictures, nearly."""
    accounts, positions = sample_accounts(), sample_positions()
    live = [row for row in accounts if row.environment == "live"]
    total = TotalRow(
        environment="live", currency="USD", value=sum((r.net or D(0) for r in live), D(0)),
        accounts=len(live), oldest=min(r.as_of for r in live if r.as_of),
        cash=sum((r.cash or D(0) for r in live), D(0)), day_pl=D("2238.85"), day_percent=D("0.24"),
        day_left_out=1, open_pl=D("208933.75"), cost_known=D("86.2"),
    )  # fmt: skip
    paper = TotalRow(
        environment="paper", currency="USD", value=D("99997.50"), accounts=1, oldest=NOW,
        cash=D("71925.00"), day_pl=D("712.50"), day_percent=D("0.72"),
    )  # fmt: skip
    return Figures(
        **{
            "totals": (total, paper),
            "accounts": accounts,
            "positions": positions,
            "connections": sample_connections(),
            "messages": sample_messages(),
            "movers": sample_movers(positions),
            "classes": sample_classes(positions),
            **changes,
        }
    )


# at its worst


def extreme_figures(positions: int = 400) -> Figures:
    """Hostile and endless names, ten digits, negatives, three currencies, nothing known, many."""
    base = sample_figures()
    currencies = ("USD", "EUR", "JPY")
    accounts = tuple(
        account(f"x{n}", broker=HOSTILE[n % len(HOSTILE)], name=HOSTILE[(n + 1) % len(HOSTILE)],
                mask=f"…{n:04d}", currency=currencies[n % 3],
                net=None if n == 3 else D("-9876543210.99") if n % 2 else D("9876543210.99"),
                cash=None if n == 4 else D("-1234567890.12"), buying_power=D("9999999999.99"),
                day_pl=D("-1234567.89") if n % 2 else D("0.004"), day_percent=D("-99.99"),
                tags=((HOSTILE[0], ""), ("In call", "warn")), stale="old" if n == 2 else "",
                mark=list(Mark)[n % len(Mark)], closed=n == 5,
                as_of=None if n == 6 else NOW - timedelta(days=n * 40))
        for n in range(7)
    )  # fmt: skip
    rows = tuple(
        position(
            f"x{n}", symbol=HOSTILE[n % len(HOSTILE)][:40] if n % 7 == 0 else f"SYM{n}",
            name=HOSTILE[n % len(HOSTILE)], currency=currencies[n % 3],
            quantity=D(n) * D("1234.56789") - 5, value=D("9876543210.12") if n % 11 == 0 else D(n),
            average_cost=None if n % 5 == 0 else D("0.0001"), mark_price=D("0.4137"),
            day_pl=None if n % 4 == 0 else D("-0.01"), open_pl=None if n % 5 == 0 else D("-7"),
            weight=D(n) / 100, asset_class=HOSTILE[n % len(HOSTILE)], holders=accounts[n % 7].title,
            accounts=(accounts[n % 7].key,),
        )
        for n in range(positions)
    )  # fmt: skip
    messages = tuple(
        Message(key=f"m{n}", kind=("error", "warn", "info")[n % 3], title=text, text=text,
                actions=(Action(id="dismiss:x", label="A&B <b>"),))
        for n, text in enumerate(HOSTILE)
    )  # fmt: skip
    totals = tuple(
        TotalRow(environment="live", currency=code, value=D("-9876543210.99"), accounts=3,
                 oldest=NOW - timedelta(days=200), left_out=1, cash=D("9876543210.12"),
                 day_pl=D("-123456789.01"), day_percent=D("-12.35"), open_pl=D("9999999999.99"),
                 cost_known=D("0.1"))
        for code in currencies
    )  # fmt: skip
    connections = tuple(
        replace(row, title=HOSTILE[n % len(HOSTILE)], words=HOSTILE[(n + 2) % len(HOSTILE)])
        for n, row in enumerate(base.connections)
    )
    return Figures(
        totals=totals, accounts=accounts, positions=rows, connections=connections,
        messages=messages,
    )  # fmt: skip
