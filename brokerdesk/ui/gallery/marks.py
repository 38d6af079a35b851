"""Gallery: modes, tags, pills, connection marks, badges, icons."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QGridLayout, QWidget

from brokerdesk.paths import resource
from brokerdesk.ui.gallery.parts import row, section
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.state import Mark, Pill
from brokerdesk.ui.widgets.bands import ModeBand
from brokerdesk.ui.widgets.marks import MarkDot
from brokerdesk.ui.widgets.picture import Picture
from brokerdesk.ui.widgets.pill import StatePill
from brokerdesk.ui.widgets.tags import Badge, Kbd, Tag

TAGS = (
    ("LIVE", "live"), ("PAPER", "paper"), ("PRACTICE", "practice"), ("Margin", "plain"),
    ("Broker preview", "accent"), ("Our estimate", "estimate"), ("Duplicate?", "warn"),
    ("Rejected", "error"),
)  # fmt: skip
PILLS = (
    ((Pill.LIVE, "Live · updated 12 s ago"), (Pill.REFRESHING, "Refreshing 4 of 6"),
     (Pill.DELAYED, "Delayed 15 min")),
    ((Pill.STALE, "2 of 6 older"), (Pill.OFFLINE, "Offline · snapshot of 20 Nov 2026 16:00 ET")),
    ((Pill.PAST, "Past · 14 Aug 2026"), (Pill.FAILED, "Nothing could be read")),
)  # fmt: skip
MARKS = (
    (Mark.LIVE, "live"), (Mark.SAVED, "saved"), (Mark.SUSPECT, "suspect, kept"),
    (Mark.SIGN_IN, "sign in again"), (Mark.FAILED, "could not be read"),
)  # fmt: skip


def bands() -> QWidget:
    """The three mode bands."""
    return section(
        "Mode bands: fill, hatch, dashed outline",
        ModeBand("live", "real money, Granite …4821"),
        ModeBand("paper", "simulated, no real money"),
        ModeBand("practice", "made-up data on this computer"),
    )


def tags() -> QWidget:
    """All kinds of tags."""
    return section("Tags", row(*(Tag(text, kind) for text, kind in TAGS), gap=4))


def pills() -> QWidget:
    """The state pill in its seven states."""
    return section("As-of pills", *(row(*(_pill(*each) for each in line)) for line in PILLS))


def _pill(pill: Pill, text: str) -> StatePill:
    made = StatePill()
    made.show_state(pill, text, "Priced 16:00 ET, fetched 16:42 ET")
    return made


def marks() -> QWidget:
    """Connection marks with their words."""
    parts = [
        row(MarkDot(mark), PlainLabel(words, "small", "text2"), gap=6) for mark, words in MARKS
    ]
    return section("Connection marks: shape carries the state", row(*parts, gap=18))


def small_parts() -> QWidget:
    """Count badges and key hints."""
    parts = (Badge(2), Badge(14), Badge(240), Kbd("Ctrl+K"), Kbd("F6"))
    return section("Badges, key hints", row(*parts))


def icons() -> QWidget:
    """Every icon, in the text colour."""
    names = sorted({path.stem for path in Path(resource("icons")).glob("*.svg")})
    names = [name for name in names if not name.endswith(("-light", "-dark"))]
    grid = QWidget()
    lay = QGridLayout(grid)
    lay.setContentsMargins(0, 0, 0, 0)
    lay.setSpacing(px(10))
    for number, name in enumerate(names):
        lay.addWidget(Picture(name, "text2", spoken=name), number // 16, number % 16)
    return section("Icons", row(grid))
