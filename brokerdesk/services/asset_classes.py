"""What a holding is grouped under: a few plain words, from what its broker says of it.

Type, name, ISIN and CUSIP decide; a list of symbols never does. Where the kind of a fund is not
known it is called a fund. A share in dollars of which no identifier is known counts as a US stock
unless its name has a legal form of elsewhere: most brokers give no identifiers, and shares must not
stand in two classes because of that. In another currency it is called a stock.
"""

from __future__ import annotations

import re
from functools import lru_cache

from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType

US_STOCKS = "US stocks"
STOCKS = "Stocks"
INTERNATIONAL = "International"
US_STOCK_FUNDS = "US stock funds"
FUNDS = "Funds"
BONDS = "Bonds"
TARGET_DATE = "Target-date"
REAL_ESTATE = "Real estate"
COMMODITIES = "Commodities"
CRYPTO = "Crypto"
OPTIONS = "Options"
FUTURES = "Futures"
CASH_LIKE = "Cash equivalents"
"""Money market funds and the like. Cash itself is no holding."""
OTHER = "Other"

_BY_TYPE = {
    AssetType.OPTION: OPTIONS,
    AssetType.FIXED_INCOME: BONDS,
    AssetType.CRYPTO: CRYPTO,
    AssetType.CASH_EQUIVALENT: CASH_LIKE,
    AssetType.CURRENCY: CASH_LIKE,
    AssetType.FUTURE: FUTURES,
}
_FUND_TYPES = frozenset({AssetType.ETF, AssetType.MUTUAL_FUND})
_OPEN_TYPES = frozenset({AssetType.OTHER, AssetType.UNKNOWN})

_DEPOSITARY = re.compile(r"\bADR\b|\bADS\b|\bGDR\b|\bAMERICAN DEPOSITARY\b")
_ELSEWHERE = re.compile(r"\bPLC\b|\bN\.?V\.?(?=\W|$)|\bS\.?A\.?(?=\W|$)|\bS\.?E\.?$|\bAG\b|\bASA\b"
                        r"|\bA/S\b|\bAB\b|\bS\.?P\.?A\.?(?=\W|$)|\bOYJ\b")  # fmt: skip
"""Legal forms that companies of the United States do not have."""
_FUND_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        # The first that fits: an emerging markets bond fund holds bonds.
        (CASH_LIKE, r"\bMONEY MARKET\b|\bMONEY FUND\b|\bMONEY MKT\b"),
        (BONDS, r"\bBONDS?\b|\bTREASUR(Y|IES)\b|\bMUNI(CIPAL)?S?\b|\bFIXED INCOME\b|\bTIPS\b"
                r"|\bINFLATION.PROTECTED\b|\bT.BILLS?\b|\bMORTGAGE.BACKED\b"),
        (TARGET_DATE, r"\b(TARGET|RETIREMENT|FREEDOM|LIFEPATH)\b.*\b20\d\d\b|\bTARGET.DATE\b"),
        (CRYPTO, r"\bBITCOIN\b|\bETHER(EUM)?\b|\bCRYPTO"),
        (COMMODITIES, r"\bGOLD (SHARES|TRUST|ETF|FUND)\b|\bSILVER (SHARES|TRUST|ETF|FUND)\b"
                      r"|\bCOMMODIT"),
        (REAL_ESTATE, r"\bREAL ESTATE\b|\bREITS?\b"),
        (INTERNATIONAL, r"\bINTERNATIONAL\b|\bINTL\b|\bEMERGING\b|\bEAFE\b|\bEX.?U\.?S\b"
                        r"|\bDEVELOPED MARKETS\b|\bEUROPE\b|\bPACIFIC\b|\bJAPAN\b|\bCHINA\b"
                        r"|\bINDIA\b"),
        (FUNDS, r"\bWORLD\b|\bGLOBAL\b|\bALL.COUNTRY\b"),
        (US_STOCK_FUNDS, r"\bS ?& ?P (500|400|600|MID|SMALL)|\bTOTAL STOCK MARKET\b|\bRUSSELL\b"
                         r"|\bDOW JONES INDUSTRIAL\b|\bNASDAQ\b"
                         r"|\bU\.?S\.? .*(EQUITY|STOCK|DIVIDEND|MARKET|CAP)\b"
                         r"|\b500 (INDEX|ETF)\b"),
    )
)  # fmt: skip


def asset_class(instrument: Instrument, name: str = "") -> str:
    """The group of an instrument. ``name`` helps out when the instrument itself has none."""
    kind = instrument.asset_type
    fixed = _BY_TYPE.get(kind)
    if fixed is not None:
        return fixed
    words = instrument.name or name
    if kind is AssetType.EQUITY:
        return _stock(instrument, words)
    if kind in _FUND_TYPES:
        return fund_class(words) or FUNDS
    if kind in _OPEN_TYPES:
        return fund_class(words) or OTHER
    return OTHER


def _stock(instrument: Instrument, words: str) -> str:
    """Shares by where they were issued: an ISIN names the country, a CUSIP that begins with a
    letter is one for issuers outside North America.
    """
    if words and _DEPOSITARY.search(words.upper()):
        return INTERNATIONAL
    country = instrument.isin[:2]
    if country.isalpha():
        return US_STOCKS if country == "US" else INTERNATIONAL
    first = instrument.cusip[:1]
    if first.isalpha():
        return INTERNATIONAL
    if instrument.currency != "USD":
        return STOCKS
    if not first.isdigit() and _ELSEWHERE.search(words.upper()):
        return INTERNATIONAL
    return US_STOCKS


@lru_cache(maxsize=4096)
def fund_class(name: str) -> str:
    """What a fund's name says that it holds; "" when it does not say."""
    words = name.upper()
    return next((group for group, pattern in _FUND_WORDS if pattern.search(words)), "")
