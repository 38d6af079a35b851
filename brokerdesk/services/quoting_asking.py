"""Asks a broker for prices that no line tells: as often as its record or the user says, and only
while they can move. Always behind what the user waits for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from brokerdesk.brokers.rate import in_background
from brokerdesk.clock import Clock
from brokerdesk.domain.market_hours import is_open
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.errors import (
    AuthError,
    BrokerDeskError,
    BrokerError,
    NotSupportedError,
    RateLimitedError,
    SecretStoreError,
)
from brokerdesk.services.keeping_lines import Patience
from brokerdesk.services.quoting_rules import always_open, anybody
from brokerdesk.services.quoting_tellers import Teller

_log = logging.getLogger(__name__)

LEAST_SECONDS = 5.0


def movable(keys: Iterable[QuoteKey], moment: datetime) -> list[QuoteKey]:
    """The keys whose price can be another one by now."""
    opened = is_open(moment)
    return [key for key in keys if opened or always_open(key)]


def by_symbol(keys: Iterable[QuoteKey], teller: Teller) -> dict[str, list[QuoteKey]]:
    """The symbols to ask for, each with what an answer is of.

    Brokers are asked by letters. Where these mean several things, the answer is of the securities
    of the US market; what only its holder can mean is not asked for beside them.
    """
    found: dict[str, list[QuoteKey]] = {}
    for key in keys:
        if key in teller.holds or anybody(key):
            found.setdefault(key.symbol, []).append(key)
    for symbol, several in found.items():
        if len(several) > 1:
            usual = [key for key in several if anybody(key)]
            found[symbol] = usual or several[:1]
    return found


async def ask_on(
    teller: Teller,
    wanted: Callable[[], Sequence[QuoteKey]],
    seconds: Callable[[], float],
    take: Callable[[QuoteKey, Quote], object],
    clock: Clock,
    pause: Callable[[], float],
) -> None:
    """Ask again and again for what is ``wanted``, until cancelled or until there is no use in it.

    ``pause`` are the seconds for which the broker asked for silence.

    Raises:
        AuthError, SecretStoreError: not to be asked again.
    """
    patience = Patience()
    while True:
        wait = pause()
        if wait <= 0:
            try:
                await ask_once(teller, movable(wanted(), clock.now()), take)
                patience.calm()
                wait = seconds()
            except (AuthError, SecretStoreError):
                raise
            except NotSupportedError:
                teller.askable = False
                return
            except BrokerError as error:
                asked = error.retry_after if isinstance(error, RateLimitedError) else None
                if not patience.failures:
                    _log.info("connection %s tells no prices: %s", teller.id, _code(error))
                wait = max(patience.wait(at_least=asked), seconds())
        await clock.sleep(max(LEAST_SECONDS, wait))


async def ask_once(
    teller: Teller, keys: Sequence[QuoteKey], take: Callable[[QuoteKey, Quote], object]
) -> None:
    """Ask for these once. What the broker does not know is not asked of it again."""
    asked = by_symbol(keys, teller)
    if not asked:
        return
    with in_background():
        batch = await teller.session.quotes(list(asked))
    told: set[str] = set()
    for quote in batch.items:
        for key in asked.get(quote.symbol, ()):
            told.add(quote.symbol)
            take(key, quote)
    for unread in batch.unread:
        if unread.label in asked and unread.label not in told:
            teller.unknown.update(asked[unread.label])


def _code(error: BrokerDeskError) -> str:
    return error.code
