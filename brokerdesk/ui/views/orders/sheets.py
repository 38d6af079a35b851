"""The sheets of the Orders page: cancel all, and telling what the user saw at the broker."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import no_mnemonic, tame, tooltip
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.order_deeds import (
    ABSENT_MINUTES,
    ABSENT_READS,
    Outcome,
    all_words,
    cancellable,
    choice_words,
    whole_words,
)
from brokerdesk.ui.viewmodels.order_rows import LEG, OrderRow, row_of
from brokerdesk.ui.viewmodels.state import Message
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.buttons import button
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.pickers import combo
from brokerdesk.ui.widgets.segments import Segments
from brokerdesk.ui.widgets.sheet import Sheet
from brokerdesk.ui.widgets.tags import Tag

MOST_LISTED = 40
MOST_LETTERS = 70
"""So many of a choice have room; all of it stands in its tip."""
NONE = "\0none"
"""The choice that none of the orders is it: no broker's id."""
_NARROW = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


def _line(row: OrderRow, after: str = "") -> QWidget:
    """One order as a line of a sheet."""
    holder = QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(px(8))
    if row.mode:
        line.addWidget(Tag(row.mode.upper(), row.mode))
    words = whole_words(row, private=privacy().on)
    line.addWidget(Paragraph(f"{words}: {after}" if after else words, "body", "text"), 1)
    return holder


class CancelAllSheet(Sheet):
    """Which accounts, which side, how many; then what became of each.

    Signals:
        agreed: account ("" for all), side ("buy", "sell" or ""), id of this click.
    """

    agreed = Signal(str, str, str)

    def __init__(self, rows: tuple[OrderRow, ...]) -> None:
        super().__init__("Cancel all working orders", width=540)
        self._rows = tuple(row for row in rows if row.live and row.number)
        self.click = uuid4().hex
        self.sent = False
        titles = dict.fromkeys((row.account, row.title) for row in self._rows)
        several = [("", f"All accounts ({len(titles)})")] if len(titles) != 1 else []
        self.accounts = combo("Accounts", [*several, *titles])
        # Names of accounts may be long: the sheet keeps its width.
        self.accounts.setSizeAdjustPolicy(_NARROW)
        self.accounts.setMinimumContentsLength(34)
        self.sides = Segments(
            [("", "Buys and sells"), ("buy", "Buys"), ("sell", "Sells")], "Which side", look="form"
        )
        self.count = PlainLabel("", "strong", wrap=True)
        self.more = PlainLabel("", "body", "text2", wrap=True)
        self.trouble = Banner()
        self._list = QVBoxLayout()
        self._list.setSpacing(px(6))
        for label, part in (("Accounts", self.accounts), ("Side", self.sides)):
            row = QHBoxLayout()
            name = PlainLabel(label, "body", "text2")
            name.setFixedWidth(px(90))
            row.addWidget(name)
            row.addWidget(part)
            row.addStretch(1)
            self.body.addLayout(row)
        self.body.addSpacing(px(4))
        self.body.addWidget(self.trouble)
        self.body.addWidget(self.count)
        self.body.addWidget(self.more)
        self.body.addLayout(self._list)
        rest = "What is filled before a cancel arrives stays filled."
        self._rest = Paragraph(rest, "small", "text3")
        self.body.addWidget(self._rest)
        self.yes = button("Cancel orders", self._agree)
        self.no = button("Keep them", self.close_sheet, kind="primary")
        self.foot.addWidget(self.yes)
        self.foot.addWidget(self.no)
        self.accounts.currentIndexChanged.connect(self._choose)
        self.sides.chosen.connect(self._choose)
        self._choose()

    @property
    def chosen(self) -> tuple[OrderRow, ...]:
        """The orders that are asked to be cancelled, as far as is known now."""
        return cancellable(self._rows, *self._which)

    @property
    def others(self) -> tuple[OrderRow, ...]:
        """Open ones that are left alone, because something speaks against it."""
        account, way = self._which
        sure = {row.key for row in self.chosen}
        return tuple(
            row
            for row in self._rows
            if row.key not in sure
            and (not account or row.account == account)
            and (not way or row.way == way)
        )

    @property
    def _which(self) -> tuple[str, str]:
        return str(self.accounts.currentData() or ""), self.sides.choice

    def _choose(self) -> None:
        rows, others = self.chosen, self.others
        self.count.setText(all_words(rows))
        one, many = "open order stays", "open orders stay"
        left = f"{fmt.count(len(others), one, many)}, because BrokerDesk cannot cancel it."
        if len(others) > 1:
            left = left.replace("cancel it.", "cancel them.")
        self.more.setText(left if others else "")
        self.more.setVisible(bool(others))
        words = f"Cancel {fmt.count(len(rows), 'order')}" if rows else "Cancel orders"
        self.yes.setText(words)
        self.yes.setAccessibleName(words)
        self.yes.setEnabled(bool(rows))
        lines = [_line(row) for row in rows[:MOST_LISTED]]
        room = MOST_LISTED - len(lines)
        lines += [_line(row, tame(row.cannot_cancel)) for row in others[:room]]
        self._show(lines, len(rows) + len(others) - len(lines))

    def _show(self, lines: list[QWidget], more: int) -> None:
        while (item := self._list.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for line in lines:
            self._list.addWidget(line)
        if more > 0:
            self._list.addWidget(PlainLabel(f"and {fmt.whole(more)} more", "body", "text2"))

    def _agree(self) -> None:
        if self.sent:
            return
        self.sent = True
        for part in (self.yes, self.accounts, self.sides):
            part.setEnabled(False)
        self.count.setText("The cancels are being sent, one after another…")
        self.more.hide()
        self._rest.setText("You can close this. The list shows what becomes of each order.")
        self._close_only()
        self.agreed.emit(str(self.accounts.currentData() or ""), self.sides.choice, self.click)

    def show_outcomes(self, outcomes: tuple[Outcome, ...]) -> None:
        """What became of each order."""
        every = [one for row in self._rows for one in (*row.children, row)]
        rows = {(row.account, row.number): row for row in every if row.part != LEG}
        lines, unnamed = [], Counter[str]()
        for one in outcomes:
            said = f"{one.title} {one.text}".strip()
            row = rows.get((one.account, one.order))
            if row is None:
                unnamed[said] += 1
            else:
                lines.append(_line(row, said))
        for said, number in unnamed.items():
            words = f"{fmt.count(number, 'order')}: {said}"
            lines.append(Paragraph(words, "body", "text"))
        good = sum(one.kind == "good" for one in outcomes)
        self.count.setText(
            f"{fmt.count(good, 'cancel')} of {len(outcomes)} accepted by the brokers."
            if outcomes
            else "There was no working order any more. Nothing was sent."
        )
        self._show(lines[:MOST_LISTED], len(lines) - MOST_LISTED)
        self._end()

    def show_failure(self, title: str, text: str) -> None:
        """Nothing is known of any of them."""
        self.trouble.show_message(Message(key="all", kind="error", title=title, text=text))
        self.count.setText("The list shows what became of each order.")
        self._end()

    def _end(self) -> None:
        self._rest.hide()
        self.yes.hide()
        self._close_only()
        self.fit()

    def _close_only(self) -> None:
        self.no.setText("Close")
        self.no.setAccessibleName("Close")
        self.no.setFocus()


class MyselfSheet(Sheet):
    """I have checked myself: which of the broker's orders it is, or that it is not there.

    Signals:
        chosen: the broker's id of the order that it is.
        absent: the user looked: it was not placed.
        refused: the ids of the orders that are not it; it is looked for further.
    """

    chosen = Signal(str)
    absent = Signal()
    refused = Signal(tuple)

    def __init__(self, row: OrderRow) -> None:
        super().__init__("What did you find at the broker?", width=540)
        self._row = row
        search = row.search
        broker = tame(row.broker)
        self.body.addWidget(_line(row))
        self._group = QButtonGroup(self)
        self.choices: dict[str, QRadioButton] = {}
        candidates = search.candidates if search is not None else ()
        if candidates:
            words = f"These orders at {broker} could be it. Compare their numbers and times."
            self.body.addWidget(Paragraph(words, "body", "text2"))
        for order in candidates:
            other = row_of(order, {row.account: row.title})
            when = fmt.time_of_day(other.time) if other.time is not None else "time not told"
            no = "not yours, you said · " if search and order.id in search.aside else ""
            what = choice_words(other, private=privacy().on)
            self._offer(other.number, tame(f"{other.number} · {no}{when} · {what}"))
        gone = search is not None and search.can_be_absent
        if gone:
            none = "None of these. " if candidates else ""
            words = f"{none}I looked at {broker} myself: this order was not placed."
            self._offer("", words)
            text = "New orders of this symbol and side are possible again then."
            self.body.addWidget(Paragraph(text, "small", "text3"))
        elif search is not None and search.refusable:
            self._offer(NONE, "None of these is mine.")
            text = (
                f"BrokerDesk goes on looking for yours. After {ABSENT_READS} more full checks over "
                f"{ABSENT_MINUTES} minutes that do not find it you can close it as not placed."
            )
            self.body.addWidget(Paragraph(text, "small", "text3"))
        elif not candidates:
            checks = search.checks if search is not None else 0
            text = (
                f"BrokerDesk is still looking. It takes {ABSENT_READS} full checks over "
                f"{ABSENT_MINUTES} minutes that find nothing before you can close this; "
                f"{fmt.count(checks, 'check')} so far. If {broker} shows the order, it will be "
                "found by the next check."
            )
            self.body.addWidget(Paragraph(text, "body", "text2"))
        self.yes = button("Settle it", self._settle)
        self.no = button("Back", self.close_sheet, kind="primary")
        self.yes.setVisible(bool(self.choices))
        self.yes.setEnabled(False)
        self.foot.addWidget(self.yes)
        self.foot.addWidget(self.no)

    def _offer(self, key: str, label: str) -> None:
        short = label if len(label) <= MOST_LETTERS else f"{label[: MOST_LETTERS - 1]}…"
        made = QRadioButton(no_mnemonic(short))
        made.setAccessibleName(label)
        made.setToolTip(tooltip(label if label != short else ""))
        made.toggled.connect(self._on_toggled)
        self._group.addButton(made)
        self.choices[key] = made
        self.body.addWidget(made)

    def _on_toggled(self) -> None:
        self.yes.setEnabled(any(one.isChecked() for one in self.choices.values()))

    def _settle(self) -> None:
        key = next((key for key, one in self.choices.items() if one.isChecked()), None)
        if key is None:
            return
        search = self._row.search
        if key == NONE and search is not None:
            self.refused.emit(search.refusable)
        elif key:
            self.chosen.emit(key)
        else:
            self.absent.emit()
        self.close_sheet()
