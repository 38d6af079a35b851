#!/usr/bin/env python3
"""Draw the README's pictures anew, on practice data: ``docs/pictures/*.png``.

Run from a checkout that is set up (``python3 dev.py run -- --version`` does that).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "pictures"
PICTURES = {
    "overview-light": "overview.png",
    "overview-dark": "overview-dark.png",
    "positions-light": "positions.png",
    "past-dark": "past-day.png",
    "connect-light": "connect.png",
    "review-light": "review.png",
    "orders-working-dark": "orders.png",
}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "pictures"
        done = subprocess.run(
            [sys.executable, "-m", "brokerdesk", "screenshots", str(drawn), "--practice",
             "--data-dir", str(Path(folder) / "profile"), "--json"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            sys.stderr.write(done.stderr)
            return 1
        files = {Path(each).stem: Path(each) for each in json.loads(done.stdout)["pictures"]}
        TARGET.mkdir(parents=True, exist_ok=True)
        for name, target in PICTURES.items():
            (TARGET / target).write_bytes(files[name].read_bytes())
            sys.stdout.write(f"docs/pictures/{target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
