"""Sums and percentages that mix what is known with what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from support.services import a_position, an_account

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.services.amounts import percent
from brokerdesk.services.portfolio_sketch import Draft
from brokerdesk.services.portfolio_view import AccountRow, PositionRow, assemble

D = Decimal
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
NUMBERS = {"a": "11112222", "b": "33334444"}


def balance(net: str | None, cash: str | None = "0", currency: str = "USD") -> Balance:
    return Balance(
        currency=currency,
        cash=None if cash is None else D(cash),
        net_liquidation=None if net is None else D(net),
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


def look(accounts: list[AccountRow], positions: list[PositionRow], **more: Any) -> Any:
    return assemble(
        taken_at=NOW, as_of=None, connections=(), accounts=accounts, positions=positions, **more
    )


def test_a_total_s_percentage_of_the_day_is_of_the_accounts_that_changed() -> None:
    a, b = row("a", balance("1000")), row("b", balance(None))
    view = look([a, b], [held(a, "A", day_pl=D(10)), held(b, "B", day_pl=D(500))])
    (total,) = view.totals
    assert (total.net_liquidation, total.missing) == (1000, 1)
    # b's change is no part of what a was worth: 510 of 490 would be wrong.
    assert total.day.amount == 510
    assert total.day.percent is None
    known = look([a, b], [held(a, "A", day_pl=D(10))]).totals[0]
    assert known.day.percent == percent(D(10), D(990))


def test_positions_in_a_currency_without_a_balance_do_not_swell_another_account_s_percentage() -> (
    None
):
    a, b = row("a", balance("1000")), row("b", balance("100", currency="EUR"))
    view = look([a, b], [held(a, "A", "EUR", day_pl=D(50)), held(b, "B", "EUR", day_pl=D(1))])
    euro = next(one for one in view.totals if one.currency == "EUR")
    assert euro.net_liquidation == 100
    assert euro.day.percent is None


def test_of_an_account_out_of_scope_nothing_is_said_of_the_day() -> None:
    a, b = row("a", balance("1000")), row("b", balance("2000"))
    # Its positions were not even read.
    view = look([a, b], [held(a, "A", day_pl=D(10))], scope={a.id})
    inside, outside = view.everyone
    assert inside.day.amount == 10
    assert outside.day.amount is None
    assert outside.day.percent is None


def test_a_sketch_says_the_same() -> None:
    a, b = row("a", balance("1000")), row("b", balance(None))
    one, other = held(a, "A", day_pl=D(10)), held(b, "B", day_pl=D(500))
    draft = Draft(None)
    rows = [draft.add(a, [one]), draft.add(b, [other])]
    found = draft.sketch(taken_at=NOW, connections=(), accounts=rows, movers=(), facts={})
    assert found.view.totals == look([a, b], [one, other]).totals
    assert Draft({a.id}).add(b, []).day.amount is None
