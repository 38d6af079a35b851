"""The wizard as widgets: every kind of step, hostile words, names for screen readers, the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot
from support.ui import (
    BROWSER,
    CARD,
    DONE,
    FORM,
    HOSTILE,
    NOTICE,
    NOW,
    FakeAttempt,
    FakeWizardPort,
    HandRunner,
    found,
)
from support.ui_widgets import clipped, press, shown_text, unnamed

from brokerdesk.brokers.flow import FailedStep, FormField, FormStep, NoticeStep, PasteOutcome
from brokerdesk.domain.events import AccountRefreshed
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.errors import CallbackTimeoutError, InputError
from brokerdesk.ui.plain import tame
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.wizard import WizardViewModel
from brokerdesk.ui.viewmodels.wizard_state import Keeping, KeepingKind, Page
from brokerdesk.ui.widgets.tags import Tag
from brokerdesk.ui.wizard.account_pages import AccountsPage, SyncPage
from brokerdesk.ui.wizard.browser_page import BrowserPage
from brokerdesk.ui.wizard.pick_page import PickPage
from brokerdesk.ui.wizard.step_pages import FailedPage, FormPage, NoticePage
from brokerdesk.ui.wizard.window import WizardWindow

Make = Callable[..., WizardWindow]


@pytest.fixture
def make(runner: HandRunner, qtbot: QtBot) -> Iterator[Make]:
    windows: list[WizardWindow] = []

    def build(*steps: Any, accounts: tuple[Any, ...] = (), **port: Any) -> WizardWindow:
        attempt = FakeAttempt(list(steps), accounts=accounts or (found("4821"), found("7730")))
        model = WizardViewModel(
            FakeWizardPort(attempt, **port), runner, lambda: NOW + timedelta(seconds=23)
        )
        window = WizardWindow(model)
        window.attempt = attempt  # type: ignore[attr-defined]
        qtbot.addWidget(window)
        window.show()
        windows.append(window)
        return window

    yield build
    for window in windows:
        window.close()


def attempt_of(window: WizardWindow) -> FakeAttempt:
    attempt: FakeAttempt = window.attempt  # type: ignore[attr-defined]
    return attempt


def at_browser(make: Make, *after: Any, **port: Any) -> tuple[WizardWindow, BrowserPage]:
    window = make(FORM, NOTICE, BROWSER, *after, **port)
    window.model.go()
    window.model.submit({})
    window.model.submit({})
    assert isinstance(window.page, BrowserPage)
    return window, window.page


def test_picking_compares_capabilities_and_goes_on(make: Make) -> None:
    other = replace(CARD, id="other", title="S&P Broker", environments=("live", "paper"))
    window = make(FORM, brokers=(CARD, other))
    page = window.page
    assert isinstance(page, PickPage)
    columns = page._comparison.columns
    assert [column.isChecked() for column in columns] == [True, False]
    assert "Orders: in part Read only" in columns[0].accessibleDescription()
    columns[1].click()
    assert window.model.state.chosen == "other"
    press(window, "Paper accounts")
    assert window.model.state.environment == "paper"
    press(window, "Continue with S&P Broker")
    assert isinstance(window.page, FormPage)


def test_a_form_shows_fields_guide_and_a_copyable_address(make: Make, qtbot: QtBot) -> None:
    window = make(FORM, NOTICE)
    window.model.go()
    page = window.page
    assert isinstance(page, FormPage)
    assert list(page.fields) == ["app_key", "app_secret", "callback_url"]
    assert page.fields["app_secret"].echoMode() == QLineEdit.EchoMode.Password
    assert "Sign up at the broker's site." in shown_text(window)
    press(window, "Copy Callback address")
    assert QGuiApplication.clipboard().text() == "https://127.0.0.1:8182"
    press(window, "Show App secret")
    assert page.fields["app_secret"].echoMode() == QLineEdit.EchoMode.Normal
    qtbot.keyClicks(page.fields["app_key"], "key")
    qtbot.keyClicks(page.fields["app_secret"], "secret")
    qtbot.keyClick(page.fields["app_secret"], Qt.Key.Key_Return)
    assert isinstance(window.page, NoticePage)
    assert attempt_of(window).answers == [
        {"app_key": "key", "app_secret": "secret", "callback_url": "https://127.0.0.1:8182"}
    ]


def test_an_empty_required_field_is_said_beside_it(make: Make) -> None:
    window = make(FORM)
    window.model.go()
    page = window.page
    assert isinstance(page, FormPage)
    press(window, "Continue")
    assert page.problems["app_key"].text() == "Enter the app key."
    assert page.fields["app_key"].property("problem") == "true"
    assert page.fields["app_key"].accessibleDescription() == "Enter the app key."
    assert attempt_of(window).answers == []
    page.fields["app_key"].textEdited.emit("x")
    assert not page.problems["app_key"].isVisible()


def test_problems_stand_beside_their_fields_and_input_is_kept(make: Make) -> None:
    fields = (replace(FORM.fields[0], default="typed"), *FORM.fields[1:])
    bad = replace(FORM, fields=fields, problems=(("app_key", "Refused."), ("", "Something else.")))
    window = make(bad)
    window.model.go()
    page = window.page
    assert isinstance(page, FormPage)
    assert page.problems["app_key"].text() == "Refused."
    assert page.fields["app_key"].text() == "typed"
    assert "Something else." in shown_text(window)
    assert window.focusWidget() is page.fields["app_key"]


def test_a_field_with_a_few_answers_is_a_list_of_their_words(make: Make) -> None:
    options = (("use", "Use what is connected"), ("add", HOSTILE[0]), ("repair 1", "Sign in again"))
    asked = FormField(
        name="next", label="What next?", help="“use”: …", default="add", required=False,
        options=options,
    )  # fmt: skip
    form = replace(FORM, fields=(*FORM.fields, asked), problems=(("next", "Choose another."),))
    window = make(form, NOTICE)
    window.model.go()
    page = window.page
    assert isinstance(page, FormPage)
    made = page.choices["next"]
    assert [made.itemText(at) for at in range(made.count())] == [tame(text) for _, text in options]
    assert made.currentData() == "add"
    assert made.accessibleName() == "What next?"
    assert page.problems["next"].text() == "Choose another."
    assert window.focusWidget() is made
    assert "“use”" not in shown_text(window), "the list says it"
    made.setCurrentIndex(2)
    made.activated.emit(2)
    assert not page.problems["next"].isVisible()
    for name in ("app_key", "app_secret"):
        page.fields[name].setText("typed")
    press(window, "Continue")
    assert attempt_of(window).answers[-1]["next"] == "repair 1"
    assert attempt_of(window).answers[-1]["app_key"] == "typed"


def test_a_notice_shows_points_and_fingerprint(make: Make) -> None:
    window = make(FORM, NOTICE, BROWSER)
    window.model.go()
    window.model.submit({})
    text = shown_text(window)
    assert "Then go on." in text
    assert NOTICE.fingerprint[:47] in text
    press(window, "Copy fingerprint")
    assert QGuiApplication.clipboard().text() == NOTICE.fingerprint
    press(window, "Open browser")
    assert isinstance(window.page, BrowserPage)


def test_the_browser_page_counts_down_and_copies_the_link(make: Make) -> None:
    window, page = at_browser(make)
    window.model.tick()
    assert page._ring.accessibleName() == "4:37 left to sign in"
    press(window, "Copy link")
    assert QGuiApplication.clipboard().text() == BROWSER.url
    press(window, "Open the page again")
    port: Any = window.model._port
    assert port.opened == [BROWSER.url] * 2


def test_where_nothing_comes_back_there_is_nothing_to_paste(make: Make) -> None:
    window = make(FORM, NOTICE, replace(BROWSER, comes_back=False))
    window.model.go()
    window.model.submit({})
    window.model.submit({})
    page = window.page
    assert isinstance(page, BrowserPage)
    assert not page.address.isVisible()
    assert "did not come back" not in shown_text(window)
    assert "waiting port" not in shown_text(window)


def test_pasting_by_hand(make: Make, runner: HandRunner) -> None:
    window, page = at_browser(make, DONE)
    attempt_of(window).paste_outcomes = [
        PasteOutcome.WRONG,
        PasteOutcome.CONFIRM,
        PasteOutcome.ACCEPTED,
    ]
    QGuiApplication.clipboard().setText(" https://wrong.example/ \n")
    press(window, "Paste the address")
    assert page.address.text() == "https://wrong.example/"
    assert "not from this sign-in" in shown_text(window)
    page.address.setText("https://127.0.0.1:8182/?code=abc")
    press(window, "Use this address")
    assert "Use it only if it comes from the browser window" in shown_text(window)
    press(window, "It is from this sign-in")
    assert attempt_of(window).calls[-1] == "paste:https://127.0.0.1:8182/?code=abc:True"
    runner.settle()
    assert isinstance(window.page, AccountsPage)


def test_no_browser_is_said_in_words(make: Make) -> None:
    window, _page = at_browser(make, browser_found=False)
    assert "No browser could be started" in shown_text(window)


def test_the_wizard_comes_forward_when_the_browser_is_back(make: Make, runner: HandRunner) -> None:
    window, _page = at_browser(make, DONE)
    window.hide()
    attempt_of(window).returned = True
    runner.settle()
    assert window.isVisible()


def test_a_failure_says_what_holds_and_starts_again(make: Make, runner: HandRunner) -> None:
    error = CallbackTimeoutError("No answer in time.", "Nothing was saved.", "Start again.")
    window, _page = at_browser(make, FailedStep(error=error), BROWSER)
    attempt_of(window).returned = True
    runner.settle()
    assert isinstance(window.page, FailedPage)
    assert "No answer in time." in shown_text(window)
    press(window, "Start again")
    assert isinstance(window.page, BrowserPage)


def test_accounts_get_nicknames_and_ticks(make: Make, runner: HandRunner) -> None:
    window, _page = at_browser(
        make, DONE, accounts=(found("4821"), found("7730"), found("0916", "Other <b>"))
    )
    attempt_of(window).returned = True
    runner.settle()
    page = window.page
    assert isinstance(page, AccountsPage)
    assert len(page.boxes) == 2  # one is read through another connection
    assert [tag.text() for tag in page.findChildren(Tag)] == ["already read through Other <b>"]
    keys = list(page.boxes)
    page.boxes[keys[0]].setChecked(False)
    page.nicknames[keys[1]].setText("  Pension ")
    page.name.setText("Mine")
    press(window, "Add 1 account")
    port: Any = window.model._port
    (choices,) = port.saved
    assert {key: (one.included, one.nickname) for key, one in choices.items()} == {
        keys[0]: (False, ""),
        keys[1]: (True, "Pension"),
    }
    assert attempt_of(window).calls[-1] == "save:Mine"
    assert isinstance(window.page, SyncPage)


def test_one_tick_takes_all_accounts_or_none(make: Make, runner: HandRunner) -> None:
    window, _page = at_browser(make, DONE)
    attempt_of(window).returned = True
    runner.settle()
    page = window.page
    assert isinstance(page, AccountsPage)
    first, second = page.boxes.values()
    assert page.every.checkState() == Qt.CheckState.Checked
    first.click()
    assert page.every.checkState() == Qt.CheckState.PartiallyChecked
    page.every.click()
    assert (first.isChecked(), second.isChecked()) == (True, True)
    page.every.click()
    assert (first.isChecked(), second.isChecked()) == (False, False)
    press(window, "Save without accounts")


def test_what_the_sign_in_allows_stands_beside_the_wait(make: Make, runner: HandRunner) -> None:
    window, page = at_browser(make, DONE)
    window.resize(1100, 760)
    text = shown_text(window)
    for words in ("Balances: read", "Orders: read only", "Streaming prices: no",
                  "BrokerDesk cannot move money out", "asks for a new sign-in: every 7 days",
                  "BrokerDesk never sees your password"):  # fmt: skip
        assert words in text
    said = [head.accessibleName() for head in page._way._heads]
    assert said[:2] == ["Page opened, done", "You sign in at Broker, under way"]
    window.resize(820, 560)
    shown_text(window)
    assert page.side is not None
    assert not page.side.isVisibleTo(window)
    press(window, "Cancel sign-in")
    assert attempt_of(window).calls.count("cancel") == 1


def test_a_new_sign_in_names_no_broker_that_is_not_sure(make: Make) -> None:
    other = replace(CARD, id="other", title="Other")
    window = make(BROWSER, brokers=(CARD, other))
    window.model.sign_in_again("c1", "Mine")
    page = window.page
    assert isinstance(page, BrowserPage)
    assert page.side is None
    assert "You sign in at the broker" in shown_text(window)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("scale", [0.9, 1.0, 1.5])
@pytest.mark.parametrize("name", ["light", "dark"])
def test_any_number_of_brokers_at_any_text_size(
    name: str, scale: float, count: int, make: Make
) -> None:
    theme().apply(name)
    theme().set_scale(scale)
    try:
        cards = tuple(
            replace(CARD, id=f"b{n}", title=HOSTILE[n % 5], tagline=HOSTILE[(n + 1) % 5],
                    facts=tuple((fact, has, HOSTILE[n % 5]) for fact, has, _ in CARD.facts))
            for n in range(count)
        )  # fmt: skip
        window = make(FORM, brokers=cards)
        page = window.page
        assert isinstance(page, PickPage)
        columns = page._comparison.columns
        assert len({tuple(column.heights) for column in columns}) == 1
        for left, right in pairwise(columns):
            assert left.geometry().right() < right.geometry().left()
        assert unnamed(window) == []
        assert clipped(window) == []
        assert not window.grab().isNull()
    finally:
        theme().set_scale(1.0)


def test_the_first_sync_follows_events_and_ends(make: Make, runner: HandRunner) -> None:
    window, _page = at_browser(make, DONE, sync=None)
    attempt_of(window).returned = True
    runner.settle()
    press(window, "Add 2 accounts")
    page = window.page
    key = window.model.state.sync[0].key
    window.model.on_event(AccountRefreshed(connection=ConnectionId("c1"), account=AccountId(key)))
    assert window.page is page  # told, not rebuilt
    assert "read and saved" in shown_text(window)
    port: Any = window.model._port
    port.sync = ()
    runner.settle()
    gone: list[None] = []
    window.gone.connect(lambda: gone.append(None))
    press(window, "Done")
    assert gone == [None]
    assert "cancel" not in attempt_of(window).calls


def test_a_vault_is_made_with_the_passphrase_twice(make: Make, qtbot: QtBot) -> None:
    window = make(FORM, keeps=Keeping(KeepingKind.SESSION, "This computer has no keychain."))
    window.model.go()
    page: Any = window.page
    assert "no keychain" in shown_text(window)
    qtbot.keyClicks(page.passphrase, "correct horse")
    qtbot.keyClicks(page.again, "correct house")
    press(window, "Make a vault and go on")
    assert "differ" in shown_text(window)
    assert window.page == page  # what was typed is still there
    page.again.setText("correct horse")
    press(window, "Make a vault and go on")
    assert isinstance(window.page, FormPage)


def test_escape_cancels_and_leaves_nothing(make: Make, qtbot: QtBot) -> None:
    window, _page = at_browser(make)
    with qtbot.waitSignal(window.gone):
        qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert attempt_of(window).calls.count("cancel") == 1


def every_page(make: Make, runner: HandRunner) -> Iterator[WizardWindow]:
    failed = FailedStep(error=InputError("", "It failed.", "Nothing was saved."))
    window = make(FORM, NOTICE, BROWSER, failed, BROWSER, DONE, sync=None)
    yield window
    window.model.go()
    yield window
    for _ in range(2):
        window.model.submit({})
        yield window
    attempt_of(window).returned = True
    runner.settle()
    assert window.model.state.page is Page.FAILED
    yield window
    window.model.retry()
    attempt_of(window).returned = True
    runner.settle()
    yield window
    press(window, "Add 2 accounts")
    yield window
    for kind in KeepingKind:
        if kind is not KeepingKind.DURABLE:
            other = make(FORM, keeps=Keeping(kind, "Words."))
            other.model.go()
            yield other


def test_every_control_has_a_name_and_every_page_stands_in_both_themes(
    make: Make, runner: HandRunner
) -> None:
    pages = 0
    for window in every_page(make, runner):
        assert unnamed(window) == [], window.model.state.page
        assert clipped(window) == [], window.model.state.page
        for name in ("dark", "light"):
            theme().apply(name)
            assert not window.grab().isNull()
        pages += 1
    assert pages == 10


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_of_a_broker_stay_plain(text: str, make: Make, runner: HandRunner) -> None:
    form = FormStep(
        title=text,
        text=text,
        fields=(FormField(name="a", label=text, help=text, default=text),),
        guide=(text,),
        problems=(("a", text), ("", text)),
    )
    notice = NoticeStep(title=text, text=text, points=(text,), action=text)
    card = replace(CARD, title=text, note=text)
    window = make(form, notice, BROWSER, DONE, brokers=(card,), accounts=(found("4821", text),))
    window.model.go()
    assert tame(text) in shown_text(window)
    window.model.submit({})
    window.model.submit({})
    attempt_of(window).returned = True
    runner.settle()
    labels = window.findChildren(QLabel)
    assert labels
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    assert not any("\u202e" in label.text() for label in labels)
    assert window.width() < 1400  # a long word does not tear the window apart
    assert not window.findChildren(QCheckBox)[0].isEnabled()


@pytest.mark.parametrize("pressed", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_goes_on_and_presses_the_button_that_has_the_focus(
    make: Make, qtbot: QtBot, pressed: Qt.Key
) -> None:
    wizard = make(FORM)
    cancel = next(b for b in wizard.findChildren(QPushButton) if b.text() == "Cancel")
    held = QKeyEvent(QEvent.Type.KeyPress, pressed, Qt.KeyboardModifier.NoModifier, "", True)
    wizard.keyPressEvent(held)
    assert wizard.model.state.page is Page.PICK, "a key that is held down goes nowhere"
    assert wizard.page is not None
    QTest.keyClick(wizard.page.first_focus() or wizard, pressed)
    assert isinstance(wizard.page, FormPage)
    cancel.setFocus()
    with qtbot.waitSignal(wizard.gone, timeout=1000):
        QTest.keyClick(cancel, pressed)
