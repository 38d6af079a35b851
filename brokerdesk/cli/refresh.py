"""``brokerdesk refresh``: one round per connection, each shortfall named."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from brokerdesk.cli import codes
from brokerdesk.cli.output import note, show
from brokerdesk.cli.profile import Desk, on_loop, profile_of, unlock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.errors import InputError

if TYPE_CHECKING:
    from brokerdesk.services.refreshing import RefreshOutcome

COLUMNS = [
    "connection",
    "broker",
    "environment",
    "name",
    "state",
    "text",
    "refreshed",
    "held",
    "failed",
]
_CODES = {
    ConnectionState.NEEDS_SIGN_IN: codes.NEEDS_SIGN_IN,
    ConnectionState.UNAVAILABLE: codes.UNAVAILABLE,
    ConnectionState.RATE_LIMITED: codes.UNAVAILABLE,
}


def run(options: argparse.Namespace) -> int:
    """Refresh; 0 all read, 5 some, else what stood in the way."""
    if options.as_of:
        raise InputError("as_of", "A refresh is always of now: it takes no --as-of.")

    async def work(desk: Desk) -> int:
        return await _refresh(desk, options)

    return on_loop(options, work)


async def _refresh(desk: Desk, options: argparse.Namespace) -> int:
    rows = await _chosen(desk, options)
    if not rows:
        show([], COLUMNS, as_json=options.json, empty="No broker is connected yet.")
        return codes.OK
    desk.services.pool.refuse_offline("")
    await unlock(desk.store, profile_of(options))
    host = None
    if any(row.environment is Environment.PRACTICE and not row.practice_url for row in rows):
        from brokerdesk.services.practice_host import PracticeHost

        orders = profile_of(options).practice_orders
        # The window of this profile may be open, and then it is the one that writes them.
        seed = await desk.services.practice.seed()
        host = PracticeHost(seed, orders=orders, keeps=False)
    try:
        if host is not None:
            # The practice round itself follows below, with all the others.
            await desk.services.practice.open_market(await host.start())
        outcomes = [await desk.services.refreshing.refresh(row.id) for row in rows]
    finally:
        if host is not None:
            await host.stop()
    _tell(rows, outcomes, options)
    return overall(outcomes)


async def _chosen(desk: Desk, options: argparse.Namespace) -> list[Connection]:
    """The connections that were asked for; an account names the one that reads it.

    Raises:
        InputError: there is no such connection or account.
    """
    every = await desk.database.read(lambda uow: uow.connections.list())
    wanted = options.connection
    if options.account:
        stored = await desk.database.read(lambda uow: uow.accounts.get(options.account))
        if stored is None or stored.connection is None:
            raise InputError("account", f"No connection reads an account “{options.account}”.")
        if wanted not in ("", stored.connection):
            raise InputError("account", "This account is read through another connection.")
        wanted = stored.connection
    rows = [row for row in every if wanted in ("", row.id)]
    if wanted and not rows:
        raise InputError(
            "connection",
            f"There is no connection “{wanted}”.",
            "",
            "“brokerdesk connections” lists them.",
        )
    return rows


def _tell(
    rows: Sequence[Connection], outcomes: Sequence[RefreshOutcome], options: argparse.Namespace
) -> None:
    names = {row.id: row for row in rows}
    objects: list[dict[str, Any]] = [
        {
            "connection": outcome.connection,
            "broker": names[outcome.connection].broker,
            "environment": names[outcome.connection].environment.value,
            "name": names[outcome.connection].name,
            "state": outcome.state.value,
            "text": outcome.text,
            "refreshed": list(outcome.refreshed),
            "held": list(outcome.held),
            "failed": list(outcome.failed),
        }
        for outcome in outcomes
    ]
    if options.json:
        show(objects, COLUMNS, as_json=True, empty="")
    else:
        short = ["connection", "name", "environment", "state"]
        counted = [{**one, "accounts": f"{len(one['refreshed'])} refreshed"} for one in objects]
        show(counted, [*short, "accounts"], as_json=False, empty="")
    for outcome in outcomes:
        for text in outcome.failed:
            note(f"{names[outcome.connection].name}: {text}")


def overall(outcomes: Sequence[RefreshOutcome]) -> int:
    """One code for all rounds: 0 when nothing is missing, 5 when something was read."""
    if all(_whole(outcome) for outcome in outcomes):
        return codes.OK
    if any(outcome.refreshed or outcome.held or _whole(outcome) for outcome in outcomes):
        return codes.PARTLY
    first = next(outcome for outcome in outcomes if not _whole(outcome))
    return _CODES.get(first.state, codes.ERROR)


def _whole(outcome: RefreshOutcome) -> bool:
    return outcome.state is ConnectionState.OK and not outcome.failed and not outcome.stopped
