"""Frozen facts and arithmetic: what the product knows, in the field's own words.

Every type here is ``@dataclass(frozen=True, slots=True, kw_only=True)``; amounts are ``Decimal``,
times are aware UTC, collections are tuples. Constructors refuse floats, NaN and naive times.
Nothing here does I/O or knows a broker.
"""
