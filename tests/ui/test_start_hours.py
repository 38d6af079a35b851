"""The packed first picture is used only while what it says is true at this hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.clock import FakeClock
from support.db import CONNECTION, NOON, make_account, make_connection, make_reading, opened

from brokerdesk.brokers.registry import spec
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.services.portfolio import PortfolioReader
from brokerdesk.settings import Settings
from brokerdesk.ui import start, translate_messages
from brokerdesk.ui.start import broker_titles, first_figures, pack_figures
from brokerdesk.ui.translate import figures
from brokerdesk.ui.viewmodels.state import Figures


def test_soon_is_as_soon_as_in_the_messages() -> None:
    assert start.SOON == translate_messages.SOON


@pytest.mark.parametrize(
    ("state", "ends", "later"),
    [
        # “as of 07:00 ET” means today: a day later it is another day's.
        (ConnectionState.UNAVAILABLE, None, timedelta(days=1)),
        (ConnectionState.OK, timedelta(hours=40), timedelta(hours=5)),  # it became due
        (ConnectionState.OK, timedelta(hours=4), timedelta(hours=5)),  # it is over
    ],
)
def test_messages_of_the_first_picture_are_those_of_its_own_hour(
    tmp_path: Path, state: ConnectionState, ends: timedelta | None, later: timedelta
) -> None:
    def fill(work: object) -> None:
        row = make_connection(
            broker="schwab", state=state, last_success=NOON,
            sign_in_ends=None if ends is None else NOON + ends,
        )  # fmt: skip
        work.connections.add(row)  # type: ignore[attr-defined]
        work.accounts.save(CONNECTION, make_account(1), included=True)  # type: ignore[attr-defined]
        work.snapshots.store(make_reading())  # type: ignore[attr-defined]

    def full(at: datetime) -> Figures:
        reader = PortfolioReader(clock=FakeClock(at), specs=spec, settings=Settings)
        return figures(database.read_sync(reader.read), broker_titles())

    with opened(tmp_path, clock=FakeClock(NOON)) as database:
        database.run_sync(fill)
        stamp = database.read_sync(lambda work: work.start.stamp())
        text = pack_figures(full(NOON), NOON)
        assert database.run_sync(lambda work: work.start.keep(text, stamp))
        for at in (NOON, NOON + timedelta(minutes=1), NOON + later):
            assert first_figures(database.path, at).messages == full(at).messages


def test_a_picture_without_messages_lasts(tmp_path: Path) -> None:
    empty = replace(Figures(), held=77)
    with opened(tmp_path, clock=FakeClock(NOON)) as database:
        stamp = database.read_sync(lambda work: work.start.stamp())
        text = pack_figures(empty, NOON)
        assert database.run_sync(lambda work: work.start.keep(text, stamp))
        assert first_figures(database.path, NOON + timedelta(days=30)).held == 77
