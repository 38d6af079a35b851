"""SnapTrade's accounts and brokerage connections as the domain knows them.

An account goes by SnapTrade's own id, which lasts as long as its connection: account numbers may be
masked, in one list and not in another.
"""

from __future__ import annotations

import msgspec

from brokerdesk.brokers.base import Link
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.snaptrade import BROKER_ID, TITLE, loose, wire
from brokerdesk.brokers.snaptrade.brokerages import ability
from brokerdesk.brokers.snaptrade.times import lenient
from brokerdesk.brokers.text import clean, clean_name
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.ids import account_id, number_mask
from brokerdesk.domain.kinds import AccountType, Environment, TaxStatus
from brokerdesk.domain.reading import Unread
from brokerdesk.errors import BrokerProtocolError

_TEXT = JsonDecoder(str)
_MODE = JsonDecoder(wire.FreshnessMode)
_NEW = JsonDecoder(wire.NewAccount)
_NEW_LIST = JsonDecoder(wire.Positions)
"""The same envelope: ``results``."""
_CLOSED = ("closed", "archived")
_FREE = ("roth", "tfsa")
_DEFERRED = (
    "ira",
    "sep",
    "simple",
    "401k",
    "401(k)",
    "403b",
    "403(b)",
    "457b",
    "rollover",
    "keogh",
    "rrsp",
    "rrif",
    "lira",
    "sipp",
)
_TAXABLE = ("individual", "joint", "cash", "margin")


def account(
    given: wire.Account, through: wire.Authorization | None, environment: Environment
) -> Account:
    """The account as listed. One that a brokerage itself only simulates is never live.

    Raises:
        ValueError: it has no id.
    """
    if not given.id:
        raise ValueError("no id")
    mask = _mask(given.number)
    institution = clean_name(given.institution_name) or institution_of(through)
    name = clean_name((given.name or "").replace(given.number or "\0", mask))
    kind = _type(given)
    paper = given.is_paper is True and environment is Environment.LIVE
    return Account(
        id=account_id(BROKER_ID, environment.value, given.id),
        broker=BROKER_ID,
        environment=Environment.PAPER if paper else environment,
        name=name or f"{institution or TITLE} {mask}".strip(),
        number_mask=mask,
        type=kind,
        institution=institution,
        raw_type=clean(given.raw_type, 64),
        tax_status=tax_status(f"{given.raw_type or ''} {given.name or ''}"),
        currency=_currency(given),
        flags=AccountFlags(
            margin=None if kind is AccountType.UNKNOWN else kind is AccountType.MARGIN,
            read_only=_read_only(through),
        ),
    )


def _read_only(through: wire.Authorization | None) -> bool | None:
    """Whether its brokerage connection is for reading only; None: nobody says."""
    trades = None if through is None else link(through).trades
    return None if trades is None else not trades


def is_open(given: wire.Account) -> bool:
    return (given.status or "").lower() not in _CLOSED


def listed_anew(raw: bytes) -> tuple[list[wire.Account], list[Unread]]:
    """The accounts of the newer list, in the older form.

    Raises:
        BrokerProtocolError: it is no such list.
    """
    found, unread = loose.each(_NEW_LIST.decode(raw).results, _NEW, "accounts")
    return [_as_before(new) for _, new in found], unread


def told_anew(raw: bytes) -> wire.Account:
    """One account of the newer form, in the older form.

    Raises:
        BrokerProtocolError: it is no such account.
    """
    return _as_before(_NEW.decode(raw))


def _as_before(new: wire.NewAccount) -> wire.Account:
    return wire.Account(
        id=new.id,
        brokerage_authorization=new.connection_id,
        name=new.display_name,
        number=new.masked_account_number,
        balance=wire.AccountBalance(total=new.net_value),
        raw_type=new.raw_type,
        cash_or_margin=new.cash_or_margin,
        is_paper=new.is_paper,
    )


def tax_status(text: str) -> TaxStatus:
    """What type and name give away; most stay unknown."""
    words = text.lower().replace("-", " ").replace("_", " ").split()
    if any(word in _FREE for word in words):
        return TaxStatus.TAX_FREE
    if any(word in _DEFERRED for word in words):
        return TaxStatus.TAX_DEFERRED
    return TaxStatus.TAXABLE if any(word in _TAXABLE for word in words) else TaxStatus.UNKNOWN


def link(given: wire.Authorization) -> Link:
    """A brokerage connection with what can be had there."""
    brokerage = given.brokerage or wire.Brokerage()
    known = ability(brokerage.slug or "")
    notes = list(known.notes if known else ())
    allowed = known.trades if known and known.trades is not None else brokerage.allows_trading
    trades = False if given.type == "read" else allowed
    if allowed and given.type == "read":
        notes.append("It was connected for reading only.")
    if brokerage.maintenance_mode:
        notes.append("It is under maintenance.")
    if brokerage.is_degraded:
        notes.append("It answers with trouble at the moment.")
    disabled = given.disabled is True
    return Link(
        id=given.id,
        institution=institution_of(given) or "A brokerage",
        working=not disabled,
        since=lenient(given.disabled_date if disabled else given.created_date),
        trades=trades,
        live=_live(given.data_freshness_mode),
        notes=tuple(notes),
    )


def _live(mode: msgspec.Raw) -> bool | None:
    """Whether both the institution and SnapTrade answer with figures of the moment."""
    try:
        said: list[str | None] = [_TEXT.decode_checked(mode)]
    except BrokerProtocolError:
        try:
            both = _MODE.decode_checked(mode)
        except BrokerProtocolError:
            return None
        said = [both.institution, both.snaptrade]
    if not any(said):
        return None
    return all(word == "realtime" for word in said if word)


def institution_of(given: wire.Authorization | None) -> str:
    """The brokerage's name as it is shown to people."""
    brokerage = given.brokerage if given else None
    if brokerage is None:
        return ""
    return clean_name(brokerage.display_name) or clean_name(brokerage.name)


def _mask(number: str | None) -> str:
    """The last four; a number that came masked keeps what it shows."""
    text = clean(number, 64).replace("*", "").replace("•", "").strip()
    return number_mask(text)


def _type(given: wire.Account) -> AccountType:
    said = (given.cash_or_margin or "").lower()
    if said in ("cash", "margin"):
        return AccountType(said)
    words = (given.raw_type or "").lower().replace("_", " ").split()
    if "margin" in words:
        return AccountType.MARGIN
    # Where a brokerage says what an account is for and not whether it may borrow: coins are paid
    # for in full, and nobody may borrow in a retirement account.
    retirement = tax_status(given.raw_type or "") in (TaxStatus.TAX_DEFERRED, TaxStatus.TAX_FREE)
    paid = "cash" in words or "crypto" in words or retirement
    return AccountType.CASH if paid else AccountType.UNKNOWN


def _currency(given: wire.Account) -> str:
    total = given.balance.total if given.balance else None
    code = (total.currency if total else None) or ""
    return code if len(code) == 3 and code.isascii() and code.isupper() else "USD"
