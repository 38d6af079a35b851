"""Snapshots as quotes, with their age."""

from __future__ import annotations

from datetime import datetime

from brokerdesk.brokers.ibkr import problems
from brokerdesk.brokers.ibkr.answers import UNREADABLE, Question
from brokerdesk.brokers.ibkr.ticks import Ticks
from brokerdesk.brokers.text import clean_symbol
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Unread

_NO_PRICE = "TWS has no price for this now."
_NOT_IN_TIME = "TWS did not answer in time."


def quote(symbol: str, question: Question, fetched_at: datetime, name: str) -> Quote | Unread:
    """The quote of one symbol, or why there is none."""
    label = clean_symbol(symbol)
    where = f"quotes.{label}"
    ticks = Ticks()
    for (kind,) in question.of("feed"):
        ticks.feed(kind)
    for kind, price in question.of("price"):
        ticks.price(kind, price)
    for kind, text in question.of("text"):
        ticks.text(kind, text)
    for kind, value in question.of("state"):
        ticks.state(kind, value)
    if ticks.spoilt:
        return Unread(where=where, reason=UNREADABLE, label=label)
    if ticks.empty:
        codes = [code for code in question.codes if code in problems.NO_PRICES]
        reason = problems.NO_PRICES[codes[-1]] if codes else _NO_PRICE
        return Unread(where=where, reason=reason, label=label)
    return ticks.quote(symbol, fetched_at, name)


def not_in_time(symbol: str) -> Unread:
    """For what was not answered any more, when other prices were."""
    label = clean_symbol(symbol)
    return Unread(where=f"quotes.{label}", reason=_NOT_IN_TIME, label=label)
