"""Labels with figures: rows of name and value, and blocks of label, value and caption.

Secret values become dots while amounts are hidden, on the screen and for screen readers.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.facts import dataclass
from brokerdesk.ui.format import upright
from brokerdesk.ui.plain import no_mnemonic, tame, tooltip
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class SecretLabel(PlainLabel):
    """A label whose text is an amount: dots stand for it while amounts are hidden. Figures run left
    to right in any interface.
    """

    def __init__(
        self, text: str = "", style: str = "body", tone: str = "text", *, weight: int | None = None
    ) -> None:
        self._whole, self._secret = "", True
        super().__init__("", style, tone, weight=weight, figures=True)
        self.show_value(text)
        privacy().changed.connect(self._write)

    def show_value(self, text: str, *, secret: bool = True) -> None:
        """Show a value; ``secret`` says whether it is hidden with the amounts."""
        self._whole, self._secret = tame(text), secret
        self._write()

    @property
    def value(self) -> str:
        """The value as it was given."""
        return self._whole

    def _write(self) -> None:
        shown = privacy().hide(self._whole) if self._secret else self._whole
        spoken = privacy().speak(self._whole) if self._secret else self._whole
        self.setText(upright(shown) if shown else "")
        self.setAccessibleName(spoken)


@dataclass(slots=True)
class _Row:
    label: PlainLabel
    value: SecretLabel


class KeyValues(QWidget):
    """Rows with a label at the left and a value at the right."""

    def __init__(self, *, style: str = "body") -> None:
        super().__init__()
        self._style = style
        self._rows: dict[str, _Row] = {}
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(px(12))
        self._grid.setVerticalSpacing(px(6))
        self._grid.setColumnStretch(1, 1)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels shown, in order."""
        return tuple(self._rows)

    def value(self, label: str) -> str:
        """What stands beside ``label``."""
        return self._rows[label].value.value

    def set_value(
        self, label: str, value: str, *, tone: str = "text", secret: bool = False, hint: str = ""
    ) -> None:
        """Show ``value`` beside ``label``; the row is made when it is new."""
        row = self._rows.get(label)
        if row is None:
            # A label with a buddy takes "&" for a mnemonic.
            shown = PlainLabel(no_mnemonic(tame(label)), self._style, "text2")
            row = _Row(shown, SecretLabel("", self._style))
            row.value.setAlignment(_RIGHT)
            row.label.setBuddy(row.value)
            at = len(self._rows)
            self._grid.addWidget(row.label, at, 0)
            self._grid.addWidget(row.value, at, 1)
            self._rows[label] = row
        row.value.set_tone(tone)
        row.value.show_value(value, secret=secret)
        row.value.setToolTip(tooltip(hint))

    def clear(self) -> None:
        """Remove all rows."""
        for row in self._rows.values():
            for part in (row.label, row.value):
                self._grid.removeWidget(part)
                part.hide()
                part.deleteLater()
        self._rows.clear()


class FigureBlock(QWidget):
    """A label, a value and a caption, one above the other."""

    def __init__(self, label: str, *, style: str = "lead", weight: int = 600) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._label = PlainLabel(tame(label), "small", "text3")
        self._value = SecretLabel("", style, weight=weight)
        self._caption = SecretLabel("", "small", "text3")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(1))
        for part in (self._label, self._value, self._caption):
            column.addWidget(part)
        privacy().changed.connect(self._name)  # after the parts, which heard of it first

    def set_label(self, label: str) -> None:
        """Name the figure anew."""
        self._label.setText(tame(label))

    def show_figure(
        self,
        value: str,
        caption: str = "",
        *,
        tone: str = "text",
        caption_tone: str = "text3",
        secret: bool = True,
        caption_secret: bool = False,
        hint: str = "",
    ) -> None:
        """Show a value and what it stands on. ``secret`` ones are hidden with the amounts."""
        self._value.set_tone(tone)
        self._value.show_value(value, secret=secret)
        self._caption.set_tone(caption_tone)
        self._caption.show_value(caption, secret=caption_secret)
        self.setToolTip(tooltip(hint))
        self._name()

    def _name(self) -> None:
        spoken = (self._label.text(), self._value.accessibleName(), self._caption.accessibleName())
        self.setAccessibleName(", ".join(part for part in spoken if part))
