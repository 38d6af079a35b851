"""The Settings page without a page: every setting with meaning and default, checked as it is typed.

What the settings are comes from ``brokerdesk.settings``; nothing about one of them is written here.
It must not know a widget or the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from brokerdesk.errors import BrokerDeskError
from brokerdesk.setting_rules import RuleError, typed
from brokerdesk.settings import SECTIONS, SettingInfo, Settings, describe
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.desk import Desk

_LAST = "settings_last_change"
FEW = 3
"""So many choices stand side by side; more go into a list."""


class PlacesPort(Protocol):
    """What the page asks of the computer. Answers come back on the GUI thread."""

    def look_for(self, path: str, folder: bool, done: Callable[[str], object]) -> None:
        """Why this file or folder cannot be used, "" when it can."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One setting, ready to show. ``kind``: flag, segments, list, number, text, file or folder."""

    name: str
    section: str
    title: str
    meaning: str
    kind: str
    value: object
    text: str
    default: str
    changed: bool
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsState:
    """All that the page shows. ``undo`` says what can be taken back."""

    rows: tuple[SettingRow, ...] = ()
    found: tuple[str, ...] = ()
    """The settings that match the search, in order."""
    search: str = ""
    undo: str = ""
    keys_kept: str = ""
    trouble: str = ""
    """Why the last change could not be kept."""

    def row(self, name: str) -> SettingRow:
        return next(row for row in self.rows if row.name == name)

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections in which something matches."""
        shown = {self.row(name).section for name in self.found}
        return tuple(section for section in SECTIONS if section in shown)


class SettingsViewModel(QObject):
    """State and intents of the page.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(self, desk: Desk, places: PlacesPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._places = desk, places
        self._infos = {info.name: info for info in describe()}
        self._problems: dict[str, str] = {}
        self._asked: dict[str, int] = {}
        self.state = SettingsState()
        desk.opened.connect(self.reload)
        desk.changed.connect(self._on_desk)
        self.reload()

    def reload(self) -> None:
        """Show the settings in force."""
        values = self._desk.settings or Settings()
        rows = tuple(self._row(info, values) for info in self._infos.values())
        found = tuple(row.name for row in rows if _matches(row, self.state.search))
        last = self._before
        undo = f"“{self._infos[last[0]].title}” was changed." if last is not None else ""
        kept = tame(self._desk.state.keys_kept)
        self._set(rows=rows, found=found, undo=undo, keys_kept=kept)

    def _on_desk(self) -> None:
        if tame(self._desk.state.keys_kept) != self.state.keys_kept:
            self.reload()

    # intents

    def search(self, text: str) -> None:
        """Show only the settings whose name, meaning, section or value has all these words."""
        self._set(search=text)
        self.reload()

    def check(self, name: str, text: str) -> str:
        """Why a typed text cannot be used, "" when it can; said beside the setting."""
        info = self._infos[name]
        try:
            typed(info.rule, info.default, text)
        except RuleError as error:
            self._problem(name, _sentence(info, error))
        else:
            self._problem(name, "")
        return self._problems.get(name, "")

    def enter(self, name: str, text: str) -> None:
        """Take a typed text, unless it cannot be used."""
        info = self._infos[name]
        if self.check(name, text):
            return
        value = typed(info.rule, info.default, text)
        names = info.rule.names
        if not names or not isinstance(value, str) or not value:
            self.choose(name, value)
            return
        turn = self._asked[name] = self._asked.get(name, 0) + 1

        def answer(problem: str) -> None:
            if turn != self._asked[name]:
                return  # something else was typed meanwhile
            self._problem(name, problem)
            if not problem:
                self.choose(name, value)

        self._places.look_for(value, names == "folder", answer)

    def choose(self, name: str, value: object) -> None:
        """Take a value: apply it at once and keep it."""
        before = self.value(name)
        if value == before:
            return
        # Noted at once: another text size builds a new page before the answer is here.
        earlier = self._before
        self._desk.setProperty(_LAST, (name, before))
        self._change(name, value, self.reload)
        if self.value(name) == before:  # it was refused
            self._desk.setProperty(_LAST, earlier)
            self.reload()

    def reset(self, name: str) -> None:
        """Take the default."""
        self._problem(name, "")
        self.choose(name, self._infos[name].default)

    def undo(self) -> None:
        """Take the last change back."""
        before = self._before
        self._desk.setProperty(_LAST, None)
        if before is not None:
            self._change(*before, self.reload)

    def value(self, name: str) -> object:
        """The value in force."""
        return getattr(self._desk.settings or Settings(), name)

    # inside

    @property
    def _before(self) -> tuple[str, object] | None:
        """The last change. The desk keeps it: another text size builds this page anew."""
        kept = self._desk.property(_LAST)
        return kept if isinstance(kept, tuple) else None

    def _change(self, name: str, value: object, done: Callable[[], object]) -> None:
        self._set(trouble="")
        self._desk.change_settings({name: value}, done, self._on_failed)
        self.reload()

    def _on_failed(self, error: BaseException) -> None:
        if not isinstance(error, BrokerDeskError):
            raise error
        self._set(trouble=error.sentences())
        self.reload()

    def _problem(self, name: str, words: str) -> None:
        if words != self._problems.get(name, ""):
            self._problems[name] = words
            self.reload()

    def _row(self, info: SettingInfo, values: Settings) -> SettingRow:
        value, rule = getattr(values, info.name), info.rule
        words = rule.words or tuple(choice.capitalize() for choice in rule.choices)
        return SettingRow(
            name=info.name,
            section=rule.section,
            title=info.title,
            meaning=info.meaning,
            kind=_kind(info),
            value=value,
            text=_text(value),
            default=f"Default: {_default(info, words)}",
            changed=value != info.default,
            unit=rule.unit,
            choices=tuple(zip(rule.choices, words, strict=True)),
            problem=self._problems.get(info.name, ""),
        )

    def _set(self, **values: object) -> None:
        state = replace(self.state, **values)  # type: ignore[arg-type]
        if state != self.state:
            self.state = state
            self.changed.emit()


def _kind(info: SettingInfo) -> str:
    rule, default = info.rule, info.default
    if isinstance(default, bool):
        return "flag"
    if rule.choices:
        return "segments" if len(rule.choices) <= FEW else "list"
    if isinstance(default, str):
        return rule.names or "text"
    return "number"


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _default(info: SettingInfo, words: tuple[str, ...]) -> str:
    default, rule = info.default, info.rule
    if isinstance(default, bool):
        return "on" if default else "off"
    if rule.choices:
        return words[rule.choices.index(str(default))]
    if default in (None, ""):
        return "empty"
    unit = "%" if rule.unit == "%" else f" {rule.unit}" if rule.unit else ""
    return _text(default) + unit


def _sentence(info: SettingInfo, error: RuleError) -> str:
    return f"{info.title} {error}."


def _matches(row: SettingRow, search: str) -> bool:
    shown = " ".join((row.title, row.meaning, row.section, row.name.replace("_", " ")))
    shown += " ".join(word for _, word in row.choices)
    return all(word in shown.casefold() for word in search.casefold().split())
