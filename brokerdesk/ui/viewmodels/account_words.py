"""What kind of account it is, in words: ours, or the broker's own made readable."""

from __future__ import annotations

import re

from brokerdesk.domain.account import Account
from brokerdesk.domain.kinds import AccountType

_SHORT = frozenset({"IRA", "SEP", "LLC", "UTMA", "UGMA", "TFSA", "RRSP", "ISA"})
_SHOUTED = re.compile(r"[A-Z]{3,}")


def account_kind(account: Account) -> str:
    """Cash or margin where that is known; else what the broker calls it; "" when it says nothing.

    Brokers name the owner or the plan where others name the margin: ``INDIVIDUAL``,
    ``investment/brokerage``. That is shown as a word, not as something that went wrong.
    """
    if account.type is not AccountType.UNKNOWN:
        return account.type.value.capitalize()
    told = account.raw_type.rsplit("/", 1)[-1].replace("_", " ").strip()
    calm = _SHOUTED.sub(lambda one: one[0] if one[0] in _SHORT else one[0].capitalize(), told)
    return calm[:1].upper() + calm[1:]
