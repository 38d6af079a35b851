"""What the connect wizard shows, as frozen facts, and what it asks of the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.viewmodels.keeping import Keeping as Keeping
from brokerdesk.ui.viewmodels.keeping import KeepingKind as KeepingKind

if TYPE_CHECKING:
    from brokerdesk.brokers.flow import PasteOutcome, Step


class Page(StrEnum):
    """One page of the wizard."""

    PICK = "pick"
    BUSY = "busy"
    KEEPING = "keeping"
    FORM = "form"
    NOTICE = "notice"
    BROWSER = "browser"
    FAILED = "failed"
    ACCOUNTS = "accounts"
    SYNC = "sync"


STAGES = ("Choose a broker", "Sign in", "Choose accounts")
STAGE_OF = {
    Page.PICK: 0,
    Page.KEEPING: 1,
    Page.FORM: 1,
    Page.NOTICE: 1,
    Page.BROWSER: 1,
    Page.ACCOUNTS: 2,
    Page.SYNC: 2,
}


class Paste(StrEnum):
    """What became of a pasted address."""

    NONE = "none"
    CHECKING = "checking"
    WRONG = "wrong"
    CONFIRM = "confirm"
    ACCEPTED = "accepted"


class Has(StrEnum):
    """A fact of the comparison: yes, in part, no, or just words."""

    YES = "yes"
    PART = "part"
    NO = "no"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerCard:
    """A broker in the comparison; every fact comes from its capability record."""

    id: str
    title: str
    tagline: str
    environments: tuple[str, ...]
    facts: tuple[tuple[str, Has, str], ...]
    note: str = ""
    checked: str = ""
    """The day on which the facts were checked, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """An account that the broker lists. ``through`` names another connection that reads it."""

    key: str
    label: str
    type: str
    name: str
    through: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the user wants of a found account."""

    included: bool
    nickname: str


class SyncMark(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    HELD = "held"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRow:
    """One account of the first sync."""

    key: str
    label: str
    mark: SyncMark
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WizardState:
    """All that the wizard shows."""

    page: Page = Page.PICK
    heading: str = "Connect a broker"
    stage: int = 0
    cards: tuple[BrokerCard, ...] = ()
    chosen: str = ""
    environment: str = ""
    busy: str = ""
    step: Step | None = None
    error: BrokerDeskError | None = None
    can_retry: bool = False
    paste: Paste = Paste.NONE
    browser_opened: bool | None = None
    left: float = 0.0
    left_share: float = 1.0
    found: tuple[FoundRow, ...] = ()
    unread: int = 0
    sync: tuple[SyncRow, ...] = ()
    sync_share: float = 0.0
    sync_words: str = ""
    finished: bool = False
    keeping: Keeping | None = None
    keeping_problem: str = ""
    sign_in_ends: datetime | None = None
    suggested_name: str = ""
    relogin: bool = False

    @property
    def card(self) -> BrokerCard | None:
        """The chosen broker."""
        return next((card for card in self.cards if card.id == self.chosen), None)

    @property
    def known_card(self) -> BrokerCard | None:
        """The broker that is signed in to, where that is sure: a new sign-in of an existing
        connection chose none.
        """
        return None if self.relogin and len(self.cards) != 1 else self.card


class Attempt(Protocol):
    """One attempt to connect (``services.attempt.ConnectAttempt``)."""

    async def start(self) -> Step: ...
    async def submit(self, answers: Mapping[str, str]) -> Step: ...
    async def wait(self) -> Step: ...
    async def restart(self, *, by_hand: bool = False) -> Step: ...
    async def paste(self, address: str, *, confirmed: bool = False) -> PasteOutcome: ...
    async def test(self) -> Any: ...
    async def save(self, choices: Any = None, name: str = "") -> Any: ...
    async def cancel(self) -> None: ...


class WizardPort(Protocol):
    """What the wizard asks of the program. Coroutines run on the I/O thread."""

    def cards(self) -> tuple[BrokerCard, ...]: ...

    async def begin(
        self, broker: str, environment: str, relogin_of: str, change_keys: bool
    ) -> Attempt: ...

    async def keeping(self) -> Keeping:
        """Where secrets would go."""
        ...

    async def make_vault(self, passphrase: str) -> None:
        """Keep secrets under a passphrase from now on."""
        ...

    async def unlock_vault(self, passphrase: str) -> None:
        """Open the vault that is there."""
        ...

    async def session_only(self) -> None:
        """Keep secrets in memory although there is a keychain that does not open."""
        ...

    async def open_browser(self, url: str) -> bool:
        """Open the system browser. False: none could be started."""
        ...

    async def save(
        self, attempt: Attempt, choices: Mapping[str, Choice] | None, name: str
    ) -> tuple[str, tuple[str, ...]]:
        """Store the connection. Its id, and the accounts that are to be read."""
        ...

    async def first_sync(self, connection: str) -> tuple[str, ...]:
        """Read everything once. Sentences for what could not be read."""
        ...
