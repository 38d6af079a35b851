"""Light, dark and system look: one palette, one generated style sheet, one set of fonts.

Widgets that paint themselves read colours here at paint time and repaint on ``changed``; they never
keep a ``QColor``. Nothing here knows what is drawn.
"""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from brokerdesk.ui.qss import style_sheet
from brokerdesk.ui.tokens import Tokens, load_tokens

FAMILIES = ("BrokerDesk Sans", "Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans")
CHOICES = ("system", "light", "dark")

_ROLES = {
    QPalette.ColorRole.Window: "canvas",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "alt",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.PlaceholderText: "text3",
    QPalette.ColorRole.Button: "raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "loss",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "onAccent",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Light: "raised",
    QPalette.ColorRole.Midlight: "inset",
    QPalette.ColorRole.Mid: "line2",
    QPalette.ColorRole.Dark: "ctl",
    QPalette.ColorRole.Shadow: "line2",
}


class Theme(QObject):
    """The look of the running program.

    Signals:
        changed: palette, style sheet and colours are those of another theme now.
    """

    changed = Signal()
    _current: ClassVar[Theme | None] = None

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.choice = "system"
        self.name = "light"
        self.scale = 1.0
        """The text scale, 0.9 to 1.5; every fixed length passes through ``px``."""
        self._fonts: dict[tuple[str, int | None, bool], QFont] = {}
        self._families = self._present_families()
        self._colours: dict[str, QColor] = {}
        self._take("light")
        self._watching = False

    @classmethod
    def current(cls) -> Theme:
        """The one theme, made when first asked for (an application must exist)."""
        if cls._current is None:
            cls._current = cls(load_tokens())
        return cls._current

    def apply(self, choice: str) -> None:
        """Show the light or dark look, or whichever the system has.

        Raises:
            ValueError: for anything but ``light``, ``dark`` and ``system``.
        """
        if choice not in CHOICES:
            raise ValueError(f"no theme is called {choice}")
        self.choice = choice
        hints = QGuiApplication.styleHints()
        if not self._watching:
            hints.colorSchemeChanged.connect(self._on_scheme)
            self._watching = True
        dark = hints.colorScheme() == Qt.ColorScheme.Dark
        self._dress(("dark" if dark else "light") if choice == "system" else choice)

    def colour(self, token: str) -> QColor:
        """A colour of the present theme."""
        return self._colours[token]

    def font(self, style: str, *, weight: int | None = None, figures: bool = False) -> QFont:
        """A font of the type scale; ``figures`` gives digits of equal width."""
        key = (style, weight, figures)
        font = self._fonts.get(key)
        if font is None:
            scale = self.tokens.text[style]
            font = QFont()
            font.setFamilies(self._families)
            font.setPixelSize(scale.size)
            font.setWeight(QFont.Weight(weight or scale.weight))
            font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            if figures:
                font.setFeature(QFont.Tag("tnum"), 1)
            self._fonts[key] = font
        return font

    def _on_scheme(self) -> None:
        if self.choice == "system":
            self.apply("system")

    def _take(self, name: str) -> None:
        self.name = name
        self._colours = {key: QColor(value) for key, value in self.tokens.colours[name].items()}

    def _dress(self, name: str) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self._take(name)
        if app.style().objectName().lower() != "fusion":
            app.setStyle("Fusion")
        app.setFont(self.font("body"))
        app.setPalette(self._palette())
        app.setStyleSheet(style_sheet(self.tokens, name))
        self.changed.emit()

    def _palette(self) -> QPalette:
        palette = QPalette()
        for role, token in _ROLES.items():
            palette.setColor(role, self.colour(token))
        for role in (
            QPalette.ColorRole.WindowText,
            QPalette.ColorRole.Text,
            QPalette.ColorRole.ButtonText,
        ):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("text3"))
        return palette

    @staticmethod
    def _present_families() -> list[str]:
        present = set(QFontDatabase.families())
        return [name for name in FAMILIES if name in present] or [QFont().defaultFamily()]


def theme() -> Theme:
    """The running program's theme."""
    return Theme.current()


def px(length: float) -> int:
    """A fixed length of the design in logical pixels, at the present text scale."""
    return round(length * theme().scale)
