"""What scrolls inside a popover: as high as its content, less where the window is lower."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from brokerdesk.ui.theme import px

LEAST = 90


class PopoverScroll(QScrollArea):
    """Asks for the height of its content up to ``most`` pixels; what lies under it shows through.

    ``width`` is the one at which the content's height is asked for, when it depends on that.
    """

    def __init__(self, most: int, *, width: int = 0) -> None:
        super().__init__()
        self._most, self._wide = most, width
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(px(LEAST))

    def hold(self, content: QWidget) -> None:
        """Show this inside."""
        self.setWidget(content)
        # Qt gives the inside of a scroll area the window's colour; here it is the popover's.
        self.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)
        wanted = self.sizeHint().height()
        self.setMinimumHeight(min(px(LEAST), wanted))
        self.setMaximumHeight(wanted)
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        content = self.widget()
        if content is None:
            return super().sizeHint()
        hint = content.sizeHint()
        height, layout = hint.height(), content.layout()
        if self._wide and layout is not None and layout.hasHeightForWidth():
            height = layout.totalHeightForWidth(self._wide)
        return QSize(hint.width(), min(px(self._most), height + px(2)))
