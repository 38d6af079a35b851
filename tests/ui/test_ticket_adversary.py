"""The ticket against those who would send it elsewhere than was chosen."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from support.tickets import AAPL, IBKR, NVDA, SCHWAB, FakeTicketPort, rest, ticket

from brokerdesk.domain.events import ConnectionsChanged
from brokerdesk.domain.kinds import Environment, OrderSide
from brokerdesk.ui.viewmodels.ticket_fields import TicketFields

WRITTEN: dict[str, Any] = {
    "instrument": AAPL,
    "search": "AAPL",
    "quantity": "240",
    "limit": "268.50",
}


def test_no_other_account_stands_in_for_the_chosen_one_when_that_is_gone() -> None:
    """Its connection was removed, or it was closed, while the ticket was open."""
    port = FakeTicketPort(SCHWAB, IBKR)
    model = ticket(port, **WRITTEN)
    model.choose_account(str(IBKR.account))
    rest(model)
    port.accounts = (SCHWAB,)
    model._desk.on_event(ConnectionsChanged())
    rest(model)
    assert model.drafts() == ()
    assert model.state.note is not None
    assert model.state.note.title == "The chosen account is not there any more."
    assert model.state.why_not
    model.choose_account("")
    rest(model)
    assert [draft.account for draft in model.drafts()] == [SCHWAB.account]
    assert model.state.note is None


def test_the_change_of_an_order_never_becomes_another_order() -> None:
    """Whatever control is pressed: account, mode, symbol and side are the order's."""
    model = ticket(FakeTicketPort(SCHWAB, IBKR), **WRITTEN)
    fields = TicketFields(
        environment=Environment.LIVE, account=SCHWAB.account, instrument=AAPL, search="AAPL",
        quantity="240", limit="268.50", replaces="4711", replaces_words="Schwab, order 4711",
    )  # fmt: skip
    model.write(fields)
    rest(model)
    model.choose_environment("practice")
    model.choose_account(str(IBKR.account))
    model.take(NVDA)
    model.choose_side(OrderSide.SELL.value)
    model.press_side(False)
    model.choose_options(True)
    model.edit(search="NVDA", instrument=NVDA, side=OrderSide.SELL, account=IBKR.account)
    assert model.fields == fields
    model.edit(limit="267")
    rest(model)
    assert model.fields == replace(fields, limit="267")
    (draft,) = model.drafts()
    assert (draft.account, draft.limit_price) == (SCHWAB.account, Decimal(267))
