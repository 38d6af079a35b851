"""The error tree: as drawn, each with its own code and words that reach the user whole."""

from __future__ import annotations

import inspect
import pickle
import re
from pathlib import Path

import pytest

from brokerdesk import errors
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerDeskError,
    BrokerError,
    InputError,
    MigrationError,
    OrderRejectedError,
    OutcomeUnknownError,
    PortInUseError,
    RateLimitedError,
    UserCancelled,
)

ALL = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, BrokerDeskError)
]


def test_each_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in ALL]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


def test_the_drawing_shows_the_tree_as_it_is() -> None:
    """Depth in the drawing equals depth in the classes, and nothing is missing from either."""
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^    ([│ ]*)(?:[├└]── )?([A-Z]\w+(?:Error|Cancelled))\b", line)
        if not match:
            continue
        depth = len(re.match(r"^    ((?:│   |    )*(?:[├└]── )?)", line)[1]) // 4  # type: ignore[index]
        path = [*path[:depth], match[2]]
        drawn[match[2]] = path[depth - 1] if depth else "Exception"
    real = {kind.__name__: kind.__bases__[0].__name__ for kind in [*ALL, UserCancelled]}
    assert drawn == real


def test_sentences_join_what_there_is() -> None:
    assert BrokerDeskError("One.", "Two.", "Three.").sentences() == "One. Two. Three."
    assert BrokerDeskError("One.", hint="Three.").sentences() == "One. Three."
    assert str(BrokerDeskError("One.", "Two.")) == "One."


def test_particulars_are_kept() -> None:
    assert InputError("port", "Not a port.").field == "port"
    assert RateLimitedError("Wait.", retry_after=3.5, broker_id="acme").retry_after == 3.5
    assert OrderRejectedError("No.", reason="Too late.").message == "Too late."
    assert OutcomeUnknownError("?", client_order_id="c-1").client_order_id == "c-1"
    assert PortInUseError(8182, "Taken.").port == 8182
    assert MigrationError("Back.", backup_path=Path("b")).backup_path == Path("b")
    error = AuthExpiredError("Over.", broker_id="acme", connection_id="acme-1")
    assert (error.broker_id, error.connection_id) == ("acme", "acme-1")


def test_a_cancel_is_not_an_error() -> None:
    assert not issubclass(UserCancelled, BrokerDeskError)


@pytest.mark.parametrize("kind", [BrokerDeskError, BrokerError, AuthExpiredError])
def test_plain_errors_survive_a_process_border(kind: type[BrokerDeskError]) -> None:
    copied = pickle.loads(pickle.dumps(kind("One.")))  # noqa: S301 - our own bytes
    assert type(copied) is kind
    assert copied.title == "One."
