"""Opens databases that are not there yet or of an old format, each at a moment that another process
has, too.

Arguments: a folder, the monotonic time of the first, and how many; 200 ms lie between two. Each is
in a folder of its own. Prints what went wrong.
"""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.clock import FakeClock

import brokerdesk.db.alchemy  # noqa: F401
from brokerdesk.db.engine import Database
from brokerdesk.db.migrations import steps

steps()
folder, first, count = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
for number in range(count):
    while time.monotonic() < first + number * 0.2:
        pass
    where = folder / str(number)
    try:
        database = Database.open(
            where / "portfolio.db", backups=where / "backups", clock=FakeClock()
        )
        database.run_sync(lambda uow: uow.meta.set("seen", "yes"))
        database.close()
    except Exception:
        sys.stdout.write(f"{number}: {traceback.format_exc()}\n")
sys.stdout.write("opened")
