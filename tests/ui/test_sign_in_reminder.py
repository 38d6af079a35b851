"""Warnings a day before a sign-in ends and when it has, for who looks elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from support.desk import FakeDesk
from support.ui import NOW, connection

from brokerdesk.domain.events import SignInDue
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.ui.viewmodels.sign_in_reminder import SignInReminder
from brokerdesk.ui.viewmodels.state import Figures

ONE = ConnectionId("c1")


class Late(FakeDesk):
    """A desk whose clock is moved by hand."""

    def __init__(self, *rows: object) -> None:
        super().__init__(Figures(connections=rows))  # type: ignore[arg-type]
        self.at: datetime = NOW
        self.clock = lambda: self.at
        self.reminder = SignInReminder(self)
        self.opened.emit()

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def desk() -> Late:
    return Late(connection("c1", title="Schwab", sign_in_ends=NOW + timedelta(hours=24)))


def test_a_day_before_and_at_the_end(desk: Late) -> None:
    desk.later(hours=1)
    desk.on_event(SignInDue(connection=ONE, hours_left=23))
    desk.later(hours=23)
    desk.on_event(SignInDue(connection=ONE, hours_left=None))
    soon, ended = desk.toasts
    assert (soon.title, soon.kind, soon.action, soon.label) == (
        "Schwab sign-in ends in 23 h.", "warn", "sign_in:c1", "Renew",
    )  # fmt: skip
    assert (ended.title, ended.action, ended.label) == (
        "Schwab: sign in again.", "sign_in:c1", "Sign in",
    )  # fmt: skip


def test_what_is_due_when_the_program_opens_stands_in_the_list(desk: Late) -> None:
    desk.later(seconds=20)
    desk.on_event(SignInDue(connection=ONE, hours_left=23))
    assert desk.toasts == []


def test_a_connection_that_has_gone_is_not_mentioned(desk: Late) -> None:
    desk.later(hours=1)
    desk.on_event(SignInDue(connection=ConnectionId("gone"), hours_left=3))
    assert desk.toasts == []


def test_a_long_name_is_cut() -> None:
    desk = Late(connection("c1", title="x" * 200, sign_in_ends=None))
    desk.later(hours=1)
    desk.on_event(SignInDue(connection=ONE, hours_left=5))
    (toast,) = desk.toasts
    assert len(toast.title) < 80
    assert toast.title.endswith("… sign-in ends in 5 h.")
