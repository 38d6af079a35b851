"""Opens journals that are not there yet, each at a moment that another process has, too.

Arguments: a folder, the monotonic time of the first, and how many; 20 ms lie between two.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.clock import FakeClock

from brokerdesk.db.journal.store import Journal

folder, first, count = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
for number in range(count):
    while time.monotonic() < first + number * 0.02:
        pass
    Journal(folder / f"journal-{number}.db", FakeClock()).close()
sys.stdout.write("opened")
