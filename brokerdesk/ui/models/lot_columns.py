"""The inspector's two small tables: lots as reported, and the accounts that hold a position."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column, folded, gain_tone
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.position_detail import LotLine
from brokerdesk.ui.viewmodels.state import MARK_WORDS, PositionRow


def _acquired(lot: LotLine, _now: datetime) -> Cell:
    if lot.acquired is None:
        return Cell("no date", "text3", small=True)
    return Cell(f"{lot.acquired:%d} {lot.acquired:%b %Y}", small=True)


def _gain(lot: LotLine, _now: datetime) -> Cell:
    if lot.gain is None:
        return Cell(fmt.NONE, "text3", small=True)
    sign = "+" if lot.gain >= Decimal("0.5") else ""
    text = sign + fmt.fixed(lot.gain, 0)  # the room is narrow; the copy has every digit
    return Cell(text, gain_tone(lot.gain), secret=True, small=True)


LOT_COLUMNS: tuple[Column[LotLine], ...] = (
    Column("Acquired", _acquired, lambda lot: lot.acquired,
           lambda lot: lot.acquired.isoformat() if lot.acquired else "", 102),
    Column("Acct", lambda lot, _: Cell(tame(lot.account), "text2", small=True),
           lambda lot: lot.account, lambda lot: lot.account, 44, rank=1),
    Column("Qty", lambda lot, _: Cell(fmt.quantity(lot.quantity), secret=True, small=True),
           lambda lot: lot.quantity, lambda lot: fmt.plain(lot.quantity), 46, number=True),
    Column("Cost", lambda lot, _: Cell(fmt.price(lot.price),
                                       "text" if lot.price is not None else "text3", small=True),
           lambda lot: lot.price, lambda lot: fmt.plain(lot.price), 52, number=True,
           hint="Per unit"),
    Column("P/L", _gain, lambda lot: lot.gain, lambda lot: fmt.plain(lot.gain), 56, number=True),
    Column("Term", lambda lot, _: Cell(lot.term, "text2", small=True), lambda lot: lot.term,
           lambda lot: lot.term, 48, number=True, time=True,
           hint="Long: held for more than a year"),
)  # fmt: skip


def _holder(row: PositionRow, _now: datetime) -> Cell:
    name = tame(row.account or row.holders)
    return Cell(name, mark=row.mark, hint=name, spoken=f"{name}, {MARK_WORDS[row.mark]}",
                small=True)  # fmt: skip


HOLDER_COLUMNS: tuple[Column[PositionRow], ...] = (
    Column("Account", _holder, lambda row: folded(row.account), lambda row: row.account, 130,
           stretch=True),
    Column("Quantity", lambda row, _: Cell(fmt.quantity(row.quantity), secret=True, small=True),
           lambda row: row.quantity, lambda row: fmt.plain(row.quantity), 70, number=True,
           rank=1,  # the figures above have it: a value is never cut for it
           decimals=lambda row: fmt.decimals(row.quantity)),
    Column("Value", lambda row, _: Cell(fmt.amount(row.value, absent=fmt.NO_DATA),
                                        "text" if row.value is not None else "text3",
                                        secret=row.value is not None, small=True),
           lambda row: row.value, lambda row: fmt.plain(row.value), 84, number=True),
)  # fmt: skip
