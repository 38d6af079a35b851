"""The broker comparison out of the capability records: no fact about a broker is written here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from brokerdesk.brokers.base import BrokerSpec, Capabilities
from brokerdesk.domain.kinds import Environment
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.wizard_state import BrokerCard, Has

_WORDS = {"transactions": "activity"}

TICKET = True
"""Whether this window can write orders: only then a card promises what an adapter can do."""


def cards(specs: Iterable[BrokerSpec], *, practice: bool) -> tuple[BrokerCard, ...]:
    """One card per broker that this profile can connect."""
    made = (_card(spec, practice=practice) for spec in specs)
    return tuple(card for card in made if card.environments)


def _card(spec: BrokerSpec, *, practice: bool) -> BrokerCard:
    able = spec.capabilities
    environments = tuple(
        each.value for each in able.environments if (each is Environment.PRACTICE) == practice
    )
    return BrokerCard(
        id=spec.id,
        title=spec.title,
        tagline=", ".join(environments).capitalize() + " accounts",
        environments=environments,
        facts=_facts(able),
        note=" ".join(able.notes),
        checked=fmt.day(date.fromisoformat(able.checked_on)),
    )


def _facts(able: Capabilities) -> tuple[tuple[str, Has, str], ...]:
    return (
        _reads(able, "balances"),
        _reads(able, "positions"),
        _reads(able, "transactions"),
        ("Orders", Has.YES, "Yes, with preview" if able.preview else "Yes")
        if able.trading and TICKET
        else ("Orders", Has.PART if "orders" in able.reads else Has.NO, _orders(able)),
        ("Streaming prices", Has.YES if able.streaming else Has.NO, _yes(able.streaming)),
        ("Sign-in", Has.WORDS, able.sign_in),
        ("Needs", Has.WORDS, able.needs),
        ("Sign in again", Has.WORDS, able.sign_in_again or _cadence(able.sign_in_lasts)),
        ("Fees", Has.WORDS, able.fees),
        ("Refresh", Has.WORDS, f"Every {fmt.duration(able.refresh_open)} in market hours"),
    )


def _reads(able: Capabilities, what: str) -> tuple[str, Has, str]:
    has = what in able.reads
    return _WORDS.get(what, what).capitalize(), Has.YES if has else Has.NO, _yes(has)


def _orders(able: Capabilities) -> str:
    return "Read only" if "orders" in able.reads else "No"


def _yes(value: bool) -> str:
    return "Yes" if value else "No"


def _cadence(lasts: timedelta | None) -> str:
    if lasts is None:
        return "When the broker asks"
    return f"Every {lasts.days} days" if lasts.days > 1 else f"Every {fmt.duration(lasts)}"
