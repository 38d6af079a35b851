"""``brokerdesk audit`` and ``brokerdesk halt``: the journal, without a window or a network.

The window may be open meanwhile: it is the same journal, and a halt holds for the very next order.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brokerdesk.cli.codes import ERROR, OK
from brokerdesk.cli.output import moment, note, say, say_json, show
from brokerdesk.cli.profile import profile_of
from brokerdesk.clock import SystemClock
from brokerdesk.errors import InputError, StorageError
from brokerdesk.tasks import Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.journal.audit import Head, Verdict
    from brokerdesk.services.trading_journal import JournalKeeper

COLUMNS = ["seq", "at", "kind", "facts", "hash"]
_HEAD = re.compile(r"^(\d{1,12}):([0-9a-f]{64})$")
_NONE_YET = "There is no audit log yet: nothing was ordered, switched or connected here."


def run_audit(options: argparse.Namespace) -> int:
    """Verify, show or export the audit log. A log that was tampered with: exit code 1."""
    expected = _head(options.head) if options.head else None
    if expected is not None and options.action != "verify":
        raise InputError("head", "--head goes with “audit verify”.")
    if (options.file is None) == (options.action == "export"):
        raise InputError("file", "“audit export” needs a FILE, and nothing else takes one.")
    path = profile_of(options).journal_db
    target = None if options.file is None else options.file.expanduser()
    if not path.exists():
        if options.action == "show" and options.json:
            say_json([])
        else:
            note(_NONE_YET)
        return OK if expected is None and options.action != "export" else ERROR

    async def work(keeper: JournalKeeper) -> int:
        match options.action:
            case "verify":
                return await _verify(keeper, expected, as_json=options.json)
            case "export":
                assert target is not None
                return await _export(keeper, target, as_json=options.json)
            case _:
                return await _show(keeper, options)

    return asyncio.run(_with_journal(path, work))


def run_halt(options: argparse.Namespace) -> int:
    """Stop new orders, let them go again, or say whether they are stopped."""
    path = profile_of(options).journal_db

    async def work(keeper: JournalKeeper) -> int:
        journal = await keeper.open()
        if options.action != "status":
            await journal.halt(options.action == "on")
        _tell_halt(await journal.halted(), as_json=options.json)
        return OK

    if options.action == "status" and not path.exists():
        _tell_halt(False, as_json=options.json)
        return OK
    return asyncio.run(_with_journal(path, work))


async def _with_journal(path: Path, work: Any) -> int:
    from brokerdesk.services.trading_journal import JournalKeeper

    supervisor = Supervisor(lambda _, error: note(f"A fault in BrokerDesk came up: {error}"))
    keeper = JournalKeeper(path, SystemClock(), supervisor)
    try:
        code: int = await work(keeper)
        return code
    finally:
        await keeper.aclose()
        await supervisor.aclose()


async def _verify(keeper: JournalKeeper, expected: Head | None, *, as_json: bool) -> int:
    verdict: Verdict = await (await keeper.open()).verify(expected)
    head = verdict.head
    if as_json:
        say_json(
            {
                "sound": verdict.broken is None,
                "entries": head.count,
                "head": head.hash.hex(),
                "broken": verdict.broken,
            }
        )
    elif verdict.broken is None:
        say(f"All {head.count} entries are as they were written. Head: {_shown(head)}")
    else:
        say(f"Entry {verdict.broken} is not as it was written, or is missing.")
    return OK if verdict.broken is None else ERROR


async def _show(keeper: JournalKeeper, options: argparse.Namespace) -> int:
    found = await (await keeper.open()).log(options.after, options.most)
    rows = [
        {
            "seq": one.seq,
            "at": moment(one.at),
            "kind": one.kind,
            "facts": dict(one.facts) if options.json else _facts(one.facts),
            "hash": one.hash.hex() if options.json else one.hash.hex()[:12],
        }
        for one in found
    ]
    show(rows, COLUMNS, as_json=options.json, empty=_NONE_YET)
    return OK


async def _export(keeper: JournalKeeper, file: Path, *, as_json: bool) -> int:
    from brokerdesk.services.trading_audit import AuditService

    try:
        head = await AuditService(keeper).export(file)
    except OSError as error:
        raise StorageError(
            "The audit log could not be written.", f"{error.strerror}: {file}"
        ) from error
    if as_json:
        say_json({"file": str(file), "entries": head.count, "head": head.hash.hex()})
    else:
        say(f"{head.count} entries written to {file}. Keep this head elsewhere: {_shown(head)}")
    return OK


def _tell_halt(halted: bool, *, as_json: bool) -> None:
    if as_json:
        say_json({"halted": halted})
    else:
        say(
            "New orders are halted. Cancels go through." if halted else "New orders are not halted."
        )


def _head(text: str) -> Head:
    from brokerdesk.db.journal.audit import Head

    found = _HEAD.match(text.strip().lower())
    if found is None:
        raise InputError(
            "head", "A head is written as COUNT:HASH, as “audit verify” and “audit export” say it."
        )
    return Head(count=int(found[1]), hash=bytes.fromhex(found[2]))


def _shown(head: Head) -> str:
    return f"{head.count}:{head.hash.hex()}"


def _facts(facts: Any) -> str:
    return " ".join(f"{name}={value}" for name, value in facts.items() if value)
