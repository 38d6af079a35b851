"""Until when one call of a session has to end, however many questions it asks TWS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast


class HasLimit(Protocol):
    """A session: it knows how many seconds each of its calls may take."""

    answer_limit: float


P = ParamSpec("P")
S = TypeVar("S", bound=HasLimit)
R = TypeVar("R")
_until: ContextVar[float | None] = ContextVar("ibkr_until", default=None)


def seconds_left(otherwise: float) -> float:
    """What the call that is going on has left; outside of any, what a single question has."""
    until = _until.get()
    return otherwise if until is None else until - asyncio.get_running_loop().time()


def one_call(
    method: Callable[Concatenate[S, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, R]]:
    """A method whose questions end together, connecting and waiting for the turn included."""

    @wraps(method)
    async def within(self: S, *args: P.args, **kwargs: P.kwargs) -> R:
        token = _until.set(asyncio.get_running_loop().time() + self.answer_limit)
        try:
            return await method(self, *args, **kwargs)
        finally:
            _until.reset(token)

    return cast("Callable[Concatenate[S, P], Coroutine[Any, Any, R]]", within)
