"""Questions to TWS about symbols and options, and what of its answers is kept for them.

Mixed into the gateway and into its answers. None of these questions changes anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from brokerdesk.brokers.ibkr.answers import Question

SYMBOLS, CHAINS = 81, 78
"""Their numbers on the wire."""


class ChainQuestions:
    """Mixed into the gateway."""

    async def _many(
        self,
        name: str,
        contracts: list[Any],
        send: Callable[[Any, int, Any], object],
        before: Callable[[Any], object] | None = None,
        stop: Callable[[Any, int], object] | None = None,
    ) -> list[Question]:
        raise NotImplementedError

    async def matching(self, text: str) -> Question:
        """Contracts whose symbol or name begins with a text. TWS takes one of these a second."""
        (found,) = await self._many(
            "symbols", [text], lambda wire, number, one: wire.reqMatchingSymbols(number, one)
        )
        return found

    async def series(self, contract: Any) -> Question:
        """The expiries and strikes of the options on a share, by exchange and class."""
        (found,) = await self._many(
            "chains",
            [contract],
            lambda wire, number, one: wire.reqSecDefOptParams(
                number, one.symbol, "", one.secType, one.conId
            ),
        )
        return found
