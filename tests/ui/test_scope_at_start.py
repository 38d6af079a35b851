"""A window that showed some accounts begins with these, and with no figure of another."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot
from support.db import NOON, add_accounts, make_reading, opened
from support.ui_widgets import shown_text

from brokerdesk.app import GuiOptions
from brokerdesk.brokers.registry import spec
from brokerdesk.clock import SystemClock
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.reading import Reading
from brokerdesk.paths import ProfilePaths
from brokerdesk.services.portfolio import PortfolioReader
from brokerdesk.settings import Settings
from brokerdesk.ui.opening import Opening
from brokerdesk.ui.start import broker_titles, pack_figures
from brokerdesk.ui.translate import figures
from brokerdesk.ui.viewmodels.scope import scope_words

WORTH = {1: Decimal("1111.10"), 2: Decimal("2222.20"), 3: Decimal("4444.40")}


def _store(work: UnitOfWork, reading: Reading) -> None:
    work.snapshots.store(reading)


@pytest.fixture
def keys(profile: ProfilePaths) -> list[str]:
    """Three accounts in a file that keeps the picture of all of them."""
    with opened(profile.root) as database:
        database.run_sync(lambda work: add_accounts(work, 3))
        found = [one.account.id for one in database.read_sync(lambda work: work.accounts.list())]
        for worth, key in zip(WORTH.values(), found, strict=True):
            balance = Balance(currency="USD", cash=worth, net_liquidation=worth)
            reading = replace(make_reading(key), balances=(balance,), positions=())
            database.run_sync(partial(_store, reading=reading))
        reader = PortfolioReader(clock=SystemClock(), specs=spec, settings=Settings)
        text = pack_figures(figures(database.read_sync(reader.read), broker_titles()), NOON)
        stamp = database.read_sync(lambda work: work.start.stamp())
        assert database.run_sync(lambda work: work.start.keep(text, stamp))
    return [str(key) for key in found]


def opening(profile: ProfilePaths, scope: list[str], qtbot: QtBot) -> Opening:
    memory = QSettings(str(profile.root / "window.ini"), QSettings.Format.IniFormat)
    memory.setValue("shell/scope", scope)
    memory.sync()
    begun = Opening(profile, GuiOptions(data_dir=profile.root, offline=True), None)
    qtbot.addWidget(begun.window)
    begun.model.setParent(begun.window)
    return begun


def test_the_first_window_shows_the_accounts_that_it_showed_last(
    profile: ProfilePaths, keys: list[str], qtbot: QtBot
) -> None:
    begun = opening(profile, keys[:2], qtbot)
    state = begun.model.state
    assert [one.value for one in state.figures.totals] == [WORTH[1] + WORTH[2]]
    assert [row.key for row in state.figures.accounts] == keys[:2]
    assert [row.key for row in state.everyone] == keys
    assert scope_words(state)[0] == "2 accounts"
    begun.furnish()
    assert begun.window.desk.portfolio.query.scope == tuple(keys[:2])
    words = shown_text(begun.window)
    assert "3,333.30" in words
    assert "7,777.70" not in words
    assert "4,444.40" not in words


def test_accounts_that_are_gone_lead_to_all_and_it_says_so(
    profile: ProfilePaths, keys: list[str], qtbot: QtBot
) -> None:
    begun = opening(profile, ["gone"], qtbot)
    assert [row.key for row in begun.model.state.figures.accounts] == keys
    assert scope_words(begun.model.state) == ("All accounts", 3)
