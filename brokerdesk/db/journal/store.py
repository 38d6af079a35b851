"""The journal as the rest of the product sees it.

The rules that no caller may get wrong are kept here, inside one transaction each: an intent exists
before it is sent, it is sent at most once, the states go only the ways that exist, an unsettled
intent blocks the same account, symbol and side, and a halt stops everything but cancels.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from brokerdesk.clock import Clock
from brokerdesk.db import driver
from brokerdesk.db.border import damaged
from brokerdesk.db.codec import from_micros, to_micros
from brokerdesk.db.decoding import decoding
from brokerdesk.db.journal import audit, history, intents, schema, sealing, switches
from brokerdesk.db.journal.guarding import (
    Guard,
    Pace,
    RefusedByJournalError,
    refuse_beside,
    refuse_if_halted,
    refuse_unless,
)
from brokerdesk.db.journal.history import History, Sighting, Step
from brokerdesk.db.journal.switches import HALT
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.intent import Intent, IntentKind, IntentState, check_step
from brokerdesk.errors import StorageError

__all__ = ["HALT", "Guard", "History", "Journal", "RefusedByJournalError", "Sighting", "Step"]

T = TypeVar("T")

_encode = msgspec.msgpack.Encoder().encode
_FREE = Guard()


class Journal:
    """One open journal.db. Every method may be called from any thread."""

    def __init__(self, path: Path, clock: Clock, *, key: bytes | None = None) -> None:
        """Open ``path``, making it where it is missing.

        Raises:
            DatabaseTooNewError, DatabaseDamagedError, DatabaseLockedError, StorageError: nothing
                was changed, and nothing can be sent.
        """
        self.path = path
        self.told: Callable[[Intent], object] = lambda _: None
        """Called on the waiting loop after each state that was written down here."""
        self.pace = Pace(clock)
        self._clock = clock
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="brokerdesk-journal")
        self._raw: driver.RawConnection = None
        try:
            self._worker.submit(self._open, key).result()
        except BaseException:
            self._worker.shutdown()
            raise

    async def commit(self, intent: Intent, guard: Guard = _FREE) -> Intent:
        """Write an intent down before anything leaves; it is ``COMMITTED`` on return.

        Raises:
            RefusedByJournalError: it is here already, orders are halted, the guard forbids it, or
                an unsettled one of the same account, symbol and side is in the way.
            StorageError: it could not be written.
        """
        written = await self._write(lambda raw: self._commit(raw, intent, guard))
        self.told(written)
        return written

    async def step(
        self,
        intent: str,
        state: IntentState,
        *,
        order_id: str = "",
        words: str = "",
        checks: int = 0,
    ) -> Intent:
        """Note that an intent came to ``state``. An empty ``order_id`` keeps the one known.

        Raises:
            RefusedByJournalError: no way leads there, another process was faster, or orders were
                halted before this one began to be sent.
            StorageError: it could not be written, or there is no such intent.
        """
        after = await self._write(
            lambda raw: self._step(raw, intent, state, order_id, words, checks)
        )
        self.told(after)
        return after

    async def get(self, intent: str) -> Intent | None:
        found = await self._read(lambda raw: self._select(raw, intents.ONE, intent))
        return found[0] if found else None

    async def unsettled(self) -> tuple[Intent, ...]:
        """Intents that are not settled, oldest first: to be taken up before a ticket unlocks."""
        return await self._read(lambda raw: self._select(raw, intents.UNSETTLED))

    async def since(self, moment: datetime) -> tuple[Intent, ...]:
        """Intents written since then, oldest first."""
        return await self._read(lambda raw: self._select(raw, intents.SINCE, to_micros(moment)))

    async def steps(self, intent: str) -> tuple[Step, ...]:
        """What an intent went through, oldest first."""
        return await self._read(lambda raw: history.steps(raw, intent))

    async def histories(self, since: datetime) -> tuple[History, ...]:
        """Intents written since then, and all that are not settled, with their steps."""

        def read(raw: driver.RawConnection) -> tuple[History, ...]:
            found = self._select(raw, intents.SINCE_OR_UNSETTLED, to_micros(since))
            return history.histories(raw, found)

        return await self._read(read)

    async def see(self, sighting: Sighting) -> None:
        """Note when an order was seen to be another than before."""
        await self._write(lambda raw: history.see(raw, sighting))

    async def sightings(self, since: datetime) -> tuple[Sighting, ...]:
        """What was seen of orders since then, oldest first."""
        return await self._read(lambda raw: history.sightings(raw, since))

    async def halted(self) -> bool:
        """Whether new orders are stopped."""
        return await self._read(switches.halted)

    async def halt(self, on: bool) -> None:
        """Stop new orders, or let them go again. Holds over restarts until it is changed."""
        await self._write(lambda raw: self._halt(raw, on))

    async def trading_on(self) -> frozenset[ConnectionId]:
        """Connections that may send orders; none until it is turned on."""
        found = await self._read(switches.connections_on)
        return frozenset(map(ConnectionId, found))

    async def turn(self, connection: ConnectionId, on: bool, facts: Mapping[str, str]) -> None:
        """Let a connection send orders, or no longer. Holds over restarts until it is changed."""
        name, facts = switches.trading(connection), {"connection": connection, **facts}
        await self._write(
            lambda raw: switches.turn(raw, self._clock.now(), name, on, "trading", facts)
        )

    async def note(self, kind: str, facts: Mapping[str, str]) -> audit.Head:
        """Add an entry to the audit log."""
        return await self._write(lambda raw: audit.append(raw, self._clock.now(), kind, facts))

    async def head(self) -> audit.Head:
        """How many entries the audit log has, and the hash of the last."""
        return await self._read(audit.head)

    async def log(self, after: int = 0, most: int = 1000) -> tuple[audit.AuditEntry, ...]:
        return await self._read(lambda raw: tuple(audit.entries(raw, after, most)))

    async def verify(self, expected: audit.Head | None = None) -> audit.Verdict:
        """Look at the whole audit log, and whether the orders' rows are as it says."""
        return await self._read(lambda raw: _verdict(raw, expected))

    def close(self) -> None:
        """Finish what is being written and close the file. May be called twice."""
        if self._raw is not None:
            self._worker.submit(self._raw.close).result()
            self._raw = None
        self._worker.shutdown()

    # What follows runs on the worker thread.

    def _open(self, key: bytes | None) -> None:
        driver.create_private(self.path)
        self._raw = driver.connect_prepared(self.path, key=key)
        with driver.at_border(self.path, writing=True):
            # A commit is on the disk before the first byte of an order leaves.
            self._raw.execute("PRAGMA synchronous = FULL")
        self._check()
        schema.bring_up_to_date(self._raw, self.path)
        self._check_unsettled()
        driver.make_private(self.path)

    def _check(self) -> None:
        """Every page and every index: an intent that an index hides would be forgotten."""
        with driver.at_border(self.path):
            (found,) = self._raw.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise damaged(self.path)

    def _check_unsettled(self) -> None:
        """Nothing that is not settled is missing from the table where each order looks for it."""
        with driver.at_border(self.path), driver.transaction(self._raw, "BEGIN"):
            if not intents.unsettled_agree(self._raw):
                raise damaged(self.path)

    def _commit(self, raw: driver.RawConnection, intent: Intent, guard: Guard) -> Intent:
        if intent.state is not IntentState.COMMITTED:
            raise ValueError("an intent begins as committed")
        if self._select(raw, intents.SAME, intent.id, intent.client_order_id):
            raise RefusedByJournalError(
                "This order was written down already.", "It is not sent a second time."
            )
        refuse_if_halted(raw, intent.kind)
        refuse_unless(raw, intent, guard, self.pace)
        refuse_beside(intent, self._select(raw, intents.UNSETTLED), guard.accounts)
        at = to_micros(intent.created_at)
        raw.execute(
            "INSERT INTO intents (id, kind, connection_id, account_id, environment, symbol, side,"
            " client_order_id, request, digest, baseline, target, created_at, draft)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(intent.id, intent.kind.value, intent.connection, intent.account),
                *(intent.environment.value, intent.symbol, intent.side.value),
                *(intent.client_order_id, intent.request, intent.digest),
                *(_encode(intent.baseline), intent.order_id, at),
                None if intent.draft is None else _encode(intent.draft),
            ),
        )
        self._add(raw, intent, at)
        if intent.kind is not IntentKind.CANCEL:
            self.pace.wrote(intent)
        return intent

    def _step(
        self,
        raw: driver.RawConnection,
        intent: str,
        state: IntentState,
        order_id: str,
        words: str,
        checks: int,
    ) -> Intent:
        found = self._select(raw, intents.ONE, intent)
        if not found:
            raise StorageError("This order is not in the journal.", "Nothing was changed.")
        (before,) = found
        again = state is before.state is IntentState.UNKNOWN  # another look that did not find it
        if not again:
            try:
                check_step(before.state, state)
            except ValueError as error:
                raise RefusedByJournalError(
                    "This order is further than that already.", "Nothing was sent."
                ) from error
        if state is IntentState.SENDING:
            refuse_if_halted(raw, before.kind)
        now = self._clock.now()
        after = replace(
            before,
            state=state,
            changed_at=now,
            order_id=order_id or before.order_id,
            words=words,
            checks=checks,
        )
        self._add(raw, after, to_micros(now))
        return after

    def _add(self, raw: driver.RawConnection, intent: Intent, at: int) -> None:
        written = raw.execute(
            "INSERT INTO steps (intent_id, state, at, order_id, words, checks)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (intent.id, intent.state.value, at, intent.order_id, intent.words, intent.checks),
        )
        facts = {
            "intent": intent.id,
            "kind": intent.kind.value,
            "account": intent.account,
            "environment": intent.environment.value,
            "symbol": intent.symbol,
            "side": intent.side.value,
            "digest": intent.digest,
            "order": intent.order_id,
            "seal": sealing.seal(raw, written.lastrowid),
        }
        audit.append(raw, from_micros(at), f"order {intent.state.value}", facts)

    def _halt(self, raw: driver.RawConnection, on: bool) -> None:
        switches.turn(raw, self._clock.now(), HALT, on, "halt", {})

    def _select(self, raw: driver.RawConnection, query: str, *values: object) -> tuple[Intent, ...]:
        with decoding(self.path):
            return intents.select(raw, query, *values)

    async def _write(self, work: Callable[[driver.RawConnection], T]) -> T:
        return await self._run(work, "BEGIN IMMEDIATE")

    async def _read(self, work: Callable[[driver.RawConnection], T]) -> T:
        def understood(raw: driver.RawConnection) -> T:
            with decoding(self.path):
                return work(raw)

        return await self._run(understood, "BEGIN")

    async def _run(self, work: Callable[[driver.RawConnection], T], begin: str) -> T:
        def task() -> T:
            with (
                driver.at_border(self.path, writing=begin != "BEGIN"),
                driver.transaction(self._raw, begin),
            ):
                return work(self._raw)

        # A write that was begun ends, whatever becomes of who waits for it.
        return await asyncio.shield(asyncio.wrap_future(self._worker.submit(task)))


def _verdict(raw: driver.RawConnection, expected: audit.Head | None) -> audit.Verdict:
    chain = audit.verify(raw, expected)
    return chain if chain.broken is not None else replace(chain, broken=sealing.broken(raw))
