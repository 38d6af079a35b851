"""The Settings page: every setting by section, searchable, with its meaning and default."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.settings import SECTIONS
from brokerdesk.ui.gateways.settings import PlacesGateway
from brokerdesk.ui.plain import tame, tooltip
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.settings import PlacesPort, SettingsViewModel
from brokerdesk.ui.viewmodels.state import Action, Message
from brokerdesk.ui.views.page import Page
from brokerdesk.ui.views.settings.editors import SettingView
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.basics import Hairline, Paragraph, button
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.search_field import SearchField

WIDE = 780
PROFILE = "Profile"
HELP = (
    "Ctrl+F searches the settings. A change applies at once and can be undone above the list. "
    "A value that cannot be used is said beside its field, and nothing is kept."
)
_PLACE = "settings_place"
_FOUND = "profile folder backup restore sign-ins keys encryption log"


class SettingsPage(Page):
    """Shows ``SettingsState``; its target is a section or a setting."""

    name = "settings"

    def __init__(self, desk: Desk, places: PlacesPort | None = None) -> None:
        super().__init__(desk)
        gateway = PlacesGateway(desk)
        self.model = SettingsViewModel(desk, places or gateway)
        self.views: dict[str, SettingView] = {}
        self._heads: dict[str, QWidget] = {}
        self.setAccessibleName("Settings")
        self._build_ui()
        self.model.changed.connect(self._render)
        if places is None:
            gateway.profile(self._on_profile)
        self._render()

    def _build_ui(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_head())
        column.addWidget(Hairline())
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner.setProperty("role", "page")
        middle = QHBoxLayout(inner)
        middle.setContentsMargins(px(16), px(4), px(16), px(24))
        body = QWidget()
        body.setMaximumWidth(px(WIDE))
        body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._body = QVBoxLayout(body)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(0)
        middle.addWidget(body, 1)
        middle.addStretch(0)
        self._build_sections()
        self._body.addWidget(self._build_profile())
        self.nothing = EmptyState("search", "")
        self.nothing.acted.connect(self._on_clear)
        self._body.addWidget(self.nothing)
        self._body.addStretch(1)
        self._scroll.setWidget(inner)
        column.addWidget(self._scroll, 1)

    def _build_head(self) -> QWidget:
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(px(16), px(8), px(16), px(8))
        row.setSpacing(px(12))
        row.addWidget(PlainLabel("Settings", "pane"))
        self._undo_words = PlainLabel("", "small", "text2")
        self._undo_words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._undo_words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.undo = button("Undo", self.model.undo, small=True, name="Undo the last change")
        self.search = SearchField("Search settings", "Ctrl+F")
        self.search.setFixedWidth(px(240))
        self.search.textChanged.connect(self.model.search)
        row.addWidget(self._undo_words, 1)
        row.addWidget(self.undo)
        row.addWidget(self.search)
        return head

    def _build_sections(self) -> None:
        self.trouble = Banner()
        self._body.addWidget(self.trouble)
        rows = self.model.state.rows
        for section in SECTIONS:
            head = _section_head(section)
            self._heads[section] = head
            self._body.addWidget(head)
            for row in rows:
                if row.section == section:
                    view = SettingView(row, self.model)
                    view.setAccessibleName(row.title)
                    self.views[row.name] = view
                    self._body.addWidget(view)

    def _build_profile(self) -> QWidget:
        pane = QWidget()
        pane.setAccessibleName(PROFILE)
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(4))
        column.addWidget(_section_head(PROFILE))
        self._folder = PlainLabel("", "body")
        self._folder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._folder.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._kept = Paragraph("", "body")
        column.addSpacing(px(6))
        for label, shown in (("Folder", self._folder), ("Sign-ins", self._kept)):
            line = QHBoxLayout()
            line.setSpacing(px(12))
            name = PlainLabel(label, "body", "text3")
            name.setFixedWidth(px(84))
            line.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(shown, 1)
            column.addLayout(line)
        column.addSpacing(px(8))
        acts = QHBoxLayout()
        acts.setSpacing(px(8))
        for words, wish in (
            ("Open folder", "folder"), ("Back up profile…", "backup"), ("Restore…", "restore"),
            ("Log", "log"),
        ):  # fmt: skip
            acts.addWidget(button(words, partial(self.desk.wish, wish)))
        acts.addStretch(1)
        column.addLayout(acts)
        self._profile = pane
        return pane

    # state

    def _render(self) -> None:
        state = self.model.state
        found = set(state.found)
        for row in state.rows:
            view = self.views[row.name]
            if view.row != row:
                view.show_row(row)
            view.setVisible(row.name in found)
        for section, head in self._heads.items():
            head.setVisible(section in state.sections)
        words = state.search.casefold().split()
        profile = all(word in _FOUND for word in words)
        self._profile.setVisible(profile)
        none = not found and not profile
        self.nothing.setVisible(none)
        if none:
            self.nothing.show_words(
                "search",
                f"Nothing matches “{tame(state.search)[:60]}”.",
                f"{len(state.rows)} settings are hidden by the search.",
                (Action(id="clear", label="Clear search"),),
            )
        self._undo_words.setText(state.undo)
        self._undo_words.setAccessibleName(state.undo)
        self.undo.setVisible(bool(state.undo))
        self._kept.setText(state.keys_kept or "Not asked for yet.")
        self.trouble.show_message(
            Message(key="settings", kind="warn", title=state.trouble, text="")
            if state.trouble
            else None
        )

    def _on_profile(self, folder: str) -> None:
        self._folder.setText(tame(folder))
        self._folder.setToolTip(tooltip(folder))
        self._folder.setAccessibleName(f"Folder of the profile: {tame(folder)}")

    def _on_clear(self, _action: str) -> None:
        self.search.clear()

    # page

    def enter(self) -> None:
        self.model.reload()
        place = self.desk.property(_PLACE)
        self.desk.setProperty(_PLACE, "")
        if isinstance(place, str) and place in self.views:
            view = self.views[place]
            QTimer.singleShot(0, view, partial(self._go_to, view))

    def _go_to(self, view: SettingView) -> None:
        self._scroll.ensureWidgetVisible(view, 0, px(80))
        view.take_focus()

    def show_target(self, target: str) -> None:
        self.search.clear()
        place = self.views.get(target) or self._heads.get(target)
        if place is not None:
            self._scroll.ensureWidgetVisible(place, 0, px(40))
        if isinstance(place, SettingView):
            place.take_focus()

    def focus_filter(self) -> bool:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()
        return True

    def focus_first(self) -> None:
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def panes(self) -> Sequence[QWidget]:
        return (self.search, self._scroll)

    def remember(self) -> None:
        """Keep the setting that has the focus: another text size builds the page anew."""
        held = [name for name, view in self.views.items() if view.isAncestorOf(self.focusWidget())]
        self.desk.setProperty(_PLACE, held[0] if held else "")

    def help_text(self) -> str:
        return HELP


def _section_head(title: str) -> QWidget:
    head = QWidget()
    column = QVBoxLayout(head)
    column.setContentsMargins(0, px(18), 0, px(2))
    column.setSpacing(px(8))
    column.addWidget(PlainLabel(title, "pane"))
    column.addWidget(Hairline())
    return head


def build(desk: Desk) -> SettingsPage:
    """The page over the real services."""
    return SettingsPage(desk)
