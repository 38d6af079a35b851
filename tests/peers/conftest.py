"""Clients that others wrote, in an invocation of their own.

``pytest -m peers tests/peers`` runs them. Without that mark nothing here is even imported, because
these clients raise warnings that the product's own strict filter would turn into errors; the ones
allowed are named in ``support/peers.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.peers import WARNINGS


def pytest_configure(config: pytest.Config) -> None:
    """Allow the peers' own warnings, by name, in this invocation only."""
    if _asked_for(config):
        for text in WARNINGS:
            config.addinivalue_line("filterwarnings", text)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the peers out unless they are asked for by their mark."""
    return None if _asked_for(config) else True


def _asked_for(config: pytest.Config) -> bool:
    return str(config.getoption("markexpr") or "").split()[:1] == ["peers"]
