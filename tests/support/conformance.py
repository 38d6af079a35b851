"""What the contract proves about each broker, and what others' programs prove about its simulator.

The first table is made from the contract's tests as pytest collects them, the second from the
tables of ``docs/fidelity.md``; the document is made of both.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

from support.source import ROOT
from support.transports import TRAITS

from brokerdesk.brokers.registry import all_specs

KEPT = ROOT / "docs" / "conformance.md"
FIDELITY = ROOT / "docs" / "fidelity.md"
BROKERS = [spec.id for spec in all_specs()]
NAMES = {"TWS": "ibkr"}
"""What the simulated one is called where that is not the broker's id."""
HEAD = """# Conformance

What each broker's adapter has been shown to do. Both tables are made by `scripts/conformance.py`
and compared with the tests by `tests/contract/test_conformance.py`; a test that fails fails the
suite, so a tick here is a test that passes. The numbers are those of the contract's cases. A dash
is a case that is about other brokers: those with a token, with a page in a browser, or with another
transport (`tests/support/transports.py`). What faults do is in `docs/fault-matrix.md`.
"""
NOT_PROOF = {"route", "request", "shape-checked", "shape", "answers", "against the recording"}
LAST = "what is asserted besides"


@cache
def collected() -> dict[tuple[str, str], set[str]]:
    """Every numbered case of the contract with its test, and the brokers it is run for."""
    command = [sys.executable, "-m", "pytest", "tests/contract", "--collect-only", "-q"]
    listing = subprocess.run(
        [*command, "-p", "no:randomly"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[tuple[str, str], set[str]] = {}
    for line in listing.stdout.splitlines():
        match = re.fullmatch(r".*::test_((?:c\d\d_)+)?(.*?)(?:\[(.*)\])?", line)
        if match is None or not re.search(r"c\d\d_", line):
            continue
        words, given = match[2], set(re.split(r"[-_]", match[3] or ""))
        numbers = " ".join(re.findall(r"c\d\d", line.partition("[")[0])).upper()
        text = re.sub(r"_?c\d\d_", " ", "_" + words).replace("_", " ").strip()
        brokers = given & set(TRAITS) or set(TRAITS)
        found.setdefault((numbers, text), set()).update(brokers)
    return found


def cases() -> Iterator[str]:
    yield "| case | what is shown | " + " | ".join(BROKERS) + " |"
    yield "|---|---|" + "---|" * len(BROKERS)
    for (numbers, text), brokers in sorted(collected().items()):
        ticks = " | ".join("✓" if name in brokers else "–" for name in BROKERS)
        yield f"| {numbers.replace(' ', ', ')} | {text} | {ticks} |"


def routes() -> Iterator[str]:
    """How many routes of each simulated broker somebody else's program has read."""
    yield "| simulated | routes | read by a client that others wrote | shape-checked | ours only |"
    yield "|---|---|---|---|---|"
    for section in re.split(r"^# How true the simulated ", FIDELITY.read_text("utf-8"), flags=re.M):
        name = section.split(" is\n")[0].strip()
        broker = NAMES.get(name, name.lower())
        if broker not in BROKERS:
            continue
        rows = [row for table in _tables(section) for row in table]
        read = [row for row in rows if row["read"]]
        shaped = [row for row in rows if row["shaped"]]
        ours = [row for row in rows if not row["read"] and not row["shaped"]]
        yield f"| {broker} | {len(rows)} | {len(read)} | {len(shaped)} | {len(ours)} |"


def _tables(section: str) -> Iterator[list[dict[str, bool]]]:
    """The tables of routes in one section; what is not there yet is no route."""
    for head, body in re.findall(r"^(\| [^\n]* \|)\n\|[-|]+\|\n((?:\|[^\n]*\n)+)", section, re.M):
        names = [cell.strip() for cell in head.strip("|").split("|")]
        if names[0] not in ("route", "request") or names[-1] != LAST:
            continue
        rows = []
        for line in body.splitlines():
            cells = dict(
                zip(names, (cell.strip() for cell in line.strip("|").split("|")), strict=False)
            )
            if cells.get(LAST, "").startswith("not there"):
                continue
            clients = [cells[name] for name in names if name not in NOT_PROOF and name != LAST]
            shapes = [cells.get(name, "") for name in ("shape-checked", "shape")]
            rows.append(
                {
                    "read": any(_proves(cell) for cell in clients),
                    "shaped": any(_proves(cell) for cell in shapes),
                }
            )
        yield rows


def _proves(cell: str) -> bool:
    return bool(cell) and not re.match(r"(no\b|–|-|ours)", cell)


def document() -> str:
    parts = [HEAD, "## The contract\n", *cases(), "", "## The simulator\n", *routes()]
    return "\n".join(parts) + "\n"
