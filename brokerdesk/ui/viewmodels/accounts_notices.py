"""What has to be said about one account: held back, damaged, unread, closed, left out. Pure.

What the figures' own messages say of an account is shown as they say it; this adds what they do not
know and leaves out the way to the page that is shown already.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from brokerdesk.services.account_detail import AccountDetail
from brokerdesk.ui import format as fmt
from brokerdesk.ui.privacy import DOTS
from brokerdesk.ui.viewmodels.state import Action, Message

SHOW_UNREAD = "show:unread"


def notices(
    detail: AccountDetail,
    messages: Iterable[Message],
    past: datetime | None,
    *,
    private: bool,
) -> tuple[Message, ...]:
    """Everything that stands over this account, the most pressing first."""
    key, connection = detail.card.id, detail.card.connection
    own = {f"{verb}:{key}" for verb in ("suspect", "damaged", "unread", "offered")}
    if connection:
        own |= {
            f"{verb}:{connection}" for verb in ("sign_in", "failed", "silent", "limited", "due")
        }
    found = [
        _shown_here(one, detail, private)
        for one in messages
        if one.key in own or key in _twice(one)
    ]
    told = {one.key for one in found}
    if past is None:
        found += [one for one in _choice(detail) if one.key not in told]
    closed = detail.card.closed_at
    if closed is not None:
        found.append(
            Message(
                key=f"closed:{key}",
                kind="info",
                title=f"Closed on {fmt.day(closed.astimezone(fmt.market_zone()).date())}.",
                text="The broker no longer lists it. Its history stays, and totals leave it out.",
            )
        )
    return tuple(found)


def _twice(one: Message) -> tuple[str, ...]:
    """The accounts that a question of what is counted twice is about."""
    verb, _, pair = one.key.partition(":")
    return tuple(pair.split("|")) if verb == "twice" else ()


def _shown_here(one: Message, detail: AccountDetail, private: bool) -> Message:
    actions = tuple(each for each in one.actions if not each.id.startswith("go:accounts:"))
    verb = one.key.partition(":")[0]
    if verb == "unread":
        one_only = len(detail.unread) == 1
        actions = (*actions, Action(id=SHOW_UNREAD, label="Show it" if one_only else "Show them"))
    if verb == "suspect":
        return replace(one, text=f"{one.text} {_difference(detail, private)}".strip())
    return replace(one, actions=actions)


def _difference(detail: AccountDetail, private: bool) -> str:
    """What the answer that is held back says beside what is kept."""
    held = detail.held
    if held is None:
        return ""
    if not held.readable:
        return "Its bytes are damaged, so it can only be dropped."
    value = DOTS if private and held.value is not None else fmt.total(held.value, held.currency)
    kept = detail.balances[0].net_liquidation if detail.balances else None
    currency = detail.balances[0].currency if detail.balances else held.currency
    before = DOTS if private and kept is not None else fmt.total(kept, currency)
    positions = fmt.count(held.positions, "position")
    old = fmt.count(len(detail.positions), "position")
    return f"Held back: {value} with {positions}. Kept: {before} with {old}."


def _choice(detail: AccountDetail) -> list[Message]:
    card = detail.card
    key, include = card.id, Action(id=f"include:{card.id}", label="Include")
    if card.included is None and card.connection:
        return [
            Message(
                key=f"offered:{key}",
                kind="info",
                title="A new account at your broker.",
                text="It is not read until you include it.",
                actions=(include, Action(id=f"exclude:{key}", label="Leave out")),
            )
        ]
    if not card.included:
        kept = " Figures are the last that were read." if detail.fetched_at else ""
        return [
            Message(
                key=f"left-out:{key}",
                kind="info",
                title="This account is left out.",
                text=f"It is not read and not in any total.{kept}",
                actions=(include,) if card.connection else (),
            )
        ]
    if card.connection is None:
        return [
            Message(
                key=f"disconnected:{key}",
                kind="warn",
                title="Its connection was removed.",
                text="Figures are the last that were read, and totals leave them out.",
                actions=(Action(id="connect", label="Connect a broker"),),
            )
        ]
    if detail.fetched_at is None:
        return [
            Message(
                key=f"never:{key}",
                kind="info",
                title="Not read yet.",
                text="Its figures come with the next refresh.",
                actions=(Action(id=f"refresh:{card.connection}", label="Refresh"),),
            )
        ]
    return []
