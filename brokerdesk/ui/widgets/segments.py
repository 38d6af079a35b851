"""The segmented control: a few choices side by side, one of them taken.

Tab enters once, at the chosen piece; arrow keys move and choose; unavailable choices stay visible
with the reason why. Screen readers meet radio buttons.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSizePolicy

from brokerdesk.ui.text import no_mnemonic, tooltip
from brokerdesk.ui.theme import px, theme


class _Piece(QPushButton):
    """Always as wide as its bold form, so that nothing moves when another piece is taken."""

    def sizeHint(self) -> QSize:  # noqa: N802
        hint = super().sizeHint()
        size = "body" if self.property("sz") == "large" else "small"
        plain, bold = (
            QFontMetricsF(theme().font(size, weight=weight)).horizontalAdvance(
                self.accessibleName()
            )
            for weight in (600 if self.isChecked() else 500, 600)
        )
        return QSize(hint.width() + ceil(bold - plain), hint.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()


class Segments(QFrame):
    """Choices as ``(key, label)``.

    ``look``: "track" (the default), "form" (30 high, in forms), "large" (36 high, Buy and Sell) or
    "chips" (no track, for ranges).

    Signals:
        chosen: the key that the user took. ``choose`` does not emit it.
    """

    chosen = Signal(str)

    def __init__(
        self,
        choices: Sequence[tuple[str, str]],
        name: str,
        *,
        choice: str = "",
        look: str = "track",
    ) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setProperty("role", "chips" if look == "chips" else "segments")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._look = look
        self._group = QButtonGroup(self)
        self._pieces: dict[str, QPushButton] = {}
        self.reason = ""
        row = QHBoxLayout(self)
        edge = 0 if look == "chips" else 1
        row.setContentsMargins(edge, edge, edge, edge)
        row.setSpacing(px(2) if look == "chips" else 0)
        for key, label in choices:
            self._add(key, label)
        self._group.buttonClicked.connect(self._on_clicked)
        self.choose(choice or (choices[0][0] if choices else ""))

    def _add(self, key: str, label: str) -> None:
        piece = _Piece(no_mnemonic(label))
        piece.setProperty("kind", "chip" if self._look == "chips" else "segment")
        if self._look in ("form", "large"):
            piece.setProperty("sz", self._look)
        piece.setCheckable(True)
        piece.setAutoExclusive(True)  # else screen readers hear a check box
        piece.setAutoDefault(False)
        piece.setAccessibleName(label)
        self._pieces[key] = piece
        self._group.addButton(piece)
        layout = self.layout()
        assert layout is not None
        layout.addWidget(piece)

    @property
    def choice(self) -> str:
        """The key taken, or nothing."""
        checked = self._group.checkedButton()
        return next((key for key, piece in self._pieces.items() if piece is checked), "")

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys, in order."""
        return tuple(self._pieces)

    def piece(self, key: str) -> QPushButton:
        """The button of a choice."""
        return self._pieces[key]

    def relabel(self, key: str, label: str) -> None:
        """Say something else on a choice: how many there are behind it."""
        piece = self._pieces[key]
        if piece.accessibleName() != label:
            piece.setText(no_mnemonic(label))
            piece.setAccessibleName(label)
            piece.updateGeometry()

    def choose(self, key: str) -> None:
        """Take a choice without telling; an unknown key takes none."""
        if key in self._pieces:
            self._pieces[key].setChecked(True)
        self._settle_focus()

    def set_unavailable(self, keys: Iterable[str], reason: str = "") -> None:
        """Dim these choices and say why; all others can be taken. They stay visible."""
        off = set(keys)
        self.reason = reason if off else ""
        for key, piece in self._pieces.items():
            piece.setEnabled(key not in off)
            piece.setToolTip(tooltip(reason if key in off else ""))
            piece.setAccessibleDescription(reason if key in off else "")
        self._settle_focus()

    def _on_clicked(self) -> None:
        self._settle_focus()
        self.chosen.emit(self.choice)

    def _settle_focus(self) -> None:
        """Tab stops at the chosen piece only (or at the first one that can be taken)."""
        checked = self._group.checkedButton()
        usable = [piece for piece in self._pieces.values() if piece.isEnabled()]
        stop = checked if checked in usable else (usable[0] if usable else None)
        for piece in self._pieces.values():
            policy = Qt.FocusPolicy.StrongFocus if piece is stop else Qt.FocusPolicy.ClickFocus
            piece.setFocusPolicy(policy)
        if stop is not None:
            self.setFocusProxy(stop)
