"""Work of a page beside the window's thread that needs no service: only time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from brokerdesk.ui.bulk import run_bulk

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.ui.viewmodels.desk import Desk

T = TypeVar("T")


def beside_the_window(
    desk: Desk,
    name: str,
    work: Callable[[], T],
    done: Callable[[T], object],
    failed: Callable[[BaseException], object],
) -> None:
    """Run ``work`` in a thread, after other bulk work; ``done`` or ``failed`` is called on the
    window's.
    """

    async def run(services: Services) -> T:
        del services
        return await run_bulk(name, work)

    desk.run(name, run, done, failed)
