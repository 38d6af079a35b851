"""Account values as balances, one per currency.

TWS keeps a ledger per currency and totals converted to the base currency. The balance of a currency
holds what is in that currency alone, so that adding balances up counts nothing twice; the converted
totals stay among the base currency's other figures under TWS's own names.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from brokerdesk.brokers.ibkr import problems
from brokerdesk.brokers.ibkr.border import written
from brokerdesk.brokers.text import clean
from brokerdesk.domain.balance import OWN_RATE, Balance
from brokerdesk.domain.reading import Unread

_UNREADABLE = "This figure could not be read."
_MISSING = "TWS did not tell this figure."
_NO_FIGURES = frozenset(
    {"AccountCode", "AccountOrGroup", "AccountReady", "AccountType", "Currency", "NLVAndMargin"}
)
_TAKEN = frozenset(
    {
        "CashBalance",
        "NetLiquidationByCurrency",
        "SettledCash",
        "EquityWithLoanValue",
        "InitMarginReq",
        "MaintMarginReq",
        "BuyingPower",
    }
)
Values = dict[tuple[str, str], str]
"""Text by key and currency."""


def gathered(rows: Iterable[tuple[str, str, str]]) -> Values:
    """The newest text of each key and currency."""
    return {(key, currency): value for key, value, currency in rows}


def base_currency(values: Values) -> str:
    """The currency of the totals; "" when they are missing."""
    for key in ("NetLiquidation", "TotalCashValue", "BuyingPower"):
        found = [currency for name, currency in values if name == key and len(currency) == 3]
        if found:
            return found[0]
    return ""


def account_type(values: Values) -> str:
    return clean(values.get(("AccountType", ""), ""), 64)


def balances(values: Values) -> tuple[tuple[Balance, ...], tuple[Unread, ...]]:
    """Balances, the base currency's first.

    Raises:
        BrokerUnavailableError: TWS says that the account is still being loaded.
        BrokerProtocolError: there are no figures.
    """
    if values.get(("AccountReady", ""), "true").lower() == "false":
        raise problems.still_loading()
    base = base_currency(values)
    figures: dict[tuple[str, str], Decimal] = {}
    unread = []
    for place, text in values.items():
        found = written(text)
        if found is not None:
            figures[place] = found
        elif text and place[0] not in _NO_FIGURES and _a_figure(place[0]):
            label = clean(place[0], 64)
            unread.append(Unread(where=f"values.{label}", reason=_UNREADABLE, label=label))
    if not base or not figures:
        raise problems.empty_account()
    ledgers = [
        currency
        for key, currency in values
        if key in ("NetLiquidationByCurrency", "CashBalance") and currency not in ("BASE", base)
    ]
    others = [one for one in dict.fromkeys(ledgers) if len(one) == 3]
    unread += _missing(values, base)
    found_all = [_base(values, figures, base, alone=not others)]
    found_all += [_other(figures, currency) for currency in others if _used(figures, currency)]
    return tuple(found_all), tuple(unread)


def _missing(values: Values, base: str) -> list[Unread]:
    """The base currency's cash or total, when TWS tells one of them and not the other."""
    ledger = ("CashBalance", "NetLiquidationByCurrency")
    pair = (
        ledger
        if any((key, base) in values for key in ledger)
        else (
            "TotalCashValue",
            "NetLiquidation",
        )
    )
    return [
        Unread(where=f"values.{key}", reason=_MISSING, label=key)
        for key in pair
        if not values.get((key, base))
    ]


def _a_figure(key: str) -> bool:
    """Whether a key holds a figure: some hold words, and segments repeat the totals."""
    return not key.startswith(("SegmentTitle", "TradingType", "WhatIfPM", "Guarantee", "Desired"))


def _used(figures: dict[tuple[str, str], Decimal], currency: str) -> bool:
    """Whether there is anything in a currency; TWS lists some that are empty."""
    return any(
        amount
        for (key, where), amount in figures.items()
        if where == currency and key not in ("ExchangeRate",)
    )


def _base(
    values: Values, figures: dict[tuple[str, str], Decimal], base: str, *, alone: bool
) -> Balance:
    """The base currency. Without a ledger the totals are its own, if it is the only one."""
    by_currency = any((key, base) in values for key in ("NetLiquidationByCurrency", "CashBalance"))
    cash, net = figures.get(("CashBalance", base)), figures.get(("NetLiquidationByCurrency", base))
    if not by_currency and alone:
        cash = figures.get(("TotalCashValue", base))
        net = figures.get(("NetLiquidation", base))
    power = figures.get(("BuyingPower", base))
    taken = _TAKEN if by_currency else _TAKEN | {"TotalCashValue", "NetLiquidation"}
    return Balance(
        currency=base,
        cash=cash,
        settled_cash=figures.get(("SettledCash", base)) if alone else None,
        equity=figures.get(("EquityWithLoanValue", base)) if alone else None,
        net_liquidation=net,
        buying_power=(("stock", power),) if power is not None else (),
        initial_margin=figures.get(("InitMarginReq", base)),
        maintenance_margin=figures.get(("MaintMarginReq", base)),
        others=_others(figures, ("", base), taken if alone else taken - {"SettledCash"}),
    )


def _other(figures: dict[tuple[str, str], Decimal], currency: str) -> Balance:
    return Balance(
        currency=currency,
        cash=figures.get(("CashBalance", currency)),
        net_liquidation=figures.get(("NetLiquidationByCurrency", currency)),
        others=_others(figures, (currency,), _TAKEN),
    )


def _others(
    figures: dict[tuple[str, str], Decimal], where: tuple[str, ...], taken: frozenset[str]
) -> tuple[tuple[str, Decimal], ...]:
    return tuple(
        (OWN_RATE if key == "ExchangeRate" else clean(key, 64), amount)
        for (key, currency), amount in figures.items()
        if currency in where and key not in taken
    )
