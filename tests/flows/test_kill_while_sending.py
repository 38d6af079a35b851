"""``kill -9`` while orders are sent, held against what truly arrived: 0 doubled, 0 lost.

Real processes, files, sockets and services; the broker is the simulator, whose truth log is kept
apart from its answers. The seed is printed: the kills' instants are drawn from it.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest
from support.order_kills import BROKERS, POINTS, SETTLING_POINTS, Tally, campaign

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.parametrize("broker", BROKERS),
    # What the simulated broker says when somebody dies amid a request.
    pytest.mark.allow_warnings("Error handling request"),
]


def report(broker: str, tally: Tally, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    points = tally.kills - tally.points["random"]
    with capsys.disabled():
        sys.stdout.write(
            f"\nkill -9 while sending at {broker}, seed {seed}: {tally.points['random']} kills at "
            f"random instants and {points} at named points, {tally.sent} requests arrived; the "
            f"journal was amid something {tally.amid} times {dict(tally.left)}; in the end "
            f"{dict(tally.states)}; {tally.chosen} were proposed to the user, who said yes; "
            "0 doubled, 0 lost. "
            f"0 failures in {tally.kills} shows only a rate below {3 / tally.kills:.3f}\n"
        )


@pytest.mark.timeout(170)
async def test_a_few_kills(tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]) -> None:
    seed = random.randrange(10**6)
    tally = await campaign(broker, tmp_path, kills=3, nths=(1,), seed=seed, settling=("found",))
    report(broker, tally, seed, capsys)
    assert set(POINTS) <= set(tally.points)


@pytest.mark.deep
@pytest.mark.timeout(3600)
async def test_two_hundred_kills_and_every_point(
    tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.randrange(10**6)
    tally = await campaign(broker, tmp_path, kills=205, nths=(1, 2, 3, 4), seed=seed)
    report(broker, tally, seed, capsys)
    assert tally.points["random"] >= 200
    assert all(tally.points[point] for point in POINTS)
    assert all(tally.points[f"settling: {point}"] for point in SETTLING_POINTS)
    assert tally.amid > 50
