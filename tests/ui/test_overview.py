"""What the Overview says, without a widget."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from support.desk import extreme_figures, sample_figures
from support.overview import FakeHistories, a_history
from support.ui import HOSTILE, NOW, account, connection, position

from brokerdesk.errors import StorageError
from brokerdesk.ui.models.account_columns import as_of
from brokerdesk.ui.privacy import DOTS
from brokerdesk.ui.viewmodels import overview as vm
from brokerdesk.ui.viewmodels import overview_notices as needs
from brokerdesk.ui.viewmodels.overview_accounts import account_parts
from brokerdesk.ui.viewmodels.overview_clock import Bar, clock_rows
from brokerdesk.ui.viewmodels.overview_history import HistoryFeed
from brokerdesk.ui.viewmodels.overview_parts import ELSEWHERE, MOST_PARTS, By, split
from brokerdesk.ui.viewmodels.state import (
    ClassRow,
    Figures,
    Mark,
    Message,
    Query,
    TotalRow,
)

D = Decimal
SATURDAY = datetime(2026, 11, 21, 15, tzinfo=UTC)


def total(currency: str = "USD", environment: str = "live", **changes: object) -> TotalRow:
    values: dict[str, object] = {
        "environment": environment, "currency": currency, "value": D("1204.50"), "accounts": 1,
        "oldest": NOW - timedelta(seconds=12),
    }  # fmt: skip
    return TotalRow(**{**values, **changes})  # type: ignore[arg-type]


def the_hero(figures: Figures, **more: object) -> vm.Hero:
    options: dict[str, object] = {"private": False, **more}
    found = vm.hero(figures, NOW, options.pop("past", None), **options)  # type: ignore[arg-type]
    assert found is not None
    return found


# the total


def test_the_total_stands_with_its_cents_apart_and_its_oldest_figure() -> None:
    hero = the_hero(sample_figures())
    assert (hero.whole, hero.cents) == ("$943,590", ".17")
    assert hero.caption == ("Total value, USD", "oldest figure 18 Nov 09:42 ET")
    assert hero.change is not None
    assert (hero.change.glyph, hero.change.amount, hero.change.percent) == (
        "▲",
        "+$2,238.85",
        "+0.24%",
    )
    assert (hero.change.tone, hero.when) == ("gain", "today")
    assert hero.notes == ("leaves out 1 position without a change",)
    assert "up $2,238.85, 0.24 percent today" in hero.spoken


def test_a_loss_and_no_change_say_so_by_sign_and_shape() -> None:
    down = vm.change_words(D("-1063.3"), D("-0.5"), "USD", private=False)
    assert (down.glyph, down.amount, down.percent, down.tone) == (
        "▼",
        "−$1,063.30",
        "−0.50%",
        "loss",
    )
    none = vm.change_words(D("0.004"), D("0"), "USD", private=False)
    assert (none.glyph, none.amount, none.tone, none.spoken) == ("", "$0.00", "text", "unchanged")


def test_an_unknown_total_is_no_data_and_has_no_change() -> None:
    hero = the_hero(Figures(totals=(total(value=None, oldest=None),)))
    assert (hero.whole, hero.cents, hero.change) == ("no data", "", None)
    assert hero.caption == ("Total value, USD",)


def test_a_first_reading_says_how_many_accounts_are_read() -> None:
    hero = the_hero(Figures(totals=(total(value=None, accounts=3),)), reading=True)
    assert hero.notes == ("Reading 3 accounts for the first time.",)


def test_real_money_leads_whatever_the_order_then_the_currency_of_most_accounts() -> None:
    rows = (
        total(environment="practice", accounts=9),
        total("EUR"),
        total("USD", accounts=2),
        total(environment="paper", accounts=5),
    )
    assert vm.leading(Figures(totals=rows)) is rows[2]
    assert vm.leading(Figures(totals=rows[:1])) is rows[0]
    assert vm.leading(Figures()) is None


def test_other_currencies_and_other_money_are_lines_of_their_own() -> None:
    rows = (total("USD", accounts=2), total("EUR"), total(environment="paper", accounts=2))
    assert vm.lesser(Figures(totals=rows), private=False) == (
        "and 1,204.50 EUR in 1 account",
        "apart from paper money: $1,204.50 in 2 accounts",
    )
    hidden = vm.lesser(Figures(totals=rows), private=True)
    assert all(DOTS in line and "1,204" not in line for line in hidden)


def test_one_simulated_account_has_its_row_in_the_table_and_no_line() -> None:
    assert vm.lesser(sample_figures(), private=False) == ()


def test_practice_alone_is_called_practice() -> None:
    hero = the_hero(Figures(totals=(total(environment="practice"),)))
    assert hero.caption[0] == "Practice value, USD"


def test_a_total_says_what_it_leaves_out() -> None:
    figures = Figures(
        totals=(total(accounts=3, left_out=1),),
        accounts=(
            account("a"),
            account("b", counts=False),
            account("c", counts=False, closed=True),
        ),
    )
    assert the_hero(figures).notes == ("1 of 3 accounts without a value",)
    counted = replace(figures, totals=(total(accounts=1),))
    assert the_hero(counted).notes == ("1 account not connected, left out",)


def test_a_past_moment_is_named_and_its_ages_are_dates() -> None:
    past = datetime(2026, 8, 14, 20, 0, tzinfo=UTC)
    figures = Figures(
        totals=(total(oldest=past - timedelta(seconds=5), day_pl=D(1)),),
        accounts=(account(as_of=past),),
    )
    hero = the_hero(figures, past=past)
    assert hero.caption[1:] == (
        "Snapshot of 14 Aug 2026 16:00 ET",
        "oldest figure 14 Aug 2026 15:59 ET",
    )
    assert hero.when == "on 14 Aug"


@pytest.mark.parametrize(
    ("at", "now", "words"),
    [
        (datetime(2026, 11, 20, 15, tzinfo=UTC), NOW, "today"),
        # On a Saturday the change is still Friday's.
        (SATURDAY, SATURDAY + timedelta(hours=1), "on 20 Nov"),
        (datetime(2026, 11, 18, 15, tzinfo=UTC), NOW, "on 18 Nov"),
        (datetime(2025, 11, 18, 15, tzinfo=UTC), NOW, "on 18 Nov 2025"),
    ],
)  # fmt: skip
def test_the_day_of_the_change_is_named(at: datetime, now: datetime, words: str) -> None:
    figures = Figures(totals=(total(),), accounts=(account(as_of=at),))
    assert vm.day_words(figures, figures.totals[0], now, None) == words


def test_private_leaves_no_digit_of_an_amount_and_keeps_percentages() -> None:
    figures = sample_figures()
    hero = the_hero(figures, private=True)
    assert (hero.whole, hero.cents) == (DOTS, "")
    assert hero.change is not None
    assert (hero.change.amount, hero.change.percent) == (DOTS, "+0.24%")
    assert "943" not in hero.spoken
    assert "2,238" not in hero.spoken
    assert all(row.change.amount == DOTS for row in vm.movers(figures, private=True))


def test_blocks_are_cash_and_profit_and_nothing_that_nobody_reported() -> None:
    cash, profit = vm.blocks(sample_figures())
    assert (cash.label, cash.value, cash.caption) == ("Cash", "$69,105.17", "7.3% of total")
    assert (profit.label, profit.value) == ("Unrealized P/L", "+$208,933.75")
    assert (profit.caption, profit.tone) == ("cost known for 86.2%", "gain")
    assert vm.blocks(Figures(totals=(total(),))) == ()
    assert vm.blocks(Figures()) == ()


def test_a_cost_that_is_nearly_known_is_not_called_known() -> None:
    (block,) = vm.blocks(Figures(totals=(total(open_pl=D(1), cost_known=D("99.99")),)))
    assert block.caption == "cost known for 99.9%"
    (block,) = vm.blocks(Figures(totals=(total(open_pl=D(1), cost_known=D(100)),)))
    assert block.caption == "cost known for all"


def test_cash_of_a_total_below_zero_has_no_share() -> None:
    (block,) = vm.blocks(Figures(totals=(total(value=D(-5), cash=D(10)),)))
    assert block.caption == ""


# movers


def test_movers_are_the_largest_of_the_leading_money_gains_first() -> None:
    rows = vm.movers(sample_figures(), private=False)
    assert [row.symbol for row in rows][:2] == ["NVDA", "VOO"]
    assert [row.change.tone for row in rows] == ["gain"] * 4 + ["loss"] * 2
    few = vm.movers(sample_figures(), private=False, most=2)
    assert [row.symbol for row in few] == ["NVDA", "VOO"]


def test_other_money_other_currencies_and_unknown_changes_are_no_movers() -> None:
    figures = sample_figures(
        movers=(
            position("eur", currency="EUR", day_pl=D(9)),
            position("paper", environment="paper", day_pl=D(9)),
            position("none", day_pl=None),
            position("still", day_pl=D(0)),
            position(HOSTILE[1], symbol=HOSTILE[1], day_pl=D("-1"), day_percent=None),
        )
    )
    (row,) = vm.movers(figures, private=False)
    assert "\u202e" not in row.symbol
    assert (row.change.amount, row.change.percent) == ("−$1.00", "")


# what needs the user


def test_notices_keep_their_buttons_and_a_held_answer_is_reviewed_at_its_account() -> None:
    first, second, third = needs.notices(sample_figures().messages, None)
    assert first.title == "Vanguard …1190: sign in again"
    assert (first.picture, first.tone) == ("error", "loss")
    assert first.actions[0].id == "sign_in:c-Vanguard"
    assert [(one.id, one.label) for one in second.actions] == [("go:accounts:f1", "Review")]
    assert third.picture == "clock"


def test_a_past_moment_needs_nobody_now() -> None:
    assert needs.notices(sample_figures().messages, NOW) == ()
    past = Message(key="past", kind="past", title="Viewing", text="")
    assert needs.notices((past,), None) == ()


def test_a_long_name_of_a_connection_is_cut_in_the_attention_list_and_whole_in_its_tip() -> None:
    name = "Grandmother " * 16 + "trust"
    row = connection("c9", title=name)
    title = f"{name}: sign in again."
    ended = Message(key="sign_in:c9", kind="error", title=title, text=f"{name}.")
    (told,) = needs.notices((ended,), None, (row,))
    assert told.title.endswith("…: sign in again")
    assert len(told.title) < 70
    assert len(told.text) < 60
    assert told.hint == name
    (plain,) = needs.notices((ended,), None)
    assert (plain.hint, plain.text) == ("", f"{name}.")


def test_hostile_words_are_tame() -> None:
    for row in needs.notices(extreme_figures().messages, None):
        assert not {"\u202e", "\n", "\x00"} & set(row.title + row.text)


def test_an_account_that_fell_silent_is_named_with_its_day() -> None:
    (row,) = needs.silent_notices((("a1", 739000), ("gone", 739000)), (account("a1"),))
    assert row.title == "Broker …4821 Individual: no value since 24 Apr 2024"
    assert row.actions[0].id == "refresh:c1"
    (row,) = needs.silent_notices((("a1", 739000),), (account("a1", connection=""),))
    assert row.actions == ()


def test_a_history_that_cannot_be_read_says_why() -> None:
    assert "The file is damaged." in needs.history_failed(StorageError("The file is damaged.", "x"))
    assert needs.history_failed(ValueError("x")) == "The history could not be read."


# the clock


def test_the_clock_counts_down_on_a_scale_of_a_week() -> None:
    schwab, ibkr, alpaca, snap, plaid = clock_rows(sample_figures().connections, NOW)
    assert (schwab.left, schwab.tone, schwab.strong) == ("1 d 6 h", "warn", True)
    assert schwab.share == pytest.approx(30 / 168)
    assert (ibkr.left, ibkr.tone) == ("1 d 13 h · Sun 00:42 ET", "text2")
    assert (alpaca.left, alpaca.bar, alpaca.share) == ("No expiry", Bar.FULL, 1.0)
    assert (snap.left, snap.bar, snap.age) == ("No fixed date", Bar.DASHED, "data kept")
    assert (plaid.left, plaid.tone, plaid.share) == ("Sign in now", "loss", 0.0)
    assert plaid.action == "sign_in:c-Vanguard"
    assert schwab.spoken == "Schwab, up to date, 12 s ago, 1 d 6 h to next sign-in"


@pytest.mark.parametrize(
    ("ends", "left", "tone"),
    [
        (timedelta(0), "Sign in now", "loss"),
        (timedelta(seconds=-1), "Sign in now", "loss"),
        (timedelta(hours=36), "1 d 12 h · Sat 23:42 ET", "text2"),
        (timedelta(hours=35, minutes=59), "1 d 11 h", "warn"),
        (timedelta(days=30), "30 d · 20 Dec 2026 11:42 ET", "text2"),
    ],
)
def test_the_clock_at_its_borders(ends: timedelta, left: str, tone: str) -> None:
    (row,) = clock_rows((connection(sign_in_ends=NOW + ends),), NOW)
    assert (row.left, row.tone) == (left, tone)
    assert 0 <= row.share <= 1


def test_a_connection_that_was_never_read_or_is_being_read_says_so() -> None:
    never, reading = clock_rows(
        (connection("a", last_success=None, mark=Mark.SAVED), connection("b", progress=0.5)), NOW
    )
    assert (never.age, reading.age) == ("never read", "reading")


# the parts


def test_the_total_by_class_has_its_cash_and_shares_of_the_whole() -> None:
    found = split(sample_figures(), By.CLASS)
    assert found is not None
    assert [part.label for part in found.parts][:2] == ["US stocks", "US stock funds"]
    assert "Cash" in [part.label for part in found.parts]
    assert sum(part.share or D(0) for part in found.parts) == pytest.approx(D(100))
    assert found.note == ""


def test_what_a_split_lacks_is_said() -> None:
    figures = Figures(
        totals=(total(accounts=2), total("EUR")),
        classes=(
            ClassRow(environment="live", currency="USD", name="Bonds", value=D(5), unknown=2),
        ),
    )
    found = split(figures, By.CLASS)
    assert found is not None
    assert found.note == "2 positions without a value left out. Without EUR."


def test_the_total_by_account_leaves_simulated_and_uncounted_ones_out() -> None:
    found = split(sample_figures(), By.ACCOUNT)
    assert found is not None
    assert "account:p1" not in [part.key for part in found.parts]
    assert len(found.parts) == 6


def test_by_account_the_parts_add_up_to_the_total_whatever_else_an_account_holds() -> None:
    """An account in euros that holds dollars, too, has a part of the total in dollars."""
    accounts = (account("a", net=D(600)), account("b", net=D(300), currency="EUR"))
    totals = (total(value=D(1000), accounts=2), total("EUR", value=D(300)))
    found = split(Figures(totals=totals, accounts=accounts), By.ACCOUNT)
    assert found is not None
    shown = [(one.label, one.value, one.share) for one in found.parts]
    assert shown == [(accounts[0].title, D(600), D(60)), (ELSEWHERE, D(400), D(40))]


def test_many_accounts_are_folded_and_nothing_is_lost() -> None:
    accounts = tuple(account(f"a{n}", net=D(n)) for n in range(1, 51))
    found = split(Figures(totals=(total(accounts=50),), accounts=accounts), By.ACCOUNT)
    assert found is not None
    assert len(found.parts) == MOST_PARTS
    assert found.parts[-1].label == "41 more"
    assert sum(part.value or D(0) for part in found.parts) == sum(range(51))


def test_a_large_debt_is_not_folded_away() -> None:
    accounts = tuple(account(f"a{n}", net=D(n)) for n in range(1, 20))
    owed = account("owed", net=D(-1000))
    found = split(Figures(totals=(total(accounts=20),), accounts=(*accounts, owed)), By.ACCOUNT)
    assert found is not None
    assert "account:owed" in [part.key for part in found.parts]
    assert found.parts[-1].key == "rest"


def test_currencies_are_not_converted_and_have_no_shares_together() -> None:
    found = split(extreme_figures(), By.CURRENCY)
    assert found is not None
    assert [(part.currency, part.share) for part in found.parts] == [
        ("USD", None),
        ("EUR", None),
        ("JPY", None),
    ]
    alone = split(sample_figures(), By.CURRENCY)
    assert alone is not None
    assert [(part.label, part.share) for part in alone.parts] == [("USD", D(100))]
    assert split(Figures(), By.CURRENCY) is None


# the table


def test_simulated_accounts_stand_apart_and_out_of_the_totals_row() -> None:
    parts = account_parts(sample_figures())
    assert [row.key for row in parts.apart] == ["p1"]
    assert len(parts.counted) == 6
    assert parts.buying_power == D("290026.88")
    assert parts.total is not None
    assert parts.total.value == D("943590.17")


def test_without_totals_every_account_is_listed() -> None:
    parts = account_parts(Figures(accounts=(account(),)))
    assert (len(parts.counted), parts.total, parts.buying_power) == (1, None, None)


# the history


class Port:
    """Keeps what is asked until it is answered by hand."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.done: list[tuple[object, object]] = []

    def daily(  # type: ignore[no-untyped-def]
        self, environment, currency, accounts, done, failed, *, together=False
    ):
        self.asked.append((environment, currency, accounts))
        self.done.append((done, failed))

    def day(  # type: ignore[no-untyped-def]
        self, environment, currency, accounts, day, until, done, failed, *, together=False
    ):
        self.asked.append((environment, currency, accounts, day, until))
        self.done.append((done, failed))


def test_one_reading_runs_at_a_time_and_what_came_meanwhile_is_one_more() -> None:
    port = Port()
    feed = HistoryFeed(port)
    shown: list[object] = []
    feed.shown.connect(lambda history, _today: shown.append(history))
    figures = sample_figures()
    feed.follow(figures, Query(), NOW)
    feed.follow(figures, Query(), NOW)
    for extra in (1, 2, 3):
        first, *rest = figures.totals
        grown = replace(first, value=(first.value or D(0)) + extra)
        feed.follow(replace(figures, totals=(grown, *rest)), Query(), NOW)
    assert len(port.asked) == 1
    history = a_history()
    port.done[0][0](history)  # type: ignore[operator]
    assert len(port.asked) == 2
    port.done[1][0](history)  # type: ignore[operator]
    assert len(port.asked) == 2
    assert shown == [history, history]


def test_while_a_refresh_runs_the_same_history_is_read_seldom_and_its_end_is_not_missed() -> None:
    port = Port()
    feed = HistoryFeed(port)
    figures = sample_figures()

    def reads(value: int, seconds: float, *, ended: bool = False, scope: str = "") -> int:
        first, *rest = figures.totals
        grown = replace(figures, totals=(replace(first, value=D(value)), *rest))
        before, query = len(port.asked), Query(scope=(scope,) if scope else ())
        feed.follow(grown, query, NOW + timedelta(seconds=seconds), refreshing=not ended)
        if len(port.asked) > before:
            port.done[-1][0](a_history())  # type: ignore[operator]
        return len(port.asked) - before

    assert reads(1, 0) == 1
    assert [reads(2, 1), reads(3, 9)] == [0, 0]
    assert reads(3, 10.5) == 1
    assert reads(4, 11) == 0
    assert reads(4, 11.5, scope="other") == 1  # another history is read at once
    assert reads(4, 12) == 1
    assert reads(5, 12.5) == 0
    assert reads(5, 13, ended=True) == 1
    assert reads(5, 14, ended=True) == 0


def test_an_answer_for_another_moment_is_not_shown() -> None:
    port = Port()
    feed = HistoryFeed(port)
    shown: list[object] = []
    feed.shown.connect(lambda history, _today: shown.append(history))
    feed.follow(sample_figures(), Query(), NOW)
    past = NOW - timedelta(days=90)
    feed.follow(sample_figures(), Query(as_of=past), NOW)
    port.done[0][0](a_history())  # type: ignore[operator]
    assert shown == []
    port.done[1][0](a_history())  # type: ignore[operator]
    assert len(shown) == 1


def test_a_day_is_asked_for_up_to_the_past_moment() -> None:
    port = Port()
    feed = HistoryFeed(port)
    feed.want_day()
    assert port.asked == []
    past = datetime(2026, 8, 14, 20, 0, tzinfo=UTC)
    feed.follow(sample_figures(), Query(as_of=past, scope=("s1",)), NOW)
    feed.want_day()
    assert port.asked[-1] == ("live", "USD", ("s1",), past.date(), past)


def test_after_a_failure_or_a_restart_it_asks_again() -> None:
    port = Port()
    feed = HistoryFeed(port)
    failures: list[object] = []
    feed.failed.connect(failures.append)
    feed.follow(sample_figures(), Query(), NOW)
    error = StorageError("Damaged.", "x")
    port.done[0][1](error)  # type: ignore[operator]
    assert failures == [error]
    feed.follow(sample_figures(), Query(), NOW)
    assert len(port.asked) == 2
    feed.restart()
    feed.follow(sample_figures(), Query(), NOW)
    assert len(port.asked) == 3


def test_the_fake_histories_answer_as_the_service_is_called() -> None:
    assert len(FakeHistories().history) == 200


@pytest.mark.parametrize(
    ("stale", "ago", "text"),
    [
        ("damaged", timedelta(days=20), "damaged, 31 Oct"),
        ("kept", timedelta(days=400), "kept"),
        ("kept", timedelta(minutes=12), "kept, 12 min ago"),
        ("old", timedelta(days=3), "17 Nov 11:42 ET"),
    ],
)
def test_the_word_for_old_figures_fits_its_column(stale: str, ago: timedelta, text: str) -> None:
    row = account("a", stale=stale, mark=Mark.FAILED, as_of=NOW - ago, fetched_at=NOW - ago)
    cell = as_of(row, NOW)
    assert cell.text == text
    assert "Figures of" in cell.hint
    assert stale in cell.spoken
