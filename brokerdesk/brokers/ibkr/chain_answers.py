"""What TWS answers about symbols and options. Mixed into ``Answers``; names are the library's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

REQUEST_AT = {"21": 1, "75": 1, "76": 1, "79": 1}
"""Where these messages have the number of the question that they answer."""


class ChainAnswers:
    """Gathers rows for the questions about symbols and options."""

    def _row(self, key: int, kind: str, *values: Any) -> None:
        raise NotImplementedError

    def _end(self, key: int) -> None:
        raise NotImplementedError

    def symbolSamples(self, request: int, found: Iterable[Any]) -> None:  # noqa: N802
        for one in found:
            self._row(request, "symbol", one)
        self._end(request)

    def securityDefinitionOptionParameter(  # noqa: N802
        self, request: int, exchange: str, under: Any, name: str, multiplier: str, *lists: Any
    ) -> None:
        self._row(request, "series", exchange, name, multiplier, *lists)

    def securityDefinitionOptionParameterEnd(self, request: int) -> None:  # noqa: N802
        self._end(request)

    def tickOptionComputation(  # noqa: N802
        self, request: int, kind: int, attribute: int, volatility: float, delta: float, *rest: float
    ) -> None:
        self._row(request, "option", kind, volatility, delta)
