"""The base currency as it is shown: both figures, rate, source and date, and what has none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from support.clock import FakeClock
from support.db import NOON, add_accounts, make_reading, opened
from support.ui import NOW, account, position

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.exchange_rate import DayRates
from brokerdesk.domain.ids import AccountId
from brokerdesk.services import converting
from brokerdesk.services.quoting_holdings import AccountMove
from brokerdesk.services.rates import BANK
from brokerdesk.ui.models.account_columns import ABOUT, Totals, account_columns
from brokerdesk.ui.models.columns import Cell
from brokerdesk.ui.models.position_columns import PositionLook, position_columns
from brokerdesk.ui.privacy import DOTS
from brokerdesk.ui.start import first_figures, pack_figures
from brokerdesk.ui.viewmodels import base_words as words
from brokerdesk.ui.viewmodels import overview as vm
from brokerdesk.ui.viewmodels import position_detail as detail
from brokerdesk.ui.viewmodels import position_groups as groups
from brokerdesk.ui.viewmodels.accounts_head import value_words
from brokerdesk.ui.viewmodels.activity_rows import ActivityRow, sums_of
from brokerdesk.ui.viewmodels.base_rows import moved, rated
from brokerdesk.ui.viewmodels.live_overlay import figures_at
from brokerdesk.ui.viewmodels.overview_accounts import account_parts
from brokerdesk.ui.viewmodels.overview_parts import By, split
from brokerdesk.ui.viewmodels.state import (
    AmountRow,
    ClassRow,
    Figures,
    InBase,
    PartRow,
    PositionRow,
    RateRow,
    TotalRow,
)

D = Decimal
TODAY = date(2026, 11, 20)
EURO = RateRow(currency="EUR", base="USD", value=D("1.20"), source="ECB reference rate", day=TODAY)
OLD = replace(EURO, day=TODAY - timedelta(days=8))


def worth(value: str | None, rate: RateRow | None = EURO, **more: object) -> InBase:
    return InBase(
        currency="USD",
        value=None if value is None else D(value),
        rates=() if rate is None else (rate,),
        **more,  # type: ignore[arg-type]
    )


def figures(**changes: object) -> Figures:
    """A dollar account, one in euros, and francs that nobody can convert."""
    values: dict[str, object] = {
        "totals": (
            TotalRow(environment="live", currency="CHF", value=D(1234), accounts=1, oldest=NOW),
            TotalRow(environment="live", currency="EUR", value=D(100), accounts=1, oldest=NOW,
                     cash=D(10)),
            TotalRow(environment="live", currency="USD", value=D(500), accounts=1, oldest=NOW,
                     cash=D(50)),
        ),
        "combined": (
            TotalRow(
                environment="live", currency="USD", value=D(620), accounts=2, oldest=NOW,
                cash=D(62), day_pl=D(7), rates=(EURO,),
                without=(AmountRow(currency="CHF", amount=D(1234)),),
                parts=(
                    PartRow(currency="EUR", original=D(100), value=D(120), cash=D(12)),
                    PartRow(currency="USD", original=D(500), value=D(500), cash=D(50)),
                ),
            ),
        ),
        "accounts": (
            account("usd", net=D(500), cash=D(50), day_pl=D(1), buying_power=D(9)),
            account("eur", net=D(100), cash=D(10), day_pl=D(5), currency="EUR", buying_power=D(1),
                    worth=worth("120", cash=D(12), day_pl=D(6), buying_power=D("1.2"))),
            account("chf", net=D(1234), cash=None, day_pl=None, currency="CHF",
                    worth=worth(None, None)),
        ),
        "positions": (
            position("usd", value=D(450), day_pl=D(1), open_pl=D(2), weight=D(70)),
            position("eur", value=D(90), day_pl=D(5), open_pl=D(4), currency="EUR", weight=D(17),
                     worth=worth("108", day_pl=D(6), open_pl=D("4.8"))),
            position("chf", value=D(1234), currency="CHF", worth=worth(None, None)),
        ),
        "movers": (
            position("usd", day_pl=D(1)),
            position("eur", day_pl=D(5), currency="EUR", worth=worth("108", day_pl=D(6))),
            position("chf", day_pl=D(99), currency="CHF", worth=worth(None, None)),
        ),
        "classes": (
            ClassRow(environment="live", currency="USD", name="Stocks", value=D(450)),
            ClassRow(environment="live", currency="EUR", name="Stocks", value=D(90)),
            ClassRow(environment="live", currency="USD", name="Stocks", value=D(558),
                     combined=True),
        ),
        "base": "USD",
    }  # fmt: skip
    return Figures(**{**values, **changes})  # type: ignore[arg-type]


def test_both_sides_call_a_rate_old_after_the_same_time() -> None:
    assert timedelta(days=converting.FRESH_DAYS) == words.FRESH


# the Overview


def test_the_total_is_of_all_currencies_and_says_what_it_is_without() -> None:
    hero = vm.hero(figures(), NOW, None, private=False)
    assert hero is not None
    assert (hero.whole, hero.cents) == ("$620", ".00")
    assert hero.caption[0] == "Total value, USD"
    assert hero.caption[-1] == "rates of 20 Nov"
    assert vm.lesser(figures(), private=False) == (
        "with 100.00 EUR, converted",
        "without 1,234.00 CHF: no exchange rate",
    )
    assert not any("34" in line or "100" in line for line in vm.lesser(figures(), private=True))
    assert vm.lesser(figures(), private=True)[0] == f"with {DOTS} EUR, converted"


def test_old_rates_are_told_on_the_day_they_are_used_for() -> None:
    found = figures(combined=(replace(figures().combined[0], rates=(OLD,)),))
    hero = vm.hero(found, NOW, None, private=False)
    assert hero is not None
    assert "converted with rates that are 8 days old" in hero.notes
    then = vm.hero(found, NOW, NOW - timedelta(days=3), private=False)
    assert then is not None
    assert not any("rates" in note for note in then.notes)


def test_movers_and_parts_are_of_the_converted_total() -> None:
    found = vm.movers(figures(), private=False)
    assert [(one.symbol, one.change.amount) for one in found] == [
        ("EUR", "+$6.00"),
        ("USD", "+$1.00"),
    ]
    by_class = split(figures(), By.CLASS)
    assert by_class is not None
    assert [(one.label, one.value) for one in by_class.parts] == [
        ("Stocks", D(558)), ("Cash", D(62)),
    ]  # fmt: skip
    assert by_class.note == "Without CHF."
    by_account = split(figures(), By.ACCOUNT)
    assert by_account is not None
    assert [one.value for one in by_account.parts] == [D(500), D(120)]
    by_currency = split(figures(), By.CURRENCY)
    assert by_currency is not None
    assert [(one.label, one.value) for one in by_currency.parts] == [
        ("USD", D(500)), ("EUR", D(120)),
    ]  # fmt: skip
    assert sum(one.share or 0 for one in by_currency.parts) > D("99.9")


def test_accounts_are_converted_with_what_they_were_before() -> None:
    parts = account_parts(figures())
    assert (parts.converted, parts.buying_power) == (True, D("10.2"))
    totals = Totals(parts.total, parts.buying_power, converted=parts.converted)
    columns = {column.title: column for column in account_columns(totals)}

    def cell(title: str, place: int) -> Cell:
        return columns[title].cell(figures().accounts[place], NOW)

    assert cell("Value", 0).text == "500.00"
    euro = cell("Value", 1)
    assert euro.text == f"{ABOUT}120.00"
    assert euro.spoken == "120.00, converted"
    assert "100.00 EUR" in euro.hint
    assert "1 EUR = 1.2000 USD, ECB reference rate of 20 Nov 2026" in euro.hint
    assert euro.secret
    assert (cell("Original", 1).text, cell("Original", 0).text) == ("100.00 EUR", "")
    assert [cell(name, 1).text for name in ("Day change", "Cash", "Buying power")] == [
        "+6.00", "12.00", "1.20",
    ]  # fmt: skip
    franc = cell("Value", 2)
    assert (franc.text, franc.tone) == ("1,234.00 CHF", "warn")
    assert franc.spoken == "1,234.00 CHF, no exchange rate"
    order = columns["Value"].order
    assert [order(row) for row in figures().accounts[:2]] == [D(500), D(120)]


# the Positions


def cells(row: PositionRow) -> dict[str, Cell]:
    return {column.title: column.cell(row, NOW) for column in position_columns(PositionLook())}


def test_a_foreign_position_shows_both_figures() -> None:
    own, euro, franc = (cells(row) for row in figures().positions)
    assert (own["Value"].text, own["Converted"].text) == ("450.00", "")
    assert (euro["Value"].text, euro["Converted"].text) == ("90.00 EUR", "108.00")
    assert "ECB reference rate of 20 Nov 2026" in euro["Converted"].hint
    assert "108.00 USD" in euro["Value"].hint
    assert (franc["Value"].text, franc["Converted"].text) == ("1,234.00 CHF", "no rate")
    assert franc["Converted"].spoken == "no exchange rate"
    late = replace(figures().positions[1], worth=worth("108", OLD))
    assert cells(late)["Converted"].tone == "warn"
    assert "8 days old" in cells(late)["Converted"].hint


def test_lines_in_other_currencies_add_up_in_the_base_currency() -> None:
    rows = groups.arranged(figures(), "live", groups.SYMBOL)
    together = rated(list(rows))
    assert {row.symbol for row in together} == {"USD", "EUR", "Cash"}
    found = groups.sums(together)
    assert (found["value"], found["day_pl"], found["open_pl"]) == (
        D(450) + D(108) + D(12) + D(50), D(7), D("6.8"),
    )  # fmt: skip
    assert {row.currency for row in together} == {"USD"}
    (cash,) = [row for row in rows if groups.is_cash(row) and row.currency == "EUR"]
    assert cash.worth is not None
    assert (cash.value, cash.worth.value) == (D(10), D(12))


def test_groups_carry_the_worth_of_their_rows() -> None:
    rows = groups.arranged(figures(), "live", groups.ACCOUNT)
    by_class = groups.arranged(figures(), "live", groups.CLASS)
    for one in (*rows, *by_class):
        if groups.is_group(one) and one.currency == "EUR":
            assert one.worth is not None
            assert one.worth.rates == (EURO,)


def test_the_inspector_says_rate_source_and_date() -> None:
    found = {one.label: one for one in detail.values(figures().positions[1], None, NOW)}
    assert found["In USD"].text == "108.00"
    assert found["In USD"].secret
    assert found["Exchange rate"].text == "1 EUR = 1.2000"
    assert found["Rate of"].text == "20 Nov 2026, ECB"
    none = {one.label: one.text for one in detail.values(figures().positions[2], None, NOW)}
    assert none["In USD"] == "no exchange rate"
    assert "In USD" not in {one.label for one in detail.values(figures().positions[0], None, NOW)}


def test_a_rate_is_written_in_six_digits() -> None:
    yen = replace(EURO, currency="JPY", value=D("0.0067638483965014577"))
    assert words.figure(yen) == "0.00676385"
    assert words.figure(replace(EURO, value=D("15804.41"))) == "15,804.4100"
    assert words.figure(EURO) == "1.2000"


# Accounts and Activity


def test_an_account_says_what_it_comes_to_in_all() -> None:
    from support.overview import a_detail

    shown = a_detail(balances=(
        Balance(currency="USD", net_liquidation=D(100)),
        Balance(currency="EUR", net_liquidation=D(10)),
    ))  # fmt: skip
    row = account(worth=worth("112"))
    told = value_words(shown, row, private=False).rest
    assert told.startswith("and 10.00 EUR · in all 112.00 USD (1 EUR = 1.2000 USD, ECB")
    assert "112" not in value_words(shown, row, private=True).rest


def entry(currency: str, amount: str, rate: RateRow | None = None, **more: object) -> ActivityRow:
    values: dict[str, object] = {
        "key": f"{currency}{amount}", "time": NOW, "account": "a", "title": "A",
        "kind": "deposits", "words": "Deposit", "symbol": "", "name": "", "description": "",
        "quantity": None, "price": None, "fees": None, "amount": D(amount), "currency": currency,
        "settles": None, "order": "", "raw_type": "", "number": "1", "identifiers": (),
        "rate": rate, "base": "" if currency == "USD" else "USD",
    }  # fmt: skip
    return ActivityRow(**{**values, **more})  # type: ignore[arg-type]


def test_sums_of_activity_are_in_the_base_currency_and_the_unrated_apart() -> None:
    later = replace(EURO, value=D("1.30"))
    rows = [entry("USD", "100"), entry("EUR", "10", EURO), entry("EUR", "10", later),
            entry("CHF", "7")]  # fmt: skip
    found = {(one.label, one.currency): (one.amount, one.converted) for one in sums_of(rows)}
    assert found == {
        ("Deposits", "USD"): (D(125), True), ("Deposits", "CHF"): (D(7), False),
        ("Net", "USD"): (D(125), True), ("Net", "CHF"): (D(7), False),
    }  # fmt: skip
    alone = {(one.label, one.currency): one.amount for one in sums_of(rows[1:3])}
    assert alone == {("Deposits", "EUR"): D(20), ("Net", "EUR"): D(20)}


def test_fees_of_a_converted_trade_are_converted_too() -> None:
    rows = [
        entry("USD", "1"),
        entry("EUR", "-101", EURO, kind="trades", words="Buy", fees=D(1)),
    ]
    found = {one.label: one.amount for one in sums_of(rows)}
    assert (found["Fees"], found["Bought"]) == (D("-1.2"), D(-120))


# live prices


def test_a_newer_price_moves_the_converted_figure_by_the_same_rate() -> None:
    before = figures().positions[1]
    after = moved(before, replace(before, value=D(95), day_pl=D(10), open_pl=D(9)))
    assert after.worth is not None
    assert (after.worth.value, after.worth.day_pl, after.worth.open_pl) == (
        D(114),
        D(12),
        D("10.8"),
    )
    own = figures().positions[0]
    assert moved(own, replace(own, value=D(1))).worth is None
    whole = replace(before, children=(replace(before, key="x"), replace(before, key="y")))
    children = (after, whole.children[1])
    together = moved(whole, replace(whole, children=children))
    assert together.worth is not None
    assert together.worth.value == D(114) + D(108)


def test_totals_of_all_currencies_follow_live_prices() -> None:
    move = AccountMove(
        account=AccountId("eur"), net=D(100), currency="EUR", value=D(5), day=D(1), priced=1,
        count=2, stale=0, at=NOW,
    )  # fmt: skip
    found = figures_at(figures(), {}, {"eur": move})
    total, account_row = found.combined[0], found.accounts[1]
    assert account_row.worth is not None
    assert (account_row.net, account_row.worth.value) == (D(105), D(126))
    assert (total.value, total.day_pl) == (D(626), D("8.2"))
    assert found.totals[1].value == D(105)
    assert found.totals[2].value == D(500)


# the first picture


def test_another_base_currency_does_not_start_with_the_packed_picture(tmp_path: Path) -> None:
    with opened(tmp_path, clock=FakeClock(NOON)) as database:
        database.run_sync(add_accounts)
        rates = DayRates(day=NOON.date(), per_euro=(("USD", D("1.2")),))

        def write(work: object) -> None:
            work.snapshots.store(make_reading())  # type: ignore[attr-defined]
            work.rates.put(BANK, [rates])  # type: ignore[attr-defined]

        database.run_sync(write)
        own = first_figures(database.path, NOON)
        stamp = database.read_sync(lambda work: work.start.stamp())
        text = pack_figures(own, NOON)
        assert database.run_sync(lambda work: work.start.keep(text, stamp))
        assert first_figures(database.path, NOON).complete is False
        euro = first_figures(database.path, NOON, "EUR")
        assert (euro.complete, euro.base, euro.chosen_base) == (True, "EUR", "EUR")
        assert own.combined == ()
        assert euro.combined[0].currency == "EUR"
        value = euro.combined[0].value
        assert value is not None
        assert abs(value * D("1.2") - (own.totals[0].value or D(0))) < D("1E-20")
