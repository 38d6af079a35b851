"""Which brokers exist.

One static import and one entry per broker: a frozen program sees them, and the connect cards, the
command line, the documentation table and the contract tests all read this one tuple. Specs are
light; what a broker needs to talk is imported when a session or a flow is opened.
"""

from __future__ import annotations

from brokerdesk.brokers import alpaca, ibkr, plaid, schwab, snaptrade
from brokerdesk.brokers.base import BrokerSpec
from brokerdesk.errors import InputError

_SPECS: tuple[BrokerSpec, ...] = (
    schwab.SPEC,
    alpaca.SPEC,
    ibkr.SPEC,
    snaptrade.SPEC,
    plaid.SPEC,
)


def all_specs() -> tuple[BrokerSpec, ...]:
    """Every broker, in the order in which they are offered."""
    return _SPECS


def spec(broker_id: str) -> BrokerSpec:
    """The broker named ``broker_id``.

    Raises:
        InputError: there is no such broker.
    """
    for candidate in _SPECS:
        if candidate.id == broker_id:
            return candidate
    known = ", ".join(candidate.id for candidate in _SPECS)
    raise InputError(
        "broker", "There is no broker of that name.", hint=f"Brokers that can be used: {known}."
    )
