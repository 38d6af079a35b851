"""Intents and orders as one list: never two rows for one order, never one for two."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from support.clock import FakeClock
from support.trading import ACCOUNT, CONNECTION, a_draft

from brokerdesk.db.journal.history import History, Sighting, Step
from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import (
    Environment,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.services.ledger_merge import Around, Known, merged
from brokerdesk.services.ledger_moments import RECOVERED
from brokerdesk.services.ledger_request import HIDDEN, request_fields
from brokerdesk.services.trading_facts import LedgerRow

S = IntentState
NOW = FakeClock().now()
PLACED = (S.COMMITTED, S.SENDING, S.ANSWERED, S.ACCEPTED)


def history(
    id_: str, *states: S, order: str = "", kind: IntentKind = IntentKind.PLACE, target: str = "",
    ago: float = 60,
) -> History:  # fmt: skip
    begun = NOW - timedelta(seconds=ago)
    made = tuple(
        Step(state=one, at=begun + timedelta(milliseconds=7 * n), order_id="", words="")
        for n, one in enumerate(states)
    )
    intent = Intent(
        id=id_,
        kind=kind,
        connection=CONNECTION.id,
        account=ACCOUNT,
        environment=Environment.PRACTICE,
        symbol="ABC",
        side=OrderSide.BUY,
        draft=None if kind is IntentKind.CANCEL else a_draft(),
        client_order_id=id_,
        request=b"{}",
        digest="",
        baseline=(),
        state=states[-1],
        created_at=begun,
        changed_at=made[-1].at,
        order_id=order or target,
    )
    return History(intent=intent, target=target, steps=made)


def order(id_: str, status: OrderStatus = OrderStatus.WORKING, **changes: Any) -> Order:
    values: dict[str, Any] = {
        "id": id_,
        "account": ACCOUNT,
        "status": status,
        "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.DAY,
        "session": TradingSession.REGULAR,
        "legs": (
            OrderLeg(
                instrument=a_draft().legs[0].instrument, side=OrderSide.BUY, quantity=Decimal(10)
            ),
        ),
        "quantity": Decimal(10),
        "filled_quantity": Decimal(0),
        "entered_at": NOW - timedelta(seconds=59),
    }
    return Order(**{**values, **changes})


def rows(
    *histories: History,
    orders: tuple[Order, ...] = (),
    sightings: tuple[Sighting, ...] = (),
    trading: bool = True,
    **changes: Any,
) -> dict[str, LedgerRow]:
    spec: Any = SimpleNamespace(
        title="Acme",
        orders_url="https://acme.example/orders",
        capabilities=SimpleNamespace(trading=trading),
    )
    account: Any = SimpleNamespace(
        account=SimpleNamespace(institution="", number_mask="…2222", flags=AccountFlags()),
        connection=CONNECTION.id,
        shown_name="Acme …2222",
    )
    given: dict[str, Any] = {
        "now": NOW,
        "since": None,
        "connections": {CONNECTION.id: CONNECTION},
        "accounts": {ACCOUNT: account},
        "specs": lambda _: spec,
        **changes,
    }
    known = Known(histories=histories, orders={ACCOUNT: orders}, sightings=sightings)
    found = merged(known, Around(**given))
    assert len({row.key for row in found}) == len(found)
    return {row.key: row for row in found}


def test_an_order_that_the_journal_knows_by_its_id_is_one_row() -> None:
    found = rows(history("one", *PLACED, order="o1"), orders=(order("o1"), order("o2")))
    assert set(found) == {"one", f"{ACCOUNT}/o2"}
    assert found["one"].order == order("o1")
    assert found[f"{ACCOUNT}/o2"].intent is None
    assert found["one"].account_name == "Acme …2222"
    assert found["one"].orders_url == "", "practice has no page at any broker"


def test_an_order_with_our_own_id_is_ours_before_it_is_found() -> None:
    lost = history("one", S.COMMITTED, S.SENDING, S.UNKNOWN)
    found = rows(lost, orders=(order("o1", client_order_id="one"),))
    assert list(found) == ["one"]
    assert found["one"].open_question
    assert found["one"].order is not None


def test_looking_alike_is_not_enough() -> None:
    lost = history("one", S.COMMITTED, S.SENDING, S.UNKNOWN, order="o1")
    found = rows(lost, orders=(order("o1"),))
    assert found["one"].order is None, "what an unproven answer named is not proven"
    assert len(found) == 2


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (S.REJECTED, "The broker refused it."),
        (S.NOT_SENT, "It was not sent."),
        (S.UNKNOWN, "What became of it is not known yet."),
        (S.SENDING, "It is being sent."),
    ],
)
def test_what_is_not_at_the_broker_cannot_be_cancelled(state: S, words: str) -> None:
    row = rows(history("one", S.COMMITTED, state))["one"]
    assert (row.cannot_cancel, row.cannot_replace) == (words, words)


def test_who_took_whose_place() -> None:
    first = history("one", *PLACED, order="o1", ago=90)
    second = history("two", *PLACED, order="o2", kind=IntentKind.REPLACE, target="o1")
    found = rows(first, second, orders=(order("o1", OrderStatus.REPLACED), order("o2")))
    assert found["one"].replaced_by == "two"
    assert found["two"].replaces == "one"
    refused = history("two", S.COMMITTED, S.SENDING, S.REJECTED, order="", target="o1",
                      kind=IntentKind.REPLACE)  # fmt: skip
    found = rows(first, refused, orders=(order("o1"),))
    assert found["one"].replaced_by == ""
    assert found["one"].cannot_cancel == ""


def test_a_broker_that_keeps_the_id_of_a_changed_order_has_one_row() -> None:
    first = history("one", *PLACED, order="o1", ago=90)
    second = history("two", *PLACED, order="o1", kind=IntentKind.REPLACE, target="o1")
    found = rows(first, second, orders=(order("o1"),))
    assert list(found) == ["one"]
    assert [one.state for one in found["one"].moments].count("accepted") == 2
    assert found["one"].replaces == ""


def test_a_cancel_is_a_moment_of_its_order() -> None:
    placed = history("one", *PLACED, order="o1", ago=90)
    cancel = history("two", *PLACED, kind=IntentKind.CANCEL, target="o1")
    gone = order("o1", OrderStatus.CANCELLED, closed_at=NOW)
    row = rows(placed, cancel, orders=(gone,))["one"]
    assert [one.state for one in row.moments] == [
        *(one.value for one in PLACED),
        *(f"cancel_{one.value}" for one in PLACED),
        "cancelled",
    ]
    assert row.cancel is not None
    assert row.cannot_cancel == "It is cancelled already."


def test_a_fill_during_a_cancel_is_shown_as_it_is() -> None:
    cancel = history("two", *PLACED, kind=IntentKind.CANCEL, target="o1")
    row = rows(cancel, orders=(order("o1", OrderStatus.FILLED, closed_at=NOW),))[f"{ACCOUNT}/o1"]
    assert [one.state for one in row.moments][-1] == "filled"
    assert row.cannot_cancel == "It is filled."


@pytest.mark.parametrize("later", [(S.COMMITTED, S.SENDING, S.REJECTED), PLACED])
def test_of_several_cancels_the_one_whose_fate_is_open_is_told(later: tuple[S, ...]) -> None:
    lost = (S.COMMITTED, S.SENDING, S.UNKNOWN)
    cancels = {
        "lost": history("lost", *lost, kind=IntentKind.CANCEL, target="o1", ago=50),
        "later": history("later", *later, kind=IntentKind.CANCEL, target="o1", ago=20),
    }
    key = f"{ACCOUNT}/o1"
    row = rows(*cancels.values(), orders=(order("o1"),))[key]
    assert row.cancel == cancels["lost"].intent
    assert row.search is not None
    assert row.cannot_cancel == "Whether it is cancelled is not known yet. It is looked at."
    row = rows(cancels["later"], orders=(order("o1"),))[key]
    assert row.cancel == cancels["later"].intent
    newer = history("newer", *lost, kind=IntentKind.CANCEL, target="o1", ago=5)
    row = rows(*cancels.values(), newer, orders=(order("o1"),))[key]
    assert row.cancel == newer.intent, "of two open ones the last"
    found = history("lost", *lost, S.FOUND, kind=IntentKind.CANCEL, target="o1", ago=50)
    row = rows(found, cancels["later"], orders=(order("o1"),))[key]
    assert row.cancel == cancels["later"].intent


def test_a_cancel_that_was_lost_may_be_asked_for_again_while_the_order_works() -> None:
    lost = (S.COMMITTED, S.SENDING, S.UNKNOWN)
    for ago, against in ((119, True), (120, False)):
        cancel = history("two", *lost, kind=IntentKind.CANCEL, target="o1", ago=ago)
        row = rows(cancel, orders=(order("o1"),))[f"{ACCOUNT}/o1"]
        assert bool(row.cannot_cancel) is against
        assert row.cancel == cancel.intent
        assert row.search is not None, "it is looked for all the same"
    sending = history("two", *lost[:2], kind=IntentKind.CANCEL, target="o1", ago=600)
    assert rows(sending, orders=(order("o1"),))[f"{ACCOUNT}/o1"].cannot_cancel


def test_what_was_seen_late_stands_before_the_end() -> None:
    placed = history("one", *PLACED, order="o1", ago=90)
    ended = NOW - timedelta(seconds=30)
    late = Sighting(
        connection=CONNECTION.id,
        account=ACCOUNT,
        order_id="o1",
        what="cancel_pending",
        at=NOW,
    )
    gone = order("o1", OrderStatus.CANCELLED, closed_at=ended)
    row = rows(placed, orders=(gone,), sightings=(late,))["one"]
    assert [one.state for one in row.moments][-2:] == ["cancel_pending", "cancelled"]
    assert [one.at for one in row.moments][-2:] == [ended, ended]


def test_a_cancel_of_unknown_fate_is_a_question_even_without_its_order() -> None:
    lost = history("two", S.COMMITTED, S.SENDING, S.UNKNOWN, kind=IntentKind.CANCEL, target="o1")
    row = rows(lost)["two"]
    assert row.search is not None
    row = rows(lost, orders=(order("o1"),))[f"{ACCOUNT}/o1"]
    assert row.search is not None
    assert row.cannot_cancel == "Whether it is cancelled is not known yet. It is looked at."


def test_what_happened_unheard_says_so() -> None:
    def seen(what: str, *, recovered: bool) -> Sighting:
        return Sighting(
            connection=CONNECTION.id, account=ACCOUNT, order_id="o1", what=what, at=NOW,
            recovered=recovered,
        )  # fmt: skip

    told = (seen("partly_filled", recovered=False), seen("filled", recovered=True))
    done = order("o1", OrderStatus.FILLED, filled_quantity=Decimal(10), closed_at=NOW)
    row = rows(history("one", *PLACED, order="o1"), orders=(done,), sightings=told)["one"]
    by_state = {one.state: one for one in row.moments}
    assert by_state["partly_filled"].words == ""
    assert by_state["filled"].words == RECOVERED
    assert len([one for one in row.moments if one.state == "filled"]) == 1
    unknown_time = replace(done, closed_at=None)
    row = rows(history("one", *PLACED, order="o1"), orders=(unknown_time,), sightings=told)["one"]
    assert [one.at for one in row.moments if one.state == "filled"] == [NOW]


def test_newest_first_and_open_ones_whenever_they_began() -> None:
    old = NOW - timedelta(days=40)
    orders = (
        order("done", OrderStatus.FILLED, entered_at=old, closed_at=old),
        order("works", entered_at=old),
        order("new", entered_at=NOW),
    )
    lost = history("lost", S.COMMITTED, S.SENDING, S.UNKNOWN, ago=86400 * 30)
    found = rows(lost, orders=orders, since=NOW - timedelta(days=1))
    assert list(found) == [f"{ACCOUNT}/new", "lost", f"{ACCOUNT}/works"]


def test_a_connection_that_only_reads_or_went_says_so() -> None:
    only = rows(orders=(order("o1"),), trading=False)[f"{ACCOUNT}/o1"]
    assert only.cannot_cancel == only.cannot_replace == "This connection can only read."
    gone = rows(history("one", *PLACED, order="o1"), orders=(order("o1"),), connections={})["one"]
    assert gone.cannot_cancel.startswith("Its connection was removed")


def test_a_request_is_shown_by_whitelist() -> None:
    body = {
        "symbol": "ABC",
        "account_id": "9b1c-secret",
        "Authorization": "Bearer secret",
        "limit_price": 10.10,
        "orderLegCollection": [{"instrument": {"symbol": "ABC", "token": "secret"}}],
        "extended_hours": False,
        "new": {"deep": {"accountNumber": "secret"}},
    }
    sent = replace(history("one", *PLACED).intent, request=json.dumps(body).encode())
    shown = {one.name: one.value for one in request_fields(sent)}
    assert shown["symbol"] == "ABC"
    assert shown["limit_price"] == "10.1"
    assert shown["extended_hours"] == "false"
    assert shown["orderLegCollection[0].instrument.symbol"] == "ABC"
    assert [name for name, value in shown.items() if value == HIDDEN] == [
        "account_id",
        "Authorization",
        "orderLegCollection[0].instrument.token",
        "new.deep.accountNumber",
    ]
    assert "secret" not in "".join(shown.values())


@pytest.mark.parametrize("request_", [b"", b"not json", b"\xff", b"[" * 2000])
def test_a_request_that_cannot_be_read_is_not_shown(request_: bytes) -> None:
    sent = replace(history("one", *PLACED).intent, request=request_)
    assert [one.value for one in request_fields(sent)] == [HIDDEN]
