"""The simulator's faults, as far as they make sense on a socket without HTTP.

A request is known to fault rules under a path such as ``/ibkr/tws/portfolio`` and the method
``TWS``. Resets, delays, cut and foreign bytes are the same as elsewhere; ``status`` becomes an
error message, and edits change the fields of the rows that answer.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from typing import Any

from brokerdesk.clock import Clock
from brokerdesk.simulator.faults.resets import reset
from brokerdesk.simulator.faults.rules import Rule
from brokerdesk.simulator.ibkr.frames import UNSET, Message, frame, message

TOO_MANY = 100
VALIDATION = 321
PIECE = 64 * 1024
PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    b"<html><title>Welcome</title><body>Please sign in to this network.</body></html>"
)
COUNTS = {"10": 30, "5": 70, "101": 59}
"""Where messages say how many parts follow: identifiers of a contract, legs of an order."""
COLUMNS: dict[str, dict[str, int]] = {
    "7": {
        "conId": 2, "symbol": 3, "secType": 4, "currency": 10, "position": 13, "marketPrice": 14,
        "marketValue": 15, "averageCost": 16, "unrealizedPNL": 17,
    },
    "11": {"conId": 3, "symbol": 4, "secType": 5, "shares": 19, "price": 20, "time": 15},
    "5": {
        "orderId": 1, "symbol": 3, "secType": 4, "action": 13, "totalQuantity": 14,
        "orderType": 15, "lmtPrice": 16, "auxPrice": 17, "tif": 18, "account": 20, "orderRef": 23,
        "clientId": 24, "permId": 25, "outsideRth": 26, "goodTillDate": 35, "allOrNone": 51,
        "trailingPercent": 66, "cashQty": -13,
    },
    "3": {"orderId": 1, "status": 2, "permId": 6, "clientId": 9},
    "101": {"symbol": 2, "secType": 3, "action": 12, "totalQuantity": 13, "orderType": 14},
    "59": {"commission": 3},
}  # fmt: skip
BESIDE = ("3", "59")
"""Rows that only add to another one."""
VALUE = 3
"""Where message 6 has the value of its key; ``field`` then names the key."""
ENDS = frozenset({"52", "53", "54", "55", "57", "62", "64", "74", "102"})
SPOILT = {
    "bad_enum": "SOMETHING_NEW",
    "wrong_type": "not a number",
    "nan": "NaN",
    "infinity": "Infinity",
    "big_number": "9" * 400,
    "null": "",
    "unset": UNSET,
}


class ClosedError(Exception):
    """The fault ended this connection."""


async def send(
    rule: Rule, answer: Sequence[Message], writer: asyncio.StreamWriter, clock: Clock
) -> None:
    """Answer the way ``rule`` says.

    Raises:
        ClosedError: nothing further is to be sent on this connection.
    """
    args = rule.args
    if rule.kind in ("reset_before", "reset_after", "refuse"):
        reset(writer.transport)
        raise ClosedError
    if rule.kind == "delay":
        await clock.sleep(float(args.get("seconds", 60)))
        await _write(writer, answer)
    elif rule.kind == "drip":
        await _drip(args, answer, writer, clock)
    elif rule.kind in ("huge", "gzip_bomb"):
        await _huge(int(args.get("bytes", 256 * 1024 * 1024)), writer)
    elif rule.kind in ("status", "body", "edit", "wrong_clock"):
        await _write(writer, _CHANGED[rule.kind](args, answer))
    else:
        half = bool(args.get("half"))
        await _spoil(rule.kind, b"".join(map(frame, answer)), writer, half=half)


async def _spoil(kind: str, honest: bytes, writer: asyncio.StreamWriter, *, half: bool) -> None:
    """Bytes that no TWS sends, and the end of the connection.

    ``half`` is about ``truncate``: the answer itself breaks off within a message.
    """
    if kind == "reset_mid_body":
        writer.write(honest[: len(honest) // 2])
        await writer.drain()
        reset(writer.transport)
    else:
        if kind == "truncate" and half:
            writer.write(honest[: len(honest) // 2])
        elif kind == "truncate":
            writer.write(honest + struct.pack(">I", 4096) + b"7\x008\x00")
        elif kind == "garbage":
            writer.write(bytes(range(255, 0, -3)) * 8)
        else:
            writer.write(PAGE)
        await writer.drain()
        writer.close()
    raise ClosedError


async def _drip(
    args: dict[str, Any], answer: Sequence[Message], writer: asyncio.StreamWriter, clock: Clock
) -> None:
    rate = max(1, int(args.get("bytes_per_second", 100)))
    data = b"".join(map(frame, answer))
    for start in range(0, len(data), rate):
        writer.write(data[start : start + rate])
        await writer.drain()
        await clock.sleep(float(args.get("pause", 1)))


async def _huge(size: int, writer: asyncio.StreamWriter) -> None:
    """One message of so many bytes, made while it is read."""
    writer.write(struct.pack(">I", min(size, 2**32 - 1)))
    try:
        for _ in range(0, size, PIECE):
            writer.write(b"7" * PIECE)
            await writer.drain()
    except OSError:
        pass
    raise ClosedError


async def _write(writer: asyncio.StreamWriter, answer: Sequence[Message]) -> None:
    writer.write(b"".join(map(frame, answer)))
    await writer.drain()


def _status(args: dict[str, Any], answer: Sequence[Message]) -> list[Message]:
    """An error about the request; 429 is TWS's own word for too many messages."""
    code = int(args.get("code", TOO_MANY if args.get("status") == 429 else VALIDATION))
    words = "Max rate of messages per second has been exceeded:max=50 rec=51 (1)"
    text = str(args.get("text", words if code == TOO_MANY else "Error validating request"))
    told = [message(4, 2, request_of(answer), code, text, "")]
    if "then" in args:
        told.append(message(4, 2, "-1", int(args["then"]), "", ""))
    return told


def request_of(answer: Sequence[Message]) -> str:
    """The request id that an answer carries; -1 where its messages have none."""
    for one in answer:
        if one[0] in ("10", "11"):
            return one[1]
        if one[0] in ("52", "55", "57", "63", "64", "73", "74", "58"):
            return one[2]
    return "-1"


def _body(args: dict[str, Any], answer: Sequence[Message]) -> list[Message]:
    kind = args.get("is", "")
    if kind == "empty_list":
        return [one for one in answer if one[0] in ENDS]
    if kind in ("empty", "null", "empty_object"):
        return [()]
    return [(str(args.get("text", "plain words")),)]


def _edit(args: dict[str, Any], answer: Sequence[Message]) -> list[Message]:
    edit, field = str(args.get("edit", "")), str(args.get("field", ""))
    if edit == "half":
        return list(answer[: len(answer) // 2])
    if edit == "bad_record":
        return _bad_record(answer)
    if edit == "extra_fields":
        return [one if one[0] in ENDS else (*one, "new", "1") for one in answer]
    if edit == "latin1":
        return [_foreign(one, COLUMNS.get(one[0], {}).get("symbol")) for one in answer]
    if edit in _ORDER:
        return _ORDER[edit](list(answer))
    value = str(args.get("value", "")) if edit == "value" else SPOILT.get(edit)
    changed, first = [], bool(args.get("first"))
    for one in answer:
        place = VALUE if one[0] == "6" else COLUMNS.get(one[0], {}).get(field)
        if place is None or (one[0] == "6" and one[2] != field):
            changed.append(one)
        elif edit == "duplicate_key":
            changed += [one, (*one[:place], "1", *one[place + 1 :])]
        elif edit == "missing_field" and one[0] == "6":
            continue
        elif value is None:
            changed.append((*one[:place], *one[place + 1 :]))
        else:
            changed.append((*one[:place], value, *one[place + 1 :]))
        if first and place is not None:
            first = False
            field = "\0"
    return changed


def _foreign(given: Message, place: int | None) -> Message:
    """A symbol with a byte that is no UTF-8."""
    return given if place is None else (*given[:place], "X\udce9", *given[place + 1 :])


def _bad_record(answer: Sequence[Message]) -> list[Message]:
    """One row is cut in half; the others stay."""
    rows = [place for place, one in enumerate(answer) if one[0] in COLUMNS and one[0] not in BESIDE]
    if not rows:
        return list(answer)
    bad = rows[len(rows) // 2]
    return [one[: len(one) // 2] if at == bad else one for at, one in enumerate(answer)]


def _twice(answer: list[Message]) -> list[Message]:
    return [copy for one in answer for copy in ((one,) if one[0] in ENDS else (one, one))]


def _reversed(answer: list[Message]) -> list[Message]:
    """Rows in the opposite order; the end stays the end."""
    rows = [one for one in answer if one[0] not in ENDS]
    return [*reversed(rows), *(one for one in answer if one[0] in ENDS)]


def _end_first(answer: list[Message]) -> list[Message]:
    ends = [one for one in answer if one[0] in ENDS]
    return [*ends, *(one for one in answer if one[0] not in ENDS)]


def _end_missing(answer: list[Message]) -> list[Message]:
    return [one for one in answer if one[0] not in ENDS]


def _end_twice(answer: list[Message]) -> list[Message]:
    return [*answer, *(one for one in answer if one[0] in ENDS)]


def _wrong_count(answer: list[Message]) -> list[Message]:
    """More parts are announced than follow."""
    return [
        (*one[: COUNTS[one[0]]], "7", *one[COUNTS[one[0]] + 1 :]) if one[0] in COUNTS else one
        for one in answer
    ]


def _nobodys(answer: list[Message]) -> list[Message]:
    """Rows of an account that the login does not have."""
    at = {"7": 19, "11": 16, "5": 20, "101": 19}
    return [
        (*one[: at[one[0]]], "DU0000000", *one[at[one[0]] + 1 :]) if one[0] in at else one
        for one in answer
    ]


def _unknown_messages(answer: list[Message]) -> list[Message]:
    """Kinds of messages of a later version between the known ones."""
    return [copy for one in answer for copy in (message(9999, 1, "new"), one)]


_ORDER = {
    "twice": _twice,
    "reversed": _reversed,
    "end_first": _end_first,
    "end_missing": _end_missing,
    "end_twice": _end_twice,
    "wrong_count": _wrong_count,
    "nobodys": _nobodys,
    "unknown_messages": _unknown_messages,
}


def _wrong_clock(args: dict[str, Any], answer: Sequence[Message]) -> list[Message]:
    """TWS's own clock is off; nothing else tells a time of now."""
    off = int(args.get("seconds", 86400))
    return [(*one[:2], str(int(one[2]) + off)) if one[0] == "49" else one for one in answer]


_CHANGED = {"status": _status, "body": _body, "edit": _edit, "wrong_clock": _wrong_clock}
