"""What the window's tests share. Run without pytest-asyncio: they are driven from Qt's side."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.ui import HandRunner

from brokerdesk.paths import ProfilePaths, profile_at
from brokerdesk.ui.locale import ENGLISH, use
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def _look(qapp: QApplication) -> None:
    """Every test begins with the light theme, English figures and an empty clipboard."""
    use(ENGLISH)
    privacy().set(False)
    theme().apply("light")
    qapp.clipboard().clear()


_tests = count(1)
SWEPT_EVERY = 20


@pytest.fixture(autouse=True)
def _garbage_is_this_threads() -> Iterator[None]:
    """Timers and widgets of earlier tests that refer to themselves wait for the search for garbage,
    which runs on whatever thread makes much. Taken down on another thread than their own, they
    leave the event loop with timers of nobody, and it falls over them.
    """
    gc.set_threshold(0)
    yield
    if next(_tests) % SWEPT_EVERY == 0:
        gc.collect()


@pytest.fixture
def runner() -> Iterator[HandRunner]:
    made = HandRunner()
    yield made
    made.close()


@pytest.fixture
def profile(tmp_path: Path) -> ProfilePaths:
    paths = profile_at(tmp_path / "profile")
    paths.ensure()
    return paths


os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
"""No test here may reach the keychain of whoever runs it."""
