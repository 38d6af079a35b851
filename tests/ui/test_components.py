"""Every component does what its description says, under real keys and clicks."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid
from support.ui import HOSTILE

from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.state import Action, Message, Pill
from brokerdesk.ui.widgets.bands import ModeBand
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.buttons import button, icon_button
from brokerdesk.ui.widgets.confirm import ConfirmSheet
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.field_row import FieldRow
from brokerdesk.ui.widgets.figures import FigureBlock, KeyValues, SecretLabel
from brokerdesk.ui.widgets.focus_ring import FocusRing
from brokerdesk.ui.widgets.loading import LoadingRows
from brokerdesk.ui.widgets.nav_item import NavItem
from brokerdesk.ui.widgets.pane_head import PaneHead
from brokerdesk.ui.widgets.pickers import combo, number_box
from brokerdesk.ui.widgets.pill import StatePill
from brokerdesk.ui.widgets.popover import Popover
from brokerdesk.ui.widgets.search_field import SearchField
from brokerdesk.ui.widgets.segments import Segments
from brokerdesk.ui.widgets.splitter import GRAB, Splitter
from brokerdesk.ui.widgets.tags import Badge, Tag
from brokerdesk.ui.widgets.toast import MOST, ToastStack

WAYS = (("symbol", "Symbol"), ("account", "Account"), ("class", "Class"))
MESSAGE = Message(
    key="k",
    kind="warn",
    title="Broker returned no positions.",
    text="Kept those until you decide.",
    actions=(Action(id="review", label="Review"), Action(id="later", label="Later")),
)
Stage = Callable[..., QWidget]


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    """Puts widgets into an active window, one below the other."""
    held: list[QWidget] = []

    def make(*parts: QWidget) -> QWidget:
        window = QWidget()
        held.append(window)
        column = QVBoxLayout(window)
        for part in parts:
            column.addWidget(part)
        column.addStretch(1)
        qtbot.addWidget(window)
        window.resize(480, 420)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    return make


def is_seen(widget: QWidget) -> bool:
    return widget.isVisible()


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


# -- the segmented control ------------------------------------------------------------------------
def test_tab_enters_a_segmented_control_once_at_the_chosen_piece(stage: Stage) -> None:
    before, after = QLineEdit(), QLineEdit()
    ways = Segments(WAYS, "Group by", choice="account")
    stage(before, ways, after)
    before.setFocus()
    QTest.keyClick(before, Qt.Key.Key_Tab)
    assert focused() is ways.piece("account")
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    assert focused() is after
    ways.choose("class")
    QTest.keyClick(after, Qt.Key.Key_Backtab)
    assert focused() is ways.piece("class")


def test_arrows_choose_and_skip_what_is_unavailable(stage: Stage) -> None:
    ways = Segments(WAYS, "Group by")
    stage(ways)
    took: list[str] = []
    ways.chosen.connect(took.append)
    ways.set_unavailable(["account"], "After hours: limit only")
    ways.piece("symbol").setFocus()
    QTest.keyClick(focused(), Qt.Key.Key_Right)
    assert took == ["class"]
    assert ways.choice == "class"
    assert "limit only" in ways.piece("account").toolTip()
    assert ways.piece("account").isVisible()
    QTest.mouseClick(ways.piece("symbol"), Qt.MouseButton.LeftButton)
    assert took == ["class", "symbol"]
    ways.choose("class")
    assert took == ["class", "symbol"]  # what the program chooses it need not be told


def test_pieces_are_radio_buttons_and_do_not_move(stage: Stage) -> None:
    ways = Segments(WAYS, "Group by")
    stage(ways)
    face = QAccessible.queryAccessibleInterface(ways.piece("account"))
    assert face.role() == QAccessible.Role.RadioButton
    places = [ways.piece(key).geometry() for key in ways.keys]
    ways.choose("class")
    QCoreApplication.processEvents()
    assert [ways.piece(key).geometry() for key in ways.keys] == places


def test_a_control_whose_choice_is_unavailable_can_still_be_reached(stage: Stage) -> None:
    before = QLineEdit()
    ways = Segments(WAYS, "Group by")
    stage(before, ways)
    ways.set_unavailable(["symbol"], "Not here")
    before.setFocus()
    QTest.keyClick(before, Qt.Key.Key_Tab)
    assert focused() is ways.piece("account")
    ways.set_unavailable([])
    assert ways.reason == ""
    assert ways.piece("symbol").isEnabled()


# -- messages -------------------------------------------------------------------------------------
def test_a_banner_says_its_message_and_offers_its_actions(stage: Stage) -> None:
    banner = Banner()
    stage(banner)
    assert not banner.isVisible()
    acted: list[str] = []
    banner.acted.connect(acted.append)
    banner.show_message(MESSAGE)
    assert banner.isVisible()
    assert banner.accessibleName() == f"{MESSAGE.title} {MESSAGE.text}"
    assert [each.text() for each in banner.buttons] == ["Review", "Later"]
    QTest.keyClick(banner.buttons[1], Qt.Key.Key_Space)
    assert acted == ["later"]
    first = banner.buttons[0]
    banner.show_message(Message(key="k", kind="warn", title=MESSAGE.title, text=MESSAGE.text,
                                actions=MESSAGE.actions))  # fmt: skip
    assert banner.buttons[0] is first  # the same again leaves the focus where it is
    banner.show_message(None)
    assert not banner.isVisible()


@pytest.mark.parametrize("kind", ["info", "warn", "error", "unknown", "past"])
def test_only_information_can_be_closed(stage: Stage, kind: str) -> None:
    banner = Banner()
    stage(banner)
    closed: list[str] = []
    banner.closed.connect(closed.append)
    banner.show_message(Message(key="k", kind=kind, title="Title.", text="Text."))
    closers = [each for each in banner.buttons if "Close" in each.accessibleName()]
    assert bool(closers) == (kind == "info")
    if closers:
        closers[0].click()
        assert closed == ["k"]
        assert not banner.isVisible()


def test_a_banner_is_as_tall_as_its_words(stage: Stage) -> None:
    banner = Banner()
    window = stage(banner)
    banner.show_message(Message(key="k", kind="warn", title="Title.", text="word " * 60))
    QCoreApplication.processEvents()
    tall = banner.height()
    assert tall >= 5 * theme().line("small")
    window.resize(900, 600)
    QCoreApplication.processEvents()
    assert 2 * theme().line("small") < banner.height() < tall


def test_toasts_stand_at_the_bottom_right_and_are_three_at_most(stage: Stage) -> None:
    window = stage()
    stack = ToastStack(window)
    stack.set_bottom(26)
    acted: list[str] = []
    stack.acted.connect(acted.append)
    for number in range(5):
        stack.say(f"Toast {number}", action=Action(id=f"a{number}", label="Show"))
    assert [each.accessibleName() for each in stack.toasts] == ["Toast 2", "Toast 3", "Toast 4"]
    assert len(stack.toasts) == MOST
    window.resize(700, 500)
    QCoreApplication.processEvents()
    last = stack.toasts[-1].geometry()
    assert last.right() == 700 - px(16) - 1
    assert last.bottom() == 500 - px(16) - 26 - 1
    assert not stack.toasts[0].geometry().intersects(stack.toasts[1].geometry())
    (show,) = [each for each in stack.toasts[-1].findChildren(QPushButton) if each.text() == "Show"]
    show.click()
    assert acted == ["a4"]
    assert len(stack.toasts) == 2


@pytest.mark.parametrize("listening", [False, True])
def test_a_toast_stays_while_it_has_the_focus_or_somebody_listens(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, listening: bool
) -> None:
    reader = SimpleNamespace(isActive=lambda: listening)
    monkeypatch.setattr("brokerdesk.ui.widgets.toast.QAccessible", reader)
    window = stage(QLineEdit())
    stack = ToastStack(window)
    toast = stack.say("16 rows copied")
    toast.findChildren(QPushButton)[0].setFocus()
    toast._on_time()
    assert stack.toasts == [toast]
    window.findChildren(QLineEdit)[0].setFocus()
    toast.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)  # wherever the pointer rests
    toast._on_time()
    assert bool(stack.toasts) == listening


def test_esc_closes_a_toast(stage: Stage) -> None:
    window = stage()
    stack = ToastStack(window)
    toast = stack.say("16 rows copied", kind="good")
    close = toast.findChildren(QPushButton)[0]
    close.setFocus()
    QTest.keyClick(close, Qt.Key.Key_Escape)
    assert stack.toasts == []


def test_the_empty_state_offers_what_to_do(stage: Stage) -> None:
    actions = (Action(id="connect", label="Connect"), Action(id="try", label="Try"))
    state = EmptyState("link", "No accounts yet", "Connect a broker.", actions)
    stage(state)
    acted: list[str] = []
    state.acted.connect(acted.append)
    state.buttons[1].click()
    assert acted == ["try"]
    assert [each.property("kind") for each in state.buttons] == ["primary", ""]
    state.show_words("filter", "Nothing matches “x”.")
    assert state.buttons == []
    assert state.accessibleName().startswith("Nothing matches")


# -- sheets over the window -----------------------------------------------------------------------
def test_a_popover_takes_the_focus_and_gives_it_back(stage: Stage) -> None:
    anchor = button("Open", lambda: None)
    window = stage(anchor, QLineEdit())
    anchor.setFocus()
    inside = QPushButton("Inside")
    popover = Popover("Accounts", inside)
    closed: list[bool] = []
    popover.closed.connect(lambda: closed.append(True))
    popover.toggle_at(anchor)
    assert focused() is inside
    assert window.rect().contains(popover.geometry())
    assert popover.y() >= anchor.geometry().bottom()
    QTest.keyClick(inside, Qt.Key.Key_Escape)
    assert not popover.isVisible()
    assert focused() is anchor
    assert closed == [True]


def test_a_click_outside_closes_a_popover_and_one_inside_does_not(stage: Stage) -> None:
    anchor = button("Open", lambda: None)
    other = QLineEdit()
    stage(anchor, other)
    inside = QPushButton("Inside")
    popover = Popover("Accounts", inside)
    popover.open_at(anchor)
    QTest.mouseClick(inside, Qt.MouseButton.LeftButton)
    assert is_seen(popover)
    QTest.mouseClick(other, Qt.MouseButton.LeftButton)
    assert not is_seen(popover)
    assert focused() is other


def test_a_popover_near_the_bottom_opens_above(stage: Stage) -> None:
    anchor = button("Open", lambda: None)
    filler = QWidget()
    filler.setFixedHeight(340)
    window = stage(filler, anchor)
    content = QWidget()
    content.setFixedSize(200, 150)
    popover = Popover("Accounts", content)
    popover.open_at(anchor)
    assert popover.geometry().bottom() < anchor.geometry().top()
    assert window.rect().contains(popover.geometry())
    popover.close_popover()


def ask(stage: Stage) -> tuple[QWidget, ConfirmSheet, list[bool], QLineEdit]:
    behind = QLineEdit()
    window = stage(behind)
    behind.setFocus()
    sheet = ConfirmSheet("Remove this connection?", "Its figures stay.", "Remove", "Keep")
    answers: list[bool] = []
    sheet.answered.connect(answers.append)
    sheet.open_over(window)
    return window, sheet, answers, behind


def test_the_safe_answer_has_the_focus(stage: Stage) -> None:
    _window, sheet, answers, behind = ask(stage)
    assert focused() is sheet.no
    QTest.keyClick(sheet.no, Qt.Key.Key_Return)
    assert answers == [False]
    assert focused() is behind


def test_esc_and_a_click_beside_are_no(stage: Stage) -> None:
    _window, sheet, answers, _behind = ask(stage)
    QTest.keyClick(sheet.no, Qt.Key.Key_Escape)
    assert answers == [False]
    _window, sheet, answers, _behind = ask(stage)
    QTest.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert answers == [False]


def test_yes_takes_a_decision_and_counts_once(stage: Stage) -> None:
    _window, sheet, answers, behind = ask(stage)
    QTest.keyClick(sheet.no, Qt.Key.Key_Tab)
    assert focused() is sheet.yes
    QTest.keyClick(sheet.yes, Qt.Key.Key_Tab)
    assert focused() is sheet.no  # never behind the sheet
    QTest.keyClick(sheet.no, Qt.Key.Key_A)
    assert behind.text() == ""
    sheet.yes.click()
    sheet.answer(False)
    assert answers == [True]
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not isValid(sheet)


# -- the rail, the pill, figures ------------------------------------------------------------------
def test_rail_entries_are_walked_with_arrows_and_opened_with_enter(stage: Stage) -> None:
    first, second = (NavItem(key, key.title(), "positions") for key in ("overview", "orders"))
    stage(first, second)
    opened: list[str] = []
    for item in (first, second):
        item.clicked.connect(lambda _on=False, key=item.key: opened.append(key))
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Down)
    assert focused() is second
    assert opened == []  # to look is not to go
    QTest.keyClick(second, Qt.Key.Key_Down)
    assert focused() is second
    QTest.keyClick(second, Qt.Key.Key_Return)
    assert opened == ["orders"]
    assert second.isChecked()
    QTest.keyClick(second, Qt.Key.Key_Up)
    QTest.keyClick(first, Qt.Key.Key_Space)
    assert opened == ["orders", "overview"]
    assert not second.isChecked()


def test_a_rail_entry_shows_the_focus_of_the_keyboard_only(stage: Stage) -> None:
    before, item = QLineEdit(), NavItem("orders", "Orders", "orders")
    stage(before, item)

    def ringed() -> bool:
        image = item.grab().toImage()
        return image.pixelColor(image.width() // 2, 0) == theme().colour("accent")

    before.setFocus()
    QTest.mouseClick(item, Qt.MouseButton.LeftButton)
    item.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not ringed()
    before.setFocus()
    QTest.keyClick(before, Qt.Key.Key_Tab)
    assert item.hasFocus()
    assert ringed()
    before.setFocus()
    assert not ringed()


def test_a_rail_entry_tells_its_count_and_its_key(stage: Stage) -> None:
    item = NavItem("connections", "Connections", "link", "Ctrl+7")
    stage(item)
    item.set_badge(2)
    assert item.accessibleName() == "Connections, 2 need you"
    assert item.toolTip() == ""
    wide = item.sizeHint().width()
    item.set_collapsed(True)
    assert "Connections (Ctrl+7)" in item.toolTip()
    assert item.sizeHint().width() < wide
    item.set_badge(0)
    assert item.accessibleName() == "Connections"


@pytest.mark.parametrize("pill", list(Pill))
def test_the_pill_is_a_button_in_every_state(stage: Stage, pill: Pill) -> None:
    made = StatePill()
    stage(made)
    clicks: list[bool] = []
    made.clicked.connect(lambda: clicks.append(True))
    made.show_state(pill, "Live · updated 12 s ago", "Priced 16:00 ET")
    QTest.mouseClick(made, Qt.MouseButton.LeftButton)
    QTest.keyClick(made, Qt.Key.Key_Space)
    assert len(clicks) == 2
    assert made.accessibleName() == "Live · updated 12 s ago"
    assert made.grab().size().height() == px(24)
    made.show_state(pill, "")
    assert not made.isVisible()


def test_the_arrow_turns_only_while_refreshing_and_only_with_motion(stage: Stage) -> None:
    made = StatePill()
    stage(made)
    made.show_state(Pill.REFRESHING, "Refreshing 4 of 6")
    assert made._turning.isActive()
    try:
        theme().set_motion(False)
        assert not made._turning.isActive()
    finally:
        theme().set_motion(True)
    assert made._turning.isActive()
    made.show_state(Pill.LIVE, "Live")
    assert not made._turning.isActive()
    made.show_state(Pill.REFRESHING, "Refreshing 5 of 6")
    made.hide()
    assert not made._turning.isActive()


def test_amounts_hide_on_the_screen_and_for_screen_readers(stage: Stage) -> None:
    rows, block, label = KeyValues(), FigureBlock("Cash"), SecretLabel("$1,000.00", "hero")
    rows.set_value("Value", "$154,725.00", secret=True)
    rows.set_value("Price", "268.42")
    block.show_figure("$69,105.17", "7.3% of total")
    window = stage(rows, block, label)

    def written() -> str:
        labels = window.findChildren(SecretLabel)
        return " ".join(f"{each.text()} {each.accessibleName()}" for each in labels)

    assert "154,725" in written()
    privacy().set(True)
    assert not any(amount in written() for amount in ("154,725", "69,105", "1,000"))
    assert "268.42" in written()
    assert "7.3%" in written()
    assert DOTS in written()
    rows.set_value("Value", "$9.00", secret=True)
    assert "$9.00" not in written()
    privacy().set(False)
    assert "$9.00" in written()
    assert rows.value("Value") == "$9.00"


def test_key_values_keep_their_rows() -> None:
    rows = KeyValues()
    rows.set_value("Cash", "1")
    rows.set_value("Net", "2")
    rows.set_value("Cash", "3")
    assert rows.labels == ("Cash", "Net")
    assert rows.value("Cash") == "3"
    rows.clear()
    assert not rows.labels


# -- fields ---------------------------------------------------------------------------------------
def test_esc_empties_a_search_before_it_goes_on(stage: Stage) -> None:
    field = SearchField("Filter", "Ctrl+F")
    window = stage(field)
    escaped: list[int] = []
    window.keyPressEvent = lambda event: escaped.append(event.key())  # type: ignore[method-assign]
    field.setFocus()
    QTest.keyClicks(field, "nv")
    assert field._hint is not None
    assert not field._hint.isVisible()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""
    assert field._hint.isVisible()
    assert escaped == []
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert escaped == [Qt.Key.Key_Escape]
    field.setText("x")
    QTest.mouseClick(field._cross, Qt.MouseButton.LeftButton)
    assert field.text() == ""


def test_a_field_tells_its_problem(stage: Stage) -> None:
    editor = QLineEdit("0.00")
    row = FieldRow("Limit price", editor, "Per share.", note="after hours")
    stage(row)
    assert editor.accessibleName() == "Limit price"
    assert editor.accessibleDescription() == "Per share."
    row.set_problem("Price must be above 0.00")
    assert row.problem == "Price must be above 0.00"
    assert editor.property("problem") == "true"
    assert "above" in editor.accessibleDescription()
    row.set_problem("")
    assert row.problem == ""
    assert editor.accessibleDescription() == "Per share."


def test_a_wheel_over_a_picker_scrolls_the_page_and_changes_nothing(stage: Stage) -> None:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent

    number, choice = number_box("Minutes", 1, 60, 15, unit="min"), combo("Group", WAYS, "class")
    stage(QLineEdit(), number, choice)
    for widget in (number, choice):
        middle = QPointF(widget.rect().center())
        event = QWheelEvent(
            middle, middle, QPoint(0, 120), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
    assert number.value() == 15
    assert choice.currentData() == "class"
    number.setFocus()
    QTest.keyClick(number, Qt.Key.Key_Up)
    assert number.value() == 16


# -- the focus ring -------------------------------------------------------------------------------
def around(ring: FocusRing) -> QWidget | None:
    return ring.target


def test_the_ring_goes_around_the_whole_segmented_control(stage: Stage) -> None:
    ways, plain, field = Segments(WAYS, "Group by"), button("Go", lambda: None), QLineEdit()
    window = stage(field, ways, plain)
    ring = FocusRing(window)
    field.setFocus()
    assert around(ring) is None  # fields show it on their edge
    QTest.keyClick(field, Qt.Key.Key_Tab)
    assert around(ring) is ways
    assert ring.geometry() == ways.geometry().adjusted(-4, -4, 4, 4)
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    assert around(ring) is plain
    plain.hide()
    assert around(ring) is None


def test_the_ring_is_for_the_keyboard(stage: Stage) -> None:
    plain = button("Go", lambda: plain_next.setFocus())
    plain_next = button("Next", lambda: None)
    window = stage(plain, plain_next)
    ring = FocusRing(window)
    ring._watch_surface()
    surface = window.windowHandle()
    at = plain.mapTo(window, plain.rect().center())
    QTest.mouseClick(surface, Qt.MouseButton.LeftButton, pos=at)
    assert plain_next.hasFocus()
    assert around(ring) is None
    QTest.keyClick(surface, Qt.Key.Key_Backtab)
    assert around(ring) is plain


def test_the_ring_follows_its_button_and_goes_where_it_is_not_seen(stage: Stage) -> None:
    inner = QWidget()
    column = QVBoxLayout(inner)
    buttons = [button(f"Button {number}", lambda: None) for number in range(30)]
    for each in buttons:
        column.addWidget(each)
    scroll = QScrollArea()
    scroll.setWidget(inner)
    scroll.setFixedHeight(200)
    window = stage(scroll)
    ring = FocusRing(window)
    buttons[3].setFocus(Qt.FocusReason.TabFocusReason)
    assert around(ring) is buttons[3]
    before = ring.y()
    scroll.verticalScrollBar().setValue(20)
    assert ring.y() == before - 20
    scroll.verticalScrollBar().setValue(scroll.verticalScrollBar().maximum())
    assert around(ring) is None
    scroll.verticalScrollBar().setValue(0)
    assert around(ring) is buttons[3]
    # Half scrolled away, the ring is cut off with its button.
    scroll.verticalScrollBar().setValue(buttons[3].y() + 10)
    assert around(ring) is buttons[3]
    top = scroll.mapTo(window, QPoint(0, 0)).y()
    assert ring.mask().boundingRect().top() + ring.y() >= top - 4


# -- the rest -------------------------------------------------------------------------------------
def test_a_splitter_shows_one_pixel_and_can_be_grabbed_at_seven(stage: Stage) -> None:
    split = Splitter()
    left, right = QWidget(), QWidget()
    for each in (left, right):
        each.setMinimumWidth(60)
        split.addWidget(each)
    split.setFixedHeight(100)
    stage(split)
    handle = split.handle(1)
    QCoreApplication.processEvents()
    assert handle.width() == GRAB
    assert right.x() - (left.x() + left.width()) == 1
    before = left.width()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=QPoint(1, 50))
    QTest.mouseMove(handle, QPoint(-39, 50))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=QPoint(-39, 50))
    QCoreApplication.processEvents()
    assert left.width() < before - 20
    assert handle.width() == GRAB


def test_parts_that_nobody_holds_do_not_open_as_windows(qtbot: QtBot) -> None:
    before = set(QApplication.topLevelWidgets())
    pill, banner, badge = StatePill(), Banner(), Badge(3)
    pill.show_state(Pill.LIVE, "Live")
    banner.show_message(MESSAGE)
    for part in (pill, banner, badge):
        qtbot.addWidget(part)
    shown = [each for each in QApplication.topLevelWidgets() if each.isVisible()]
    assert not set(shown) - before
    holder = QWidget()
    qtbot.addWidget(holder)
    row = QHBoxLayout(holder)
    for part in (pill, banner, badge):
        row.addWidget(part)
    holder.show()
    assert all(part.isVisible() for part in (pill, banner, badge))


def test_loading_rows_have_the_heights_of_the_rows_to_come() -> None:
    assert LoadingRows(3).sizeHint().height() == 3 * px(30)
    assert LoadingRows(2, (26, 42)).sizeHint().height() == px(26) + px(42)


def test_a_pane_head_counts() -> None:
    head = PaneHead("Positions")
    assert head.height() == px(46)
    head.set_count(1204)
    assert head._count.text() == "1,204"
    head.set_count(None)
    assert not head._count.isVisibleTo(head)


def test_icon_buttons_say_name_and_key() -> None:
    made = icon_button("eye", "Hide amounts", "", lambda: None, "Ctrl+Shift+H")
    assert made.accessibleName() == "Hide amounts"
    assert "Hide amounts (Ctrl+Shift+H)" in made.toolTip()
    made.ensurePolished()
    assert made.sizeHint().width() >= 24
    assert made.sizeHint().height() >= 24


def crowd(text: str) -> list[QWidget]:
    """Each component with this text in all its places."""
    action = (Action(id="a", label=text),)
    banner, pill, rows, block = Banner(), StatePill(), KeyValues(), FigureBlock(text)
    banner.show_message(Message(key="k", kind="error", title=text, text=text, actions=action))
    pill.show_state(Pill.STALE, text, text)
    rows.set_value(text, text, hint=text)
    block.show_figure(text, text, hint=text)
    head, field = PaneHead(text), FieldRow(text, QLineEdit(), text, note=text)
    head.set_note(text)
    field.set_problem(text)
    return [
        banner, pill, rows, block, head, field, Tag(text, "warn"), ModeBand("paper", text),
        EmptyState("link", text, text, action), NavItem("x", text, "link", "Ctrl+1"),
        Segments((("a", text), ("b", text)), text), button(text, lambda: None, hint=text),
        combo(text, (("a", text),)),
    ]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_shown_as_they_are(stage: Stage, text: str) -> None:
    parts = crowd(text)
    window = stage(*parts)
    for direction in (Qt.LayoutDirection.RightToLeft, Qt.LayoutDirection.LeftToRight):
        window.setLayoutDirection(direction)
        assert not window.grab().isNull()
    from PySide6.QtWidgets import QLabel

    assert all(each.textFormat() == Qt.TextFormat.PlainText for each in window.findChildren(QLabel))
    banner = parts[0]
    assert banner.accessibleName() == f"{tame(text)} {tame(text)}"
    for each in window.findChildren(QWidget):
        tip = each.toolTip()
        assert not tip or tip.startswith("<qt>")
        assert "<b>" not in tip
        assert "<img" not in tip


def test_look_and_size_change_while_everything_is_open_and_after_it_is_gone(stage: Stage) -> None:
    parts = crowd("Words")
    inner = QWidget()
    column = QVBoxLayout(inner)
    for part in parts:
        column.addWidget(part)
    window = stage(inner)
    light = window.grab().toImage()
    theme().apply("dark")
    dark = window.grab().toImage()
    assert light != dark
    try:
        theme().set_scale(1.5)
        QCoreApplication.processEvents()
        assert window.grab().toImage() != dark
        inner.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert not any(isValid(part) for part in parts)
    finally:
        theme().set_scale(1.0)
    theme().apply("light")
    theme().set_colour_vision(True)
    theme().set_colour_vision(False)
    privacy().set(True)
