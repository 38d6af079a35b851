"""The user's choices, in one small JSON file.

A broken file must never cost more than the broken part: keys that this version does not know are
kept for the version that does, and a value that cannot be used falls back to its default alone.
It must not know what the choices do; each carries its meaning in words for the settings view.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from brokerdesk.domain.exchange_rate import CURRENCIES
from brokerdesk.errors import SettingsError
from brokerdesk.facts import dataclass
from brokerdesk.network_settings import NETWORK, NetworkSettings
from brokerdesk.paths import write_private
from brokerdesk.setting_rules import Rule, RuleError, checked
from brokerdesk.trading_settings import TRADING

THEMES = ("system", "light", "dark")
FIGURES = ("system", "comma", "point", "space", "apostrophe")
"""What stands between thousands."""
LOOK, REFRESH, SAFETY = "Look", "Refresh", "Safety"
PRIVACY, DATA = "Privacy", "Data"
SECTIONS = (LOOK, REFRESH, SAFETY, TRADING, PRIVACY, DATA, NETWORK)
_MAX_BYTES = 1 << 20


def _setting(default: Any, rule: Rule) -> Any:
    return field(default=default, metadata={"rule": rule, "meaning": rule.meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(NetworkSettings):
    """All settings with their defaults. ``describe()`` lists their meanings."""

    theme: str = _setting(
        "system",
        Rule(
            "How the window looks. System follows the computer's own choice.",
            "Theme",
            LOOK,
            choices=THEMES,
            words=("System", "Light", "Dark"),
        ),
    )
    text_scale: int = _setting(
        100,
        Rule(
            "The size of all text and of everything that is measured by it.",
            "Text size",
            LOOK,
            "%",
            minimum=90,
            maximum=150,
        ),
    )
    figures: str = _setting(
        "system",
        Rule(
            "How figures are written. System follows the computer's own choice. Copies and exports "
            "stay plain.",
            "Figures",
            LOOK,
            choices=FIGURES,
            words=("System", "1,234.50", "1.234,50", "1 234,50", "1’234.50"),
        ),
    )
    base_currency: str = _setting(
        "",
        Rule(
            "The currency of totals. What stands in another one is converted by dated rates and "
            "shown in both. Automatic: the one that most of the value is in.",
            "Base currency",
            LOOK,
            choices=("", *(code for code, _ in CURRENCIES)),
            words=("Automatic", *(f"{name} ({code})" for code, name in CURRENCIES)),
        ),
    )
    compact_rows: bool = _setting(False, Rule("Lower rows in all tables.", "Compact rows", LOOK))
    colour_vision: bool = _setting(
        False,
        Rule(
            "Show gains blue and losses brown instead of green and red. Signs and triangles stay.",
            "Colours for red-green blindness",
            LOOK,
        ),
    )
    reduced_motion: bool = _setting(
        False, Rule("Nothing turns, slides or fades by itself.", "Reduced motion", LOOK)
    )
    refresh_on_start: bool = _setting(
        True,
        Rule(
            "Read new figures from the brokers when the program starts.",
            "Refresh at the start",
            REFRESH,
        ),
    )
    refresh_open_minutes: int | None = _setting(
        None,
        Rule(
            "Minutes between refreshes while the US market is open. Empty: the broker's default.",
            "In market hours",
            REFRESH,
            "minutes",
            optional=True,
            minimum=1,
            maximum=24 * 60,
        ),
    )
    refresh_closed_minutes: int | None = _setting(
        None,
        Rule(
            "Minutes between refreshes while the US market is closed. Empty: the broker's default.",
            "Outside market hours",
            REFRESH,
            "minutes",
            optional=True,
            minimum=1,
            maximum=7 * 24 * 60,
        ),
    )
    live_prices: bool = _setting(
        True,
        Rule(
            "While a page shows prices, follow them as brokers tell them and show what they make "
            "of your figures. What is stored stays the broker's own.",
            "Live prices",
            REFRESH,
        ),
    )
    price_seconds: int | None = _setting(
        None,
        Rule(
            "Seconds between two looks at prices that no broker tells by itself, in market hours. "
            "Empty: the broker's default.",
            "Ask for prices every",
            REFRESH,
            "seconds",
            optional=True,
            minimum=5,
            maximum=3600,
        ),
    )
    sign_in_warning_hours: int = _setting(
        24,
        Rule(
            "Hours before a sign-in ends at which you are reminded.",
            "Remind me before a sign-in ends",
            REFRESH,
            "hours",
            minimum=1,
            maximum=7 * 24,
        ),
    )
    suspect_equity_drop_percent: Decimal = _setting(
        Decimal(40),
        Rule(
            "A fall of an account's value by more than this share, with no transaction that "
            "explains it, is held back for you to accept. 100 turns it off.",
            "Hold back a fall of more than",
            SAFETY,
            "%",
            minimum=1,
            maximum=100,
        ),
    )
    token_buffer_seconds: int = _setting(
        60,
        Rule(
            "Seconds before its end at which a broker's access token is renewed.",
            "Renew access early by",
            SAFETY,
            "seconds",
            minimum=0,
            maximum=600,
        ),
    )
    hide_amounts_at_start: bool = _setting(
        False,
        Rule(
            "Begin with amounts, quantities and balances hidden. Ctrl+Shift+H shows them.",
            "Start with amounts hidden",
            PRIVACY,
        ),
    )
    keep_all_snapshots: bool = _setting(
        False,
        Rule(
            "Keep every snapshot. Otherwise those within a day are thinned out after 30 days.",
            "Keep all snapshots",
            DATA,
        ),
    )
    backup_folder: str = _setting(
        "",
        Rule(
            "The folder that “Back up profile” offers first. Empty: your documents.",
            "Backup folder",
            DATA,
            names="folder",
        ),
    )
    practice_prepared: bool = _setting(
        False, Rule("Whether the practice profile has its simulated past.", internal=True)
    )

    def with_values(self, values: Mapping[str, object]) -> Settings:
        """A copy with typed-in values, each checked.

        Raises:
            SettingsError: for the first value that cannot be used, in words for the user.
        """
        found, problems = _read(values, base=self)
        unknown = sorted(set(values) - _names())
        if unknown:
            raise SettingsError(f"There is no setting named {unknown[0]}.")
        if problems:
            raise SettingsError("A setting cannot be used.", problems[0])
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingInfo:
    """One setting, for whoever shows it."""

    name: str
    default: object
    rule: Rule

    @property
    def meaning(self) -> str:
        return self.rule.meaning

    @property
    def title(self) -> str:
        return self.rule.title


def describe() -> tuple[SettingInfo, ...]:
    """Every setting that a user may see, in the order to show them."""
    return tuple(
        SettingInfo(name=item.name, default=item.default, rule=item.metadata["rule"])
        for item in fields(Settings)
        if not item.metadata["rule"].internal
    )


class SettingsFile:
    """The file at ``path``. A missing one means the defaults."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Settings:
        """The settings in the file, which is not touched.

        Raises:
            SettingsError: the file or one of its values cannot be used.
        """
        settings, problems = _read(self._raw())
        if problems:
            raise SettingsError(
                "Some settings cannot be used.",
                " ".join(problems),
                "Their defaults are used until you choose again.",
            )
        return settings

    def load_or_default(self) -> tuple[Settings, SettingsError | None]:
        """What can be used, and what to tell the user.

        A file that is not readable as settings at all is moved aside, never deleted.
        """
        try:
            raw = self._raw()
        except SettingsError as problem:
            return Settings(), self._moved_aside(problem)
        settings, problems = _read(raw)
        if not problems:
            return settings, None
        return settings, SettingsError(
            "Some settings cannot be used.",
            " ".join(problems),
            "Their defaults are used until you choose again.",
        )

    def save(self, settings: Settings) -> None:
        """Store in one step. Keys that this version does not know stay.

        Raises:
            SettingsError: nothing was changed.
        """
        try:
            kept = {key: value for key, value in self._raw().items() if key not in _names()}
        except SettingsError as problem:
            # Saving over it would destroy what may be a newer version's file.
            self._moved_aside(problem)
            kept = {}
        values = {item.name: _plain(getattr(settings, item.name)) for item in fields(Settings)}
        text = json.dumps({**kept, **values}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        try:
            write_private(self.path, text.encode())
        except OSError as error:
            raise SettingsError(
                "The settings could not be saved.",
                f"The computer says: {error.strerror or 'unknown trouble'}. "
                "The former settings are still there.",
                "Check the disk's free space and the rights of the profile directory.",
            ) from error

    def _raw(self) -> dict[str, Any]:
        try:
            with self.path.open("rb") as stream:
                data = stream.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SettingsError(
                "The settings file cannot be read.",
                f"The computer says: {error.strerror or 'unknown trouble'}. Defaults are used.",
            ) from error
        try:
            raw = json.loads(data.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise _UnusableError("The settings file is damaged.", "Defaults are used.") from error
        if len(data) > _MAX_BYTES or not isinstance(raw, dict):
            raise _UnusableError("The settings file is damaged.", "Defaults are used.")
        return raw

    def _moved_aside(self, problem: SettingsError) -> SettingsError:
        if not isinstance(problem, _UnusableError):
            return problem
        for number in range(1, 1000):
            aside = self.path.with_name(f"{self.path.name}.bad-{number}")
            if not aside.exists():
                break
        try:
            self.path.replace(aside)
        except OSError:
            return problem
        return SettingsError(problem.title, "Defaults are used.", f"It was kept as {aside.name}.")


class _UnusableError(SettingsError):
    """The file is there and readable, and is not settings."""


def _names() -> frozenset[str]:
    return frozenset(item.name for item in fields(Settings))


def _read(raw: Mapping[str, object], base: Settings | None = None) -> tuple[Settings, list[str]]:
    """The settings in ``raw`` over ``base``, and a sentence for each value that was left out."""
    values: dict[str, Any] = {}
    problems = []
    for item in fields(Settings):
        if item.name not in raw:
            continue
        try:
            values[item.name] = checked(item.metadata["rule"], item.default, raw[item.name])
        except RuleError as error:
            problems.append(f"“{item.name}” {error}.")
    return replace(base or Settings(), **values), problems


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value
