"""The figures of a look: changes of the day, gains, weights, scope. Unknown is never zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.services import a_position, an_account

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.kinds import AssetType, ConnectionState, Environment
from brokerdesk.domain.position import Lot, Position
from brokerdesk.domain.reading import Unread
from brokerdesk.services.amounts import day_percent, open_percent, percent, sum_all, sum_known
from brokerdesk.services.day_change import DayChange, average_cost, change_of, known_cost
from brokerdesk.services.lots import lot_gain, lot_price
from brokerdesk.services.portfolio_view import AccountRow, PortfolioView, PositionRow, assemble

D = Decimal
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
NUMBERS = {"a": "11112222", "b": "33334444", "c": "55556666"}


def row(
    key: str = "a", net: str | None = "1000", cash: str | None = "100", **more: Any
) -> AccountRow:
    account = an_account(NUMBERS[key], **more.pop("account", {}))
    values: dict[str, Any] = {
        "account": account, "name": key, "connection": "c", "connection_name": "C", "counts": True,
        "balances": (
            Balance(
                currency="USD",
                cash=None if cash is None else D(cash),
                net_liquidation=None if net is None else D(net),
            ),
        ),
        "as_of": NOW, "fetched_at": NOW, "age": timedelta(0), "stale": False,
        "state": ConnectionState.OK, "state_text": "",
    }  # fmt: skip
    return AccountRow(**{**values, **more})


def held(account: AccountRow, symbol: str = "ABC", **changes: Any) -> PositionRow:
    at = changes.pop("at", NOW)
    position = replace(a_position(symbol), **changes)
    return PositionRow(
        account=account.id, account_name=account.name, environment=account.environment,
        position=position, as_of=at, fetched_at=at,
    )  # fmt: skip


def look(
    accounts: Sequence[AccountRow], positions: Sequence[PositionRow] = (), **more: Any
) -> PortfolioView:
    return assemble(
        taken_at=NOW, as_of=None, connections=(), accounts=accounts, positions=positions, **more
    )


def test_a_percentage_of_the_day_is_of_the_value_before_it() -> None:
    assert day_percent(D(5), D(105)) == 5
    assert day_percent(D(-5), D(95)) == -5
    assert day_percent(D(105), D(105)) is None
    assert day_percent(D(5), D(-100)) is None
    assert day_percent(None, D(1)) is None
    assert day_percent(D(1), None) is None
    assert open_percent(D(-50), D(-200)) == -25
    assert open_percent(D(1), D(0)) is None


def test_long_amounts_are_added_exactly() -> None:
    huge, tiny = D("9" * 30), D("0." + "0" * 20 + "1")
    assert sum_known([huge, None, tiny]) == D("9" * 30 + "." + "0" * 20 + "1")
    assert sum_all([huge, tiny]) == D("9" * 30 + "." + "0" * 20 + "1")


def test_an_accounts_change_leaves_out_what_is_unknown() -> None:
    one = row(unread=(Unread(where="positions[3]", reason="Odd."), Unread(where="x", reason="y")))
    euro = replace(a_position("EUR1").instrument, currency="EUR")
    view = look(
        [one],
        [
            held(one, day_pl=D(10)),
            held(one, "B", day_pl=None),
            held(one, "C", instrument=euro, day_pl=D(99)),
        ],
    )
    # One without a figure, one unread, one in another currency.
    assert view.accounts[0].day == DayChange(D(10), percent(D(10), D(990)), 3)


def test_an_account_without_positions_did_not_change_and_an_unread_one_is_unknown() -> None:
    assert look([row()]).accounts[0].day == DayChange(D(0), D(0), 0)
    assert look([row(balances=(), fetched_at=None)]).accounts[0].day == DayChange()
    assert look([row(damaged=True)]).accounts[0].day == DayChange()


def test_a_total_adds_up_its_counted_accounts_and_says_what_it_lacks() -> None:
    a, b, c = row("a"), row("b", "3000"), row("c", "500", counts=False)
    view = look(
        [a, b, c],
        [
            held(a, day_pl=D(10), open_pl=D(100)),
            held(b, day_pl=None, open_pl=None, market_value=D(3000)),
            held(c, day_pl=D(7), open_pl=D(7)),
        ],
    )
    (total,) = view.totals
    assert total.net_liquidation == 4000
    assert total.cash == 200
    assert total.day == DayChange(D(10), percent(D(10), D(3990)), 1)
    assert (total.cost.gain, total.cost.share, total.cost.unknown) == (D(100), D(25), 1)
    assert [len(one.parts) for one in view.holdings] == [2]


def test_totals_of_several_currencies_keep_their_positions_apart() -> None:
    balances = tuple(
        Balance(currency=code, cash=D(1), net_liquidation=D(100)) for code in ("USD", "EUR")
    )
    one = row(balances=balances)
    euro = replace(a_position("E").instrument, currency="EUR")
    view = look([one], [held(one, day_pl=D(1)), held(one, instrument=euro, day_pl=D(2))])
    assert [(t.currency, t.day.amount, t.day.left_out) for t in view.totals] == [
        ("EUR", D(2), 0),
        ("USD", D(1), 0),
    ]


def test_a_scope_narrows_figures_and_leaves_the_rest_to_see() -> None:
    a, b = row("a", suspect="odd"), row("b", "3000")
    parts = [held(a, day_pl=D(1)), held(b, day_pl=D(2))]
    view = look([a, b], parts, scope={b.id})
    assert [one.id for one in view.accounts] == [b.id]
    assert [one.id for one in view.everyone] == [a.id, b.id]
    assert view.totals[0].net_liquidation == 3000
    (holding,) = view.holdings
    assert (holding.day_pl, holding.weight) == (D(2), percent(D(1000), D(3000)))
    whole = look([a, b], parts).holdings[0]
    assert (whole.day_pl, whole.weight) == (D(3), D(50))
    assert look([a, b], parts, scope=set()).totals == ()


def test_weights_are_of_a_total_that_contains_the_part() -> None:
    a, b = row("a"), row("b", None)
    view = look([a, b], [held(a), held(b, "B")])
    assert [one.weight for one in view.holdings] == [100, None]
    both = look([a, b], [held(a), held(b)])
    assert both.holdings[0].weight is None
    assert look([row(net="-5")], [held(a)]).holdings[0].weight is None


def test_the_price_of_a_holding_is_the_one_read_last() -> None:
    a, b = row("a"), row("b")
    early = NOW - timedelta(days=2)
    view = look([a, b], [held(a, mark=D(90), at=early), held(b, mark=D(91))])
    assert view.holdings[0].mark == 91
    assert look([a], [held(a, mark=None)]).holdings[0].mark is None


def test_average_costs_are_weighted_by_quantity_whatever_they_are_quoted_per() -> None:
    def lot(quantity: str, average: str | None, multiplier: str = "1") -> Position:
        given = a_position(quantity=quantity)
        return replace(
            given,
            average_cost=None if average is None else D(average),
            instrument=replace(given.instrument, multiplier=D(multiplier)),
        )

    assert average_cost([lot("10", "10"), lot("30", "20")]) == D("17.5")
    assert average_cost([lot("1", "2.5", "100"), lot("3", "3.5", "100")]) == D("3.25")
    assert average_cost([lot("10", "10"), lot("30", None)]) == 10
    assert average_cost([lot("-10", "10"), lot("-10", "20")]) == 15
    assert average_cost([lot("10", "10"), lot("-5", "20")]) is None
    assert average_cost([lot("10", None)]) is None


def test_a_change_over_parts_is_of_the_known_parts() -> None:
    one = replace(a_position(), day_pl=D(10), market_value=D(110))
    unknown = replace(a_position(), day_pl=None)
    assert change_of([one, unknown]) == DayChange(D(10), D(10), 1)
    assert change_of([unknown, unknown]) == DayChange(None, None, 2)
    valueless = replace(one, market_value=None)
    assert change_of([one, valueless]) == DayChange(D(20), None, 0)


def test_a_gain_without_its_cost_has_no_percentage() -> None:
    known = replace(a_position(), open_pl=D(9), cost_basis=D(90))
    bare = replace(known, cost_basis=None)
    assert known_cost([known]).percent == 10
    assert known_cost([known, bare]).percent is None
    assert known_cost([known, bare]).gain == 18
    short = replace(known, quantity=D(-1), cost_basis=D(-90))
    assert known_cost([short]).percent == 10


def test_a_lots_price_and_gain_hold_for_contracts_and_bonds() -> None:
    shares = replace(a_position(quantity="10"), market_value=D(1500))
    lot = Lot(quantity=D(4), cost=D(400))
    assert (lot_price(shares, lot), lot_gain(shares, lot)) == (D(100), D(200))
    option = replace(
        a_position(quantity="2"),
        market_value=D(700),
        instrument=replace(a_position().instrument, multiplier=D(100)),
    )
    one = Lot(quantity=D(1), cost=D(250))
    assert (lot_price(option, one), lot_gain(option, one)) == (D("2.5"), D(100))
    assert lot_price(shares, Lot(quantity=D(4))) is None
    assert lot_gain(replace(shares, quantity=D(0)), lot) is None


def test_buying_power_is_that_for_stocks_else_the_first() -> None:
    base = row().balances[0]
    many = (("option", D(1)), ("stock", D(2)))
    assert row(balances=(replace(base, buying_power=many),)).buying_power == 2
    assert row(balances=(replace(base, buying_power=many[:1]),)).buying_power == 1
    assert row().buying_power is None


def test_environments_never_share_a_total_or_a_holding() -> None:
    live, paper = row("a"), row("b", account={"environment": Environment.PAPER})
    view = look([live, paper], [held(live), held(paper)])
    assert [one.environment for one in view.totals] == [Environment.LIVE, Environment.PAPER]
    assert [len(one.parts) for one in view.holdings] == [1, 1]
    assert all(one.weight == 100 for one in view.holdings)


amounts = st.one_of(st.none(), st.decimals(-(10**12), 10**12, places=4))


@given(st.lists(st.tuples(amounts, amounts, amounts), max_size=30))
def test_what_is_known_and_what_is_left_out_are_everything(figures: list[Any]) -> None:
    one = row()
    rows = [
        held(one, f"S{n}", day_pl=day, open_pl=gain, market_value=worth)
        for n, (day, gain, worth) in enumerate(figures)
    ]
    (total,) = look([one], rows).totals
    known = [day for day, _, _ in figures if day is not None]
    assert total.day.left_out == len(figures) - len(known)
    assert total.day.amount == (sum(known, D(0)) if known or not figures else None)
    gains = [gain for _, gain, _ in figures if gain is not None]
    assert total.cost.unknown == len(figures) - len(gains)
    assert total.cost.gain == (sum(gains, D(0)) if gains else None)


def test_an_asset_type_parts_what_has_one_symbol() -> None:
    one = row()
    coin = replace(a_position().instrument, asset_type=AssetType.CRYPTO)
    view = look([one], [held(one), held(one, instrument=coin)])
    assert [holding.asset_class for holding in view.holdings] == ["US stocks", "Crypto"]
