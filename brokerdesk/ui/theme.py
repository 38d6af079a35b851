"""Light, dark and system look: one palette, one generated style sheet, one set of fonts, one scale.

Widgets that paint themselves read colours here at paint time and repaint on ``changed``; they never
keep a ``QColor``. Nothing here knows what is drawn.
"""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyle

from brokerdesk.paths import resource
from brokerdesk.ui.qss import style_sheet
from brokerdesk.ui.tokens import Tokens, load_tokens

FAMILY = "BrokerDesk Sans"
FAMILIES = (FAMILY, "Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans")
CHOICES = ("system", "light", "dark")
LEAST_SCALE, MOST_SCALE = 0.9, 1.5

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
        changed: colours, fonts or sizes are others now; repaint.
        scaled: the text scale is another one; pages built with ``px`` are to be built anew.
    """

    changed = Signal()
    scaled = Signal()
    _current: ClassVar[Theme | None] = None

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.choice = "system"
        self.name = "light"
        self.scale = 1.0
        """The text scale, 0.9 to 1.5; every fixed length passes through ``px``."""
        self.vision = False
        """Whether gain and loss are blue and brown in place of green and red."""
        self.motion = True
        """Whether anything may move by itself."""
        self.compact = False
        """Whether the rows of tables are lower."""
        self.contrast = False
        """Whether the system asks for high contrast."""
        self._fonts: dict[tuple[str, int | None, bool], QFont] = {}
        self._families = load_families()
        self._values: dict[str, str] = {}
        self._colours: dict[str, QColor] = {}
        self._take("light")
        self._watching = False
        self._dressed = False
        self._styled = False

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
            hints.accessibility().contrastPreferenceChanged.connect(self._on_contrast)
            self.contrast = wants_contrast()
            self._watching = True
        self._dress(self._named(choice))

    def begin(self, choice: str) -> None:
        """Colours and fonts of a look for what paints itself, before any widget is dressed.

        Raises:
            ValueError: as ``apply``.
        """
        if choice not in CHOICES:
            raise ValueError(f"no theme is called {choice}")
        self.contrast = wants_contrast()
        self._take(self._named(choice))

    @staticmethod
    def _named(choice: str) -> str:
        if choice != "system":
            return choice
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return "dark" if dark else "light"

    def set_scale(self, factor: float) -> None:
        """Make text and everything measured by it larger or smaller: 0.9 to 1.5."""
        factor = min(MOST_SCALE, max(LEAST_SCALE, factor))
        if factor == self.scale:
            return
        self.scale = factor
        self._fonts.clear()
        self._dress_again()
        self.scaled.emit()

    def set_colour_vision(self, on: bool) -> None:
        """Show gain and loss in blue and brown. Signs and triangles stay."""
        if on != self.vision:
            self.vision = on
            self._dress_again()

    def set_compact(self, on: bool) -> None:
        """Make the rows of tables lower, or as high as usual."""
        if on != self.compact:
            self.compact = on
            self.scaled.emit()

    @property
    def row_height(self) -> int:
        """The height of a table's row in the design's pixels; it passes through ``px``."""
        return self.tokens.row["compact" if self.compact else "table"]

    def set_motion(self, on: bool) -> None:
        """Allow or forbid that anything moves by itself."""
        if on != self.motion:
            self.motion = on
            self.changed.emit()

    def colour(self, token: str) -> QColor:
        """A colour of the present theme."""
        return self._colours[token]

    def line(self, style: str) -> int:
        """The line height of a text style."""
        return round(self.tokens.text[style].line * self.scale)

    def font(self, style: str, *, weight: int | None = None, figures: bool = False) -> QFont:
        """A font of the type scale; ``figures`` gives digits of equal width."""
        key = (style, weight, figures)
        font = self._fonts.get(key)
        if font is None:
            step = self.tokens.text[style]
            font = QFont()
            font.setFamilies(self._families)
            font.setPixelSize(round(step.size * self.scale))
            font.setWeight(QFont.Weight(weight or step.weight))
            font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            if style == "hero":
                font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, -0.6 * self.scale)
            if figures:
                font.setFeature(QFont.Tag("tnum"), 1)
            self._fonts[key] = font
        return font

    def _on_scheme(self) -> None:
        if self.choice == "system":
            self.apply("system")

    def _on_contrast(self) -> None:
        self.contrast = wants_contrast()
        self._dress_again()

    def _take(self, name: str) -> None:
        self.name = name
        self._values = self.tokens.palette(name, vision=self.vision, contrast=self.contrast)
        self._colours = {key: QColor(value) for key, value in self._values.items()}

    def _dress_again(self) -> None:
        if self._dressed:
            self._dress(self.name)
        else:
            self._take(self.name)

    def _dress(self, name: str) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self._dressed = True
        self._take(name)
        if not self._styled:  # under a style sheet the style no longer tells its name
            self._styled = True
            app.setStyle(_style(app))
        app.setFont(self.font("body"))
        app.setPalette(self._palette())
        _give_sheet(app, style_sheet(self._values, name, self.scale))
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


def _style(app: QApplication) -> str | QStyle:
    if app.layoutDirection() != Qt.LayoutDirection.RightToLeft:
        return "Fusion"
    from brokerdesk.ui.mirrored_style import MirroredStyle

    return MirroredStyle()


def _give_sheet(app: QApplication, sheet: str) -> None:
    """Dress all windows. What has a parent is dressed by its window, menus and dialogs too.

    Before the first window the program itself gets the sheet, for whatever comes later; changing
    that once windows are there takes four times as long as giving each window its own.
    """
    windows = [one for one in app.topLevelWidgets() if one.parent() is None and one.isVisible()]
    if not windows or not app.styleSheet():
        app.setStyleSheet(sheet)
    for window in windows:
        window.setStyleSheet("" if sheet == app.styleSheet() else sheet)


def wants_contrast() -> bool:
    """Whether the system asks for high contrast."""
    hints = QGuiApplication.styleHints()  # held: what it gives out ends with it
    wish = hints.accessibility().contrastPreference()
    return wish == Qt.ContrastPreference.HighContrast


def load_families() -> list[str]:
    """The program's own cuts, where they came along, else what the system has.

    An installed Inter is never mixed with them: they bear a family name of their own.
    """
    try:
        cuts = sorted(resource("fonts").glob("*.ttf"))
    except FileNotFoundError:
        cuts = []
    added = [QFontDatabase.addApplicationFont(str(path)) for path in cuts]
    if added and -1 not in added:
        return [FAMILY]
    present = set(QFontDatabase.families())
    return [name for name in FAMILIES if name in present] or [QFont().defaultFamily()]


def theme() -> Theme:
    """The running program's theme."""
    return Theme.current()


def px(length: float) -> int:
    """A fixed length of the design in logical pixels, at the present text scale."""
    return round(length * theme().scale)
