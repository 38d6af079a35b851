"""Paired rounds: base and ours take turns in one process, so that only their ratio is reported.

Each benchmark builds its fixture from a seed, calls ``run`` and ends with its exit code: 0 when all
gates hold, 1 when one is missed. The first round warms up and is dropped. ``--json FILE`` writes
the figures, ``--rounds N`` changes how many rounds count.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Case:
    """``ours`` against ``base``, each one timed call. ``gate`` None: reported, not judged.

    ``before_base`` and ``before_ours`` prepare a round outside of the timing; their result is
    handed to the timed call.
    """

    name: str
    base: Callable[[Any], object]
    ours: Callable[[Any], object]
    gate: float | None
    before_base: Callable[[], Any] = lambda: None
    before_ours: Callable[[], Any] = lambda: None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    name: str
    base_ms: float
    ours_ms: float
    ratio: float
    gate: float | None

    @property
    def held(self) -> bool:
        return self.gate is None or self.ratio <= self.gate


def measure(case: Case, rounds: int) -> Outcome:
    """Medians of both sides and the median of the rounds' ratios."""
    pairs = []
    for _ in range(rounds + 1):
        pairs.append(
            (
                _timed(case.base, case.before_base()),
                _timed(case.ours, case.before_ours()),
            )
        )
    pairs = pairs[1:]
    return Outcome(
        name=case.name,
        base_ms=statistics.median(base for base, _ in pairs) * 1e3,
        ours_ms=statistics.median(ours for _, ours in pairs) * 1e3,
        ratio=statistics.median(ours / base for base, ours in pairs),
        gate=case.gate,
    )


def _timed(call: Callable[[Any], object], prepared: Any) -> float:
    gc.collect()
    start = time.perf_counter()
    result = call(prepared)
    elapsed = time.perf_counter() - start
    del result
    return elapsed


def run(title: str, cases: Sequence[Case], *, facts: dict[str, Any] | None = None) -> int:
    """Measure all cases, print a table, write JSON if asked; the exit code."""
    options = arguments(title)
    outcomes = [measure(case, options.rounds) for case in cases]
    print(f"{title} ({options.rounds} rounds, {platform.python_version()})")
    width = max(len(outcome.name) for outcome in outcomes)
    print(f"{'':{width}}  {'base ms':>9} {'ours ms':>9} {'ratio':>7} {'gate':>6}")
    for outcome in outcomes:
        gate = "-" if outcome.gate is None else f"{outcome.gate:.2f}"
        verdict = "" if outcome.held else "  MISSED"
        print(
            f"{outcome.name:{width}}  {outcome.base_ms:9.2f} {outcome.ours_ms:9.2f}"
            f" {outcome.ratio:7.2f} {gate:>6}{verdict}"
        )
    report(title, options, [asdict(o) | {"held": o.held} for o in outcomes], facts or {})
    return 0 if all(outcome.held for outcome in outcomes) else 1


def arguments(title: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, default=None)
    return parser.parse_args()


def report(
    title: str, options: argparse.Namespace, outcomes: list[dict[str, Any]], facts: dict[str, Any]
) -> None:
    """Write what was measured where ``--json`` says."""
    if options.json is None:
        return
    answer = {
        "title": title,
        "rounds": options.rounds,
        "python": sys.version,
        "machine": platform.platform(),
        "outcomes": outcomes,
        "facts": facts,
    }
    options.json.write_text(json.dumps(answer, indent=2) + "\n")
