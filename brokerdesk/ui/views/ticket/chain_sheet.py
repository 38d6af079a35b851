"""The chain sheet: expiry by strike, calls at the left, puts at the right.

Bid sells and Ask buys, by click or Enter; the sheet stays until it is closed, for orders of several
legs. It shows lines that it is given; what is picked is the ticket's.
"""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    Qt,
    QTimer,
)
from PySide6.QtGui import QBrush, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QSizePolicy,
    QTableView,
    QWidget,
)

from brokerdesk.domain.kinds import OrderSide
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.ticket import TicketViewModel
from brokerdesk.ui.viewmodels.ticket_chain import ChainState, OptionChain, SideCells
from brokerdesk.ui.viewmodels.ticket_fields import MOST_LEGS
from brokerdesk.ui.viewmodels.ticket_state import Option
from brokerdesk.ui.views.ticket.choices import choice_box, offer
from brokerdesk.ui.views.ticket.parts import beside
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.buttons import button, icon_button
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.sheet import Sheet
from brokerdesk.ui.widgets.showing import set_shown

WIDTH, HEIGHT, ROW = 800, 430, 28
COLUMNS = (
    ("call", "interest", "Open int."),
    ("call", "volatility", "IV"),
    ("call", "bid", "Call bid"),
    ("call", "ask", "Call ask"),
    ("", "strike", "Strike"),
    ("put", "bid", "Put bid"),
    ("put", "ask", "Put ask"),
    ("put", "volatility", "IV"),
    ("put", "interest", "Open int."),
)
_STRIKE = 4
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_ROLE = Qt.ItemDataRole
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class ChainModel(QAbstractTableModel):
    """Strikes as rows; cells speak what they are."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = ChainState()

    def show_state(self, state: ChainState) -> None:
        self.beginResetModel()
        self.shown = state
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self.shown.lines)

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(COLUMNS)

    def side(self, index: Index) -> SideCells | None:
        """The contract of a cell."""
        which = COLUMNS[index.column()][0]
        if not which:
            return None
        line = self.shown.lines[index.row()]
        return line.call if which == "call" else line.put

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> object:
        if not index.isValid():
            return None
        line = self.shown.lines[index.row()]
        which, key, title = COLUMNS[index.column()]
        side = self.side(index)
        text = line.strike if side is None else str(getattr(side, key))
        if role == _ROLE.DisplayRole:
            return text
        if role == _ROLE.AccessibleTextRole:
            name = f"Strike {line.strike}" if side is None else f"{which} {line.strike}, {title}"
            return f"{name} {text or 'none'}"
        if role == _ROLE.TextAlignmentRole:
            return _CENTRE if index.column() == _STRIKE else _RIGHT
        if role == _ROLE.BackgroundRole and side is not None and side.in_money:
            return QBrush(theme().colour("alt"))
        if role == _ROLE.ForegroundRole:
            if index.column() == _STRIKE:
                return QBrush(theme().colour("text"))
            return QBrush(theme().colour("text" if key in ("bid", "ask") else "text3"))
        if role == _ROLE.FontRole:
            weight = 600 if index.column() == _STRIKE else 400
            return theme().font("body", weight=weight, figures=True)
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == _ROLE.DisplayRole:
            return COLUMNS[section][2]
        return None


class ChainHeader(QHeaderView):
    """Small words over the figures, a hairline below."""

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:  # noqa: N802, N803
        look = theme()
        painter.fillRect(rect, look.colour("raised"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, look.colour("line2"))
        painter.setFont(look.font("small", weight=500))
        painter.setPen(look.colour("text3"))
        where = _CENTRE if logicalIndex == _STRIKE else _RIGHT
        painter.drawText(rect.adjusted(0, 0, -px(3), 0), where, COLUMNS[logicalIndex][2])


class ChainView(QTableView):
    """Cell by cell; Enter or a click on a bid or an ask picks it."""

    def __init__(self, sheet: ChainSheet) -> None:
        super().__init__()
        self._sheet = sheet
        self.setAccessibleName("Option chain")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(px(ROW))
        self.setFrameShape(QFrame.Shape.NoFrame)
        header = ChainHeader(Qt.Orientation.Horizontal, self)
        self.setHorizontalHeader(header)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setFixedHeight(px(theme().tokens.row["header"]))
        self._dress()
        theme().changed.connect(self._dress)
        self.setMinimumHeight(px(HEIGHT))
        self.clicked.connect(sheet.pick)

    def _dress(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Base, theme().colour("raised"))
        palette.setColor(QPalette.ColorRole.Highlight, theme().colour("select"))
        palette.setColor(QPalette.ColorRole.HighlightedText, theme().colour("text"))
        self.setPalette(palette)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self._sheet.pick(self.currentIndex())
            event.accept()
            return
        super().keyPressEvent(event)


class ChainSheet(Sheet):
    """Over the window; Esc or Done closes it."""

    def __init__(self, model: TicketViewModel, chain: OptionChain) -> None:
        super().__init__(f"Options of {chain.state.underlying}", width=WIDTH)
        self.ticket, self.chain = model, chain
        chain.setParent(self)
        self.expiry = choice_box("Expiry")
        self.expiry.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.expiry.setFixedWidth(px(220))
        self._told = PlainLabel("", "small", "text3")
        again = icon_button("refresh", "Refresh the chain", "Ask again", chain.again, small=True)
        self.body.addWidget(beside(self.expiry, self._told, again, grow=1))
        self._words = Paragraph("", "body", "text2")
        self.body.addWidget(self._words)
        self.table = ChainModel()
        self.view = ChainView(self)
        self.table.setParent(self.view)
        self.view.setModel(self.table)
        self.body.addWidget(self.view)
        self._legs = Paragraph("", "small", "text2")
        self.body.addWidget(self._legs)
        self.done = button("Done", self.close_sheet, kind="primary")
        self.foot.addWidget(self.done)
        self.expiry.activated.connect(self._on_expiry)
        chain.changed.connect(self._show)
        model.changed.connect(self._show_legs)
        self._show()
        self._show_legs()

    def _on_expiry(self, _place: int) -> None:
        self.chain.choose(self.expiry.currentData())

    def _show(self) -> None:
        state = self.chain.state
        offer(self.expiry, [Option(key=key, label=words) for key, words in state.expiries],
              state.expiry)  # fmt: skip
        self.expiry.setEnabled(bool(state.expiries))
        self._told.setText(f"{state.told}{' · reading…' if state.loading else ''}")
        self._words.setText(state.words)
        set_shown(self._words, bool(state.words))
        if state.lines is not self.table.shown.lines:
            self.table.show_state(state)
            if state.lines:
                at = self.table.index(state.middle, 3)
                self.view.setCurrentIndex(at)
                QTimer.singleShot(0, self.view, self._centre)  # once it has its height
        came = bool(state.lines) and self.view.isHidden()
        set_shown(self.view, bool(state.lines))
        if came and self.done.hasFocus():
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _centre(self) -> None:
        self.view.scrollTo(self.view.currentIndex(), QAbstractItemView.ScrollHint.PositionAtCenter)

    def _show_legs(self) -> None:
        legs = self.ticket.state.legs
        if not legs:
            words = "Ask buys to open, Bid sells to open."
        else:
            words = "In the ticket: " + "; ".join(
                f"{leg.side.replace('_', ' ')} {leg.words}" for leg in legs
            )
            if len(legs) >= MOST_LEGS:
                words += ". That is as many as an order takes."
        self._legs.setText(words)

    def pick(self, index: Index) -> None:
        """A bid sells, an ask buys; anything else picks nothing."""
        if not index.isValid():
            return
        side = self.table.side(index)
        key = COLUMNS[index.column()][1]
        if side is None or side.quote is None or key not in ("bid", "ask"):
            return
        way = OrderSide.BUY_TO_OPEN if key == "ask" else OrderSide.SELL_TO_OPEN
        self.ticket.add_leg(side.quote.contract, way)
        announce(self, self._legs.text())


def open_chain(over: QWidget, model: TicketViewModel) -> ChainSheet | None:
    """Open the chain of what is in the ticket; None: there is nothing to ask about, or nobody."""
    underlying, account = model.fields.instrument, model.target.looked_at
    if underlying is None:
        return None
    if account is None:
        model.said.emit("There is no account yet whose broker could be asked.")
        return None
    chain = OptionChain(model.port, underlying, account.account, model.now)
    sheet = ChainSheet(model, chain)
    sheet.open_over(over, sheet.done)  # never behind the sheet while the chain is read
    chain.begin()
    return sheet
