"""Restores a backup into copies of a profile and dies at a different step in each of them.

Started by ``test_backing_up_kills``. Prints one line per copy: its name and what became of it. The
children are forks of this process, which has imported everything and started no thread.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from support.clock import FakeClock
from support.db import NOON
from support.steps import Steps, watched

import brokerdesk.db.engine
import brokerdesk.db.moving  # noqa: F401 - so that no child has to
from brokerdesk.paths import profile_at
from brokerdesk.services.backup_format import opened
from brokerdesk.services.restoring import restore
from brokerdesk.services.watched import Watch

DIED, DONE = 9, 0


def die() -> None:
    os._exit(DIED)


def child(profile: Path, backup: Path, step: int, *, after: bool) -> None:
    with watched(Steps(step, die, after=after)), opened(backup) as archive:
        restore(profile_at(profile), archive, FakeClock(NOON), Watch())


def main() -> None:
    template, backup, folder = map(Path, sys.argv[1:4])
    for after in (False, True):
        for step in range(1, 500):
            profile = folder / f"{'after' if after else 'before'}-{step:03}"
            shutil.copytree(template, profile)
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    child(profile, backup, step, after=after)
                    code = DONE
                finally:
                    os._exit(code)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            sys.stdout.write(f"{profile.name} {code}\n")
            if code != DIED:
                break


main()
