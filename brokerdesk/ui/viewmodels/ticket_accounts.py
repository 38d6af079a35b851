"""The accounts of a ticket in words: which there are, which one takes the order, and why. Pure."""

from __future__ import annotations

from decimal import Decimal

from brokerdesk.domain.instrument import Instrument
from brokerdesk.services.trading_facts import Routed, TicketAccount
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.order_sentence import BUYING
from brokerdesk.ui.viewmodels.ticket_fields import TicketFields
from brokerdesk.ui.viewmodels.ticket_known import Known, Target
from brokerdesk.ui.viewmodels.ticket_state import AccountOption

# accounts


def short(account: TicketAccount | None) -> str:
    """Broker and ending: the nickname does not belong on the band."""
    if account is None:
        return ""
    words = account.name.split(" ")
    ending = next((n for n, word in enumerate(words) if word.startswith("…")), None)
    return account.name if ending is None else " ".join(words[: ending + 1])


def accounts(routed: Routed | None, fields: TicketFields) -> tuple[AccountOption, ...]:
    if routed is None:
        return ()
    return tuple(
        AccountOption(
            key=str(one.account),
            name=one.name,
            environment=one.environment,
            why=one.why if one.obstacle is not None else "",
            detail=detail(one, fields),
        )
        for one in routed.accounts
    )


def detail(one: TicketAccount, fields: TicketFields) -> str:
    if fields.main_side in BUYING:
        return "" if one.power is None else f"buying power {fmt.total(one.power, one.currency)}"
    return f"holds {fmt.quantity(one.held)}" if one.held else ""


def held(account: TicketAccount | None, instrument: Instrument | None, target: Target) -> str:
    """``of 150 held``; while a sale is split, of all accounts together."""
    if account is None or instrument is None:
        return ""
    held = account.held
    if len(target.accounts) > 1:
        held = sum((one.held for one, _ in target.accounts), Decimal(0))
    if not held:
        return ""
    return f"{fmt.quantity(abs(held))} {'held' if held > 0 else 'short'}"


def account_why(target: Target) -> str:
    one = target.first
    return one.why if one is not None and one.obstacle is not None else ""


def routing(fields: TicketFields, known: Known, target: Target) -> str:
    if known.route_failure:
        return known.route_failure
    if known.routed is None:
        return "Looking for an account…" if known.routing else ""
    if target.chosen:
        return "You chose this account." if target.accounts else ""
    return known.routed.route.reason


def where(target: Target) -> str:
    """The account in the sentence, or the accounts with the part of each."""
    if len(target.accounts) < 2:
        return target.first.name if target.first is not None else ""
    parts = [
        f"{short(one)} ({fmt.quantity(quantity)})" if quantity is not None else short(one)
        for one, quantity in target.accounts
    ]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def names(target: Target) -> tuple[str, ...]:
    """The accounts that take it: one in full, several by broker and ending."""
    if len(target.accounts) == 1:
        return (target.accounts[0][0].name,)
    return tuple(short(one) for one, _ in target.accounts)
