"""What F1 opens: what this page is for, and the keys that work here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from brokerdesk.ui.shell.commands import Command, all_commands
from brokerdesk.ui.shell.scroll import PopoverScroll
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.widgets.basics import Hairline, Paragraph
from brokerdesk.ui.widgets.tags import Kbd

WIDTH, MOST_HIGH = 420, 560
IN_TABLES = (
    ("Space, Right, Left", "Expand, collapse"),
    ("Enter", "Open in the inspector"),
    ("T", "Trade the position"),
    ("Ctrl+C", "Copy rows as text"),
    ("Ctrl+Shift+C", "Copy with headers"),
)


class HelpPanel(QWidget):
    """Plain sentences about the page, then its keys."""

    def __init__(self, title: str, text: str, possible: Sequence[str]) -> None:
        super().__init__()
        self.setFixedWidth(px(WIDTH))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(px(16), px(14), px(16), px(14))
        column.setSpacing(px(8))
        column.addWidget(PlainLabel(title, "pane"))
        if text:
            column.addWidget(Paragraph(text, "body", "text2"))
        column.addWidget(Hairline())
        column.addWidget(PlainLabel("Keys", "body", "text", weight=600))
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(16))
        grid.setVerticalSpacing(px(4))
        grid.setColumnStretch(1, 1)
        for number, (keys, words) in enumerate(key_rows(possible)):
            grid.addWidget(Kbd(keys), number, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(PlainLabel(words, "small", "text2"), number, 1)
        column.addLayout(grid)
        column.addStretch(1)
        scroll = PopoverScroll(MOST_HIGH, width=px(WIDTH) - px(2))
        scroll.hold(inner)
        scroll.setAccessibleName(f"Help: {title}")
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        outer.addWidget(scroll)


def key_rows(possible: Sequence[str]) -> list[tuple[str, str]]:
    """Keys and what they do: those of the window that exist in it, then those of tables."""
    known = set(possible)
    rows = [
        (keys, command.words)
        for command in all_commands()
        if command.id in known and (keys := keys_of(command))
    ]
    taken = {keys for keys, _ in rows}
    return [*rows, *(row for row in IN_TABLES if row[0] not in taken)]


def keys_of(command: Command) -> str:
    """The keys of a command as they are written."""
    return " or ".join(command.keys) if command.keys else command.told
