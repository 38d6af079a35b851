"""The page of brokers says what the registry says."""

from __future__ import annotations

import importlib.util
from typing import Any

from support.source import ROOT


def test_the_page_is_what_the_registry_says() -> None:
    place = ROOT / "scripts" / "broker_table.py"
    spec = importlib.util.spec_from_file_location("broker_table", place)
    assert spec is not None
    assert spec.loader is not None
    made: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    kept = made.TARGET.read_text("utf-8")
    assert kept == made.text(), "make it anew: .venv/bin/python scripts/broker_table.py"
