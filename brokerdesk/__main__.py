"""``python -m brokerdesk`` and the console script: everything begins in ``cli.main``."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command line of this process; its exit code."""
    from brokerdesk.cli import main as run

    if sys.stdout is None or sys.stderr is None:  # a windowed program on Windows has neither
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
