"""What the Accounts page says and asks, without a widget."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.desk import sample_figures
from support.overview import (
    FakeAccounts,
    a_card,
    a_detail,
    a_position,
    an_entry,
    another,
)
from support.ui import HOSTILE, NOW, account, connection

from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.reading import Unread
from brokerdesk.errors import StorageError
from brokerdesk.services.account_detail import HeldBack
from brokerdesk.ui.privacy import DOTS
from brokerdesk.ui.viewmodels import accounts_detail as facts
from brokerdesk.ui.viewmodels import accounts_head as heads
from brokerdesk.ui.viewmodels.accounts import SPANS, AccountsViewModel
from brokerdesk.ui.viewmodels.accounts_list import list_rows, spoken
from brokerdesk.ui.viewmodels.accounts_notices import SHOW_UNREAD, notices
from brokerdesk.ui.viewmodels.state import Action, Figures, Mark, Message

D = Decimal
PAST = datetime(2026, 8, 14, 20, 0, tzinfo=UTC)


# the list


def test_accounts_stand_under_their_connection_with_those_that_are_not_read() -> None:
    rows = list_rows(sample_figures(), (another(connection="c-Schwab"),), NOW, None)
    assert [row.title for row in rows[:4]] == [
        "Schwab",
        "Schwab …4821 Individual",
        "Schwab …7730 Roth IRA",
        "Schwab …0042 Kids",
    ]
    assert rows[0].heading
    assert (rows[1].value, rows[1].below, rows[1].mark) == ("245,173.98 USD", "12 s ago", Mark.LIVE)
    assert (rows[3].below, rows[3].value, rows[3].amount) == ("Left out, not read", "", None)
    paper = next(row for row in rows if row.key == "p1")
    assert paper.tag == ("PAPER", "paper")


def test_states_are_words_too() -> None:
    figures = Figures(
        accounts=(
            account("a", stale="kept", mark=Mark.SUSPECT, as_of=NOW - timedelta(minutes=12)),
            account("b", as_of=None, fetched_at=None, net=None),
            account("c", counts=False, connection=""),
            account("d", stale="old", mark=Mark.SIGN_IN, as_of=NOW - timedelta(days=2)),
        ),
        connections=(connection(title="Broker"),),
    )
    said = {row.key: (row.below, row.tone) for row in list_rows(figures, (), NOW, None) if row.key}
    assert said == {
        "a": ("12 min ago · kept", "warn"),
        "b": ("Never read", "text3"),
        "c": ("0 s ago · not connected", "text3"),
        "d": ("18 Nov 11:42 ET · old", "loss"),
    }


def test_those_without_a_connection_come_last_and_none_is_lost() -> None:
    figures = Figures(
        accounts=(account("a", connection=""), account("b", connection="unknown")),
        connections=(connection("c9", title="Empty"),),
    )
    rows = list_rows(figures, (another(connection="", offered=False),), NOW, None)
    assert [row.title for row in rows if row.heading] == ["Other", "Not connected"]
    assert {row.key for row in rows if row.key} == {"a", "b", "schwab:9"}


def test_a_past_moment_lists_what_was_read_then() -> None:
    rows = list_rows(sample_figures(), (another(),), NOW, PAST)
    assert "schwab:9" not in [row.key for row in rows]


def test_lines_are_read_out_with_their_state() -> None:
    rows = list_rows(sample_figures(), (another(offered=True),), NOW, None)
    by_key = {row.key: row for row in rows}
    assert spoken(by_key["f1"], value="hidden") == (
        "Fidelity …3306 401(k), hidden, 12 min ago · kept, last good figures kept"
    )
    assert spoken(by_key["p1"], value="99,997.50 USD").startswith("Paper, Alpaca …P7QX")
    assert by_key["schwab:9"].below == "New at your broker, not read"


# the facts


def fact(sections: tuple[facts.Section, ...], label: str) -> facts.Fact:
    return next(one for section in sections for one in section.facts if one.label == label)


def test_every_figure_and_flag_is_there_and_nothing_unknown_is_zero() -> None:
    found = facts.sections(a_detail(), "Schwab", NOW, None)
    assert [section.title for section in found] == [
        "Balances, USD",
        "Flags",
        "Freshness",
        "Account",
    ]
    assert fact(found, "Total value").value == "300.00"
    assert fact(found, "Buying power, stock").value == "190.00"
    assert fact(found, "accruedInterest").value == "7.25"
    assert fact(found, "Settled cash").value == "no data"
    assert not fact(found, "Settled cash").secret
    assert fact(found, "Margin").value == "yes"
    assert (fact(found, "Trading").value, fact(found, "Trading").tone) == ("blocked", "warn")
    assert fact(found, "Closing only").value == "not reported"
    assert fact(found, "Day trades counted").value == "not reported"
    assert fact(found, "Institution").value == "Held & Kept"
    assert fact(found, "Tax status").value == "Taxable"
    assert fact(found, "Figures as of").value == "20 Nov 2026 11:42 ET (12 s ago)"


def test_zero_and_no_are_answers() -> None:
    flags = AccountFlags(margin=False, day_trades=0, trading_blocked=False)
    detail = a_detail(
        card=a_card(flags=flags),
        balances=(Balance(currency="USD", cash=D(0), net_liquidation=D("-0.001")),),
    )
    found = facts.sections(detail, "Schwab", NOW, None)
    assert [fact(found, one).value for one in ("Cash", "Total value", "Margin", "Trading")] == [
        "0.00",
        "0.00",
        "no",
        "allowed",
    ]
    assert fact(found, "Day trades counted").value == "0"


def test_a_name_that_comes_twice_loses_nothing() -> None:
    others = (("Cash", D(1)), ("x", D(2)), ("x", D(3)), (HOSTILE[1], D(4)))
    detail = a_detail(balances=(Balance(currency="USD", cash=D(9), others=others),))
    labels = [one.label for one in facts.sections(detail, "S", NOW, None)[0].facts]
    assert len(set(labels)) == len(labels)
    assert {"Cash", "Cash (2)", "x", "x (2)"} <= set(labels)
    assert not any("\u202e" in label for label in labels)


def test_each_currency_has_its_section() -> None:
    balances = (Balance(currency="USD", cash=D(1)), Balance(currency="EUR", cash=D(2)))
    found = facts.sections(a_detail(balances=balances), "S", NOW, None)
    assert [one.title for one in found[:2]] == ["Balances, USD", "Balances, EUR"]


def test_unread_records_are_listed_with_our_sentence() -> None:
    unread = (
        Unread(where="positions[3]", reason="No quantity.", label="XYZ"),
        Unread(where="positions[4]", reason=HOSTILE[0]),
    )
    section = facts.unread_section(unread)
    assert [(one.label, one.value) for one in section.facts] == [
        ("1. XYZ", "No quantity."),
        ("2. position 5", HOSTILE[0]),
    ]


def line(detail: object, *, private: bool = False) -> tuple[str, str]:
    return facts.sum_line(detail.sums[0], private=private)  # type: ignore[attr-defined]


def test_the_total_is_added_up_in_one_line() -> None:
    assert line(a_detail()) == (
        "Broker’s total 300.00 = cash 95.00 + positions 205.00 + residual 0.00 USD.",
        "",
    )


def test_what_is_left_over_is_explained() -> None:
    def with_net(net: str, **more: object) -> tuple[str, str]:
        given = Balance(currency="USD", cash=D("95.00"), net_liquidation=D(net), **more)  # type: ignore[arg-type]
        return line(a_detail(balances=(given,)))

    words, why = with_net("400.00")
    assert "residual 100.00 USD." in words
    assert why == "Nothing that the broker reported explains it. Compare with the broker’s page."
    assert with_net("307.25", others=(("accrued", D("7.25")),))[1] == (
        "It equals “accrued”, a figure that the broker reports."
    )
    assert "Rounding" in with_net("300.01")[1]
    priceless = a_detail(positions=(a_position("X", "1", "5", market_value=None),))
    words, why = line(priceless)
    assert "residual" not in words
    assert why == "1 position without a value: what is left over cannot be told."


def test_private_hides_the_sum_and_the_copy() -> None:
    words, _ = line(a_detail(), private=True)
    assert words == f"Broker’s total {DOTS} = cash {DOTS} + positions {DOTS} + residual {DOTS} USD."
    detail = a_detail()
    found = facts.sections(detail, "Schwab", NOW, None)
    open_text = facts.as_text("Title", "Words", found, private=False)
    assert "Total value: 300.00" in open_text
    assert "Number: …4821" in open_text
    hidden = facts.as_text("Title", "Words", found, private=True)
    assert "300.00" not in hidden
    assert f"Total value: {DOTS}" in hidden
    assert "Settled cash: no data" in hidden


# the head


def test_the_head_names_the_account_and_warns_by_tags() -> None:
    head = heads.head(a_detail(), "Schwab")
    assert head.title == "Schwab …4821 Individual"
    assert head.words == "Held & Kept · Margin · Taxable"
    assert head.tags == (("Blocked", "warn"),)
    renamed = heads.head(a_detail(card=a_card(nickname="House")), "Schwab")
    assert (renamed.title, renamed.nickname) == ("Schwab …4821 House", "House")
    named = replace(a_detail().card.account, name="Schwab …4821")
    assert heads.head(a_detail(card=a_card(account=named)), "Schwab").title == "Schwab …4821"
    paper = replace(named, name="Schwab Paper …4821")
    assert heads.head(a_detail(card=a_card(account=paper)), "Schwab").title == "Schwab Paper …4821"


def test_how_old_figures_are_is_said_in_words() -> None:
    row = account("schwab:1", mark=Mark.LIVE)
    detail = a_detail()
    assert heads.freshness(detail, row, NOW, None) == ("As of 12 s ago", "text3")
    own = replace(detail, as_of=NOW - timedelta(hours=2))
    assert heads.freshness(own, row, NOW, None)[0] == "As of 09:42 ET · fetched 12 s ago"
    kept = account("schwab:1", mark=Mark.SUSPECT, stale="kept")
    assert heads.freshness(detail, kept, NOW, None) == (
        "As of 12 s ago · last good figures kept",
        "warn",
    )
    assert heads.freshness(replace(detail, damaged=True), row, NOW, None)[1] == "loss"
    assert heads.freshness(detail, row, NOW, PAST)[0].startswith("Snapshot of 20 Nov 2026")
    never = replace(detail, as_of=None, fetched_at=None)
    assert heads.freshness(never, None, NOW, None) == ("Never read", "text3")


def test_the_worth_has_its_change_and_other_currencies() -> None:
    balances = (
        Balance(currency="USD", net_liquidation=D(300)),
        Balance(currency="EUR", net_liquidation=D("1204.5")),
        Balance(currency="JPY"),
    )
    row = account("schwab:1", day_pl=D("-1.5"), day_percent=D("-0.5"))
    worth = heads.value_words(a_detail(balances=balances), row, private=False)
    assert (worth.value, worth.rest) == ("$300.00", "and 1,204.50 EUR")
    assert worth.change is not None
    assert worth.change.amount == "−$1.50"
    hidden = heads.value_words(a_detail(balances=balances), row, private=True)
    assert (hidden.value, hidden.rest) == (DOTS, f"and {DOTS} EUR")
    assert "300" not in hidden.spoken
    assert "1,204" not in hidden.spoken
    nothing = heads.value_words(a_detail(balances=()), None, private=False)
    assert (nothing.value, nothing.change) == ("no data", None)


# what has to be said


def message(key: str, *actions: str) -> Message:
    return Message(
        key=key, kind="warn", title="T.", text="W.",
        actions=tuple(Action(id=one, label=one) for one in actions),
    )  # fmt: skip


def test_messages_of_the_account_and_of_its_connection_are_shown_here() -> None:
    given = (
        message("unread:schwab:1", "go:accounts:schwab:1"),
        message("unread:schwab:2"),
        message("sign_in:c-Schwab", "sign_in:c-Schwab"),
        message("sign_in:c-Other"),
        message("damaged:schwab:1", "go:accounts:schwab:1", "refresh:c-Schwab"),
    )
    found = notices(a_detail(), given, None, private=False)
    assert [one.key for one in found] == [
        "unread:schwab:1",
        "sign_in:c-Schwab",
        "damaged:schwab:1",
    ]
    assert [one.id for one in found[0].actions] == [SHOW_UNREAD]
    assert [one.id for one in found[2].actions] == ["refresh:c-Schwab"]


def test_a_held_answer_is_told_beside_what_is_kept() -> None:
    held = HeldBack(at=NOW, reason="x", readable=True, value=D(0), currency="USD", positions=0)
    given = (message("suspect:schwab:1", "keep:schwab:1@x", "accept:schwab:1@x"),)
    (found,) = notices(a_detail(held=held), given, None, private=False)
    assert found.text == "W. Held back: $0.00 with 0 positions. Kept: $300.00 with 2 positions."
    assert [one.id for one in found.actions] == ["keep:schwab:1@x", "accept:schwab:1@x"]
    (hidden,) = notices(a_detail(held=held), given, None, private=True)
    assert "300" not in hidden.text
    broken = replace(held, readable=False)
    (found,) = notices(a_detail(held=broken), given, None, private=False)
    assert "only be dropped" in found.text


@pytest.mark.parametrize(
    ("changes", "key", "actions"),
    [
        ({"included": False}, "left-out", ["include:schwab:1"]),
        ({"included": False, "connection": None}, "left-out", []),
        ({"included": None}, "offered", ["include:schwab:1", "exclude:schwab:1"]),
        ({"connection": None}, "disconnected", ["connect"]),
        ({"closed_at": NOW}, "closed", []),
    ],
)
def test_what_totals_leave_out_says_so(
    changes: dict[str, Any], key: str, actions: list[str]
) -> None:
    (found,) = notices(a_detail(card=a_card(**changes)), (), None, private=False)
    assert found.key == f"{key}:schwab:1"
    assert [one.id for one in found.actions] == actions


def test_an_account_that_was_never_read_can_be_refreshed() -> None:
    (found,) = notices(a_detail(fetched_at=None, as_of=None), (), None, private=False)
    assert found.actions[0].id == "refresh:c-Schwab"


def test_an_offer_is_told_once_and_the_past_offers_nothing() -> None:
    detail = a_detail(card=a_card(included=None))
    assert len(notices(detail, (message("offered:schwab:1"),), None, private=False)) == 1
    assert notices(detail, (), PAST, private=False) == ()


# the model


def followed(port: FakeAccounts, *keys: str) -> AccountsViewModel:
    model = AccountsViewModel(port)
    figures = Figures(accounts=tuple(account(key) for key in keys))
    model.follow(figures, None, NOW)
    return model


def test_the_first_account_is_shown_and_figures_that_stay_ask_for_nothing() -> None:
    port = FakeAccounts(a_detail(), a_detail("schwab:2"))
    model = followed(port, "schwab:1", "schwab:2")
    assert model.chosen == "schwab:1"
    assert model.detail is not None
    assert [row.symbol for row in model.holdings] == ["AAPL", "X"]
    assert model.entries == (an_entry(),)
    count = len(port.asked)
    model.follow(Figures(accounts=(account("schwab:1"), account("schwab:2"))), None, NOW)
    assert len(port.asked) == count


def test_the_newest_choice_wins_over_a_late_answer() -> None:
    port = FakeAccounts(a_detail(), a_detail("schwab:2"))
    port.hold = True
    model = followed(port, "schwab:1", "schwab:2")
    model.choose("schwab:2")
    late = len(port.waiting)
    port.hold = False
    port.settle()
    assert late > 2
    assert model.detail is not None
    assert model.detail.card.id == "schwab:2"


def test_another_moment_reads_all_anew_up_to_it() -> None:
    port = FakeAccounts(a_detail())
    model = followed(port, "schwab:1")
    model.follow(Figures(accounts=(account("schwab:1"),)), PAST, NOW)
    assert ("detail", "schwab:1", PAST) in port.asked
    since, until = port.asked[-1][2:]
    assert (since, until) == (PAST - timedelta(days=90), PAST)


def test_a_range_is_counted_back_and_all_has_no_beginning() -> None:
    port = FakeAccounts(a_detail())
    model = followed(port, "schwab:1")
    model.choose_span("All")
    assert port.asked[-1] == ("entries", "schwab:1", None, None)
    model.choose_span("30 days")
    assert port.asked[-1][2] == NOW - timedelta(days=30)
    model.choose_span("nonsense")
    assert model.span == "30 days"
    assert set(SPANS) >= {"30 days", "All"}


def test_an_account_that_is_left_out_stays_shown() -> None:
    port = FakeAccounts(a_detail(), a_detail("schwab:2"), others=())
    model = followed(port, "schwab:1", "schwab:2")
    port.kept_others = (another("schwab:1"),)
    model.follow(Figures(accounts=(account("schwab:2"),)), None, NOW)
    assert model.chosen == "schwab:1"


def test_an_account_that_went_gives_way_to_another() -> None:
    port = FakeAccounts(a_detail(), a_detail("schwab:2"))
    model = followed(port, "schwab:1", "schwab:2")
    model.follow(Figures(accounts=(account("schwab:2"),)), None, NOW)
    assert model.chosen == "schwab:2"
    model.follow(Figures(), None, NOW)
    assert model.chosen == "schwab:2"


def test_a_rename_is_tidied_kept_and_taken_back() -> None:
    port = FakeAccounts(a_detail())
    model = followed(port, "schwab:1")
    told: list[int] = []
    model.renamed.connect(lambda: told.append(1))
    model.rename("  The \n house ")
    model.rename("The house")
    assert port.names == [("schwab:1", "The house")]
    assert model.before_rename == ("schwab:1", "")
    model.undo_rename()
    model.undo_rename()
    assert port.names[-1] == ("schwab:1", "")
    assert len(port.names) == 2
    assert told == [1, 1]
    model.rename("x" * 500)
    assert len(port.names[-1][1]) == 60


def test_what_cannot_be_read_says_why() -> None:
    port = FakeAccounts()
    port.error = StorageError("The file is damaged.", "x")
    model = followed(port, "schwab:1")
    assert model.problem == "The file is damaged."
    port.error = None
    gone = followed(port, "schwab:1")
    assert gone.problem == "This account is no longer there."
