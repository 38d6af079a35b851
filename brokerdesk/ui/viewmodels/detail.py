"""One record as a side pane shows it: title, main figure, words, fields, ways on. Plain facts."""

from __future__ import annotations

from dataclasses import dataclass

from brokerdesk.ui.viewmodels.state import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: its text wraps, because a broker's own words have any length."""

    label: str
    text: str
    tone: str = "text"
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Fields under a heading; "" has none."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A record: what it is, its main figure, its words, its fields, its ways on."""

    title: str
    caption: str = ""
    figure: str = ""
    figure_tone: str = "text"
    figure_secret: bool = True
    words: str = ""
    words_tone: str = "text2"
    sections: tuple[Section, ...] = ()
    actions: tuple[Action, ...] = ()
