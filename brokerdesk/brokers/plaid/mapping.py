"""Plaid's accounts and holdings as accounts, balances and positions.

A record that cannot be understood ends in ``Unread`` and the rest is kept. A figure that cannot be
read is listed and left empty; it is never guessed.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal

from brokerdesk.brokers.figures import rounded_price
from brokerdesk.brokers.plaid import BROKER_ID, TITLE, loose, wire
from brokerdesk.brokers.plaid.instruments import CONTRACT, instrument, is_currency
from brokerdesk.brokers.plaid.times import day, moment
from brokerdesk.brokers.text import clean, clean_name, clean_symbol
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.exact import exact
from brokerdesk.domain.ids import AccountId, account_id, number_mask
from brokerdesk.domain.kinds import AccountType, AssetType, Environment, TaxStatus
from brokerdesk.domain.position import Lot, Position
from brokerdesk.domain.reading import Reading, Unread
from brokerdesk.errors import BrokerProtocolError

_LEFT_OUT = frozenset({"credit", "loan"})
"""Accounts that hold no money but owe it: no part of a portfolio."""

_FREE = frozenset({"roth", "roth 401k", "roth 403b", "roth ira", "hsa", "529", "tfsa", "isa"})
_FREE_TOO = frozenset({"education savings account", "cash isa", "fhsa", "stock isa"})
_DEFERRED = frozenset(
    {"401a", "401k", "403b", "457b", "ira", "keogh", "pension", "profit sharing plan", "qshr"}
    | {"retirement", "rrsp", "rrif", "sarsep", "sep ira", "simple ira", "sipp", "lif", "lira"}
    | {"thrift savings plan", "lrif", "lrsp", "prif", "rlif", "health reimbursement arrangement"}
    | {"fixed annuity", "variable annuity", "other annuity"}
)
_TAXABLE = frozenset(
    {"brokerage", "non-taxable brokerage account", "cash management", "mutual fund", "stock plan"}
    | {"checking", "savings", "money market", "cd", "crypto exchange", "joint"}
)


def replay(raw: bytes, environment: Environment, fetched_at: datetime) -> Reading:
    """The reading of the first account in one recorded ``/investments/holdings/get`` body.

    Raises:
        BrokerProtocolError: it is no such body.
    """
    answer = loose.holdings(raw)
    listed = identify(answer.accounts, institution_id(answer.item), environment)
    if not listed:
        raise BrokerProtocolError("The recording names no account.", broker_id=BROKER_ID)
    return reading(answer, next(iter(listed)), listed, fetched_at, fetched_at)


def institution_id(item: wire.Item | None, otherwise: str = "") -> str:
    return (item.institution_id if item else None) or otherwise


def identify(
    given: tuple[wire.Account, ...] | list[wire.Account], institution: str, environment: Environment
) -> dict[AccountId, wire.Account]:
    """The accounts that are read, by ids of our own.

    Plaid's own ids change with each new login and may change within one, so what the institution
    shows of an account names it: kind and last digits, with its name where these are not enough.
    """
    kept = [record for record in given if record.type not in _LEFT_OUT]
    seen = Counter(_key(record) for record in kept)
    named = Counter((_key(record), _name(record)) for record in kept)
    found: dict[AccountId, wire.Account] = {}
    for record in kept:
        parts = [institution, *_key(record)]
        if not record.mask or seen[_key(record)] > 1:
            parts.append(_name(record))
            if named[(_key(record), _name(record))] > 1:
                parts.append(record.account_id)
        found[account_id(BROKER_ID, environment.value, "\x00".join(parts))] = record
    return found


def account(
    own_id: AccountId, given: wire.Account, environment: Environment, institution: str
) -> Account:
    """The account as listed.

    Raises:
        ValueError: a text that no real account has.
    """
    mask = number_mask(clean(given.mask, 8))
    balances = loose.balances(given)
    margin = balances.figures.get("margin_loan_amount")
    subtype = clean(given.subtype, 64)
    return Account(
        id=own_id,
        broker=BROKER_ID,
        environment=environment,
        name=clean_name(given.name) or clean_name(given.official_name) or f"Account {mask}".strip(),
        number_mask=mask,
        type=_account_type(given, margin),
        currency=balances.currency or "USD",
        institution=institution,
        raw_type=clean("/".join(p for p in (given.type, subtype) if p), 64),
        tax_status=tax_status(subtype),
        flags=AccountFlags(margin=True if margin else None),
    )


def tax_status(subtype: str) -> TaxStatus:
    """What the kind of account says; unknown where it says nothing."""
    word = subtype.casefold()
    if word in _FREE or word in _FREE_TOO:
        return TaxStatus.TAX_FREE
    if word in _DEFERRED:
        return TaxStatus.TAX_DEFERRED
    return TaxStatus.TAXABLE if word in _TAXABLE else TaxStatus.UNKNOWN


def reading(
    answer: loose.Holdings,
    own_id: AccountId,
    listed: dict[AccountId, wire.Account],
    fetched_at: datetime,
    as_of: datetime,
) -> Reading:
    """Balances and positions of one account out of an answer for all of them."""
    given = listed[own_id]
    known = {record.account_id for record in answer.accounts}
    unread = [bad for name, bad in answer.lost if name == given.account_id or name not in known]
    cash: dict[str, Decimal] = {}
    positions: list[Position] = []
    vested: list[Decimal] = []
    for index, held in answer.holdings:
        if held.account_id not in known:
            unread.append(Unread(where=f"holdings[{index}]", reason=loose.HOMELESS))
        if held.account_id != given.account_id:
            continue
        security = answer.securities.get(held.security_id)
        try:
            currency = currency_of(held)
            if security is None:
                raise ValueError("no security of that id")  # noqa: TRY301 - one way out
            if is_currency(security):
                value = held.institution_value
                amount = exact(held.quantity if value is None else value)
                cash[currency] = cash.get(currency, Decimal(0)) + amount
                continue
            positions.append(position(held, security, currency))
            if held.vested_value is not None:
                vested.append(exact(held.vested_value))
        except ValueError:
            label = clean_symbol(security.ticker_symbol or security.name) if security else ""
            where = f"holdings[{index}]"
            unread.append(Unread(where=where, reason=loose.UNREADABLE, label=label))
    balances = loose.balances(given)
    return Reading(
        account=own_id,
        fetched_at=fetched_at,
        as_of=min(as_of, fetched_at),
        balances=_balances(given, balances, cash, positions, vested),
        positions=tuple(positions),
        unread=(*unread, *balances.unread),
    )


def position(given: wire.Holding, security: wire.Security, currency: str) -> Position:
    """One holding; short ones negative. ``institution_value`` is what the institution vouches for.

    Raises:
        ValueError: nothing names it, or a figure that no real holding has.
    """
    what = instrument(security, currency)
    quantity = exact(given.quantity)
    price, value = _figure(given.institution_price), _figure(given.institution_value)
    basis = _figure(given.cost_basis)
    if quantity < 0:
        value = -value if value is not None and value > 0 else value
        basis = -basis if basis is not None and basis > 0 else basis
    if what.asset_type is AssetType.OPTION:
        quantity = _contracts(quantity, price, value)
    units = quantity * what.multiplier
    if what.asset_type is AssetType.FIXED_INCOME:
        units = Decimal(0)  # quoted per hundred of face value, so a cost per unit would mislead
    return Position(
        instrument=what,
        quantity=quantity,
        average_cost=rounded_price(basis / units) if basis is not None and units else None,
        cost_basis=basis,
        mark=price,
        market_value=value,
        open_pl=value - basis if value is not None and basis is not None else None,
        lots=_lots(given),
    )


def balances_only(given: wire.Account) -> tuple[Balance, ...]:
    """The balances of an account without its holdings, such as a live answer has them."""
    return _balances(given, loose.balances(given), {}, None, [])


def currency_of(given: wire.Holding | wire.Transaction) -> str:
    """The record's currency.

    Raises:
        ValueError: none was given, or none that has three letters.
    """
    found = loose.code(given.iso_currency_code) or loose.code(given.unofficial_currency_code)
    if found is None:
        raise ValueError("no currency")
    return found


def _contracts(quantity: Decimal, price: Decimal | None, value: Decimal | None) -> Decimal:
    """How many contracts. Plaid counts units of the underlying; should an institution count
    contracts all the same, value and price give it away.
    """
    if price and value and abs(value) * 2 > abs(quantity * price) * CONTRACT:
        return quantity
    return quantity / CONTRACT


def _lots(given: wire.Holding) -> tuple[Lot, ...]:
    """Tax lots: an ornament, so one that cannot be read leaves all of them out."""
    found, unread = loose.each(given.tax_lots or [], loose.LOT, "tax_lots")
    if unread:
        return ()
    try:
        return tuple(
            Lot(
                quantity=exact(lot.quantity),
                acquired=day(lot.original_purchase_datetime),
                cost=_figure(lot.cost_basis),
            )
            for _, lot in found
            if lot.quantity is not None
        )
    except ValueError:
        return ()


def _balances(
    given: wire.Account,
    balances: loose.Balances,
    cash: dict[str, Decimal],
    positions: list[Position] | None,
    vested: list[Decimal],
) -> tuple[Balance, ...]:
    """The account's own currency first, then other money that it holds.

    ``current`` is the whole account in its currency, other currencies included, so only the first
    balance has a total.
    """
    base = balances.currency or "USD"
    figures = balances.figures
    others = [(name, value) for name, value in figures.items() if name != "current"]
    if vested:
        others.append(("vested_value", sum(vested, Decimal(0))))
    total = figures.get("current")
    own = cash.get(base)
    if given.type == "depository":
        own = total
    elif own is None and positions is not None:
        own = _uninvested(figures, base, positions, foreign=bool(cash))
    first = Balance(
        currency=base, cash=own, net_liquidation=total, equity=total, others=tuple(others)
    )
    more = (Balance(currency=code, cash=value) for code, value in cash.items() if code != base)
    return (first, *more)


def _uninvested(
    figures: dict[str, Decimal], base: str, positions: list[Position], *, foreign: bool
) -> Decimal | None:
    """Cash where no holding says so: ``available``, if it proves to be what the positions leave.

    Elsewhere ``available`` may be a sweep fund that is among the holdings, or credit.
    """
    total, available = figures.get("current"), figures.get("available")
    values = [held.market_value for held in positions]
    if total is None or available is None or foreign or None in values:
        return None
    if any(held.instrument.currency != base for held in positions):
        return None
    rest = total - sum((value for value in values if value is not None), Decimal(0))
    return available if available == rest else None


def _account_type(given: wire.Account, margin: Decimal | None) -> AccountType:
    if margin:
        return AccountType.MARGIN
    word = (given.subtype or "").casefold()
    if given.type == "depository" or word in _DEFERRED or word in _FREE:
        return AccountType.CASH
    return AccountType.UNKNOWN


def _key(given: wire.Account) -> tuple[str, str]:
    return (given.subtype or "", given.mask or "")


def _name(given: wire.Account) -> str:
    return given.official_name or given.name or ""


def _figure(value: Decimal | None) -> Decimal | None:
    return None if value is None else exact(value)


def data_age(answer: wire.ItemAnswer) -> datetime | None:
    """When the institution last gave figures; None when Plaid does not say."""
    updates = answer.status.investments if answer.status else None
    return moment(updates.last_successful_update) if updates else None


def title(institution: str) -> str:
    return clean_name(institution) or TITLE
