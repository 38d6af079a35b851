"""Finding symbols in TWS, and its options.

TWS names at most sixteen matches and takes one such question a second. Of options it lists days and
strikes first and the contracts of a day second; prices are asked for those near the market only,
because each takes one of the lines that the user pays for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from brokerdesk.brokers import chain_rows
from brokerdesk.brokers.finding import Chain, ChainQuote
from brokerdesk.brokers.ibkr import BROKER_ID, lookup, problems
from brokerdesk.brokers.ibkr import quotes as quote_mapping
from brokerdesk.brokers.ibkr.answers import UNREADABLE, Question
from brokerdesk.brokers.ibkr.border import known
from brokerdesk.brokers.ibkr.budget import one_call, seconds_left
from brokerdesk.brokers.ibkr.instruments import instrument
from brokerdesk.brokers.text import clean, clean_name
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, PriceFeed
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.domain.reading import Batch, Unread
from brokerdesk.errors import BrokerRefusedError, BrokerUnavailableError, RateLimitedError

if TYPE_CHECKING:
    from brokerdesk.brokers.ibkr.gateway import Gateway
    from brokerdesk.brokers.ibkr.names import Names
    from brokerdesk.clock import Clock

BETWEEN = 1.0
KEPT = timedelta(days=1).total_seconds()
MOST_KEPT = 200
LONGEST = 40
PRICED = 40
"""So many contracts of a chain are asked for their prices: the nearest strikes."""
ENOUGH = 4.0
"""Seconds that must be left for asking for prices."""
_KINDS = (AssetType.EQUITY, AssetType.ETF, AssetType.CRYPTO, AssetType.MUTUAL_FUND, AssetType.INDEX)
_MODEL = (13, 83)
_HUNDRED = Decimal(100)


class IbkrFinding:
    """Mixed into the session. Implements ``finding.FindsSymbols`` and ``finding.HasChains``."""

    _clock: Clock
    _names: Names
    answer_limit: float
    _matched: dict[str, tuple[float, Batch[Instrument]]]
    _matched_at: float

    async def _reached(self) -> Gateway:
        raise NotImplementedError

    @one_call
    async def find(self, text: str, most: int = 20) -> Batch[Instrument]:
        """What TWS finds, in its order but for an exact symbol in dollars, which comes first."""
        wanted = clean(text, LONGEST).strip()
        if not wanted or not wanted.isascii():
            return Batch()
        key, now = wanted.casefold(), self._clock.monotonic()
        kept = self._matched.get(key)
        if kept is None or now - kept[0] >= KEPT:
            gateway = await self._reached()
            left = self._matched_at + BETWEEN - now
            if left > 0:
                await self._clock.sleep(left)
            self._matched_at = self._clock.monotonic()
            kept = (now, await self._matches(gateway, await gateway.matching(wanted)))
            while len(self._matched) >= MOST_KEPT:
                self._matched.pop(next(iter(self._matched)))
            self._matched[key] = kept
        found = sorted(kept[1].items, key=lambda one: _rank(one, wanted))
        return Batch(items=tuple(found[:most]), unread=kept[1].unread)

    @one_call
    async def expiries(self, underlying: Instrument) -> tuple[date, ...]:
        """Days on which ordinary options of it expire; none where TWS lists none."""
        gateway = await self._reached()
        contract = await self._under(gateway, underlying)
        if contract is None:
            return ()
        question = await gateway.series(contract)
        return days(question.of("series"), contract.symbol)

    @one_call
    async def chain(self, underlying: Instrument, expiry: date) -> Chain:
        """The contracts of one day, and prices of those near the market."""
        gateway = await self._reached()
        under = await self._under(gateway, underlying)
        found: list[tuple[Any, Instrument]] = []
        unread = 0
        if under is not None:
            (question,) = await gateway.details([_of_day(under, expiry)])
            found, unread = contracts(question, underlying.symbol, expiry)
            self._names.keep(contract for contract, _ in found)
        price = await self._price(gateway, under) if found else None
        told = await self._told(gateway, nearest(found, price))
        quotes, feed = [], PriceFeed.UNKNOWN
        for contract, one in found:
            question_of = told.get(contract.conId)
            quote = None if question_of is None else _quote(one, question_of, self._clock)
            feed = feed if quote is None else quote.feed
            quotes.append(_row(one, question_of, quote))
        rows, twice = chain_rows.rows(quotes)
        return Chain(
            underlying=underlying.symbol,
            expiry=expiry,
            fetched_at=self._clock.now(),
            feed=feed,
            underlying_price=price,
            rows=rows,
            unread=unread + twice,
        )

    async def _matches(self, gateway: Gateway, question: Question) -> Batch[Instrument]:
        """Matches as instruments; details tell funds from shares."""
        from ib_async.contract import Contract

        told = [one.contract for (one,) in question.of("symbol")]
        # Without their kind, so that no foreign listing is kept as what a symbol means.
        plain = [Contract(conId=one.conId) for one in told if one.conId]
        details = await self._names.of(gateway, plain)
        items: list[Instrument] = []
        unread = list(question.unread)
        for index, contract in enumerate(told):
            try:
                one = instrument(contract, details.get(contract.conId))
            except ValueError:
                unread.append(Unread(where=f"symbols[{index}]", reason=UNREADABLE))
                continue
            if one.asset_type in _KINDS:
                name = one.name or clean_name(getattr(contract, "description", ""))
                items.append(replace(one, name=name))
        return Batch(items=tuple(items), unread=tuple(unread))

    async def _under(self, gateway: Gateway, underlying: Instrument) -> Any:
        """The contract of the underlying with its number; None where TWS knows none."""
        from ib_async.contract import Contract

        wanted: Any
        number = dict(underlying.broker_ids).get(BROKER_ID, "")
        if number.isdecimal():
            wanted = Contract(conId=int(number))
        else:
            key = QuoteKey(underlying.symbol, underlying.asset_type, underlying.currency)
            wanted = lookup.contract(key, self._names)
        if wanted is None:
            return None
        (question,) = await gateway.details([wanted])
        found = [details.contract for (details,) in question.of("details")]
        return found[0] if found and found[0].secType in ("STK", "IND") else None

    async def _price(self, gateway: Gateway, under: Any) -> Decimal | None:
        told = await self._told(gateway, [under])
        question = told.get(under.conId)
        found = None if question is None else _quote(None, question, self._clock)
        return None if found is None else found.last or found.previous_close

    async def _told(self, gateway: Gateway, contracts: Sequence[Any]) -> dict[int, Question]:
        """What TWS says of their prices, by number. Without prices the contracts still stand."""
        from ib_async.contract import Contract

        if not contracts or seconds_left(ENOUGH + 1) < ENOUGH:
            return {}
        asked = [Contract(conId=one.conId, exchange="SMART") for one in contracts]
        try:
            answers = await gateway.snapshots(asked)
        except (problems.LinkDroppedError, RateLimitedError):
            raise
        except (BrokerUnavailableError, BrokerRefusedError):
            return {}
        return {one.conId: answer for one, answer in zip(contracts, answers, strict=True)}


def days(rows: Iterable[tuple[Any, ...]], symbol: str) -> tuple[date, ...]:
    """The days of ordinary options: of the underlying's own class, a hundred units each."""
    found = set()
    for _, name, multiplier, expirations, *_ in rows:
        if multiplier != "100" or name.replace(" ", "") != symbol.replace(" ", ""):
            continue
        for text in expirations:
            try:
                found.add(date(int(text[:4]), int(text[4:6]), int(text[6:8])))
            except ValueError:
                continue
    return tuple(sorted(found))


def contracts(
    question: Question, underlying: str, expiry: date
) -> tuple[list[tuple[Any, Instrument]], int]:
    """The ordinary contracts of a day, and how many others or unreadable ones there are."""
    found, left_out = [], len(question.unread)
    for (details,) in question.of("details"):
        contract = details.contract
        try:
            one = replace(instrument(contract), underlying=underlying)
        except ValueError:
            left_out += 1
            continue
        own = contract.tradingClass.replace(" ", "") == contract.symbol.replace(" ", "")
        if own and chain_rows.plain(one, underlying, expiry):
            found.append((contract, one))
        else:
            left_out += 1
    return found, left_out


def nearest(found: Sequence[tuple[Any, Instrument]], price: Decimal | None) -> list[Any]:
    """The contracts whose strikes are nearest to the price; without one, those in the middle."""
    strikes = sorted({one.strike for _, one in found if one.strike is not None})
    if not strikes:
        return []
    middle = price if price is not None else strikes[len(strikes) // 2]
    ranked = sorted(found, key=lambda pair: abs((pair[1].strike or middle) - middle))
    return [contract for contract, _ in ranked[:PRICED]]


def _of_day(under: Any, expiry: date) -> Any:
    from ib_async.contract import Contract

    return Contract(
        secType="OPT",
        symbol=under.symbol,
        lastTradeDateOrContractMonth=f"{expiry:%Y%m%d}",
        exchange="SMART",
        currency=under.currency,
    )


def _quote(one: Instrument | None, question: Question, clock: Clock) -> Quote | None:
    found = quote_mapping.quote(one.symbol if one else "under", question, clock.now(), "")
    return found if isinstance(found, Quote) else None


def _row(one: Instrument, question: Question | None, quote: Quote | None) -> ChainQuote:
    if question is None or quote is None:
        return ChainQuote(contract=one)
    volatility, delta = _model(question)
    return ChainQuote(
        contract=one,
        bid=quote.bid,
        ask=quote.ask,
        last=quote.last,
        mark=quote.mark,
        volatility=volatility,
        delta=delta,
    )


def _model(question: Question) -> tuple[Decimal | None, Decimal | None]:
    """Volatility and delta of TWS's own model; -1 and -2 are its words for "not known"."""
    for kind, volatility, delta in question.of("option"):
        if kind not in _MODEL:
            continue
        try:
            share, slope = known(volatility), known(delta)
        except ValueError:
            continue
        return (
            share * _HUNDRED if share is not None and share > 0 else None,
            slope if slope is not None and abs(slope) <= 1 else None,
        )
    return None, None


def _rank(one: Instrument, wanted: str) -> tuple[bool, bool]:
    return (one.symbol.casefold() != wanted.casefold(), one.currency != "USD")
