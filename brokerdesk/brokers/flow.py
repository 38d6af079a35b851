"""Signing in to a broker, as a conversation of values.

A flow hands out steps; whoever runs it (the wizard, the command line, a test) shows the step and
gives back answers. A flow owns the loopback listener of its browser step and nothing else: it
stores no secret and writes no row, so cancelling it at any point leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from brokerdesk.brokers.base import Credentials, Network
from brokerdesk.clock import Clock
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerDeskError
from brokerdesk.facts import dataclass

if TYPE_CHECKING:
    from brokerdesk.brokers.rate_book import Book


class FieldKind(StrEnum):
    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - a kind of field


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One thing to type. ``name`` is also its key in a secrets file; ``default`` is prefilled.

    ``options`` are the only answers there are, as value and words; who cannot offer a choice lets
    the value be typed.
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    help: str = ""
    default: str = ""
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormStep:
    """Fields to fill. ``problems`` maps a field name ("" = whole form) to our sentence for it.

    When a form comes back with problems its defaults hold what was typed, secrets left out.
    ``guide`` says, in order, where to get what the fields ask for.
    """

    title: str
    text: str
    fields: tuple[FormField, ...]
    guide: tuple[str, ...] = ()
    guide_url: str = ""
    problems: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeStep:
    """Something to know before the next step; ``submit({})`` goes on.

    Used to announce the browser's certificate warning before the browser opens, because the code
    that comes back lives for seconds. ``fingerprint`` is that certificate's SHA-256 in hex pairs.
    """

    title: str
    text: str
    points: tuple[str, ...] = ()
    fingerprint: str = ""
    action: str = "Continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserStep:
    """Open ``url`` in the system browser, then await ``ConnectFlow.wait``.

    The listener is already open when this step is handed out and closes at ``ends``. With
    ``comes_back`` False there is none: the broker is asked how far the browser is, the browser ends
    on the broker's own page, and there is no address to paste.
    """

    title: str
    text: str
    url: str
    ends: datetime
    paste_hint: str = ""
    comes_back: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneStep:
    """Signed in. Nothing is stored yet: the caller tests the credentials first, then saves them.

    ``identity`` is a stable digest of who signed in.
    """

    identity: str
    credentials: Credentials = field(repr=False)
    suggested_name: str = ""
    signed_in_at: datetime | None = None
    sign_in_ends: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedStep:
    """This attempt is over: its port is closed and nothing was kept.

    With ``can_restart``, ``ConnectFlow.restart`` tries again with what was typed before; with
    ``can_paste`` it may also go on ``by_hand``, without a port, on a pasted address alone.
    """

    error: BrokerDeskError
    can_restart: bool = True
    can_paste: bool = False


Step = FormStep | NoticeStep | BrowserStep | DoneStep | FailedStep


class PasteOutcome(StrEnum):
    """What became of a pasted address."""

    ACCEPTED = "accepted"
    """It belongs to this attempt; the pending ``wait`` goes on."""
    WRONG = "wrong"
    """It is not from this attempt (or not an address at all). The attempt goes on."""
    CONFIRM = "confirm"
    """It carries no state, so only the user can say that it is from this attempt."""


class ConnectFlow(Protocol):
    """One attempt to sign in. Not reusable after ``aclose``."""

    async def start(self) -> Step: ...

    async def submit(self, answers: Mapping[str, str]) -> Step:
        """Answer a ``FormStep`` or confirm a ``NoticeStep``."""
        ...

    async def wait(self) -> Step:
        """Wait for the browser to come back, the address to be pasted, or the time to end."""
        ...

    async def paste(self, address: str, *, confirmed: bool = False) -> PasteOutcome:
        """Offer the address that the browser ended on. ``confirmed``: the user vouches for it."""
        ...

    async def restart(self, *, by_hand: bool = False) -> Step:
        """After a ``FailedStep``: a new attempt with the same answers.

        Args:
            by_hand: open no port and wait for the pasted address only.
        """
        ...

    async def aclose(self) -> None:
        """Close the port and forget everything typed. May be called twice, at any time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopbackCertificate:
    """A self-signed certificate for 127.0.0.1, made once per profile."""

    certificate_pem: bytes
    key_pem: bytes = field(repr=False)
    fingerprint: str


class CertificatePort(Protocol):
    """Where the loopback certificate is kept (its key among the encrypted secrets)."""

    async def loopback(self) -> LoopbackCertificate:
        """The profile's certificate, made or renewed when needed (yearly).

        Raises:
            SecretStoreError: its key cannot be read or kept.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowContext:
    """All that a flow is given.

    ``existing`` holds the present credentials when an existing connection signs in again or
    changes its keys: ``ask_keys`` False then skips the form. ``identity`` is that connection's:
    a login of somebody else ends in ``FailedStep``. ``connected`` are the identities of this
    broker's connections in this environment with their names: where a second login would harm the
    first, a flow refuses it before it has begun.
    """

    environment: Environment
    clock: Clock
    certificates: CertificatePort
    network: Network = field(default_factory=Network)
    practice_url: str = ""
    identity: str = ""
    existing: Credentials | None = field(default=None, repr=False)
    ask_keys: bool = True
    callback_limit: timedelta = timedelta(seconds=300)
    connected: Mapping[str, str] = field(default_factory=dict)
    book: Book | None = None
