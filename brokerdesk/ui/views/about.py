"""About the program: version, where the profile lies, and whose work it stands on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk import __version__
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.widgets.basics import Paragraph, button, fit_height


class AboutDialog(QDialog):
    """Not modal; gone when closed."""

    def __init__(self, profile: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About BrokerDesk")
        self.setAccessibleName("About BrokerDesk")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(6)
        column.addWidget(PlainLabel(f"BrokerDesk {__version__}", "page"))
        for text in (
            "A desktop portfolio app for people who hold accounts at several brokers. "
            "Figures and sign-ins stay on this computer.",
            f"Profile: {profile}",
            f"Qt {qVersion()} under the LGPL, Python and further libraries under their own "
            "licences; see THIRD-PARTY-NOTICES.",
        ):
            column.addWidget(Paragraph(text, "body", "text2"))
        row = QHBoxLayout()
        row.setContentsMargins(0, 10, 0, 0)
        row.addStretch(1)
        close = button("Close", self.close, kind="primary")
        row.addWidget(close)
        column.addLayout(row)
        fit_height(self, 460)
        close.setFocus()
