"""What a trade costs besides its price."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from brokerdesk.simulator.exchange.book import CENT
from brokerdesk.simulator.exchange.profiles import Profile
from brokerdesk.simulator.market.listings import Kind, all_listings

SEC_FEE_RATE = Decimal("0.0000278")
Fees = tuple[tuple[str, Decimal], ...]


def fees_of(profile: Profile, symbol: str, quantity: Decimal, gross: Decimal) -> Fees:
    """Commission on options and the regulator's fee on sales; ``gross`` is signed as quantity."""
    listing = all_listings().get(symbol)
    kind = listing.kind if listing else Kind.OPTION
    found = []
    if kind is Kind.OPTION:
        commission = (profile.option_fee * abs(quantity)).quantize(CENT)
        if commission:
            found.append(("COMMISSION", commission))
    if quantity < 0 and kind in (Kind.EQUITY, Kind.ETF, Kind.OPTION):
        found.append(("SEC_FEE", (-gross * SEC_FEE_RATE).quantize(CENT, ROUND_CEILING)))
    return tuple(found)
