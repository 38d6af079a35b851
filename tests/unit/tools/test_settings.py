"""Settings survive bad files, unknown keys and failed writes."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerdesk.errors import SettingsError
from brokerdesk.setting_rules import RuleError, typed
from brokerdesk.settings import SECTIONS, Settings, SettingsFile, describe


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "settings.json")


def put(file: SettingsFile, raw: object) -> None:
    file.path.write_text(raw if isinstance(raw, str) else json.dumps(raw), encoding="utf-8")


def test_a_missing_file_means_the_defaults(file: SettingsFile) -> None:
    assert file.load() == Settings()
    assert file.load_or_default() == (Settings(), None)
    assert not file.path.exists()


def test_defaults_are_those_that_the_documents_promise() -> None:
    settings = Settings()
    assert settings.token_buffer_seconds == 60
    assert settings.sign_in_warning_hours == 24
    assert settings.suspect_equity_drop_percent == Decimal(40)
    assert (settings.refresh_open_minutes, settings.refresh_closed_minutes) == (None, None)
    assert (settings.theme, settings.proxy, settings.ca_file) == ("system", "", "")
    assert (settings.refresh_on_start, settings.keep_all_snapshots) == (True, False)


def test_every_setting_says_what_it_means() -> None:
    shown = {info.name: info for info in describe()}
    assert set(shown) == {item.name for item in fields(Settings)} - {"practice_prepared"}
    for info in shown.values():
        assert info.meaning.endswith((".", "it off."))
        assert len(info.meaning) > 20
        assert info.title
        assert info.rule.section in SECTIONS
    assert shown["theme"].rule.choices == ("system", "light", "dark")
    assert shown["token_buffer_seconds"].default == 60


def type_in(name: str, text: str) -> object:
    info = next(info for info in describe() if info.name == name)
    return typed(info.rule, info.default, text)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text_scale", " 125 ", 125),
        ("refresh_open_minutes", "", None),
        ("refresh_open_minutes", "7", 7),
        ("suspect_equity_drop_percent", "12.5", Decimal("12.5")),
        ("proxy", " http://proxy.example:8080 ", "http://proxy.example:8080"),
        ("backup_folder", "", ""),
    ],
)
def test_what_is_typed_becomes_a_value(name: str, text: str, value: object) -> None:
    made = type_in(name, text)
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("text_scale", "", "must not be empty"),
        ("text_scale", "89", "must be at least 90"),
        ("text_scale", "151", "must be at most 150"),
        ("text_scale", "1e2", "must be a whole number"),
        ("text_scale", "٩٩", "must be a whole number"),
        ("text_scale", "9" * 5000, "must be a whole number"),
        ("text_scale", "-100", "must be a whole number"),
        ("suspect_equity_drop_percent", "x", "must be a number"),
        ("suspect_equity_drop_percent", "NaN", "must be a number"),
        ("proxy", "proxy.example", "must begin with http://"),
        ("theme", "pink", "must be one of"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(name: str, text: str, words: str) -> None:
    with pytest.raises(RuleError, match=words):
        type_in(name, text)


CHANGED = Settings(
    theme="dark",
    text_scale=125,
    figures="space",
    base_currency="CHF",
    reference_rates=False,
    look_for_updates=True,
    compact_rows=True,
    colour_vision=True,
    reduced_motion=True,
    hide_amounts_at_start=True,
    backup_folder="/media/disk",
    refresh_on_start=False,
    refresh_open_minutes=7,
    refresh_closed_minutes=90,
    token_buffer_seconds=120,
    live_prices=False,
    price_seconds=45,
    sign_in_warning_hours=48,
    suspect_equity_drop_percent=Decimal("12.5"),
    keep_all_snapshots=True,
    proxy="http://proxy.example:8080",
    ca_file="/etc/ssl/company.pem",
    practice_prepared=True,
    order_most_value=Decimal(25_000),
    order_most_quantity=Decimal(500),
    order_warn_percent=Decimal("2.5"),
    order_block_percent=Decimal(10),
    order_quote_seconds=30,
    orders_per_minute=5,
    order_power_percent=Decimal(25),
    order_volume_percent=Decimal(2),
    order_usual_times=Decimal(3),
    order_notices=False,
    order_sound=True,
)


def test_what_is_saved_is_loaded(file: SettingsFile) -> None:
    assert all(getattr(CHANGED, item.name) != item.default for item in fields(Settings)), (
        "every field takes part"
    )
    file.save(CHANGED)
    assert file.load() == CHANGED
    if os.name != "nt":
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


@settings(deadline=None)
@given(
    theme=st.sampled_from(["system", "light", "dark"]),
    minutes=st.none() | st.integers(1, 24 * 60),
    drop=st.decimals(1, 100, places=3),
    ca_file=st.text(st.characters(exclude_categories=["C", "Z"]), max_size=50),
)
def test_any_usable_settings_survive_the_file(
    tmp_path_factory: pytest.TempPathFactory,
    theme: str,
    minutes: int | None,
    drop: Decimal,
    ca_file: str,
) -> None:
    file = SettingsFile(tmp_path_factory.mktemp("s") / "settings.json")
    chosen = Settings(
        theme=theme,
        refresh_open_minutes=minutes,
        suspect_equity_drop_percent=drop,
        ca_file=ca_file,
    )
    file.save(chosen)
    assert file.load() == chosen


def test_keys_of_other_versions_are_kept(file: SettingsFile) -> None:
    put(file, {"theme": "dark", "from_the_future": {"a": [1, 2.5]}})
    settings = file.load()
    assert settings.theme == "dark"
    file.save(settings.with_values({"theme": "light"}))
    raw = json.loads(file.path.read_text(encoding="utf-8"))
    assert raw["theme"] == "light"
    assert raw["from_the_future"] == {"a": [1, 2.5]}


def test_a_number_written_by_hand_is_taken(file: SettingsFile) -> None:
    put(file, '{"suspect_equity_drop_percent": 12.5}')
    assert file.load().suspect_equity_drop_percent == Decimal("12.5")


BAD_VALUES: list[tuple[str, Any]] = [
    ("theme", "purple"),
    ("theme", None),
    ("theme", 3),
    ("refresh_on_start", 1),
    ("refresh_on_start", "yes"),
    ("refresh_open_minutes", 0),
    ("refresh_open_minutes", True),
    ("refresh_open_minutes", "5"),
    ("refresh_closed_minutes", 10**9),
    ("token_buffer_seconds", None),
    ("token_buffer_seconds", -1),
    ("sign_in_warning_hours", 1.5),
    ("suspect_equity_drop_percent", "NaN"),
    ("suspect_equity_drop_percent", "1e5"),
    ("suspect_equity_drop_percent", True),
    ("suspect_equity_drop_percent", 1e300),
    ("suspect_equity_drop_percent", "0"),
    ("suspect_equity_drop_percent", "4_0"),
    ("proxy", "proxy.example:8080"),
    ("proxy", "file:///etc/passwd"),
    ("proxy", "http://"),
    ("ca_file", "a\x00b"),
    ("ca_file", "x" * 5000),
    ("ca_file", ["x"]),
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_a_bad_value_costs_only_itself(file: SettingsFile, name: str, value: Any) -> None:
    other = "sign_in_warning_hours" if name != "sign_in_warning_hours" else "token_buffer_seconds"
    put(file, {name: value, other: 30})
    before = file.path.read_bytes()
    settings, problem = file.load_or_default()
    assert getattr(settings, name) == getattr(Settings(), name)
    assert getattr(settings, other) == 30
    assert problem is not None
    assert name in problem.message
    assert problem.hint
    with pytest.raises(SettingsError, match="cannot be used"):
        file.load()
    assert file.path.read_bytes() == before


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_the_same_rules_check_what_is_typed(name: str, value: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings().with_values({name: value})
    assert name in caught.value.message


def test_typed_values_replace_their_own_alone() -> None:
    changed = CHANGED.with_values({"theme": "light", "refresh_open_minutes": None})
    assert changed.theme == "light"
    assert changed.refresh_open_minutes is None
    assert changed.proxy == CHANGED.proxy
    with pytest.raises(SettingsError, match="no setting named nonsense"):
        CHANGED.with_values({"nonsense": 1})


DAMAGED = ["", "{", "[]", "null", '"x"', "{'a': 1}", "[" * 100_000, '{"theme": "dark"', "\x00\x01"]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_is_kept_aside_and_told(file: SettingsFile, text: str) -> None:
    put(file, text)
    settings, problem = file.load_or_default()
    assert settings == Settings()
    assert problem is not None
    assert problem.title == "The settings file is damaged."
    assert "settings.json.bad-1" in problem.hint
    assert (file.path.parent / "settings.json.bad-1").read_text(encoding="utf-8") == text
    assert file.load_or_default() == (Settings(), None)


def test_damaged_files_are_all_kept(file: SettingsFile) -> None:
    for text in ("{", "[", "}"):
        put(file, text)
        file.load_or_default()
    kept = sorted(path.name for path in file.path.parent.iterdir())
    assert kept == [f"settings.json.bad-{number}" for number in (1, 2, 3)]


def test_saving_over_a_damaged_file_keeps_it_too(file: SettingsFile) -> None:
    put(file, "{")
    file.save(CHANGED)
    assert file.load() == CHANGED
    assert (file.path.parent / "settings.json.bad-1").read_text(encoding="utf-8") == "{"


def test_bytes_that_are_no_text_and_files_beyond_reason(file: SettingsFile) -> None:
    file.path.write_bytes(b"\xff\xfe{\x00}\x00")
    assert file.load_or_default()[1] is not None
    file.path.write_text('{"x": "' + "y" * (2 << 20) + '"}', encoding="utf-8")
    assert file.load_or_default()[1] is not None


def test_a_byte_order_mark_is_no_damage(file: SettingsFile) -> None:
    file.path.write_bytes(b"\xef\xbb\xbf" + b'{"theme": "dark"}')
    assert file.load().theme == "dark"


def test_a_file_that_cannot_be_read_is_left_alone(file: SettingsFile) -> None:
    file.path.mkdir()
    settings, problem = file.load_or_default()
    assert settings == Settings()
    assert problem is not None
    assert problem.title == "The settings file cannot be read."
    assert file.path.is_dir()


def test_a_full_disk_changes_nothing(file: SettingsFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.save(CHANGED)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError) as caught:
        file.save(Settings())
    assert "No space left" in caught.value.message
    monkeypatch.undo()
    assert file.load() == CHANGED
