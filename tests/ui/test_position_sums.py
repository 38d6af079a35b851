"""Sums and percentages below the positions: of what is known, the same however it is grouped."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from support.desk import FakeDesk, sample_figures
from support.ui import NOW, account, position

from brokerdesk.services.amounts import percent
from brokerdesk.ui.models.position_columns import PositionLook, position_columns
from brokerdesk.ui.viewmodels import position_groups as groups
from brokerdesk.ui.viewmodels.state import Figures, PositionRow, TotalRow
from brokerdesk.ui.views.registry import page as spec_of

D = Decimal


def part(key: str, holder: str, **more: object) -> PositionRow:
    return position(key, accounts=(holder,), **more)


def test_a_percentage_of_the_day_needs_the_value_of_all_that_changed() -> None:
    found = groups.sums(
        [position("a", value=D(110), day_pl=D(10)), position("b", value=None, day_pl=D(50))]
    )
    assert (found["day_pl"], found["day_percent"]) == (D(60), None)


def test_a_gain_without_a_value_is_no_less_a_gain() -> None:
    found = groups.sums(
        [position("a", value=D(110), open_pl=D(10)), position("b", value=None, open_pl=D(50))]
    )
    assert (found["open_pl"], found["open_percent"]) == (D(60), None)


def test_the_total_of_one_partly_known_holding_is_its_own_percentage() -> None:
    holding = position(
        "abc",
        value=D(1100),
        open_pl=D(10),
        partial=True,
        children=(
            part("1", "s1", value=D(100), open_pl=D(10)),
            part("2", "s2", value=D(1000), open_pl=None),
        ),
    )
    assert groups.sums([holding])["open_percent"] == percent(D(10), D(90))


def test_what_is_owed_does_not_make_a_gain_look_larger() -> None:
    found = groups.sums(
        [position("a", value=D(110), open_pl=D(10)), position("b", value=D(-80), open_pl=D(10))]
    )
    assert found["open_percent"] == percent(D(20), D(190))


def held() -> Figures:
    """Two holdings over two accounts, one of them not known in full; a third account has cash."""
    whole = position(
        "abc", value=D(220), open_pl=D(30), day_pl=D(4), accounts=("s1", "s2"),
        children=(
            part("s1", "s1", value=D(110), open_pl=D(10), day_pl=D(1)),
            part("s2", "s2", value=D(110), open_pl=D(20), day_pl=D(3)),
        ),
    )  # fmt: skip
    torn = position(
        "def", value=None, open_pl=D(5), day_pl=D(2), partial=True, accounts=("s1", "s2"),
        children=(
            part("s1", "s1", value=D(50), open_pl=D(5), day_pl=D(2)),
            part("s2", "s2", value=None, open_pl=None, day_pl=None),
        ),
    )  # fmt: skip
    euro = position("eur", value=D(70), currency="EUR", accounts=("s1",))
    total = TotalRow(
        environment="live", currency="USD", value=D(1000), accounts=3, oldest=NOW, cash=D(400)
    )
    return replace(
        sample_figures(),
        positions=(whole, torn, euro),
        accounts=(
            account("s1", cash=D(100)), account("s2", cash=D(50)), account("s3", cash=D(230)),
            account("gone", cash=D(9999), counts=False),
        ),
        totals=(
            replace(total, currency="EUR", value=D(90), cash=D(20), accounts=1),
            total,
        ),
    )  # fmt: skip


@pytest.mark.parametrize("by", [groups.ACCOUNT, groups.CLASS])
@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_totals_are_the_same_however_positions_are_grouped(by: str, currency: str) -> None:
    def total(way: str) -> dict[str, Decimal | None]:
        rows = groups.arranged(held(), "live", way)
        return groups.sums(row for row in rows if row.currency == currency)

    found, plain = total(by), total(groups.SYMBOL)
    assert found["value"] == plain["value"] == {"USD": D(670), "EUR": D(90)}[currency]
    assert (found["day_pl"], found["day_percent"]) == (plain["day_pl"], plain["day_percent"])
    assert (found["open_pl"], found["open_percent"]) == (plain["open_pl"], plain["open_percent"])


@pytest.mark.parametrize("by", [groups.SYMBOL, groups.ACCOUNT, groups.CLASS])
def test_the_total_says_how_many_values_are_not_known(by: str) -> None:
    rows = [row for row in groups.arranged(held(), "live", by) if row.currency == "USD"]
    column = next(
        one for one in position_columns(PositionLook(by=by)) if one.title.startswith("Value")
    )
    assert column.total is not None
    assert column.total(rows, NOW).hint == "1 value is not known."


def test_by_account_all_cash_is_there_and_none_of_an_account_that_does_not_count() -> None:
    rows = groups.arranged(held(), "live", groups.ACCOUNT)
    cash = [one for row in rows for one in (row.children or (row,)) if groups.is_cash(one)]
    found = sorted((one.currency, one.value) for one in cash)
    assert found == [
        ("EUR", D(20)),
        ("USD", D(20)),
        ("USD", D(50)),
        ("USD", D(100)),
        ("USD", D(230)),
    ]


def test_every_currency_has_its_line(qtbot: Any) -> None:
    codes = ("AUD", "CAD", "CHF", "EUR", "GBP", "JPY", "USD")
    rows = tuple(position(code, currency=code, value=D(7)) for code in codes)
    desk = FakeDesk(replace(sample_figures(), positions=rows, totals=()))
    page = spec_of("positions").make(desk)
    qtbot.addWidget(page)
    page.resize(1400, 900)
    page.show()
    page.enter()
    seen = [line.currency for line in page.totals.lines if line.isVisible()]  # type: ignore[attr-defined]
    assert seen == list(codes)
