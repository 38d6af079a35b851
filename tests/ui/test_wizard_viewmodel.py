"""The connect wizard's logic, with every kind of step, without a window."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.ui import (
    BROWSER,
    CARD,
    DONE,
    FORM,
    NOTICE,
    NOW,
    FakeAttempt,
    FakeWizardPort,
    HandRunner,
    found,
)

from brokerdesk.brokers.flow import FailedStep, PasteOutcome
from brokerdesk.domain.events import AccountRefreshed, AccountSuspected, RefreshProgressed
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.errors import (
    AuthRejectedError,
    BrokerUnavailableError,
    CallbackTimeoutError,
    InputError,
    SecretStoreLockedError,
)
from brokerdesk.ui.viewmodels.wizard import WizardViewModel
from brokerdesk.ui.viewmodels.wizard_state import (
    Choice,
    Keeping,
    KeepingKind,
    Page,
    Paste,
    SyncMark,
)

C1 = ConnectionId("c1")
TIMED_OUT = FailedStep(error=CallbackTimeoutError("The browser did not come back in time."))


class Wizard:
    """A view-model with its fakes at hand."""

    def __init__(self, runner: HandRunner, *steps: Any, **port: Any) -> None:
        self.attempt = FakeAttempt(list(steps), accounts=(found("4821"), found("7730")))
        self.port = FakeWizardPort(self.attempt, **port)
        self.runner = runner
        self.now = NOW
        self.model = WizardViewModel(self.port, runner, lambda: self.now)
        self.came_back = 0
        self.model.came_back.connect(self._on_back)

    def _on_back(self) -> None:
        self.came_back += 1

    @property
    def page(self) -> Page:
        return self.model.state.page

    def at(self, page: Page) -> bool:
        return self.page is page

    def pasted(self, outcome: Paste) -> bool:
        return self.model.state.paste is outcome

    def come_back(self) -> None:
        self.attempt.returned = True
        self.runner.settle()


def to_browser(runner: HandRunner, *after: Any, **port: Any) -> Wizard:
    wizard = Wizard(runner, FORM, NOTICE, BROWSER, *after, **port)
    wizard.model.go()
    wizard.model.submit({"app_key": "k"})
    wizard.model.submit({})
    assert wizard.at(Page.BROWSER)
    return wizard


def test_the_whole_way(runner: HandRunner) -> None:
    wizard = Wizard(runner, FORM, NOTICE, BROWSER, DONE)
    model = wizard.model
    assert wizard.at(Page.PICK)
    assert model.state.chosen == CARD.id
    model.go()
    assert (wizard.page, model.state.step) == (Page.FORM, FORM)
    model.submit({"app_key": "k", "app_secret": "s"})
    assert wizard.at(Page.NOTICE)
    assert wizard.port.opened == []  # the warning comes before the browser
    model.submit({})
    assert wizard.at(Page.BROWSER)
    assert wizard.port.opened == [BROWSER.url]
    wizard.come_back()
    assert wizard.came_back == 1
    assert wizard.at(Page.ACCOUNTS)
    assert [row.label for row in model.state.found] == ["…4821", "…7730"]
    assert wizard.port.saved == []  # tested, and nothing saved yet
    keys = [row.key for row in model.state.found]
    model.save(
        {
            keys[0]: Choice(included=True, nickname="Mine"),
            keys[1]: Choice(included=False, nickname=""),
        },
        "Broker",
    )
    assert wizard.at(Page.SYNC)
    assert model.state.finished
    assert [row.key for row in model.state.sync] == [keys[0]]
    calls = ["start", "submit", "submit", "wait", "test", "save:Broker"]
    assert wizard.attempt.calls == calls
    model.cancel()
    assert "cancel" not in wizard.attempt.calls  # what is saved stays


def test_typed_secrets_are_not_kept_in_the_state(runner: HandRunner) -> None:
    wizard = Wizard(runner, FORM, NOTICE)
    wizard.model.go()
    wizard.model.submit({"app_key": "k", "app_secret": "very-secret"})
    assert wizard.attempt.answers == [{"app_key": "k", "app_secret": "very-secret"}]
    assert "very-secret" not in repr(wizard.model.state)
    own = {k: v for k, v in vars(wizard.model).items() if k not in ("_attempt", "_port")}
    assert "very-secret" not in repr(own)


def test_a_failed_step_offers_a_restart_with_what_was_typed(runner: HandRunner) -> None:
    wizard = to_browser(runner, TIMED_OUT, BROWSER, DONE)
    wizard.come_back()
    assert wizard.at(Page.FAILED)
    assert wizard.model.state.can_retry
    wizard.model.retry()
    assert wizard.at(Page.BROWSER)
    assert wizard.attempt.calls[-2:] == ["restart", "wait"]
    wizard.come_back()
    assert wizard.at(Page.ACCOUNTS)


def test_a_failed_step_that_cannot_restart(runner: HandRunner) -> None:
    already = FailedStep(error=InputError("", "This sign-in is connected."), can_restart=False)
    wizard = to_browser(runner, already)
    wizard.come_back()
    assert (wizard.page, wizard.model.state.can_retry) == (Page.FAILED, False)
    wizard.model.retry()
    assert wizard.at(Page.FAILED)


def test_a_form_comes_back_with_problems_after_the_browser(runner: HandRunner) -> None:
    wizard = to_browser(runner, FORM, NOTICE)
    wizard.come_back()
    assert wizard.at(Page.FORM)
    wizard.model.submit({"app_key": "other"})
    assert wizard.at(Page.NOTICE)


@pytest.mark.parametrize(
    "outcomes", [[PasteOutcome.WRONG, PasteOutcome.CONFIRM, PasteOutcome.ACCEPTED]]
)
def test_pasting(runner: HandRunner, outcomes: list[PasteOutcome]) -> None:
    wizard = to_browser(runner, DONE)
    wizard.attempt.paste_outcomes = outcomes
    wizard.model.paste("  ")
    assert wizard.pasted(Paste.NONE)
    wizard.model.paste(" https://wrong ")
    assert wizard.pasted(Paste.WRONG)
    wizard.model.paste("https://127.0.0.1/?code=c")
    assert wizard.pasted(Paste.CONFIRM)
    wizard.model.paste("https://127.0.0.1/?code=c", confirmed=True)
    assert wizard.pasted(Paste.ACCEPTED)
    runner.settle()
    assert wizard.at(Page.ACCOUNTS)
    assert [call for call in wizard.attempt.calls if call.startswith("paste")] == [
        "paste:https://wrong:False",
        "paste:https://127.0.0.1/?code=c:False",
        "paste:https://127.0.0.1/?code=c:True",
    ]


def test_the_countdown_follows_the_clock(runner: HandRunner) -> None:
    wizard = to_browser(runner)
    assert (wizard.model.state.left, wizard.model.state.left_share) == (300, 1)
    wizard.now += timedelta(seconds=240)
    wizard.model.tick()
    assert (wizard.model.state.left, wizard.model.state.left_share) == (60, 0.2)
    wizard.now += timedelta(seconds=600)
    wizard.model.tick()
    assert wizard.model.state.left == 0


def test_without_a_browser_the_page_says_so_and_opens_it_again(runner: HandRunner) -> None:
    wizard = to_browser(runner, browser_found=False)
    found = [wizard.model.state.browser_opened]
    wizard.port.browser_found = True
    wizard.model.open_again()
    found.append(wizard.model.state.browser_opened)
    assert found == [False, True]
    assert wizard.port.opened == [BROWSER.url] * 2
    assert wizard.attempt.calls.count("wait") == 1  # the first wait still runs


@pytest.mark.parametrize("stop_after", range(5))
def test_cancelling_anywhere_cancels_the_attempt_once(runner: HandRunner, stop_after: int) -> None:
    wizard = Wizard(runner, FORM, NOTICE, BROWSER, DONE)
    acts = [
        wizard.model.go,
        lambda: wizard.model.submit({}),
        lambda: wizard.model.submit({}),
        wizard.come_back,
    ]
    for act in acts[:stop_after]:
        act()
    over: list[None] = []
    wizard.model.over.connect(lambda: over.append(None))
    wizard.model.cancel()
    wizard.model.cancel()
    assert wizard.attempt.calls.count("cancel") == (1 if stop_after else 0)
    assert len(over) == 1
    assert wizard.port.saved == []


def test_an_answer_after_cancelling_changes_nothing(runner: HandRunner) -> None:
    wizard = to_browser(runner, DONE)
    wizard.model.cancel()
    before = wizard.model.state
    wizard.come_back()
    assert wizard.model.state == before
    assert "test" not in wizard.attempt.calls


def test_an_attempt_that_begins_after_cancelling_is_cancelled(runner: HandRunner) -> None:
    class SlowPort(FakeWizardPort):
        ready = False

        async def begin(self, *arguments: Any) -> Any:
            from support.ui import HeldAnswer

            while not self.ready:
                await HeldAnswer()
            return self.attempt

    attempt = FakeAttempt([FORM])
    port = SlowPort(attempt)
    model = WizardViewModel(port, runner, lambda: NOW)
    model.go()
    model.cancel()
    port.ready = True
    runner.settle()
    assert attempt.calls == ["cancel"]


def test_a_refused_beginning_can_be_tried_again(runner: HandRunner) -> None:
    error = BrokerUnavailableError("BrokerDesk is offline.")
    wizard = Wizard(runner, FORM, begin_error=error)
    wizard.model.go()
    assert (wizard.page, wizard.model.state.error) == (Page.FAILED, error)
    wizard.model.retry()
    assert wizard.at(Page.FORM)


def test_a_failed_test_saves_nothing_and_is_tried_again(runner: HandRunner) -> None:
    wizard = to_browser(runner, DONE)
    wizard.attempt.test_error = AuthRejectedError("Refused.")
    wizard.come_back()
    assert wizard.at(Page.FAILED)
    assert wizard.port.saved == []
    wizard.model.retry()
    assert wizard.at(Page.ACCOUNTS)


def test_signing_in_again_keeps_choices_and_asks_for_no_broker(runner: HandRunner) -> None:
    wizard = Wizard(runner, NOTICE, BROWSER, DONE)
    wizard.model.sign_in_again("c9", "My Broker")
    assert wizard.port.began == [("broker", "live", "c9", False)]
    wizard.model.submit({})
    wizard.come_back()
    assert wizard.port.saved == [None]
    assert wizard.at(Page.SYNC)
    assert "My Broker" in wizard.model.state.heading


def test_changed_keys_are_asked_for(runner: HandRunner) -> None:
    wizard = Wizard(runner, FORM)
    wizard.model.sign_in_again("c9", "My Broker", change_keys=True)
    assert wizard.port.began == [("broker", "live", "c9", True)]
    assert wizard.at(Page.FORM)


def test_without_a_keychain_the_user_decides_first(runner: HandRunner) -> None:
    session = Keeping(KeepingKind.SESSION, "No keychain.")
    wizard = Wizard(runner, FORM, keeps=session)
    wizard.model.go()
    assert wizard.at(Page.KEEPING)
    assert wizard.port.began == []
    wizard.model.make_vault("short", "short")
    assert "10 characters" in wizard.model.state.keeping_problem
    wizard.model.make_vault("long enough words", "long enough word")
    assert "differ" in wizard.model.state.keeping_problem
    wizard.model.make_vault("long enough words", "long enough words")
    assert wizard.at(Page.FORM)


def test_going_on_for_the_session(runner: HandRunner) -> None:
    wizard = Wizard(runner, FORM, keeps=Keeping(KeepingKind.SESSION, "No keychain."))
    wizard.model.go()
    wizard.model.session_only()
    assert wizard.at(Page.FORM)


def test_a_wrong_passphrase_leaves_the_vault_page_open(runner: HandRunner) -> None:
    wizard = Wizard(
        runner,
        FORM,
        keeps=Keeping(KeepingKind.VAULT_LOCKED, "Locked."),
        vault_error=SecretStoreLockedError("That is another passphrase."),
    )
    wizard.model.go()
    wizard.model.unlock_vault("x")
    assert wizard.at(Page.KEEPING)
    assert wizard.model.state.keeping_problem == "That is another passphrase."
    wizard.port.vault_error = None
    wizard.model.unlock_vault("right")
    assert wizard.at(Page.FORM)


def test_the_first_sync_shows_each_account(runner: HandRunner) -> None:
    wizard = to_browser(runner, DONE, sync=None)
    wizard.come_back()
    keys = [row.key for row in wizard.model.state.found]
    wizard.model.save({key: Choice(included=True, nickname="") for key in keys})
    model = wizard.model
    model.on_event(RefreshProgressed(connection=C1, done=1, total=4, what="Positions"))
    assert (model.state.sync_share, model.state.sync_words) == (0.25, "Positions")
    model.on_event(AccountRefreshed(connection=C1, account=AccountId(keys[0])))
    model.on_event(
        AccountSuspected(connection=C1, account=AccountId(keys[1]), reason="It is empty.")
    )
    model.on_event(AccountRefreshed(connection=ConnectionId("c2"), account=AccountId(keys[1])))
    assert [row.mark for row in model.state.sync] == [SyncMark.DONE, SyncMark.HELD]
    wizard.port.sync = ("Broker is not answering.",)
    runner.settle()
    assert model.state.finished
    assert model.state.sync_words == "Broker is not answering."


def test_accounts_that_nothing_was_heard_of_are_not_called_done(runner: HandRunner) -> None:
    wizard = to_browser(runner, DONE)
    wizard.come_back()
    wizard.model.save(
        {row.key: Choice(included=True, nickname="") for row in wizard.model.state.found}
    )
    assert [row.mark for row in wizard.model.state.sync] == [SyncMark.FAILED] * 2


@pytest.mark.parametrize("ticket", [True, False])
def test_cards_promise_orders_where_window_and_adapter_can(
    ticket: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brokerdesk.brokers.registry import all_specs
    from brokerdesk.ui import broker_cards

    assert broker_cards.TICKET, "the window writes orders"
    monkeypatch.setattr(broker_cards, "TICKET", ticket)
    cards = broker_cards.cards
    shown = [*cards(all_specs(), practice=True), *cards(all_specs(), practice=False)]
    told = {(card.id, text) for card in shown for name, _, text in card.facts if name == "Orders"}
    able = {spec.id for spec in all_specs() if spec.capabilities.trading}
    assert {id_ for id_, text in told if text.startswith("Yes")} == (able if ticket else set())
