"""Everything that a broker reported of one account, in sections of labels and values."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.accounts_detail import Section
from brokerdesk.ui.widgets.basics import Paragraph
from brokerdesk.ui.widgets.figures import KeyValues

TWO_COLUMNS = 620
LABEL, VALUE = 34, 40


class SectionView(QWidget):
    """One section."""

    def __init__(self, section: Section) -> None:
        super().__init__()
        self.section = section
        self.setAccessibleName(section.title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(8))
        column.addWidget(PlainLabel(section.title, "strong"))
        self.values = KeyValues()
        if section.prose:
            for fact in section.facts:
                column.addWidget(Paragraph(f"{fact.label}: {fact.value}", "body", "text2"))
        else:
            column.addWidget(self.values)
        self.show_section(section)

    def show_section(self, section: Section) -> None:
        """The same labels with other values."""
        self.section = section
        if section.prose:
            return
        for fact in section.facts:
            label, value = _cut(fact.label, LABEL), _cut(fact.value, VALUE)
            whole = "" if (label, value) == (fact.label, fact.value) else fact.label
            if whole and not fact.secret:
                whole = f"{fact.label}: {fact.value}"
            self.values.set_value(label, value, tone=fact.tone, secret=fact.secret, hint=whole)


class FactsView(QScrollArea):
    """All sections: balances at the left, the rest at the right, or one below the other."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # scrolled by keys
        self.setAccessibleName("Account details")
        inner = QWidget()
        inner.setProperty("role", "sheet")
        self.setWidget(inner)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, inner)
        self._row.setContentsMargins(px(20), px(16), px(20), px(20))
        self._row.setSpacing(px(40))
        self._columns = (QVBoxLayout(), QVBoxLayout())
        for column in self._columns:
            column.setSpacing(px(22))
            self._row.addLayout(column, 1)
        self._row.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.views: list[SectionView] = []

    def show_sections(self, sections: tuple[Section, ...]) -> None:
        """Show these; sections with the same labels as before only change their values."""
        if [_shape(s) for s in sections] == [_shape(v.section) for v in self.views]:
            for view, section in zip(self.views, sections, strict=True):
                if section != view.section:
                    view.show_section(section)
            return
        for view in self.views:
            for column in self._columns:
                column.removeWidget(view)
            view.hide()
            view.deleteLater()
        for column in self._columns:
            while column.count():
                column.takeAt(0)
        self.views = [SectionView(section) for section in sections]
        for view in self.views:
            first = view.section.title.startswith(("Balances", "Unread"))
            self._columns[0 if first else 1].addWidget(view)
        for column in self._columns:
            column.addStretch(1)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._fit()  # first: what is inside takes its width from the columns there are now
        super().resizeEvent(event)

    def _fit(self) -> None:
        """Two columns where both have room."""
        needed = sum(column.minimumSize().width() for column in self._columns) + 3 * px(40)
        narrow = self.width() < max(px(TWO_COLUMNS), needed)
        way = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if way != self._row.direction():
            self._row.setDirection(way)
            self._row.setSpacing(px(22) if narrow else px(40))


def _cut(text: str, longest: int) -> str:
    """Names of others may be endless; they are told in full by the tool tip."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _shape(section: Section) -> tuple[object, ...]:
    if section.prose:
        return (section,)
    return (section.title, tuple(fact.label for fact in section.facts))
