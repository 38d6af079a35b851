"""The connect wizard without a window: from the choice of a broker to the first sync.

It drives one attempt through whatever steps the broker's flow hands out and holds no secret: what
is typed goes straight to the attempt. Cancelling ends the attempt, which leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FailedStep,
    FormStep,
    NoticeStep,
    PasteOutcome,
    Step,
)
from brokerdesk.domain.events import (
    AccountRefreshed,
    AccountSuspected,
    Event,
    RefreshProgressed,
)
from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.viewmodels.ports import Runner
from brokerdesk.ui.viewmodels.wizard_rows import ended, found_row, marked, waiting
from brokerdesk.ui.viewmodels.wizard_state import (
    STAGE_OF,
    Attempt,
    Choice,
    Keeping,
    KeepingKind,
    Page,
    Paste,
    SyncMark,
    WizardPort,
    WizardState,
)

T = TypeVar("T")
LEAST_PASSPHRASE = 10


class WizardViewModel(QObject):
    """State and intents of the wizard.

    Signals:
        changed: ``state`` is another one.
        came_back: the browser step ended; the wizard should come to the front.
        over: the attempt is cancelled or done; the wizard may be closed.
    """

    changed = Signal()
    came_back = Signal()
    over = Signal()

    def __init__(
        self,
        port: WizardPort,
        runner: Runner,
        clock: Callable[[], datetime],
        *,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._port, self._runner, self._clock = port, runner, clock
        self._attempt: Attempt | None = None
        self._relogin_of, self._change_keys = "", False
        self._retry: Callable[[], None] | None = None
        self._turn = 0  # answers to an earlier wish are not listened to
        self._browser_total = 1.0
        self._connection = ""
        self._over = False
        cards = port.cards()
        self.state = WizardState(cards=cards)
        if cards:
            self.choose(cards[0].id)

    # the choice

    def choose(self, broker: str) -> None:
        """Pick a broker."""
        card = next(card for card in self.state.cards if card.id == broker)
        environment = self.state.environment
        if environment not in card.environments:
            environment = card.environments[0] if card.environments else ""
        self._set(chosen=broker, environment=environment)

    def choose_environment(self, environment: str) -> None:
        self._set(environment=environment)

    def go(self) -> None:
        """Go on with the chosen broker."""
        card = self.state.card
        if card is not None and self.state.environment:
            self._set(heading=f"Connect {card.title}")
            self.check_keeping()

    def sign_in_again(self, connection: str, title: str, *, change_keys: bool = False) -> None:
        """Start with an existing connection: its broker and identity are fixed."""
        self._relogin_of, self._change_keys = connection, change_keys
        verb = "Change the keys of" if change_keys else "Sign in again:"
        self._set(relogin=True, heading=f"{verb} {title}")
        self.check_keeping()

    # where secrets go

    def check_keeping(self) -> None:
        """Look (again) where the sign-in can be kept."""
        self._busy("Looking for a place to keep the sign-in…", self.check_keeping)
        self._run(self._port.keeping(), self._on_keeping)

    def _on_keeping(self, keeping: Keeping) -> None:
        self._set(keeping=keeping)
        if keeping.kind is KeepingKind.DURABLE:
            self._begin()
        else:
            self._page(Page.KEEPING, keeping_problem="")

    def session_only(self) -> None:
        """Go on although the sign-in lasts only until the program ends."""
        if self.state.page is Page.KEEPING:
            self._busy("Preparing the sign-in…", None)
            self._run(self._port.session_only(), lambda _: self._begin())

    def make_vault(self, passphrase: str, again: str) -> None:
        """Keep secrets under a passphrase, then go on."""
        if passphrase != again:
            self._set(keeping_problem="The two passphrases differ.")
        elif len(passphrase) < LEAST_PASSPHRASE:
            self._set(keeping_problem=f"Use at least {LEAST_PASSPHRASE} characters.")
        else:
            self._busy("Making the vault…", None)
            self._run(self._port.make_vault(passphrase), self._on_open_vault, self._on_no_vault)

    def unlock_vault(self, passphrase: str) -> None:
        """Open the vault that is there, then go on."""
        self._busy("Opening the vault…", None)
        self._run(self._port.unlock_vault(passphrase), self._on_open_vault, self._on_no_vault)

    def _on_open_vault(self, _opened: None) -> None:
        self._set(keeping=Keeping(KeepingKind.DURABLE))
        self._begin()

    def _on_no_vault(self, error: BaseException) -> None:
        words = error.sentences() if isinstance(error, BrokerDeskError) else "That did not work."
        self._page(Page.KEEPING, keeping_problem=words)

    # the flow

    def _begin(self) -> None:
        self._busy("Preparing the sign-in…", self._begin)
        begun = self._port.begin(
            self.state.chosen, self.state.environment, self._relogin_of, self._change_keys
        )
        self._run(begun, self._on_begun, late=self._drop)

    def _drop(self, attempt: Attempt) -> None:
        """An attempt that was made after the user had cancelled."""
        self._runner.run("wizard:cancel", attempt.cancel)

    def _on_begun(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._run(attempt.start(), self._on_step)

    def submit(self, answers: Mapping[str, str]) -> None:
        """Answer a form, or confirm a notice with nothing."""
        if self._attempt is not None and self.state.page in (Page.FORM, Page.NOTICE):
            self._busy("Checking…", None)
            self._run(self._attempt.submit(dict(answers)), self._on_step)

    def _on_step(self, step: Step) -> None:
        if self.state.page is Page.BROWSER:
            self.came_back.emit()
        if isinstance(step, FormStep):
            self._page(Page.FORM, step=step)
        elif isinstance(step, NoticeStep):
            self._page(Page.NOTICE, step=step)
        elif isinstance(step, BrowserStep):
            self._on_browser(step)
        elif isinstance(step, FailedStep):
            self._on_failed(step)
        else:
            self._on_signed_in(step)

    def _on_failed(self, step: FailedStep) -> None:
        self._retry = self._restart if step.can_restart else None
        self._page(Page.FAILED, step=step, error=step.error, can_retry=step.can_restart)

    def _restart(self, *, by_hand: bool = False) -> None:
        assert self._attempt is not None
        self._busy("Starting again…", None)
        self._run(self._attempt.restart(by_hand=by_hand), self._on_step)

    def retry(self) -> None:
        """After a failure: try the same again."""
        if self.state.page is Page.FAILED and self._retry is not None:
            self._retry()

    def go_on_by_hand(self) -> None:
        """The port is taken: go on without it, on a pasted address."""
        step = self.state.step
        if self.state.page is Page.FAILED and isinstance(step, FailedStep) and step.can_paste:
            self._restart(by_hand=True)

    # the browser

    def _on_browser(self, step: BrowserStep) -> None:
        assert self._attempt is not None
        left = (step.ends - self._clock()).total_seconds()
        self._browser_total = max(1.0, left)
        self._page(
            Page.BROWSER, step=step, paste=Paste.NONE, browser_opened=None, left=left,
            left_share=1.0,
        )  # fmt: skip
        self._run(self._attempt.wait(), self._on_step)
        self.open_again()

    def open_again(self) -> None:
        """Open the page in the system browser (once more)."""
        step = self.state.step
        if self.state.page is Page.BROWSER and isinstance(step, BrowserStep):
            self._run(self._port.open_browser(step.url), self._on_opened, aside=True)

    def open_page(self, url: str) -> None:
        """Open a page of help in the system browser."""
        self._run(self._port.open_browser(url), lambda _: None, aside=True)

    def _on_opened(self, opened: bool) -> None:
        if self.state.page is Page.BROWSER:
            self._set(browser_opened=opened)

    def paste(self, address: str, *, confirmed: bool = False) -> None:
        """Offer the address that the browser ended on."""
        if self._attempt is None or self.state.page is not Page.BROWSER or not address.strip():
            return
        self._set(paste=Paste.CHECKING)
        offered = self._attempt.paste(address.strip(), confirmed=confirmed)
        self._run(offered, self._on_pasted, aside=True)

    def _on_pasted(self, outcome: PasteOutcome) -> None:
        if self.state.page is Page.BROWSER:
            self._set(paste=Paste(outcome.value))

    def tick(self) -> None:
        """Time went on: the countdown follows."""
        step = self.state.step
        if self.state.page is Page.BROWSER and isinstance(step, BrowserStep):
            left = max(0.0, (step.ends - self._clock()).total_seconds())
            self._set(left=left, left_share=left / self._browser_total)

    # accounts

    def _on_signed_in(self, step: DoneStep) -> None:
        self._set(sign_in_ends=step.sign_in_ends, suggested_name=step.suggested_name)
        self._test()

    def _test(self) -> None:
        assert self._attempt is not None
        self._busy("Testing the connection. Nothing is saved yet.", self._test)
        self._run(self._attempt.test(), self._on_found)

    def _on_found(self, found: Any) -> None:
        rows = tuple(found_row(item) for item in found.accounts)
        self._set(found=rows, unread=len(found.unread))
        if self.state.relogin:
            self.save(None)
        else:
            self._page(Page.ACCOUNTS)

    def save(self, choices: Mapping[str, Choice] | None, name: str = "") -> None:
        """Store the connection and read it for the first time."""
        assert self._attempt is not None
        self._busy("Saving…", lambda: self.save(choices, name))
        self._run(self._port.save(self._attempt, choices, name), self._on_saved)

    def _on_saved(self, saved: tuple[str, tuple[str, ...]]) -> None:
        self._connection, included = saved
        self._attempt = None
        rows = waiting(included, self.state.found)
        self._page(Page.SYNC, sync=rows, sync_share=0.0, finished=False)
        self._run(self._port.first_sync(self._connection), self._on_synced)

    def on_event(self, event: Event) -> None:
        """Take an event: the first sync shows each account."""
        if self.state.page is not Page.SYNC or self._over:
            return
        if getattr(event, "connection", None) != self._connection:
            return
        if isinstance(event, AccountRefreshed):
            self._mark(event.account, SyncMark.DONE, "read and saved")
        elif isinstance(event, AccountSuspected):
            self._mark(event.account, SyncMark.HELD, event.reason)
        elif isinstance(event, RefreshProgressed):
            share = event.done / event.total if event.total else 0.0
            self._set(sync_share=share, sync_words=event.what)

    def _mark(self, account: str, mark: SyncMark, words: str) -> None:
        self._set(sync=marked(self.state.sync, account, mark, words))

    def _on_synced(self, failed: tuple[str, ...]) -> None:
        rows = ended(self.state.sync)
        self._set(sync=rows, sync_share=1.0, sync_words=" ".join(failed), finished=True, error=None)

    # the end

    def cancel(self) -> None:
        """End it at any point. What was already saved stays; an unfinished attempt leaves nothing.

        Twice is fine.
        """
        if self._over:
            return
        self._over = True
        self._turn += 1
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            self._runner.run("wizard:cancel", attempt.cancel)
        self.over.emit()

    # inside

    def _run(
        self,
        work: Coroutine[Any, Any, T],
        done: Callable[[T], object],
        failed: Callable[[BaseException], object] | None = None,
        *,
        aside: bool = False,
        late: Callable[[T], object] | None = None,
    ) -> None:
        """Run one wish. Its answer counts only if no newer wish was made; ``aside`` makes none."""
        if not aside:
            self._turn += 1
        turn = self._turn

        def answer(value: T) -> None:
            if turn == self._turn and not self._over:
                done(value)
            elif late is not None:
                late(value)

        def trouble(error: BaseException) -> None:
            if turn == self._turn and not self._over:
                (failed or self._on_trouble)(error)

        self._runner.run("wizard", lambda: work, answer, trouble)

    def _on_trouble(self, error: BaseException) -> None:
        if not isinstance(error, BrokerDeskError):
            raise error
        if self.state.page is Page.SYNC:
            self._on_synced((error.sentences(),))
            return
        self._page(Page.FAILED, step=None, error=error, can_retry=self._retry is not None)

    def _busy(self, words: str, retry: Callable[[], None] | None) -> None:
        self._retry = retry
        self._page(Page.BUSY, busy=words)

    def _page(self, page: Page, **values: Any) -> None:
        self._set(page=page, stage=STAGE_OF.get(page, self.state.stage), **values)

    def _set(self, **values: Any) -> None:
        state = replace(self.state, **values)
        if state != self.state:
            self.state = state
            self.changed.emit()
