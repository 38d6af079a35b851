"""Known failures in their own words, bugs with a redacted report, and the program goes on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot
from support.ui import HOSTILE
from support.ui_widgets import clipped, press, shown_text

from brokerdesk.errors import BrokerUnavailableError, UserCancelled
from brokerdesk.log import register_secret
from brokerdesk.ui.error_presenter import ErrorPresenter, report
from brokerdesk.ui.plain import tame

Allow = Callable[..., None]


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def presenter(parent: QWidget) -> Iterator[ErrorPresenter]:
    made = ErrorPresenter(parent)
    yield made
    made.close()


def dialogs(parent: QWidget) -> list[QDialog]:
    return [each for each in parent.findChildren(QDialog) if each.isVisible()]


def test_a_known_failure_speaks_its_own_words(presenter: ErrorPresenter, parent: QWidget) -> None:
    long = "Other brokers are up to date, and nothing that was stored is lost. " * 3
    presenter.show(BrokerUnavailableError("No answer.", "Figures stay. " + long, "Try later."))
    (dialog,) = dialogs(parent)
    assert clipped(dialog) == []
    assert not dialog.isModal()
    for words in ("No answer.", "Figures stay. " + long.strip(), "Try later."):
        assert words in shown_text(dialog)
    assert dialog.findChildren(QPlainTextEdit) == []
    press(dialog, "Close")
    assert dialogs(parent) == []


def test_a_cancelled_wish_is_silent(presenter: ErrorPresenter, parent: QWidget) -> None:
    presenter.show(UserCancelled())
    assert dialogs(parent) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_plain(text: str, presenter: ErrorPresenter, parent: QWidget) -> None:
    presenter.show(BrokerUnavailableError(text, text, text))
    (dialog,) = dialogs(parent)
    assert tame(text) in shown_text(dialog)


def test_a_bug_shows_a_report_without_secrets(
    presenter: ErrorPresenter, parent: QWidget, qtbot: QtBot, allow_warnings: Allow
) -> None:
    allow_warnings("a bug in")
    register_secret("hunter2-the-token")
    try:
        raise ZeroDivisionError("divided hunter2-the-token")
    except ZeroDivisionError as error:
        presenter.on_bug("a test", error)
    qtbot.waitUntil(lambda: bool(dialogs(parent)))
    (dialog,) = dialogs(parent)
    (box,) = dialog.findChildren(QPlainTextEdit)
    assert "ZeroDivisionError" in box.toPlainText()
    assert "In a test:" in box.toPlainText()
    assert "hunter2" not in box.toPlainText()
    press(dialog, "Copy report")
    assert QGuiApplication.clipboard().text() == box.toPlainText()


def test_bugs_of_slots_and_threads_are_caught_and_the_program_goes_on(
    presenter: ErrorPresenter, parent: QWidget, qtbot: QtBot, allow_warnings: Allow
) -> None:
    allow_warnings("a bug in")
    shown: list[str] = []
    presenter.shown.connect(lambda title, _text: shown.append(title))

    def fail() -> None:
        raise RuntimeError("a slot's bug")

    before = sys.excepthook, threading.excepthook
    presenter.install()
    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    sys.excepthook(RuntimeError, RuntimeError("a slot's bug"), None)  # what a slot's error calls
    qtbot.waitUntil(lambda: len(shown) == 2)
    ran: list[bool] = []
    QTimer.singleShot(0, lambda: ran.append(True))
    qtbot.waitUntil(lambda: ran == [True])
    presenter.close()
    assert (sys.excepthook, threading.excepthook) == before


def test_one_cause_repeated_does_not_bury_the_window(
    presenter: ErrorPresenter, parent: QWidget
) -> None:
    for _ in range(20):
        presenter.show(BrokerUnavailableError("No answer."))
    assert len(dialogs(parent)) == 3


def test_the_report_has_the_end_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "brokerdesk.log"
    log.write_text("\n".join(f"line {n}" for n in range(500)), "utf-8")
    text = report(log=log)
    assert "line 499" in text
    assert "line 300" not in text
    assert "BrokerDesk " in text
    assert report(log=tmp_path / "none").startswith("BrokerDesk ")
