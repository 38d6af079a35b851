"""What a ticket shows, as frozen facts: fields as typed, words for everything around them.

Figures of accounts are apart from what was typed (``held``, ``after``): they are hidden with the
amounts, the user's own order is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from brokerdesk.domain.kinds import Environment
from brokerdesk.ui.viewmodels.order_sentence import Pieces
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.viewmodels.ticket_fields import TicketFields


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice. ``why``: what keeps it from being taken; it stays visible, dimmed."""

    key: str
    label: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBox:
    """The quote. ``line`` is time, age, source and feed; ``tone`` a colour token."""

    bid: str = ""
    ask: str = ""
    last: str = ""
    line: str = ""
    tone: str = "text3"
    of: str = ""
    """What it is the price of, where that is not plain from the symbol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """A chip that puts a price into the field: ``label`` says how far the price in it is off."""

    key: str
    label: str
    on: bool = False
    can: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOption:
    """One account. ``detail`` is buying power or what it holds: hidden with the amounts."""

    key: str
    name: str
    environment: Environment
    why: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRow:
    """One option leg as a line of the ticket."""

    words: str
    side: str
    ratio: str
    problem: str = ""
    price: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Why orders are off or in doubt, with the way out. ``kind`` is that of a banner."""

    kind: str
    title: str
    text: str = ""
    action: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One figure above the Review button."""

    label: str
    value: str
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketState:
    """All that a ticket shows."""

    fields: TicketFields = field(default_factory=TicketFields)
    locked: bool = False
    band: str = ""
    """Broker and ending of the account, for the mode band."""
    spoken: str = ""
    environments: tuple[Option, ...] = ()
    name: str = ""
    quote: PriceBox = field(default_factory=PriceBox)
    can_option: str = ""
    """Why there are no options to choose; "" when there may be."""
    legs: tuple[LegRow, ...] = ()
    legs_full: bool = False
    sides: tuple[Option, ...] = ()
    """The two big segments; keys are the words of ``OrderSide``."""
    ways: tuple[Option, ...] = ()
    """The meanings of the chosen segment: sell or sell short, to open or to close."""
    unit: str = "Shares"
    dollars_why: str = ""
    held: str = ""
    worth: str = ""
    kinds: tuple[Option, ...] = ()
    kind_note: str = ""
    trail_why: tuple[str, str] = ("", "")
    """Why no amount, why no percent."""
    helpers: tuple[Helper, ...] = ()
    stop_helpers: tuple[Helper, ...] = ()
    lasts: tuple[Option, ...] = ()
    sessions: tuple[Option, ...] = ()
    links: tuple[Option, ...] = ()
    accounts: tuple[AccountOption, ...] = ()
    account: str = ""
    where_names: tuple[str, ...] = ()
    """The accounts that take it, whoever chose them."""
    account_why: str = ""
    routing: str = ""
    can_default: bool = False
    sentence: Pieces = ()
    sells: bool = False
    costs: tuple[CostLine, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)
    note: Note | None = None
    review: str = "Review order"
    why_not: str = ""
    """Why Review is off, in one sentence; "" when it is on."""
    where: str = ""
    """The field that ``why_not`` is about."""
    undo: bool = False
    """Whether what was cleared can be brought back."""
