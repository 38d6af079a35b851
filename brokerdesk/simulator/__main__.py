"""``python -m brokerdesk.simulator``: the simulator without the rest of the program."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from brokerdesk.simulator.main import run
from brokerdesk.simulator.options import DEFAULT_SEED, KNOWN_BROKERS, SimulatorOptions


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m brokerdesk.simulator")
    parser.add_argument("--brokers", default="all")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--positions", type=int)
    parser.add_argument("--faults", type=Path)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--exit-with-stdin", action="store_true")
    parser.add_argument("--json", action="store_true", help="accepted; the output is always JSON")
    chosen = parser.parse_args()
    brokers = KNOWN_BROKERS if chosen.brokers == "all" else tuple(chosen.brokers.split(","))
    return run(
        SimulatorOptions(
            seed=chosen.seed,
            brokers=brokers,
            port=chosen.port,
            accounts=chosen.accounts,
            positions=chosen.positions,
            faults_file=chosen.faults,
            state_file=chosen.state,
            exit_with_stdin=chosen.exit_with_stdin,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
