"""The base currency on the command line: what ``--base`` adds to a listing."""

from __future__ import annotations

import argparse
from decimal import Context, Decimal
from typing import Any

from brokerdesk.cli.output import amount
from brokerdesk.cli.profile import profile_of
from brokerdesk.domain.exchange_rate import CURRENCIES
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import InputError
from brokerdesk.services.amounts import EXACT
from brokerdesk.services.base_money import Base
from brokerdesk.services.converting import Rate

BASE = ["base_currency", "base_value", "rate", "rate_source", "rate_date"]
_TEN = Context(prec=10)
_CENTS = -2
AS_SET = "set"
"""``--base`` without a currency: the one that the profile's settings name."""


def chosen(options: argparse.Namespace) -> str:
    """The base currency that is asked for, "" for the one that most of the value is in.

    Raises:
        InputError: no such currency is offered.
    """
    if options.base in ("", AS_SET):
        from brokerdesk.settings import SettingsFile

        settings, _ = SettingsFile(profile_of(options).settings_file).load_or_default()
        return settings.base_currency
    code = str(options.base).upper()
    if code not in dict(CURRENCIES):
        raise InputError(
            "base",
            f"There is no base currency “{options.base}”.",
            "",
            "Write one of " + ", ".join(one for one, _ in CURRENCIES) + ".",
        )
    return code


def in_base(
    base: Base, account: AccountId, environment: Environment, currency: str, value: Decimal | None
) -> dict[str, Any]:
    """A figure in the base currency, rounded to its own decimals, with the rate that made it in ten
    digits; null where there is none.
    """
    rate = base.rate(account, environment, currency)
    return {
        "base_currency": base.currency,
        "base_value": None if rate is None or value is None else amount(_shown(rate, value)),
        "rate": None if rate is None else amount(_TEN.plus(rate.value)),
        "rate_source": None if rate is None else rate.source or None,
        "rate_date": rate.day.isoformat() if rate is not None and rate.day else None,
    }


def _shown(rate: Rate, value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    unit = Decimal(1).scaleb(min(_CENTS, exponent))
    return rate.of(value).quantize(unit, context=EXACT)
