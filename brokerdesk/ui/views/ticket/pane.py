"""The order ticket: band, fields, costs and the way to the review. In the dock or in a window.

It builds nothing of its own account: it shows a view-model's state, and everything that is typed
lives there. Keys work while the focus is in it; a held key repeats nothing.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel, no_mnemonic, tooltip
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.state import Message
from brokerdesk.ui.viewmodels.ticket import TicketViewModel
from brokerdesk.ui.viewmodels.ticket_fields import Kind
from brokerdesk.ui.viewmodels.ticket_search import SymbolSearch
from brokerdesk.ui.viewmodels.ticket_state import Note, TicketState
from brokerdesk.ui.views.ticket.body import KINDS, TicketBody
from brokerdesk.ui.views.ticket.cost_bar import CostBar
from brokerdesk.ui.views.ticket.parts import OrderSentence
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.buttons import button, icon_button
from brokerdesk.ui.widgets.mode_band import OrderBand
from brokerdesk.ui.widgets.pane_head import PaneHead
from brokerdesk.ui.widgets.picture import Picture
from brokerdesk.ui.widgets.segments import Segments
from brokerdesk.ui.widgets.showing import set_shown

WIDTH = 360
LOW, LOWER = 600, 480
"""Below these heights the note, then the sentence too, scroll with the fields; Review stays."""


class TicketPane(QFrame):
    """``who`` is the name under which it is seen.

    Signals:
        closed: the user closed it; what is in it stays.
        popped: into a window of its own, or back into the dock.
        acted: the id of a note's button.
    """

    closed = Signal()
    popped = Signal()
    acted = Signal(str)

    def __init__(self, model: TicketViewModel, who: str, *, window: bool = False) -> None:
        super().__init__()
        self.model, self._who, self._windowed = model, who, window
        self.search = SymbolSearch(model.port, self)
        self._spoken = False
        self.setProperty("role", "sheet")
        self.setAccessibleName("Order ticket")
        if window:
            self.setMinimumWidth(px(WIDTH))
        else:
            self.setFixedWidth(px(WIDTH))
        self._build_ui()
        self._connect()
        model.show(who)
        self._show()

    # building

    def _build_ui(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        if not self._windowed:
            row.addWidget(Hairline("line", vertical=True))
        column = QVBoxLayout()
        column.setSpacing(0)
        row.addLayout(column, 1)
        column.addWidget(self._build_head())
        self.band = OrderBand("live")
        column.addWidget(self.band)
        self.modes = Segments(
            (("live", "Live"), ("paper", "Paper"), ("practice", "Practice")), "Mode of the ticket",
            look="form",
        )  # fmt: skip
        self._modes_box = QWidget()
        inner = QHBoxLayout(self._modes_box)
        inner.setContentsMargins(px(16), px(10), px(16), 0)
        inner.addWidget(self.modes)
        inner.addStretch(1)
        column.addWidget(self._modes_box)
        self.banner = Banner()
        self._note_box = QWidget()
        inner = QHBoxLayout(self._note_box)
        inner.setContentsMargins(px(16), px(10), px(16), 0)
        inner.addWidget(self.banner)
        self._note_row = inner
        column.addWidget(self._note_box)
        self.body = TicketBody(self.model, self.search)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self.body)
        column.addWidget(self.area, 1)
        column.addWidget(Hairline())
        column.addWidget(self._build_foot())

    def _build_head(self) -> QWidget:
        self.head = PaneHead("Order ticket")
        self._lock = Picture("lock", "text3", size=13)
        self._locked_words = PlainLabel("locked in review", "small", "text3")
        self.head.add(self._lock)
        self.head.add(self._locked_words)
        self.undo = button("Undo", self.model.undo, kind="link", small=True,
                           hint="Bring back what was cleared")  # fmt: skip
        self.head.add(self.undo)
        self.clear = icon_button("trash", "Clear the ticket", "Clear", self.model.clear, small=True)
        words = "Back into the window" if self._windowed else "Open in its own window"
        self.pop = icon_button(
            "side" if self._windowed else "open", words, words, self.popped.emit, small=True
        )
        self.cross = icon_button(
            "cross", "Close the ticket", "Close; what is in it stays", self.closed.emit, "Esc",
            small=True,
        )  # fmt: skip
        for tool in (self.clear, self.pop, self.cross):
            self.head.add(tool)
        return self.head

    def _build_foot(self) -> QWidget:
        foot = QWidget()
        column = QVBoxLayout(foot)
        column.setContentsMargins(px(16), px(10), px(16), px(14))
        column.setSpacing(px(8))
        self.sentence = OrderSentence()
        column.addWidget(self.sentence)
        self._foot_column = column
        self.costs = CostBar()
        column.addWidget(self.costs)
        self.review = button("Review order", self.model.review, kind="primary")
        self.review.setProperty("sz", "large")
        policy = self.review.sizePolicy()
        policy.setHorizontalPolicy(policy.Policy.Expanding)
        self.review.setSizePolicy(policy)
        self._why = PlainLabel("", "small", "text3", wrap=True)
        column.addWidget(self.review)
        column.addWidget(self._why)
        return foot

    def _connect(self) -> None:
        self.model.changed.connect(self._show)
        self.model.focus_wanted.connect(self.focus_field)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus)
        self.banner.acted.connect(self._on_acted)
        self.area.verticalScrollBar().rangeChanged.connect(self._on_range)
        self.modes.chosen.connect(self.model.choose_environment)
        self._key("Ctrl+Return", self.model.review)
        self._key("Ctrl+Enter", self.model.review)
        self._key("Alt+C", self.body._open_chain)
        for place, (kind, _words) in enumerate(KINDS, 1):
            self._key(f"Alt+{place}", partial(self._on_kind, kind))

    def _key(self, keys: str, do: object) -> None:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(do)

    def _on_range(self, _least: int, most: int) -> None:
        self.body.leave_room(self.area.verticalScrollBar().sizeHint().width() if most else 0)

    # state

    def _show(self) -> None:
        state = self.model.state
        self.band.show_mode(state.fields.environment.value, state.band)
        self.setAccessibleName(state.spoken)
        self.head.set_title("Change order" if state.fields.replaces else "Order ticket")
        for part in (self._lock, self._locked_words):
            set_shown(part, state.locked)
        set_shown(self.undo, state.undo and not state.locked)
        set_shown(self.clear, not state.locked)
        self.clear.setEnabled(not state.fields.empty)
        self._show_modes(state)
        self._show_note(state.note)
        self.body.show_state(state)
        self.sentence.show_sentence(state.sentence, sells=state.sells)
        self._show_foot(state)

    def _show_modes(self, state: TicketState) -> None:
        there = {one.key for one in state.environments}
        mine = state.fields.environment.value
        set_shown(self._modes_box, len(there) > 1 or (bool(there) and mine not in there))
        off = [key for key in self.modes.keys if key not in there]
        self.modes.set_unavailable(off, "There is no such account.")
        self.modes.choose(mine)
        self.modes.setEnabled(not state.locked and not state.fields.replaces)

    def _show_note(self, note: Note | None) -> None:
        message = None
        if note is not None:
            message = Message(
                key=note.title, kind=note.kind, title=note.title, text=note.text,
                actions=(note.action,) if note.action is not None else (),
            )  # fmt: skip
        self.banner.show_message(message)
        set_shown(self._note_box, note is not None and self._note_row.count() > 0)

    def _show_foot(self, state: TicketState) -> None:
        self.costs.show_costs(state.costs)
        self.review.setText(no_mnemonic(state.review))
        self.review.setAccessibleName(state.review)
        off = bool(state.why_not)
        self.review.setEnabled(not off)
        self.review.setToolTip(tooltip(tame(state.why_not) if off else "Review (Ctrl+Enter)"))
        self.review.setAccessibleDescription(state.why_not)
        self._why.setText(tame(state.why_not) if off and not state.locked else "")
        set_shown(self._why, off and not state.locked and state.note is None)

    def _on_acted(self, action: str) -> None:
        if action == "quote:":
            self.model.refresh_quote()
        else:
            self.acted.emit(action)

    def _on_kind(self, kind: Kind) -> None:
        if not self.model.state.locked:
            choice = next(one for one in self.model.state.kinds if one.key == kind)
            if choice.why:
                self.model.said.emit(choice.why)
            else:
                self.model.choose_kind(kind)

    # focus

    def focus_first(self) -> None:
        """The symbol, or how many when there is one; the mode is spoken first."""
        fields = self.model.fields
        target: QWidget = self.body.symbol if fields.instrument is None else self.body.quantity
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_symbol(self) -> None:
        """Another symbol: what is typed takes the place of this one."""
        self.body.symbol.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.body.symbol.selectAll()
        self.area.ensureWidgetVisible(self.body.symbol)

    def focus_field(self, field: str) -> None:
        """Go to what needs the user."""
        editor = self.body.editor(field)
        if editor is not None and self.isVisible():
            editor.setFocus(Qt.FocusReason.OtherFocusReason)
            self.area.ensureWidgetVisible(editor)

    def _on_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        """Whoever comes into the ticket hears first whether money is real."""
        if new is not None and self.isAncestorOf(new):
            came = old is None or not (old is self or self.isAncestorOf(old))
            if came:
                self.speak()

    def speak(self) -> None:
        """Say whether money is real before anything else."""
        announce(self, self.model.state.spoken)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(WIDTH), super().sizeHint().height())

    def done(self) -> None:
        """It is about to go: nobody sees the ticket here any more."""
        self.body.symbol.close_list()
        self.model.hide(self._who)

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._settle()

    def _settle(self) -> None:
        """In a low window what is to be read scrolls with the fields, instead of being cut."""
        low, lower = self.height() < px(LOW), self.height() < px(LOWER)
        if low == (self._note_row.count() > 0):
            if low:
                self.body.column.insertWidget(0, self.banner)
            else:
                self._note_row.addWidget(self.banner)
            set_shown(self._note_box, not low and not self.banner.isHidden())
        in_foot = self._foot_column.indexOf(self.sentence) >= 0
        if lower and in_foot:
            self.body.column.addWidget(self.sentence)
        elif not lower and not in_foot:
            self._foot_column.insertWidget(0, self.sentence)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """B, S and Esc, where no field took them."""
        if event.isAutoRepeat():
            event.accept()
            return
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and event.key() in (Qt.Key.Key_B, Qt.Key.Key_S):
            if not self.model.state.locked:
                self.model.press_side(event.key() == Qt.Key.Key_B)
        elif plain and event.key() == Qt.Key.Key_Escape and not self.model.state.locked:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def holds_focus(self) -> bool:
        focus = QApplication.focusWidget()
        return focus is not None and (focus is self or self.isAncestorOf(focus))
