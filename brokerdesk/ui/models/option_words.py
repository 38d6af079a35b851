"""An option's name for people, out of the symbol that all US brokers share. Pure.

The symbol is the root padded with blanks to six, the expiry as YYMMDD, C or P, and the strike times
a thousand in eight digits.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from brokerdesk.ui import format as fmt

_SYMBOL = re.compile(r"([A-Z0-9.$/]{1,6}) *(\d{6})([CP])(\d{8})", re.ASCII)
RIGHTS = {"C": "call", "P": "put"}


def option_words(symbol: str) -> str:
    """``AAPL  260116C00200000`` as ``AAPL 16 Jan 2026 200 C``; "" for any other symbol."""
    parts = option_parts(symbol)
    if parts is None:
        return ""
    root, expiry, right, strike = parts
    return f"{root} {fmt.day(expiry)} {fmt.quantity(strike)} {right}"


def option_parts(symbol: str) -> tuple[str, date, str, Decimal] | None:
    """Root, expiry, C or P, and strike; None: it is no option's symbol."""
    found = _SYMBOL.fullmatch(symbol)
    if found is None:
        return None
    root, day, right, strike = found.groups()
    try:
        expiry = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        return None
    return root, expiry, right, Decimal(strike) / 1000


def shown_symbol(symbol: str) -> str:
    """A symbol as it is written for people."""
    return option_words(symbol) or symbol
