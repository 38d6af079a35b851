"""``/investments/transactions/get``: bookings in Plaid's words. Cash that leaves is positive."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.exchange.events import Event, What
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.market.calendar import new_york_day
from brokerdesk.simulator.plaid.accounts import WORDS
from brokerdesk.simulator.plaid.errors import PlaidError
from brokerdesk.simulator.plaid.holdings import (
    account_object,
    item_object,
    shown_id,
    shown_security,
)
from brokerdesk.simulator.plaid.state import Item, PlaidState
from brokerdesk.simulator.wire import number

HISTORY = timedelta(days=730)
USUAL_PAGE = 100
HUNDRED = Decimal(100)
WORDS_FOR = {
    What.SPLIT: ("transfer", "split"),
    What.EXPIRE: ("transfer", "expire"),
    What.DIVIDEND: ("cash", "dividend"),
    What.INTEREST: ("cash", "interest"),
    What.DEPOSIT: ("cash", "deposit"),
    What.WITHDRAWAL: ("cash", "withdrawal"),
}


def transactions_answer(
    state: PlaidState, item: Item, accounts: list[Account], body: dict[str, Any]
) -> dict[str, Any]:
    """One page, newest first.

    Raises:
        PlaidError: a field that Plaid would refuse.
    """
    first, last = _day(body, "start_date"), _day(body, "end_date")
    options = body.get("options") or {}
    count, offset = options.get("count", USUAL_PAGE), options.get("offset", 0)
    if not isinstance(count, int) or not 1 <= count <= 500 or not isinstance(offset, int):
        raise PlaidError("INVALID_FIELD", "count must be between 1 and 500")
    if last < first:
        raise PlaidError("INVALID_FIELD", "end_date must not be before start_date")
    now = state.clock.now()
    since = max(datetime.combine(first, time(0), UTC), now - HISTORY)
    until = min(datetime.combine(last + timedelta(days=1), time(4), UTC), now)
    events = [
        (event, account)
        for account in accounts
        if WORDS[account.profile.nickname].type == "investment"
        for event in account.events(since, until)
        if first <= new_york_day(event.at) <= last
    ]
    events.sort(key=lambda pair: (pair[0].at, pair[0].number), reverse=True)
    page = events[offset : offset + min(count, state.switches.largest_page)]
    securities: dict[str, dict[str, Any]] = {}
    for event, account in page:
        if event.symbol:
            known = shown_security(account, event.symbol, now)
            securities.setdefault(known["security_id"], known)
    total = len(events) + (offset if state.switches.total_grows else 0)
    return {
        "accounts": [account_object(item, one, now, state.switches) for one in accounts],
        "securities": list(securities.values()),
        "investment_transactions": [_entry(state, item, *pair) for pair in page],
        "total_investment_transactions": total,
        "item": item_object(state, item),
        "is_investments_fallback_item": False,
    }


def _entry(state: PlaidState, item: Item, event: Event, account: Account) -> dict[str, Any]:
    kind, subtype = _words(event)
    quantity = event.quantity
    if event.what is What.SPLIT:
        before = account.book_at(event.at - timedelta(microseconds=1)).quantity(event.symbol)
        quantity = before * (event.quantity - 1)
    option = bool(event.symbol) and account.market.option(event.symbol) is not None
    if option and not state.switches.options_in_contracts:
        quantity *= HUNDRED
    price = event.price if event.what is What.TRADE else Decimal(0)
    name = event.text or f"{kind.upper()} {event.symbol}".strip()
    return {
        "investment_transaction_id": f"{item.account_id(account.profile.number)}{event.number}",
        "account_id": item.account_id(account.profile.number),
        "security_id": shown_id(account, event.symbol) if event.symbol else None,
        "date": new_york_day(event.at).isoformat(),
        "transaction_datetime": None,
        "name": name,
        "quantity": number(quantity if event.what not in (What.DIVIDEND,) else Decimal(0)),
        "amount": -event.amount if event.amount else Decimal(0),
        "price": number(price),
        "fees": sum((fee for _, fee in event.fees), Decimal(0)),
        "type": kind,
        "subtype": subtype,
        "iso_currency_code": "USD",
        "unofficial_currency_code": None,
        "cancel_transaction_id": None,
    }


def _words(event: Event) -> tuple[str, str]:
    if event.what is What.TRADE:
        if event.quantity > 0:
            return ("buy", "buy" if event.opening else "buy to cover")
        return ("sell", "sell short" if event.opening else "sell")
    return WORDS_FOR[event.what]


def _day(body: dict[str, Any], name: str) -> date:
    text = body.get(name)
    if not isinstance(text, str):
        raise PlaidError("MISSING_FIELDS", f"the following required fields are missing: {name}")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PlaidError("INVALID_FIELD", f"{name} must be a date") from None
