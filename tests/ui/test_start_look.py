"""The quick look at the settings agrees with the settings, or leaves the judging to them."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from brokerdesk.settings import Settings, SettingsFile
from brokerdesk.ui.start_look import Look, read_look

NAMES = [name for name in Look.__annotations__ if name in {item.name for item in fields(Settings)}]


def test_it_knows_the_names_and_defaults_of_the_settings() -> None:
    assert set(NAMES) == set(Look.__annotations__)
    for name in NAMES:
        assert getattr(Look(), name) == getattr(Settings(), name)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"theme": "dark", "text_scale": 150, "unknown": [1]},
        {"colour_vision": True, "reduced_motion": True, "hide_amounts_at_start": True},
        {"figures": "point"},
        {"figures": "dots"},
        {"figures": ["point"]},
        {"theme": "pink"},
        {"text_scale": 151},
        {"text_scale": True},
        {"text_scale": 90.0},
        {"compact_rows": 1},
        {"theme": None},
        [],
        "text",
    ],
)
def test_it_reads_what_the_whole_reading_reads(tmp_path: Path, raw: object) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(raw), "utf-8")
    look = read_look(path)
    settings, problem = SettingsFile(path).load_or_default()
    if look is None:
        assert problem is not None, "only what is wrong is left to the whole reading"
    else:
        assert problem is None
        assert [getattr(look, name) for name in NAMES] == [getattr(settings, n) for n in NAMES]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_left_to_the_whole_reading(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(data)
    assert read_look(path) is None
    assert path.read_bytes() == data


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    look = read_look(tmp_path / "settings.json")
    assert look is not None
    assert look.theme == Settings().theme
