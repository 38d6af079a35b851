"""The first picture of the Overview's side: what needs the user, the clock, the allocation."""

from __future__ import annotations

from decimal import Decimal
from math import ceil

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPen

from brokerdesk.ui import format as fmt
from brokerdesk.ui.first.pen import RIGHT, Pen, sized, wide
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.overview_clock import Bar, ClockRow
from brokerdesk.ui.viewmodels.overview_notices import QUIET
from brokerdesk.ui.viewmodels.overview_parts import By, Split
from brokerdesk.ui.widgets.charts.labels import short_money
from brokerdesk.ui.widgets.charts.shares import Part
from brokerdesk.ui.widgets.marks import paint_mark

NOTE = "time to next sign-in, of 7 days"
BY = {By.CLASS: "By class", By.ACCOUNT: "By account", By.CURRENCY: "By currency"}


def attention(pen: Pen, x: int, y: int, width: int) -> int:
    """Nothing needs the user; where it ends."""
    look, top = theme(), y + px(14)
    pen.words(x + px(16), top, width, look.line("strong"), "Needs attention", look.font("strong"))
    top += look.line("strong") + px(4)
    pen.words(x + px(16), top, width, look.line("small"), QUIET, look.font("small"), "text3")
    return top + look.line("small") + px(12)


def clock(pen: Pen, rows: tuple[ClockRow, ...], x: int, y: int, width: int) -> int:
    """The connections with the time to their next sign-in; where they end."""
    look, left, room = theme(), x + px(16), width - 2 * px(16)
    top, high = y + px(14), look.line("strong")
    pen.words(left, top, room, high, "Connection clock", look.font("strong"))
    small = look.font("small")
    pen.words(left + room - ceil(wide(small, NOTE)), top, room, high, NOTE, small, "text3")
    top += high + px(4)
    for row in rows:
        _clock_row(pen, row, left, top, room)
        top += px(38)
    return top + px(12)


def _clock_row(pen: Pen, row: ClockRow, x: int, y: int, width: int) -> None:
    look, line, indent = theme(), px(24), px(17)
    side = px(9)
    box = QRectF(x, y + px(2) + (line - side) // 2, side, side)
    paint_mark(pen.painter, row.mark, box)
    small = look.font("small", figures=True)
    strong = look.font("small", weight=600, figures=True) if row.strong else small
    bold = look.font("body", weight=500)
    left, age = ceil(wide(strong, row.left)), ceil(wide(small, row.age))
    room = max(px(40), width - indent - left - age - 2 * px(8))
    name = row.name
    while len(name) > 1 and wide(bold, name) > room:
        name = name[:-2] + "…"
    pen.words(x + width - left, y + px(2), left + 1, line, row.left, strong, row.tone)
    pen.words(x + indent, y + px(2), width, line, name, bold)
    after = x + indent + ceil(wide(bold, name)) + px(8)
    pen.words(after, y + px(2), width, line, row.age, small, "text3")
    top, track = y + px(2) + line + px(2), width - indent
    if row.bar is Bar.DASHED:
        stroke = QPen(look.colour("ctl"), 1)
        stroke.setDashPattern([3, 2])
        pen.painter.setPen(stroke)
        middle = top + (px(4) - 1) // 2
        pen.painter.drawLine(x + indent, middle, x + width - 1, middle)
        return
    pen.box(x + indent, top, track, px(4), 2, fill="inset")
    if row.share > 0:
        part = max(px(2), round(track * row.share))
        fill = "warn" if row.tone == "warn" else "accent"
        pen.box(x + indent, top, part, px(4), 2, fill=fill)


def allocation(pen: Pen, split: Split | None, by: By, x: int, y: int, width: int) -> None:
    """What the total consists of."""
    look, left, top = theme(), x + px(16), y + px(10)
    right, high = x + width - px(16), px(24) + 2
    pen.words(left, top, width, high, "Allocation", look.font("strong"))
    font, side = sized(look.font("body", weight=500), 12), px(16)
    pen.icon("chevron-down", right - px(9) - 1 - side, top + (high - side) / 2, side, "text2")
    words = BY[by] + "\N{THIN SPACE}"
    end = right - px(9) - 1 - side - 1
    pen.words(end - px(200), top, px(200), high, words, font, "text2", RIGHT)
    top += high + px(4)
    if split is None or not split.parts:
        pen.words(left, top, width, look.line("small"), "Nothing to split yet.",
                  look.font("small"), "text3")  # fmt: skip
        return
    _bars(pen, split, x + px(16), top, width - 2 * px(16))
    if split.note:
        top += px(24) * len(split.parts) + px(4)
        pen.words(left, top, width - px(32), look.line("small"), split.note, look.font("small"),
                  "text3", elide=True)  # fmt: skip


def _share(part: Part) -> str:
    if part.share is None:
        return fmt.NONE
    rounded = part.share.quantize(Decimal("0.1"))
    return f"{rounded:,f}%".replace("-", fmt.MINUS) if rounded else "0.0%"


def _amount(part: Part, currency: str) -> str:
    if part.value is None:
        return fmt.NO_DATA
    return DOTS if privacy().on else short_money(part.value, part.currency or currency)


def _bars(pen: Pen, split: Split, x: int, y: int, width: int) -> None:
    look = theme()
    body, small = look.font("body"), look.font("small", figures=True)
    bold = look.font("body", weight=500, figures=True)
    rows = [
        (part, tame(part.label), _share(part), _amount(part, split.currency))
        for part in split.parts
    ]
    share = max(wide(bold, one[2]) for one in rows) + 1
    amount = max(wide(small, one[3]) for one in rows) + 1
    figures = share + amount + px(12)
    label = min(
        max(wide(body, one[1]) for one in rows) + 1,
        max(px(40), width - figures - px(64) - 2 * px(12)),
    )
    mixed = len({part.currency or split.currency for part in split.parts}) > 1
    values = [part.value for part in split.parts if part.value is not None and not mixed]
    low, high = min([*values, Decimal(0)]), max([*values, Decimal(0)])
    span = (high - low) or Decimal(1)
    tall = px(24)
    for part, name, percent, money in rows:
        pen.words(x, y, label, tall, name, body, "text2", elide=True)
        left = round(x + label + px(12))
        track = round(width - figures - px(12) - (label + px(12)))
        if track > px(8) and not mixed:
            top = y + (tall - px(6)) / 2
            pen.box(left, top, track, px(6), 2, fill="inset")
            zero = float(-low / span)
            if part.value:
                ends = sorted((zero, float((part.value - low) / span)))
                long = max(px(2), (ends[1] - ends[0]) * track)
                fill = "accent" if part.value > 0 else "loss"
                pen.box(left + ends[0] * track, top, long, px(6), 2, fill=fill)
            if low < 0:
                pen.fill(round(left + zero * track), top - 3, 1, px(6) + 6, "text3")
        left = round(x + width - figures)
        pen.words(left, y, round(share), tall, percent, bold, "text", RIGHT)
        left = round(x + width - amount)
        pen.words(left, y, round(amount), tall, money, small, "text3", RIGHT)
        y += tall
