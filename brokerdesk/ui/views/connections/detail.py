"""One connection closely: state, what may be done, its accounts, failures and sign-ins."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.ui import format as fmt
from brokerdesk.ui.text import PlainLabel, no_mnemonic, tooltip
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.connection_links import ReachViewModel
from brokerdesk.ui.viewmodels.connection_rows import AccountPick, Closely, FailureRow
from brokerdesk.ui.viewmodels.connections import ConnectionsState, ConnectionsViewModel
from brokerdesk.ui.views.connections.clock_bar import ClockBar
from brokerdesk.ui.views.connections.name_line import NameLine
from brokerdesk.ui.views.connections.reach_box import LimitsBox, LinksBox
from brokerdesk.ui.views.connections.strip import FailureStrip
from brokerdesk.ui.views.trading.box import TradingBox
from brokerdesk.ui.widgets.basics import Hairline, MarkDot, Paragraph, button
from brokerdesk.ui.widgets.buttons import restyle
from brokerdesk.ui.widgets.flow import FlowLayout

MOST_FAILURES = 40
MOST_SIGN_INS = 8


class DetailPane(QScrollArea):
    """Everything about the chosen connection."""

    def __init__(
        self, model: ConnectionsViewModel, reach: ReachViewModel, trading: TradingBox | None = None
    ) -> None:
        super().__init__()
        self._vm, self._reach = model, reach
        self._shown: Closely | None = None
        self._able: bool | None = None
        self.ticks: dict[str, QCheckBox] = {}
        self.live: dict[str, tuple[QPushButton, PlainLabel]] = {}
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner.setProperty("role", "page")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(px(24), px(18), px(24), px(24))
        self._column.setSpacing(0)
        self._build_head()
        self._build_facts()
        self.trading = trading
        if trading is not None:
            self._titled("Trading", trading)
        self._accounts = self._section("Accounts")
        self.links = LinksBox(reach)
        self._links_parts = self._titled("Institutions", self.links)
        self.limits = LimitsBox()
        self._titled("What the broker allows", self.limits)
        self._build_failures()
        self._sign_ins = self._section("Sign-ins")
        self._column.addStretch(1)
        self.setWidget(inner)
        self._inner = inner
        inner.hide()

    # building

    def _build_head(self) -> None:
        self.name = NameLine(self._vm)
        self._column.addWidget(self.name)
        state = QHBoxLayout()
        state.setSpacing(px(8))
        self._mark = MarkDot()
        self._state = Paragraph("", "body", "text2")
        state.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        state.addWidget(self._state, 1)
        self._column.addSpacing(px(4))
        self._column.addLayout(state)
        self._column.addSpacing(px(12))
        vm = self._vm
        self.refresh = button(
            "Refresh", vm.refresh, picture="refresh", name="Refresh this connection"
        )
        self.sign_in = button("Sign in again", vm.sign_in)
        self.keys = button("Change keys", vm.change_keys)
        self.disconnect_it = button("Disconnect…", vm.ask_removal, kind="ghost")
        row = FlowLayout(px(8))
        for each in (self.refresh, self.sign_in, self.keys, self.disconnect_it):
            row.addWidget(each)
        self._column.addLayout(row)

    def _build_facts(self) -> None:
        self._column.addSpacing(px(16))
        clock = QHBoxLayout()
        clock.addWidget(PlainLabel("Time to next sign-in, of 7 days", "small", "text3"))
        clock.addStretch(1)
        self._left = PlainLabel("", "small", "text2", figures=True)
        clock.addWidget(self._left)
        self._column.addLayout(clock)
        self._column.addSpacing(px(4))
        self._bar = ClockBar()
        self._column.addWidget(self._bar)
        self._column.addSpacing(px(14))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(px(12))
        self._grid.setVerticalSpacing(px(7))
        self._grid.setColumnMinimumWidth(0, px(112))
        self._grid.setColumnStretch(1, 1)
        self._values: list[tuple[PlainLabel, PlainLabel]] = []
        self._column.addLayout(self._grid)

    def _section(self, title: str) -> QVBoxLayout:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._titled(title, holder)
        return column

    def _titled(self, title: str, inner: QWidget) -> QWidget:
        """A section that can be hidden as a whole."""
        outer = QWidget()
        column = QVBoxLayout(outer)
        column.setContentsMargins(0, px(18), 0, 0)
        column.setSpacing(0)
        column.addWidget(Hairline())
        column.addSpacing(px(14))
        column.addWidget(PlainLabel(title, "strong"))
        column.addSpacing(px(6))
        column.addWidget(inner)
        self._column.addWidget(outer)
        return outer

    def _build_failures(self) -> None:
        column = self._section("Failures of the last 30 days")
        self._strip = FailureStrip()
        column.addWidget(self._strip)
        ends = QHBoxLayout()
        self._from = PlainLabel("", "caption", "text3")
        ends.addWidget(self._from)
        ends.addStretch(1)
        ends.addWidget(PlainLabel("Today", "caption", "text3"))
        column.addSpacing(px(3))
        column.addLayout(ends)
        self._strip_words = Paragraph("", "small", "text2")
        column.addSpacing(px(4))
        column.addWidget(self._strip_words)
        holder = QWidget()
        self._failures = QVBoxLayout(holder)
        self._failures.setContentsMargins(0, px(6), 0, 0)
        self._failures.setSpacing(0)
        column.addWidget(holder)

    # state

    def show_state(self, state: ConnectionsState) -> None:
        near = state.closely
        self._inner.setVisible(near is not None)
        if near is None:
            self._shown = None
            return
        if self._shown is None or self._shown.key != near.key:
            self.verticalScrollBar().setValue(0)
        self.name.show_state(near, state)
        if near != self._shown or state.can_act != self._able:
            self._show(near, state.can_act)
        self._shown, self._able = near, state.can_act
        self._show_reach(near, state.can_act)

    def _show_reach(self, near: Closely, can_act: bool) -> None:
        """Limits, institutions and live balances, which change by themselves."""
        state = self._reach.state
        if state.chosen != near.key:
            return
        self.limits.show_lines(state.lines)
        self._links_parts.setVisible(state.gathers)
        self.links.show_state(state, can_act=can_act and not near.needs_sign_in)
        told = dict(state.live)
        for key, (ask, answer) in self.live.items():
            ask.setVisible(state.bills_balances)
            ask.setEnabled(can_act)
            answer.setText(told.get(key, ""))
            answer.setVisible(key in told)

    def _show(self, near: Closely, can_act: bool) -> None:
        old = self._shown
        self._mark.set_mark(near.mark)
        self._state.setText(near.state)
        self._state.set_tone(near.tone)
        if self.trading is not None:
            self.trading.show_connection(near.key)
        for each in (self.refresh, self.sign_in, self.keys):
            each.setEnabled(can_act)
            each.setToolTip(tooltip("" if can_act else "BrokerDesk is offline or still opening"))
        self.refresh.setEnabled(can_act and not near.reading and not near.needs_sign_in)
        restyle(self.sign_in, kind="primary" if near.needs_sign_in else "")
        self._left.setText(near.clock.left)
        self._left.set_tone(near.clock.tone)
        self._bar.show_row(near.clock)
        self._show_facts(near)
        if old is None or old.key != near.key or old.accounts != near.accounts:
            self._show_accounts(near)
        if old is None or old.failures != near.failures or old.strip != near.strip:
            self._show_failures(near)
        if old is None or old.sign_ins != near.sign_ins:
            self._show_sign_ins(near)

    def _show_facts(self, near: Closely) -> None:
        for place, (label, value, hint) in enumerate(near.facts):
            if place == len(self._values):
                made = PlainLabel("", "body", "text3"), PlainLabel("", "body")
                made[1].setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                made[1].setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
                self._grid.addWidget(made[0], place, 0)
                self._grid.addWidget(made[1], place, 1)
                self._values.append(made)
            name, shown = self._values[place]
            name.setText(label)
            shown.setText(value)
            shown.setAccessibleName(f"{label}: {value}")
            shown.setToolTip(tooltip(hint))

    def _show_accounts(self, near: Closely) -> None:
        if list(self.ticks) != [one.key for one in near.accounts]:
            _empty(self._accounts)
            self.ticks, self.live = {}, {}
            for one in near.accounts:
                self._add_account(one)
            if not near.accounts:
                self._accounts.addWidget(
                    PlainLabel("This sign-in has no accounts.", "body", "text2")
                )
        for one in near.accounts:
            tick = self.ticks[one.key]
            tick.blockSignals(True)  # what is stored is shown, not chosen anew
            tick.setChecked(one.included)
            tick.blockSignals(False)
            tick.setEnabled(not one.fixed)
            tick.setText(no_mnemonic(one.title))
            tick.setAccessibleName(one.spoken)
            note = tick.property("note")
            assert isinstance(note, Paragraph)
            note.setText(one.note)

    def _add_account(self, one: AccountPick) -> None:
        tick = QCheckBox()
        tick.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        tick.clicked.connect(lambda on, key=one.key: self._vm.include(key, on))
        note = Paragraph("", "small", "text3")
        tick.setProperty("note", note)
        column = QVBoxLayout()
        column.setContentsMargins(0, px(3), 0, px(5))
        column.setSpacing(0)
        column.addWidget(tick)
        told = QHBoxLayout()
        told.setContentsMargins(px(26), 0, 0, 0)
        told.addWidget(note)
        column.addLayout(told)
        asked = QHBoxLayout()
        asked.setContentsMargins(px(17), 0, 0, 0)  # the button has room around its words
        asked.setSpacing(px(10))
        ask = button(
            "Live balance…",
            partial(self._reach.ask_live, one.key, one.title),
            kind="link",
            small=True,
            name=f"Live balance of {one.title}",
        )
        answer = PlainLabel("", "small", "text2", figures=True)
        ask.hide()
        answer.hide()
        asked.addWidget(ask)
        asked.addWidget(answer)
        asked.addStretch(1)
        column.addLayout(asked)
        self.live[one.key] = (ask, answer)
        self.ticks[one.key] = tick
        self._accounts.addLayout(column)

    def _show_failures(self, near: Closely) -> None:
        self._strip.show_days(near.strip, near.strip_tips, near.strip_words)
        self._from.setText(near.strip_from)
        self._strip_words.setText(near.strip_words)
        _empty(self._failures)
        for one in near.failures[:MOST_FAILURES]:
            self._failures.addWidget(_failure(one))
        more = len(near.failures) - MOST_FAILURES
        if more > 0:
            words = f"{fmt.count(more, 'earlier one')} not listed."
            self._failures.addWidget(PlainLabel(words, "small", "text3"))

    def _show_sign_ins(self, near: Closely) -> None:
        _empty(self._sign_ins)
        for at in near.sign_ins[:MOST_SIGN_INS]:
            self._sign_ins.addWidget(PlainLabel(at, "body", "text2", figures=True))
        if not near.sign_ins:
            self._sign_ins.addWidget(PlainLabel("None is recorded.", "body", "text2"))


def _failure(one: FailureRow) -> QFrame:
    frame = QFrame()
    frame.setAccessibleName(one.spoken)
    column = QVBoxLayout(frame)
    column.setContentsMargins(0, px(4), 0, px(6))
    column.setSpacing(0)
    head = QHBoxLayout()
    head.setSpacing(px(10))
    head.addWidget(PlainLabel(one.kind, "body", weight=500))
    head.addWidget(PlainLabel(one.at, "small", "text3", figures=True))
    head.addStretch(1)
    column.addLayout(head)
    column.addWidget(Paragraph(one.text, "small", "text2"))
    return frame


def _empty(column: QVBoxLayout) -> None:
    while (item := column.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            assert isinstance(inner, QVBoxLayout | QHBoxLayout)
            _empty(inner)  # type: ignore[arg-type]
            inner.deleteLater()
