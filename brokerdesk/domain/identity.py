"""When two descriptions of an instrument mean the same thing.

Brokers describe one share in their own ways. What is published about it decides where both say it:
equal FIGI, ISIN or CUSIP is the same thing, different ones never are. Where they have none in
common, symbol, type and currency decide. An option is its series (root, expiry, right, strike), a
coin its pair; neither is ever the same as a security of the same letters. Pure.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Hashable

from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.packed_numbers import NOTHING, PackedNumbers

_SERIES = re.compile(r"([A-Z0-9.$/]{1,6}?) *(\d{6})([CP])(\d{8})", re.ASCII)
_SHAPES = {
    "figi": re.compile(r"BBG[A-Z0-9]{9}", re.ASCII),
    "isin": re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]", re.ASCII),
    "cusip": re.compile(r"[A-Z0-9*@#]{9}", re.ASCII),
}
_CUSIP_COUNTRIES = ("US", "CA")
"""Their ISIN is the country, the CUSIP and a digit to check both."""
_APART = frozenset(
    {AssetType.OPTION, AssetType.CRYPTO, AssetType.FUTURE, AssetType.CURRENCY, AssetType.INDEX}
)

Ids = tuple[tuple[str, str], ...]


def family(instrument: Instrument) -> tuple[str, str]:
    """What can never be added to something of another family: kinds that stand apart, and prices
    in another currency, though one ISIN may be listed in several.
    """
    kind = instrument.asset_type
    return (kind.value if kind in _APART else "security", instrument.currency)


def published_ids(instrument: Instrument) -> Ids:
    """The identifiers of a security that are not its broker's own, as ``(kind, value)``.

    What has not the shape of one is no identifier: some brokers fill the field with anything.
    """
    if instrument.asset_type in _APART:
        return ()
    found = {}
    for kind, shape in _SHAPES.items():
        value: str = getattr(instrument, kind)
        value = value and value.strip().upper()
        if value and shape.fullmatch(value):
            found[kind] = value
    isin = found.get("isin", "")
    if "cusip" not in found and isin.startswith(_CUSIP_COUNTRIES):
        found["cusip"] = isin[2:11]
    return tuple(found.items())


def name_key(instrument: Instrument) -> tuple[str, ...]:
    """What an instrument goes by where identifiers say nothing."""
    symbol, currency = instrument.symbol.strip().upper(), instrument.currency
    kind = instrument.asset_type
    if kind is AssetType.OPTION:
        return (kind.value, *_series(instrument, symbol), currency)
    if kind is AssetType.CRYPTO:
        return (kind.value, _coin(symbol, currency), currency)
    return (kind.value, symbol, currency)


def _series(instrument: Instrument, symbol: str) -> tuple[str, ...]:
    found = _SERIES.fullmatch(symbol)
    if found is not None:
        root, day, letter, strike = found.groups()
        return (root, day, letter, str(int(strike)))
    known = (instrument.underlying, instrument.expiry, instrument.right, instrument.strike)
    if all(part is not None and part != "" for part in known):
        assert instrument.expiry is not None
        assert instrument.right is not None
        assert instrument.strike is not None
        thousandths = instrument.strike * 1000
        if thousandths == thousandths.to_integral_value():
            day = f"{instrument.expiry:%y%m%d}"
            letter = instrument.right.value[0].upper()
            return (instrument.underlying.upper(), day, letter, str(int(thousandths)))
    return (symbol.replace(" ", ""),)


def _coin(symbol: str, currency: str) -> str:
    """The coin of a pair: ``BTC/USD``, ``BTC-USD`` and ``BTC`` priced in dollars are one."""
    for stroke in ("/", "-"):
        coin, _, quoted = symbol.partition(stroke)
        if coin and quoted == currency:
            return coin
    return symbol


class Identities:
    """Gives each thing a number, description after description.

    Numbers of the same thing have the same ``root``. Nothing is kept of a description but hashes,
    of its identifiers too, and those packed: very many can pass by. Where several known things
    would fit (one symbol, two identifiers, and now the symbol alone) nothing is guessed: it stays
    apart.
    """

    def __init__(self) -> None:
        self._numbers = PackedNumbers()
        self._parents = array("i")
        self._ids = tuple(array("q") for _ in _SHAPES)
        """Of each kind the hash of what a number's thing is called by, 0 where by nothing."""
        self._by_id = PackedNumbers()
        self._by_name = PackedNumbers()
        self._namesakes = array("i")
        """The next number of the same name."""

    def number(self, instrument: Instrument, world: Hashable = "") -> int:
        """The number of this description; descriptions of different worlds are never the same."""
        ids, name = published_ids(instrument), name_key(instrument)
        where = (world, family(instrument))
        number = len(self._parents)
        known = self._numbers.setdefault(hash((where, ids, name)), number)
        if known != number:
            return known
        self._parents.append(number)
        self._namesakes.append(NOTHING)
        told = dict(ids)
        for kind, column in zip(_SHAPES, self._ids, strict=True):
            column.append(hash(told[kind]) or 1 if kind in told else 0)
        self._join_by_ids(number, where, ids)
        self._join_by_name(number, hash((where, name)))
        return number

    def root(self, number: int) -> int:
        """The smallest number of the same thing: the one that was seen first."""
        parents = self._parents
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    def _join_by_ids(self, number: int, where: Hashable, ids: Ids) -> None:
        for one in ids:
            other = self._by_id.setdefault(hash((where, one)), number)
            if other != number and self._agree(number, other):
                self._join(number, other)

    def _join_by_name(self, number: int, key: int) -> None:
        first = self._by_name.setdefault(key, number)
        if first == number:
            return
        own = self.root(number)
        others: dict[int, None] = {}
        last = first
        while True:
            others[self.root(last)] = None
            if self._namesakes[last] == NOTHING:
                break
            last = self._namesakes[last]
        self._namesakes[last] = number
        if own in others:
            return
        fitting = [one for one in others if self._agree(own, one)]
        nameless = [one for one in fitting if not self._is_called(one)]
        if len(fitting) == 1:
            self._join(own, fitting[0])
        elif nameless and not self._is_called(own):
            self._join(own, nameless[0])

    def _is_called(self, root: int) -> bool:
        return any(column[root] for column in self._ids)

    def _agree(self, one: int, other: int) -> bool:
        one, other = self.root(one), self.root(other)
        return all(
            not column[one] or not column[other] or column[one] == column[other]
            for column in self._ids
        )

    def _join(self, one: int, other: int) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        if first == second:
            return
        self._parents[second] = first
        for column in self._ids:
            column[first] = column[second] or column[first]


def same_thing(one: Instrument, other: Instrument) -> bool:
    """Whether both descriptions mean the same thing, taken alone."""
    known = Identities()
    return known.root(known.number(one)) == known.root(known.number(other))


def same_as(one: Instrument) -> Callable[[Instrument], bool]:
    """As ``same_thing``, for one thing looked for among very many."""
    kin, name, ids = family(one), name_key(one), frozenset(published_ids(one))

    def same(other: Instrument) -> bool:
        if family(other) != kin:
            return False
        alike = name_key(other) == name or not ids.isdisjoint(published_ids(other))
        return alike and same_thing(one, other)

    return same
