"""What contracts are called, and by which contract a symbol is asked for.

Portfolio lines have no names and do not tell a fund from a share: contract details do. They are
asked once per contract and session; without them everything else still shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from brokerdesk.brokers.ibkr import problems
from brokerdesk.brokers.ibkr.budget import seconds_left
from brokerdesk.brokers.ibkr.gateway import Gateway
from brokerdesk.brokers.ibkr.instruments import instrument
from brokerdesk.brokers.text import clean_name
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import BrokerRefusedError, BrokerUnavailableError, RateLimitedError

AT_ONCE = 40
MOST_KEPT = 5000
_ENOUGH = 0.1
"""Seconds that a question may well take."""


class Names:
    """Contract details by number, and contracts by symbol."""

    def __init__(self) -> None:
        self._details: dict[int, Any] = {}
        self._unknown: set[int] = set()
        self._contracts: dict[str, Any] = {}
        self._by_key: dict[QuoteKey, Any] = {}

    async def of(self, gateway: Gateway, contracts: Iterable[Any]) -> dict[int, Any]:
        """Details of these contracts, as far as they can be had; asks for those not known yet."""
        from ib_async.contract import Contract

        given = list(contracts)
        wanted: dict[int, Any] = {}
        for one in given:
            self._learn(one)
            asked = one.conId in self._details or one.conId in self._unknown
            if 0 < one.conId < 2**31 and not asked:
                wanted[one.conId] = Contract(conId=one.conId)
        if len(self._details) + len(wanted) > MOST_KEPT:
            self._details.clear()
            self._unknown.clear()
        numbers = list(wanted)
        for start in range(0, len(numbers), AT_ONCE):
            if seconds_left(_ENOUGH) < _ENOUGH:
                break  # what is known so far is better shown without names than not at all
            part = numbers[start : start + AT_ONCE]
            try:
                answers = await gateway.details([wanted[number] for number in part])
            except RateLimitedError:
                raise
            except BrokerRefusedError:
                break
            except BrokerUnavailableError as error:
                if isinstance(error, problems.LinkDroppedError):
                    raise
                break
            for number, answer in zip(part, answers, strict=True):
                found = [one for (one,) in answer.of("details")]
                if found:
                    self._details[number] = found[0]
                elif problems.NO_CONTRACT in answer.codes:
                    self._unknown.add(number)
        return self._details

    def legs_of(self, contracts: Iterable[Any]) -> list[Any]:
        """The contracts of combinations' legs, of which only the numbers are known."""
        from ib_async.contract import Contract

        return [
            Contract(conId=leg.conId)
            for one in contracts
            if one.secType == "BAG"
            for leg in one.comboLegs or ()
        ]

    def keep(self, contracts: Iterable[Any]) -> None:
        """Remember contracts that were shown, so that their prices can be asked for."""
        for one in contracts:
            self._learn(one)

    @property
    def known(self) -> dict[int, Any]:
        """The details that were had so far, by number."""
        return self._details

    def seen(self, key: QuoteKey) -> Any:
        """The contract of exactly this thing, if it was ever held or traded here; else None."""
        return self._by_key.get(family(key))

    def name(self, number: int) -> str:
        details = self._details.get(number)
        return clean_name(details.longName) if details is not None else ""

    def contract(self, symbol: str) -> Any:
        """The contract that is meant by a symbol: one that was seen, or a US share's."""
        from ib_async.contract import Contract

        found = self._contracts.get(symbol)
        if found is not None:
            exchange = "SMART" if found.secType in ("STK", "OPT") else found.exchange
            return Contract(conId=found.conId, exchange=exchange or found.primaryExchange)
        name = symbol.replace(".", " ")
        return Contract(symbol=name, secType="STK", exchange="SMART", currency="USD")

    def _learn(self, contract: Any) -> None:
        if contract.conId and contract.secType and contract.secType != "BAG":
            try:
                what = instrument(contract)
            except ValueError:
                return
            self._contracts[what.symbol] = contract
            self._by_key[family(QuoteKey(what.symbol, what.asset_type, what.currency))] = contract


def family(key: QuoteKey) -> QuoteKey:
    """The key under which a share and a fund are one: contracts do not tell them apart."""
    kind = AssetType.EQUITY if key.asset_type is AssetType.ETF else key.asset_type
    return QuoteKey(key.symbol, kind, key.currency)
