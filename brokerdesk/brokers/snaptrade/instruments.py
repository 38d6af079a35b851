"""What SnapTrade calls an instrument, in its newer and its older form, as the domain knows it."""

from __future__ import annotations

import re
from decimal import Decimal

from brokerdesk.brokers.snaptrade import BROKER_ID, wire
from brokerdesk.brokers.snaptrade.times import day
from brokerdesk.brokers.text import clean, clean_name, clean_symbol
from brokerdesk.domain.exact import exact
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OptionRight

KINDS = {
    "stock": AssetType.EQUITY,
    "adr": AssetType.EQUITY,
    "cef": AssetType.EQUITY,
    "etf": AssetType.ETF,
    "mutualfund": AssetType.MUTUAL_FUND,
    "option": AssetType.OPTION,
    "future_option": AssetType.OPTION,
    "crypto": AssetType.CRYPTO,
    "future": AssetType.FUTURE,
    "bond": AssetType.FIXED_INCOME,
    "cfd": AssetType.OTHER,
    "tokenized_asset": AssetType.OTHER,
    "other": AssetType.OTHER,
}
_CODES = {
    "cs": "stock",
    "ps": "stock",
    "rt": "stock",
    "ut": "stock",
    "wt": "stock",
    "ad": "adr",
    "cef": "cef",
    "et": "etf",
    "oef": "mutualfund",
    "crypto": "crypto",
    "bnd": "bond",
}
"""The older answers' security types, as the newer answers' kinds."""
_RIGHTS = {"CALL": OptionRight.CALL, "PUT": OptionRight.PUT}
CONTRACT = Decimal(100)
MINI_CONTRACT = Decimal(10)
_CURRENCY = re.compile("[A-Z]{3}", re.ASCII)


def currency(text: str | None, default: str = "USD") -> str:
    """A three-letter code; ``default`` where there is none.

    Raises:
        ValueError: it is something else.
    """
    if not text:
        return default
    if not _CURRENCY.fullmatch(text):
        raise ValueError("not a currency")
    return text


def instrument(
    given: wire.Instrument, priced_in: str | None = None, *, cash_equivalent: bool = False
) -> Instrument:
    """The instrument in a newer answer.

    Args:
        priced_in: the currency of the prices that come with it, where that is said.
        cash_equivalent: it is a fund that the account's cash lies in.

    Raises:
        ValueError: it has no symbol, or a figure that no real instrument has.
    """
    symbol = clean_symbol(given.symbol) or clean_symbol(given.raw_symbol)
    if not symbol:
        raise ValueError("no symbol")
    kind = KINDS.get((given.kind or "").replace("-", "_"), AssetType.UNKNOWN)
    if cash_equivalent:
        kind = AssetType.CASH_EQUIVALENT
    is_contract = bool(given.option_type)
    underlying = given.underlying
    multiplier = CONTRACT if kind is AssetType.OPTION else Decimal(1)
    if given.multiplier is not None:
        multiplier = exact(given.multiplier)
        if multiplier <= 0:
            raise ValueError("no multiplier of this world")
    return Instrument(
        symbol=symbol,
        asset_type=kind,
        currency=currency(
            priced_in or given.currency or (underlying.currency if underlying else None)
        ),
        name=clean_name(given.description),
        figi=clean(given.figi_instrument.figi_code if given.figi_instrument else "", 16),
        raw_type=clean(given.kind, 64),
        broker_ids=((BROKER_ID, clean(given.id, 64)),) if given.id else (),
        multiplier=multiplier,
        underlying=clean_symbol(underlying.symbol) if underlying else "",
        strike=None if given.strike_price is None else exact(given.strike_price),
        expiry=day(given.expiration_date),
        right=_RIGHTS.get(given.option_type or "") if is_contract else None,
    )


def renewed(given: wire.Symbol) -> wire.Instrument:
    """An older symbol in the newer form."""
    code = (given.type.code if given.type else None) or ""
    return wire.Instrument(
        kind=_CODES.get(code, code or None),
        id=given.id,
        symbol=given.symbol,
        raw_symbol=given.raw_symbol,
        description=given.description,
        currency=given.currency.code if given.currency else None,
        figi_instrument=wire.Figi(figi_code=given.figi_code),
    )


def renewed_option(given: wire.OptionSymbol) -> wire.Instrument:
    """An older option symbol in the newer form."""
    under = given.underlying_symbol
    code = under.currency.code if under and under.currency else None
    return wire.Instrument(
        kind="option",
        id=given.id,
        symbol=given.ticker,
        currency=code,
        option_type=given.option_type,
        strike_price=given.strike_price,
        expiration_date=given.expiration_date,
        multiplier=MINI_CONTRACT if given.is_mini_option else CONTRACT,
        underlying=wire.Underlying(symbol=under.symbol if under else None, currency=code),
    )


def either(
    symbol: wire.Symbol | None, option: wire.OptionSymbol | None, priced_in: str | None = None
) -> Instrument | None:
    """The instrument of an entry or order; None when it is about none.

    Raises:
        ValueError: as ``instrument``.
    """
    if option is not None:
        return instrument(renewed_option(option), priced_in)
    if symbol is not None:
        return instrument(renewed(symbol), priced_in)
    return None
