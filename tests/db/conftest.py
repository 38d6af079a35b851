"""A fresh database per test, copied from one that was made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.db import add_accounts, opened

from brokerdesk.db.engine import Database


@pytest.fixture(scope="session")
def with_two_accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed database file: one connection, two included accounts, nothing fetched yet."""
    folder = tmp_path_factory.mktemp("template")
    with opened(folder) as database:
        database.run_sync(add_accounts)
        return database.path


@pytest.fixture
def database(with_two_accounts: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(with_two_accounts, tmp_path)
    with opened(tmp_path) as database:
        yield database
