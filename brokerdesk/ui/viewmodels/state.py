"""What the window shows, as frozen facts: the contract between view-models and views.

Figures stay ``Decimal`` until a column formats them. Texts of brokers are tamed by whoever draws
them. Nothing here knows services, the database or a widget.
"""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from brokerdesk.facts import dataclass


class Mark(StrEnum):
    """A connection mark: its shape says the state, colour repeats it."""

    LIVE = "live"
    SAVED = "saved"
    SUSPECT = "suspect"
    SIGN_IN = "sign_in"
    FAILED = "failed"


MARK_WORDS = {
    Mark.LIVE: "up to date",
    Mark.SAVED: "saved figures",
    Mark.SUSPECT: "last good figures kept",
    Mark.SIGN_IN: "sign in again",
    Mark.FAILED: "could not be read",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """A rate that figures were converted with: one unit of ``currency`` is ``value`` of ``base``.

    ``source`` is in words; ``own`` when it is the account's broker that said so.
    """

    currency: str
    base: str
    value: Decimal
    source: str
    day: date
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountRow:
    """An amount in its own currency, of some accounts; None when nobody said how much."""

    currency: str
    amount: Decimal | None
    accounts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """What a total of all currencies holds in one of them, there and in the base currency."""

    currency: str
    original: Decimal | None
    value: Decimal | None
    cash: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InBase:
    """Figures of a row in the base currency ``currency``, where the row stands in another one.

    What has no rate is None; ``without`` names what is in no figure here.
    """

    currency: str
    value: Decimal | None = None
    cash: Decimal | None = None
    buying_power: Decimal | None = None
    day_pl: Decimal | None = None
    open_pl: Decimal | None = None
    rates: tuple[RateRow, ...] = ()
    without: tuple[AmountRow, ...] = ()


def account_title(broker: str, mask: str, name: str) -> str:
    """An account by its broker and last four digits, with the nickname at the end."""
    if mask and name.endswith(mask):  # the broker's own name says it already
        return name if name.startswith(broker) else f"{broker} {name}".strip()
    return " ".join(part for part in (f"{broker} {mask}".strip(), name) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account. ``stale`` is a word such as ``kept`` when the figures are older than wished."""

    key: str
    connection: str
    broker: str
    name: str
    mask: str
    type: str
    environment: str
    currency: str
    cash: Decimal | None
    net: Decimal | None
    day_pl: Decimal | None
    as_of: datetime | None
    fetched_at: datetime | None
    mark: Mark = Mark.SAVED
    stale: str = ""
    closed: bool = False
    buying_power: Decimal | None = None
    day_percent: Decimal | None = None
    tags: tuple[tuple[str, str], ...] = ()
    """Words such as Margin or In call, each with the kind of its tag ("" or "warn")."""
    counts: bool = True
    """False: totals leave the account out (closed, disconnected, damaged)."""
    day_left_out: int = 0
    """Positions whose change of the day is not known: they are not in ``day_pl``."""
    live: str = ""
    """How many of its positions stand at newer prices than the broker's; "" for none."""
    held: str = ""
    """Names the newer answer that is held back, for ``accept:<key>@<held>``; "" for none."""
    worth: InBase | None = None
    """All of its balances in the base currency; None when all stand in it already."""
    through: str = ""
    """The account that is counted in its stead, being the same one; "" when it counts itself."""

    @property
    def title(self) -> str:
        """The account by its broker and last four digits, with the nickname at the end."""
        return account_title(self.broker, self.mask, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRow:
    """A tax lot as its broker reports it; ``price`` and ``open_pl`` follow from its total cost."""

    account: str
    quantity: Decimal
    acquired: date | None = None
    cost: Decimal | None = None
    price: Decimal | None = None
    open_pl: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """A holding over all accounts, with ``children`` when there are several, or one such child.

    ``account`` names a child's account; ``holders`` all accounts of the holding, for the filter.
    ``weight`` is the share of the total value in its environment and currency, in percent.
    ``accounts`` are the keys of the accounts that hold it.
    """

    key: str
    symbol: str
    name: str
    asset_type: str
    environment: str
    currency: str
    quantity: Decimal | None
    average_cost: Decimal | None
    mark_price: Decimal | None
    value: Decimal | None
    day_pl: Decimal | None
    open_pl: Decimal | None
    account: str = ""
    holders: str = ""
    as_of: datetime | None = None
    fetched_at: datetime | None = None
    mark: Mark = Mark.SAVED
    stale: str = ""
    partial: bool = False
    children: tuple[PositionRow, ...] = ()
    day_percent: Decimal | None = None
    open_percent: Decimal | None = None
    weight: Decimal | None = None
    accounts: tuple[str, ...] = ()
    lots: tuple[LotRow, ...] = ()
    asset_class: str = ""
    """What allocation groups it under, such as US stocks."""
    underlying: str = ""
    hint: str = ""
    """What has to be known beside the figures, such as a split since the day that is shown."""
    worth: InBase | None = None
    """The same in the base currency; None when it stands in that already."""
    multiplier: Decimal = Decimal(1)
    priced_as: str = ""
    """What prices of it are of (``live.priced_as``); "" for what has no price of its own."""
    live: str = ""
    """How its price stands when it is newer than the broker's: live, delayed, polled or stale."""
    price_from: tuple[str, ...] = ()
    """The broker that told that price, and its feed."""
    price_as_of: datetime | None = None
    """Of when that price is, where it is not ``as_of``."""
    own_price: Decimal | None = None
    """The broker's own price beside it, and of when that is."""
    own_as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """One connection in the list. ``words`` say its state; ``progress`` is 0-1 while it is read."""

    key: str
    title: str
    broker: str
    environment: str
    mark: Mark
    words: str
    last_success: datetime | None = None
    sign_in_ends: datetime | None = None
    needs_sign_in: bool = False
    progress: float | None = None
    last_attempt: datetime | None = None
    created_at: datetime | None = None
    accounts: int = 0
    sign_in_days: int | None = None
    """How long one sign-in lasts, for the clock's scale; None: it has no fixed end."""
    failures: int = 0
    """Failed attempts of the last 30 days."""
    no_expiry: bool = False
    """The sign-in lasts until somebody takes it back (keys). Without it and without an end known,
    nobody can say when it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalRow:
    """A total of one environment in one currency, with the oldest figure that is in it.

    One of all currencies has the ``rates`` that are in it and names what it is ``without``.
    """

    environment: str
    currency: str
    value: Decimal | None
    accounts: int
    oldest: datetime | None
    left_out: int = 0
    cash: Decimal | None = None
    day_pl: Decimal | None = None
    day_percent: Decimal | None = None
    day_left_out: int = 0
    """Positions whose change of the day is not known: they are not in ``day_pl``."""
    open_pl: Decimal | None = None
    cost_known: Decimal | None = None
    """The share of the positions' value whose cost is known, in percent."""
    rates: tuple[RateRow, ...] = ()
    without: tuple[AmountRow, ...] = ()
    doubled: Decimal | None = None
    """How much of it may be counted twice, until the user has said which accounts are one."""
    live: str = ""
    """How many of its positions stand at newer prices than their broker's; "" for none."""
    parts: tuple[PartRow, ...] = ()
    """Of all currencies: what it holds in each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """What the counted positions of one asset class are worth together.

    ``unknown`` counts those whose value is not known: they are not in ``value``. ``combined``: of
    all currencies, in the base currency.
    """

    environment: str
    currency: str
    name: str
    value: Decimal
    unknown: int = 0
    combined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button: ``id`` is what the view-model is told when it is pressed."""

    id: str
    label: str
    kind: str = ""  # "primary" for the one that is most likely meant


LEFT = "{left}"
"""Stands in the texts of a message for the time that is left until ``Message.until``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something that needs the user. It stays until its cause is gone."""

    key: str
    kind: str  # info, warn, error, unknown (an outcome) or past (not today's figures)
    title: str
    text: str
    actions: tuple[Action, ...] = ()
    until: datetime | None = None
    """The moment that the texts count down to; the view-model fills in what is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The rows of one look at the portfolio, as read from the cache."""

    totals: tuple[TotalRow, ...] = ()
    accounts: tuple[AccountRow, ...] = ()
    positions: tuple[PositionRow, ...] = ()
    connections: tuple[ConnectionRow, ...] = ()
    messages: tuple[Message, ...] = ()
    movers: tuple[PositionRow, ...] = ()
    """Per environment and currency the positions with the largest change of the day, in money and
    whatever its sign; the largest first, without children. Made with the figures, so that nobody
    has to look through all positions for them.
    """
    classes: tuple[ClassRow, ...] = ()
    """What the positions are worth by asset class, the largest first. Cash is in the totals."""
    held: int = 0
    """How many single positions of accounts were read; known while ``complete`` is False too."""
    everyone: tuple[AccountRow, ...] = ()
    """All accounts, when ``accounts`` are only those in scope; else empty."""
    scope: tuple[str, ...] = ()
    """The accounts that were asked for; none named: all."""
    combined: tuple[TotalRow, ...] = ()
    """In the base currency, of each environment in which something stands in another one."""
    base: str = ""
    """The base currency, and below it what was asked for: "" for wherever most of the value is."""
    chosen_base: str = ""
    complete: bool = True
    """False: all is as it will be, but ``positions`` are not here: in the first picture after a
    start, and while there are many and nobody asked for them (``Desk.hold_positions``). Whoever
    lists positions asks, and shows that they are being read.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What the figures are asked for: the accounts in scope (none named: all) and a past moment.

    ``positions`` True: every single position, too, however many there are.
    """

    scope: tuple[str, ...] = ()
    as_of: datetime | None = None
    positions: bool = False


class Pill(StrEnum):
    """The state pill in the top bar."""

    PAST = "past"
    LIVE = "live"
    REFRESHING = "refreshing"
    DELAYED = "delayed"
    STALE = "stale"
    OFFLINE = "offline"
    FAILED = "failed"
    SAVED = "saved"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    """All that the main window shows."""

    figures: Figures = field(default_factory=Figures)
    query: Query = field(default_factory=Query)
    """What ``figures`` were asked for."""
    everyone: tuple[AccountRow, ...] = ()
    """All accounts, whatever the scope: what it is chosen from."""
    pill: Pill = Pill.NONE
    pill_text: str = ""
    progress: float | None = None
    refreshing: bool = False
    refresh_done: int = 0  # accounts that have an outcome, of refresh_total
    refresh_total: int = 0
    ready: bool = False
    practice: bool = False
    offline: bool = False
    now: datetime | None = None
    keys_kept: str = ""
    notice: str = ""
    on_the_way: str = ""
    """What is being read, when another moment was asked for and takes a while: words."""

    @property
    def empty(self) -> bool:
        """No connection and no account: the window invites to connect one."""
        return (
            not self.query.as_of
            and not self.query.scope
            and not self.figures.accounts
            and not self.figures.connections
        )

    @property
    def past(self) -> datetime | None:
        """The moment that the figures show, when it is not now."""
        return self.query.as_of
