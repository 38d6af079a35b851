"""Routes around an order that change nothing, though they are asked with a body.

Each is sent once: what asks with a body is never repeated by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from brokerdesk.brokers.asking import Request
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.rate import Priority

T = TypeVar("T")
_WHOLE = JsonDecoder(msgspec.Raw)


class OrderRoutes:
    """Mixed into the client."""

    async def _send(
        self,
        method: str,
        request: Request,
        decode: Callable[[bytes], T],
        *,
        body: Mapping[str, object] | None = None,
        exact: bytes | None = None,
        account: str = "",
        with_user: bool = True,
    ) -> T:
        raise NotImplementedError

    async def order_detail(self, account: str, order_id: str) -> bytes:
        """One order of now, if it was placed through SnapTrade."""
        request = Request(
            template="/accounts/{id}/orders/details",
            values={"id": account},
            priority=Priority.USER,
        )
        body = {"brokerage_order_id": order_id}
        return await self._send("POST", request, whole, body=body, account=account)

    async def symbols(self, text: str) -> bytes:
        """What SnapTrade knows that matches."""
        request = Request(template="/symbols", priority=Priority.USER)
        body = {"substring": text}
        return await self._send("POST", request, whole, body=body, with_user=False)

    async def impact(self, template: str, account: str, content: bytes) -> bytes:
        """What an order would do; ``content`` is sent as it is."""
        request = Request(template=template, values={"account": account}, priority=Priority.USER)
        return await self._send("POST", request, whole, exact=content)


def whole(raw: bytes) -> bytes:
    """The bytes themselves, once they are known to be complete JSON."""
    _WHOLE.decode(raw)
    return raw
