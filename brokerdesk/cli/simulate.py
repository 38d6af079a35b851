"""``brokerdesk simulator``: simulated brokers on loopback, until ended."""

from __future__ import annotations

import argparse

from brokerdesk.errors import InputError


def run(options: argparse.Namespace) -> int:
    """Serve until ended. The first line on standard output is JSON and says where."""
    from brokerdesk.simulator.main import run as serve
    from brokerdesk.simulator.options import DEFAULT_SEED, KNOWN_BROKERS, SimulatorOptions

    wanted = [name.strip() for name in options.brokers.split(",") if name.strip()]
    brokers = KNOWN_BROKERS if wanted in ([], ["all"]) else tuple(wanted)
    unknown = [name for name in brokers if name not in KNOWN_BROKERS]
    if unknown:
        raise InputError(
            "brokers",
            f"There is no simulated broker “{unknown[0]}”.",
            "",
            f"There are: {', '.join(KNOWN_BROKERS)}.",
        )
    for name in ("accounts", "positions"):
        value = getattr(options, name)
        if value is not None and value < 0:
            raise InputError(name, f"--{name} cannot be less than nothing.")
    if not 0 <= options.port <= 65535:
        raise InputError("port", "A port is a number from 1 to 65535, or 0 for any free one.")
    return serve(
        SimulatorOptions(
            seed=DEFAULT_SEED if options.seed is None else options.seed,
            brokers=brokers,
            port=options.port,
            accounts=options.accounts,
            positions=options.positions,
            faults_file=options.faults,
            exit_with_stdin=options.exit_with_stdin,
            mirror=options.mirror,
            troubles=options.troubles,
            state_file=options.state,
            state_kept=not options.state_read_only,
        )
    )
