"""The newest quote per symbol and source."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from brokerdesk.db.codec import to_micros
from brokerdesk.db.decoding import decoding
from brokerdesk.db.scope import Scope
from brokerdesk.db.sealing import sealed, unsealed
from brokerdesk.domain.quote import Quote
from brokerdesk.turns import steps

_decoder = msgspec.msgpack.Decoder(Quote)
_CHUNK = 500
_BY_SYMBOL = "SELECT payload FROM quotes WHERE symbol IN ({marks}) ORDER BY fetched_at, source"


class QuoteRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def put(self, items: Iterable[Quote]) -> None:
        """Keep each quote unless a later one of its source is here."""
        self._scope.raw.executemany(
            "INSERT INTO quotes (symbol, source, fetched_at, payload) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (symbol, source) DO UPDATE SET"
            " fetched_at = excluded.fetched_at, payload = excluded.payload"
            " WHERE excluded.fetched_at >= quotes.fetched_at"
            # No answer is a day late: that one was stored while the clock ran ahead.
            " OR quotes.fetched_at - excluded.fetched_at > 86400000000",
            [
                (quote.symbol, quote.source, to_micros(quote.fetched_at), sealed(quote))
                for quote in items
            ],
        )

    def get(self, symbols: Iterable[str]) -> tuple[Quote, ...]:
        """The newest quote of each symbol that has one, in the order of ``symbols``."""
        wanted = list(dict.fromkeys(symbols))
        newest = {quote.symbol: quote for quote in self.every(wanted)}
        return tuple(newest[symbol] for symbol in wanted if symbol in newest)

    def sources(self) -> list[tuple[str, str]]:
        """Of which symbols something is here, and by which source."""
        return list(self._scope.raw.execute("SELECT symbol, source FROM quotes"))

    def named(self, symbols: Iterable[str]) -> dict[str, str]:
        """What the newest quote that has a name calls each symbol."""
        return {quote.symbol: quote.name for quote in self.every(symbols) if quote.name}

    def every(self, symbols: Iterable[str]) -> list[Quote]:
        """All quotes of these symbols, one of each source; of a symbol the newest is the last."""
        wanted = list(dict.fromkeys(symbols))
        found: list[Quote] = []
        for start in range(0, len(wanted), _CHUNK):
            part = wanted[start : start + _CHUNK]
            rows = self._scope.raw.execute(
                _BY_SYMBOL.format(marks=", ".join("?" * len(part))),
                part,
            ).fetchall()
            with decoding(self._scope.path):
                found += [unsealed(payload, _decoder) for (payload,) in steps(rows)]
        return found
