"""Parts of the ticket that several places need: a price with helpers, a leg, rows side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui.text import no_mnemonic, tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.order_sentence import Pieces
from brokerdesk.ui.viewmodels.ticket_state import Helper, LegRow, Option
from brokerdesk.ui.views.ticket.choices import choice_box, offer
from brokerdesk.ui.views.ticket.number_field import NumberField
from brokerdesk.ui.widgets.buttons import icon_button
from brokerdesk.ui.widgets.elided import ElidedLabel
from brokerdesk.ui.widgets.field_row import FieldRow
from brokerdesk.ui.widgets.sentence import Sentence
from brokerdesk.ui.widgets.showing import set_shown

EDGE = 3


class HelperChips(QWidget):
    """Bid, Mid and Ask beside a price field.

    Signals:
        pressed: the key of a helper.
    """

    pressed = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(2))
        self.chips: dict[str, QPushButton] = {}
        for key in ("bid", "mid", "ask"):
            chip = QPushButton(key.capitalize())
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            chip.clicked.connect(partial(self._on_clicked, key))
            self.chips[key] = chip
            row.addWidget(chip)

    def show_helpers(self, helpers: Sequence[Helper]) -> None:
        """Show how far the price that is typed is off the nearest of them."""
        for one in helpers:
            chip = self.chips[one.key]
            chip.setText(no_mnemonic(one.label))
            chip.setChecked(one.on)
            chip.setEnabled(one.can)
            chip.setAccessibleName(f"{one.key.capitalize()} as price")
            chip.setAccessibleDescription(one.label if one.on else "")
            chip.setToolTip(tooltip("" if one.can else "No price of this kind is known."))

    def _on_clicked(self, key: str) -> None:
        self.chips[key].setChecked(not self.chips[key].isChecked())  # what is typed decides
        self.pressed.emit(key)


class PriceRow(FieldRow):
    """A price with its helpers."""

    def __init__(self, label: str, field: NumberField, *, chips: bool = True) -> None:
        self.field = field
        self.chips = HelperChips(f"Helpers for {label.lower()}")
        super().__init__(label, field)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        at = column.indexOf(field)
        column.removeWidget(field)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(8))
        row.addWidget(field, 1)
        row.addWidget(self.chips)
        column.insertLayout(at, row)
        self.chips.setVisible(chips)


def beside(*widgets: QWidget, spacing: int = 8, grow: int = 0) -> QWidget:
    """Widgets side by side; the one at ``grow`` takes what is left."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(px(spacing))
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 1 if place == grow or grow < 0 else 0)
    return box


class LegLine(QWidget):
    """One leg: its side, what it is, how many for each unit, and a way to take it out.

    Signals:
        side_chosen: place and side. ratio_typed: place and text. removed: place.
    """

    side_chosen = Signal(int, str)
    ratio_typed = Signal(int, str)
    removed = Signal(int)

    def __init__(self, place: int, sides: Sequence[Option]) -> None:
        super().__init__()
        self._place = place
        self.side: QComboBox = choice_box(f"Side of leg {place + 1}")
        self.side.setMinimumWidth(px(112))
        self._sides = tuple(sides)
        self.side.activated.connect(self._on_side)
        self.ratio = NumberField(f"ratio{place}", f"Contracts of leg {place + 1}")
        self.ratio.setFixedWidth(px(44))
        self.ratio.typed.connect(self._on_ratio)
        self._words = ElidedLabel("", "body", weight=500)
        self._price = ElidedLabel("", "caption", "text3")
        self._problem = ElidedLabel("", "caption", "loss")
        drop = icon_button(
            "cross", f"Take out leg {place + 1}", "Take out", self._on_removed, small=True
        )
        top = QHBoxLayout()
        top.setSpacing(px(6))
        top.addWidget(self._words, 1)
        top.addWidget(self._price)
        top.addWidget(drop)
        low = QHBoxLayout()
        low.setSpacing(px(6))
        low.addWidget(self.side, 1)
        low.addWidget(self.ratio)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(2))
        column.addLayout(top)
        column.addLayout(low)
        column.addWidget(self._problem)

    def show_leg(self, leg: LegRow, *, alone: bool) -> None:
        """Show this leg; one alone counts once."""
        self._words.show_text(leg.words)
        self._price.show_text(leg.price)
        offer(self.side, self._sides, leg.side)
        self.ratio.show_text(leg.ratio)
        set_shown(self.ratio, not alone)
        set_shown(self.side, not alone)
        self._problem.show_text(leg.problem)
        set_shown(self._problem, bool(leg.problem))

    def _on_side(self, _place: int) -> None:
        self.side_chosen.emit(self._place, self.side.currentData())

    def _on_ratio(self, _key: str, text: str) -> None:
        self.ratio_typed.emit(self._place, text)

    def _on_removed(self) -> None:
        self.removed.emit(self._place)


class OrderSentence(QWidget):
    """The sentence with an edge in the colour of its side."""

    def __init__(self) -> None:
        super().__init__()
        self._sells = False
        self.sentence = Sentence("body")
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.sentence, 1, Qt.AlignmentFlag.AlignTop)
        self._keep_off()
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        policy.setVerticalPolicy(QSizePolicy.Policy.Minimum)
        self.setSizePolicy(policy)
        theme().changed.connect(self.update)

    def _keep_off(self) -> None:
        """The words keep off the edge, on whichever side it is: margins are not mirrored."""
        before, after = (0, px(13)) if self._mirrored else (px(13), 0)
        self._row.setContentsMargins(before, px(2), after, px(2))

    @property
    def _mirrored(self) -> bool:
        return self.layoutDirection() == Qt.LayoutDirection.RightToLeft

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._keep_off()

    def show_sentence(self, pieces: Pieces, *, sells: bool) -> None:
        """Say this."""
        self._sells = sells
        self.sentence.show_pieces(pieces)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            left = self.width() - px(EDGE) if self._mirrored else 0
            colour = theme().colour("sell" if self._sells else "buy")
            painter.fillRect(left, 0, px(EDGE), self.height(), colour)
