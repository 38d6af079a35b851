"""From the services' view and the start view to the window's rows: words, marks, messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.db import (
    ACCOUNT,
    CONNECTION,
    NOON,
    add_accounts,
    make_account,
    make_connection,
    make_position,
    make_reading,
    opened,
)

from brokerdesk.db.records import StoredAccount
from brokerdesk.db.start_view import read_start_view
from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import AccountType, ConnectionState, TaxStatus
from brokerdesk.domain.reading import Unread
from brokerdesk.services import portfolio_view as pv
from brokerdesk.services.splits import Split
from brokerdesk.ui.start import broker_titles
from brokerdesk.ui.start_raw import start_figures
from brokerdesk.ui.translate import figures
from brokerdesk.ui.viewmodels.state import Figures, Mark

TITLES = {"fake": "Fake Broker"}


def account_row(**changes: Any) -> pv.AccountRow:
    reading = make_reading()
    values: dict[str, Any] = {
        "account": make_account(1),
        "name": "Account 1",
        "connection": CONNECTION,
        "connection_name": "Fake 1",
        "counts": True,
        "balances": reading.balances,
        "as_of": NOON,
        "fetched_at": NOON,
        "age": timedelta(0),
        "stale": False,
        "state": ConnectionState.OK,
        "state_text": "",
    }
    return pv.AccountRow(**{**values, **changes})


def shown(
    *accounts: pv.AccountRow,
    connection: Any = None,
    connections: tuple[Any, ...] = (),
    as_of: Any = None,
    scope: Any = None,
    facts: Any = None,
    positions: tuple[pv.PositionRow, ...] = (),
    offered: tuple[StoredAccount, ...] = (),
) -> Figures:
    view = pv.assemble(
        taken_at=NOON,
        as_of=as_of,
        connections=(connection or make_connection(), *connections),
        accounts=accounts,
        positions=positions,
        scope=scope,
        facts=facts,
    )
    return figures(view, TITLES, offered)


def held(account: AccountId, units: str, **changes: Any) -> pv.PositionRow:
    position = replace(make_position("ACME", units), **changes)
    return pv.PositionRow(
        account=account, account_name="A", environment=make_account(1).environment,
        position=position, as_of=NOON, fetched_at=NOON,
    )  # fmt: skip


def test_an_account_is_broker_mask_and_nickname() -> None:
    (row,) = shown(account_row(name="Pension")).accounts
    assert row.title == "Fake Broker …0001 Pension"
    (plain,) = shown(account_row(name="…0001")).accounts
    assert plain.title == "Fake Broker …0001"


@pytest.mark.parametrize(
    ("changes", "mark", "word"),
    [
        ({"state": ConnectionState.OK}, Mark.LIVE, ""),
        ({"state": ConnectionState.OK, "stale": True}, Mark.SAVED, "old"),
        ({"suspect": "It is empty."}, Mark.SUSPECT, "kept"),
        ({"state": ConnectionState.NEEDS_SIGN_IN}, Mark.SIGN_IN, ""),
        ({"state": ConnectionState.UNAVAILABLE}, Mark.SAVED, ""),
        ({"damaged": True}, Mark.FAILED, "damaged"),
        ({"closed_at": NOON}, Mark.SAVED, "closed"),
        ({"connection": None}, Mark.SAVED, ""),
    ],
)
def test_marks_and_words_of_age(changes: dict[str, Any], mark: Mark, word: str) -> None:
    (row,) = shown(account_row(**changes)).accounts
    assert (row.mark, row.stale) == (mark, word)


def test_types_say_tax_and_flags_and_keep_unknown_words() -> None:
    flags = AccountFlags(day_trader=True, trading_blocked=True)
    account = make_account(1, tax_status=TaxStatus.TAX_FREE, flags=flags)
    (row,) = shown(account_row(account=account)).accounts
    assert row.type == "Margin, tax free, day trader, blocked"
    odd = make_account(1, type=AccountType.UNKNOWN, raw_type="PLUTO")
    (row,) = shown(account_row(account=odd)).accounts
    assert row.type == "Pluto"


def test_holdings_over_accounts_have_children_and_a_weighted_cost() -> None:
    one, two = account_row(), account_row(account=make_account(2))
    parts = (
        held(one.id, "10", average_cost=Decimal(10), cost_basis=Decimal(100)),
        held(two.id, "30", average_cost=Decimal(20), cost_basis=Decimal(600)),
    )
    (row,) = shown(one, two, positions=parts).positions
    assert row.quantity == 40
    assert row.average_cost == Decimal("17.5")
    assert [child.account for child in row.children] == [
        "Fake Broker …0001 Account 1", "Fake Broker …0002 Account 1",
    ]  # fmt: skip
    (alone,) = shown(one, positions=parts[:1]).positions
    assert alone.children == ()
    assert alone.average_cost == 10
    assert alone.holders == "Fake Broker …0001 Account 1"


def test_a_gain_that_is_partly_unknown_is_that_of_the_known_part() -> None:
    one, two = account_row(), account_row(account=make_account(2))
    parts = (
        held(one.id, "10", cost_basis=Decimal(100), average_cost=Decimal(10), open_pl=Decimal(7)),
        held(two.id, "30", cost_basis=None, average_cost=None, open_pl=None),
    )
    (row,) = shown(one, two, positions=parts).positions
    assert [row.average_cost, row.open_pl, row.open_percent] == [10, 7, 7]
    assert row.partial
    assert [child.partial for child in row.children] == [False, False]
    (unknown,) = shown(two, positions=parts[1:]).positions
    assert (unknown.average_cost, unknown.open_pl, unknown.partial) == (None, None, False)


def test_the_days_change_of_an_account_leaves_out_what_is_not_known_and_says_so() -> None:
    row = account_row()
    known = (held(row.id, "1", day_pl=Decimal(2)), held(row.id, "2", day_pl=Decimal(-5)))
    assert shown(row, positions=known).accounts[0].day_pl == -3
    unknown = (known[0], held(row.id, "2", day_pl=None))
    (found,) = shown(row, positions=unknown).accounts
    assert [found.day_pl, found.day_left_out] == [2, 1]
    (nothing,) = shown(row, positions=unknown[1:]).accounts
    assert (nothing.day_pl, nothing.day_percent, nothing.day_left_out) == (None, None, 1)


def test_what_needs_the_user_has_its_own_words_and_way_out() -> None:
    ended = make_connection(
        state=ConnectionState.NEEDS_SIGN_IN, state_text="The login ended.", last_success=NOON
    )
    unread = (Unread(where="positions[3]", reason="no quantity", label="ODD"),)
    stored = StoredAccount(
        account=make_account(9), connection=CONNECTION, first_seen=NOON, last_seen=NOON
    )
    found = shown(
        account_row(suspect="It returned no positions.", unread=unread),
        account_row(account=make_account(2), damaged=True),
        connection=ended,
        offered=(stored,),
    )
    kinds = {message.key.partition(":")[0]: message for message in found.messages}
    assert list(kinds) == ["sign_in", "suspect", "damaged", "unread", "offered"]
    assert kinds["sign_in"].text == "The login ended. Figures are from 12:00 ET."
    assert [action.id for action in kinds["suspect"].actions] == [
        f"keep:{ACCOUNT}", f"accept:{ACCOUNT}",
    ]  # fmt: skip
    assert "kept until you decide" in kinds["suspect"].text
    assert "ODD" in kinds["unread"].text
    assert [action.label for action in kinds["offered"].actions] == ["Include", "Leave out"]
    (row,) = found.connections
    assert (row.mark, row.needs_sign_in) == (Mark.SIGN_IN, True)


def test_states_of_connections_have_their_words() -> None:
    early = NOON - timedelta(minutes=11)
    states = (
        make_connection(1, state=ConnectionState.UNAVAILABLE, last_success=early, name="Schwab"),
        make_connection(2, state=ConnectionState.RATE_LIMITED, last_success=early, name="Alpaca"),
        make_connection(3, state=ConnectionState.OK, sign_in_ends=NOON + timedelta(hours=30)),
        make_connection(4, state=ConnectionState.OK, sign_in_ends=NOON + timedelta(hours=40)),
        make_connection(5, state=ConnectionState.NEEDS_SIGN_IN, last_success=early, name="Plaid",
                        state_text="Your Schwab sign-in has ended. Sign in again."),
    )  # fmt: skip
    facts = {states[1].id: pv.ConnectionFacts(next_try=NOON + timedelta(seconds=42))}
    found = shown(account_row(), connection=states[0], connections=states[1:], facts=facts)
    texts = {one.key: f"{one.title} {one.text}" for one in found.messages}
    assert texts == {
        f"sign_in:{states[4].id}": "Plaid: sign in again. Fake Broker reports the login ended. "
        "Figures are from 11:49 ET.",
        f"silent:{states[0].id}": "Schwab is not answering. Showing Schwab as of 11:49 ET.",
        f"limited:{states[1].id}": "Alpaca is limiting requests. Next try in {left}. "
        "Figures are from 11:49:00 ET.",
        f"due:{states[2].id}": "Fake 3 sign-in ends in {left}. "
        "Renew now to keep weekend syncs running.",
    }
    limited = next(one for one in found.messages if one.key.startswith("limited:"))
    assert limited.until == NOON + timedelta(seconds=42)
    past = shown(account_row(), connection=states[0], as_of=NOON - timedelta(days=1))
    assert past.messages == ()


def test_an_emptied_account_and_unread_positions_have_their_words() -> None:
    label = "Fake Broker …0001 Account 1"
    held_at = NOON - timedelta(minutes=5)
    row = account_row(suspect="The broker listed no positions.", emptied=2, held_at=held_at)
    (told,) = shown(row).messages
    assert (told.title, told.text) == (
        f"{label} returned no positions.",
        "The last good sync had 2. Kept those until you decide.",
    )
    assert told.actions[1].id == f"accept:{ACCOUNT}@{held_at.isoformat()}"
    assert shown(row).accounts[0].held == held_at.isoformat()
    lost = tuple(Unread(where=f"positions[{n}]", reason="Odd.", label=f"X{n}") for n in range(3))
    (told,) = shown(account_row(unread=lost, positions=6)).messages
    assert told.title == "3 of 9 positions could not be read."
    assert told.text.endswith(f"{label}: X0, X1, X2.")


def test_a_scope_narrows_rows_and_leaves_messages_and_connections_whole() -> None:
    one, two = account_row(suspect="Odd."), account_row(account=make_account(2))
    parts = (held(one.id, "10"), held(two.id, "30"))
    whole = shown(one, two, positions=parts)
    assert whole.everyone == ()
    found = shown(one, two, positions=parts, scope={two.id})
    assert [row.key for row in found.accounts] == [two.id]
    assert [row.key for row in found.everyone] == [one.id, two.id]
    assert [row.quantity for row in found.positions] == [30]
    assert found.messages == whole.messages
    assert found.connections == whole.connections
    assert found.totals[0].accounts == 1


def test_tags_say_the_type_and_what_binds_the_account() -> None:
    flags = AccountFlags(day_trader=True, day_trades=1, in_call=True, closing_only=True)
    (row,) = shown(account_row(account=make_account(1, flags=flags))).accounts
    assert row.tags == (
        ("Margin", ""), ("1 day trade", ""), ("Day trader", ""), ("Closing only", "warn"),
        ("In call", "warn"),
    )  # fmt: skip
    (bare,) = shown(account_row(account=make_account(1, type=AccountType.UNKNOWN))).accounts
    assert bare.tags == ()


def test_an_account_that_lists_a_thing_twice_has_two_rows_of_it() -> None:
    one = account_row()
    (row,) = shown(one, positions=(held(one.id, "1"), held(one.id, "2"))).positions
    assert [child.key for child in row.children] == [one.id, f"{one.id}\t2"]
    assert row.accounts == (one.id,)


def test_splits_since_a_past_day_are_told_with_the_holding() -> None:
    row = account_row()
    instrument = make_position("ACME", "1").instrument
    view = pv.assemble(
        taken_at=NOON, as_of=NOON, connections=(), accounts=(row,), positions=(held(row.id, "1"),)
    )
    one = Split(instrument=instrument.key, symbol="ACME", day=NOON.date(), units=10, each=1)
    found = figures(view, TITLES, (), {instrument.key: (one,)})
    assert found.positions[0].hint == "ACME split 10 for 1 on 20 Nov 2026."
    (told,) = found.messages
    assert (told.kind, told.title) == ("past", "ACME split 10 for 1 on 20 Nov 2026.")
    assert told.text == "Quantities and prices are as they were."


def test_the_first_picture_has_the_same_rows_as_the_later_one(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        database.run_sync(lambda uow: add_accounts(uow, 1))
        database.run_sync(lambda uow: uow.snapshots.store(make_reading()))
        path = database.path
    first = start_figures(read_start_view(path), NOON)
    later = shown(account_row(), positions=tuple(
        pv.PositionRow(
            account=ACCOUNT, account_name="Account 1", environment=make_account(1).environment,
            position=position, as_of=NOON, fetched_at=NOON,
        )
        for position in make_reading().positions
    ))  # fmt: skip
    assert [row.key for row in first.positions] == [row.key for row in later.positions]
    assert [row.value for row in first.positions] == [row.value for row in later.positions]
    assert [row.key for row in first.accounts] == [row.key for row in later.accounts]
    assert [row.net for row in first.accounts] == [row.net for row in later.accounts]
    assert [total.value for total in first.totals] == [total.value for total in later.totals]


def test_no_start_view_is_an_empty_window() -> None:
    assert start_figures(None, NOON) == Figures()


def test_every_registered_broker_has_a_title() -> None:
    assert all(broker_titles().values())
