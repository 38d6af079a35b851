"""``audit`` and ``halt`` in a terminal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.cli import Program
from support.clock import FakeClock
from support.db import execute_raw

from brokerdesk.db.journal.store import Journal


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path, vault=False)


def journal_of(tmp_path: Path) -> Path:
    (found,) = tmp_path.rglob("journal.db")
    return found


def test_a_halt_holds_and_is_noted(program: Program, tmp_path: Path) -> None:
    assert program.here("halt", "status", "--json").last() == {"halted": False}
    assert not list(tmp_path.rglob("journal.db")), "a question makes no file"
    assert program.here("halt", "on", "--json").last() == {"halted": True}
    assert program.here("halt", "status", "--json").last() == {"halted": True}
    journal = Journal(journal_of(tmp_path), FakeClock())
    assert asyncio.run(journal.halted())
    journal.close()
    assert program.here("halt", "off", "--json").last() == {"halted": False}
    kinds = [one["kind"] for one in program.here("audit", "show", "--json").rows()]
    assert kinds == ["halt on", "halt off"]
    assert [one["seq"] for one in program.here("audit", "show", "--after", "1", "--json").rows()] \
        == [2]  # fmt: skip


def test_a_log_that_was_altered_is_told(program: Program, tmp_path: Path) -> None:
    for word in ("on", "off"):
        program.here("halt", word)
    journal = Journal(journal_of(tmp_path), FakeClock())
    asyncio.run(journal.note("sign-in connected", {"broker": "acme"}))
    journal.close()
    whole = program.here("audit", "verify", "--json")
    assert whole.code == 0
    assert whole.last()["sound"] is True
    head = f"{whole.last()['entries']}:{whole.last()['head']}"
    assert program.here("audit", "verify", "--head", head).code == 0
    path = journal_of(tmp_path)
    execute_raw(path, "DROP TRIGGER audit_keep_UPDATE")
    execute_raw(path, "DROP TRIGGER audit_keep_DELETE")
    execute_raw(path, "DELETE FROM audit WHERE seq = 3")
    assert program.here("audit", "verify").code == 0, "nothing shows that the end is missing"
    short = program.here("audit", "verify", "--head", head, "--json")
    assert (short.code, short.last()["broken"]) == (1, 3)
    execute_raw(path, "UPDATE audit SET kind = 'halt off' WHERE seq = 1")
    altered = program.here("audit", "verify", "--json")
    assert (altered.code, altered.last()["broken"]) == (1, 1)
    assert program.here("audit", "verify").out.startswith("Entry 1 is not as it was written")


def test_an_export_has_every_entry_and_the_head(program: Program, tmp_path: Path) -> None:
    program.here("halt", "on")
    target = tmp_path / "log.jsonl"
    told = program.here("audit", "export", str(target), "--json").last()
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert [one.get("kind") for one in lines] == ["halt on", None]
    assert lines[-1]["head"] == {"count": 1, "hash": told["head"]}
    nowhere = program.here("audit", "export", str(tmp_path / "no" / "such" / "x"), "--json")
    assert nowhere.code == 1
    assert nowhere.error()["title"] == "The audit log could not be written."


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("audit", "verify"), 0),
        (("audit", "show"), 0),
        (("audit", "export", "x"), 1),
        (("audit", "verify", "--head", f"1:{'0' * 64}"), 1),
        (("audit", "verify", "--head", "1:short"), 2),
        (("audit", "show", "--head", f"1:{'0' * 64}"), 2),
        (("audit", "export"), 2),
        (("audit", "verify", "x"), 2),
    ],
)
def test_without_a_log_and_with_nonsense(
    program: Program, tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    assert program.here(*arguments).code == code
    assert not list(tmp_path.rglob("journal.db"))


def test_a_damaged_journal_is_an_error_in_words(
    program: Program, tmp_path: Path, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("journal of orders cannot be used")
    program.here("halt", "on")
    path = journal_of(tmp_path)
    for beside in path.parent.glob("journal.db*"):
        beside.unlink()
    path.write_bytes(b"nothing of the kind" * 400)
    answer = program.here("halt", "off", "--json")
    assert answer.code == 1
    assert answer.error()["title"]
    assert path.read_bytes() == b"nothing of the kind" * 400, "it is left as it is"
