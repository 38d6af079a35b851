"""A backup's packed first picture is not shown: its figures are read out of its snapshots."""

from __future__ import annotations

from pathlib import Path

from support.backups import back_up, make_profile, open_profile
from support.clock import FakeClock
from support.db import CONNECTION, NOON

from brokerdesk.db.start_text import read_start_text
from brokerdesk.paths import profile_at
from brokerdesk.services.backing_up import restore


async def test_a_picture_that_came_with_a_backup_is_not_believed(tmp_path: Path) -> None:
    """Whoever made the file may have put anything into it."""
    paths = make_profile(tmp_path / "there")
    database = open_profile(paths)
    try:
        # Without a connection a restore has nothing to sign out, and so nothing to change.
        database.run_sync(lambda work: work.connections.remove(CONNECTION, keep_history=True))
        stamp = database.read_sync(lambda work: work.start.stamp())
        assert database.run_sync(lambda work: work.start.keep("[another total]", stamp))
    finally:
        database.close()
    backup = tmp_path / "x.brokerdesk-backup"
    await back_up(paths, backup)
    here = profile_at(tmp_path / "here")
    here.ensure()
    await restore(here, backup, FakeClock(NOON))
    assert here.portfolio_db.exists()
    assert read_start_text(here.portfolio_db) is None
