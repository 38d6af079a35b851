"""A look at the portfolio in one currency: exact sums, own rates first, the unrated apart."""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.services import a_position, an_account

from brokerdesk.domain.balance import OWN_RATE, Balance
from brokerdesk.domain.exchange_rate import RateColumn
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.services.allocation import by_class
from brokerdesk.services.amounts import EXACT
from brokerdesk.services.base_money import Base, CombinedTotal, automatic
from brokerdesk.services.converting import Quality, RateTable
from brokerdesk.services.portfolio_view import AccountRow, PortfolioView, PositionRow, assemble

D = Decimal
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
NUMBERS = {"a": "11112222", "b": "33334444", "c": "55556666"}


def rates(**found: str) -> RateTable:
    """What one euro buys today."""
    columns = {
        code: RateColumn(
            days=array("i", [TODAY.toordinal()]), units=[int(D(text).scaleb(4))], exponent=-4
        )
        for code, text in found.items()
    }
    return RateTable(columns.get)


KNOWN = rates(USD="1.2000", CAD="1.5000")


def base(currency: str = "USD", table: RateTable = KNOWN, on: date = TODAY) -> Base:
    return Base(currency, on, lambda _: table)


def balance(net: str | None, cash: str | None = "0", currency: str = "USD", **more: Any) -> Balance:
    return Balance(
        currency=currency,
        cash=None if cash is None else D(cash),
        net_liquidation=None if net is None else D(net),
        **more,
    )


def row(key: str, *balances: Balance, **more: Any) -> AccountRow:
    values: dict[str, Any] = {
        "account": an_account(NUMBERS[key]), "name": key, "connection": "c",
        "connection_name": "C", "counts": True, "balances": balances,
        "as_of": NOW, "fetched_at": NOW, "age": timedelta(0), "stale": False,
        "state": ConnectionState.OK, "state_text": "",
    }  # fmt: skip
    return AccountRow(**{**values, **more})


def held(account: AccountRow, symbol: str, currency: str = "USD", **changes: Any) -> PositionRow:
    position = replace(a_position(symbol), **changes)
    position = replace(position, instrument=replace(position.instrument, currency=currency))
    return PositionRow(
        account=account.id, account_name=account.name, environment=account.environment,
        position=position, as_of=NOW, fetched_at=NOW,
    )  # fmt: skip


def look(
    accounts: list[AccountRow], positions: list[PositionRow] | None = None, **more: Any
) -> PortfolioView:
    more.setdefault("base", base())
    return assemble(
        taken_at=NOW, as_of=None, connections=(), accounts=accounts, positions=positions or [],
        **more,
    )  # fmt: skip


def whole(view: PortfolioView) -> CombinedTotal:
    (found,) = view.combined
    return found


def test_where_all_is_in_the_base_currency_nothing_is_made() -> None:
    view = look([row("a", balance("100")), row("b", balance("50"))])
    assert view.combined == ()
    assert [one.worth for one in view.accounts] == [None, None]
    assert view.base.asked == set()


def test_a_total_of_all_currencies_is_the_exact_sum_of_its_parts() -> None:
    view = look([
        row("a", balance("100", "10")),
        row("b", balance("50.01", "5", currency="EUR")),
        row("c", balance("7", "1"), balance("15", "3", currency="CAD")),
    ])  # fmt: skip
    found = whole(view)
    assert found.net_liquidation == D("107") + D("50.01") * D("1.2") + D(12)
    assert found.cash == D(11) + D(6) + D("2.4")
    assert (found.accounts, found.missing, found.without) == (3, 0, ())
    assert [(one.currency, one.original, one.value) for one in found.parts] == [
        ("CAD", D(15), D(12)), ("EUR", D("50.01"), D("60.012")), ("USD", D(107), D(107)),
    ]  # fmt: skip
    assert sum(one.value or 0 for one in found.parts) == found.net_liquidation
    assert [(one.currency, one.day, one.quality) for one in found.rates] == [
        ("CAD", TODAY, Quality.DAY), ("EUR", TODAY, Quality.DAY),
    ]  # fmt: skip
    assert {one.currency: one.net_liquidation for one in view.totals} == {
        "CAD": D(15), "EUR": D("50.01"), "USD": D(107),
    }  # fmt: skip


def test_what_has_no_rate_is_named_and_changes_no_sum() -> None:
    view = look([
        row("a", balance("100")),
        row("b", balance("1234", currency="CHF")),
        row("c", balance("40", currency="EUR")),
    ])  # fmt: skip
    found = whole(view)
    assert (found.net_liquidation, found.accounts, found.missing) == (D(148), 2, 0)
    assert found.without == (("CHF", D(1234), 1),)
    worth = view.accounts[1].worth
    assert worth is not None
    assert (worth.net, worth.without) == (None, (("CHF", D(1234), 1),))
    assert (Environment.LIVE, "CHF") in view.base.asked


def test_without_any_rate_each_currency_stands_for_itself() -> None:
    euro = [row("b", balance("40", currency="EUR"))]
    assert look(euro, base=base(table=RateTable())).combined == ()
    mixed = look([row("a", balance("100")), *euro], base=base(table=RateTable()))
    assert whole(mixed).net_liquidation == 100
    assert whole(mixed).without == (("EUR", D(40), 1),)


def test_holdings_and_their_shares_are_of_the_converted_total() -> None:
    a, b = row("a", balance("100")), row("b", balance("100", currency="EUR"))
    positions = [
        held(a, "A", market_value=D(100), day_pl=D(1), open_pl=D(10), cost_basis=D(90)),
        held(b, "B", "EUR", market_value=D(100), day_pl=D(2), open_pl=None, cost_basis=None),
    ]
    view = look([a, b], positions)
    found = {one.instrument.symbol: one for one in view.holdings}
    assert found["A"].worth is None
    euro = found["B"].worth
    assert euro is not None
    assert (euro.value, euro.day, euro.gain) == (D(120), D("2.4"), None)
    assert found["B"].market_value == 100
    shares = [found[name].weight or D(0) for name in ("A", "B")]
    assert abs(EXACT.add(shares[0], shares[1]) - 100) < D("1E-30")
    total = whole(view)
    assert total.day.amount == D("3.4")
    assert (total.cost.gain, total.cost.unknown) == (D(10), 1)


def test_classes_and_cash_make_up_the_converted_total() -> None:
    a, b = row("a", balance("110", "10")), row("b", balance("105", "5", currency="EUR"))
    view = look([a, b], [held(a, "A", market_value=D(100)),
                         held(b, "B", "EUR", market_value=D(100))])  # fmt: skip
    classes = [one for one in by_class(view) if one.combined]
    total = whole(view)
    assert total.cash is not None
    assert sum((one.value for one in classes), total.cash) == total.net_liquidation
    assert {one.currency for one in classes} == {"USD"}
    own = [(one.currency, one.value) for one in by_class(view) if not one.combined]
    assert sorted(own) == [("EUR", D(100)), ("USD", D(100))]


def test_the_brokers_own_rate_is_used_for_its_account_alone() -> None:
    said = balance("100", currency="EUR", others=((OWN_RATE, D("1.1")),))
    view = look([row("a", balance("0"), said), row("b", balance("100", currency="EUR"))])
    assert whole(view).net_liquidation == D(110) + D(120)
    first, second = (one.worth for one in view.accounts)
    assert first is not None
    assert second is not None
    assert [(one.source, one.quality) for one in first.rates] == [("broker", Quality.BROKER)]
    assert [one.source for one in second.rates] == ["ECB"]
    old = row("a", balance("0"), said, as_of=NOW - timedelta(days=1))
    assert whole(look([old])).net_liquidation == D(120)  # the reference rate is newer


def test_accounts_of_two_environments_never_meet() -> None:
    paper = an_account(NUMBERS["c"], environment=Environment.PAPER)
    view = look([
        row("a", balance("100")),
        row("b", balance("10", currency="EUR")),
        row("c", balance("10", currency="EUR"), account=paper),
    ])  # fmt: skip
    assert [(one.environment, one.net_liquidation) for one in view.combined] == [
        (Environment.LIVE, D(112)), (Environment.PAPER, D(12)),
    ]  # fmt: skip


def test_a_missing_figure_is_counted_and_never_zero() -> None:
    view = look([
        row("a", balance("100")), row("b", balance(None, "5", currency="EUR")),
        row("c", balance("10", currency="EUR"), damaged=True),
    ])  # fmt: skip
    found = whole(view)
    assert (found.net_liquidation, found.cash) == (D(100), D(6))
    assert (found.accounts, found.missing) == (3, 2)


def test_a_second_currency_without_a_total_is_told() -> None:
    view = look([row("a", balance("100"), balance(None, "5", currency="EUR"))])
    found = whole(view)
    assert (found.net_liquidation, found.without) == (D(100), (("EUR", None, 1),))


def test_the_same_account_twice_is_doubled_in_the_base_currency() -> None:
    one, two = row("a", balance("100", currency="EUR")), row("b", balance("110"))
    from brokerdesk.services.same_account_questions import NO_DOUBTS

    doubts = replace(NO_DOUBTS, alike=((one.id, two.id),))
    assert whole(look([one, two], doubts=doubts)).doubled == D(110)


LIVE, PAPER = Environment.LIVE, Environment.PAPER


@pytest.mark.parametrize(
    ("worths", "expected"),
    [
        ([], "USD"),
        ([(LIVE, "EUR", D(1))], "EUR"),
        ([(LIVE, "USD", D(115)), (LIVE, "EUR", D(100))], "EUR"),
        ([(LIVE, "USD", D(121)), (LIVE, "EUR", D(100))], "USD"),
        ([(LIVE, "USD", D(120)), (LIVE, "EUR", D(100))], "USD"),
        ([(LIVE, "CHF", D(9)), (LIVE, "CHF", None), (LIVE, "USD", D(1000))], "CHF"),
        ([(LIVE, "CHF", D(9)), (LIVE, "USD", D(1))], "USD"),
        ([(PAPER, "EUR", D(10**9)), (LIVE, "USD", D(1))], "USD"),
    ],
)
def test_the_base_is_where_most_of_the_value_is(worths: list[Any], expected: str) -> None:
    assert automatic(worths, lambda _: KNOWN, TODAY) == expected
