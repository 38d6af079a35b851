"""The first picture around the page: menus, rail, top bar, banner, status bar."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPainterPath

from brokerdesk.ui.first.pen import CENTRE, LEFT, MNEMONIC, RIGHT, Pen, sized, wide
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.freshness import pills
from brokerdesk.ui.viewmodels.scope import scope_words
from brokerdesk.ui.viewmodels.state import Mark, Message, Pill, WindowState
from brokerdesk.ui.viewmodels.surroundings import needing, status
from brokerdesk.ui.views.registry import PAGES
from brokerdesk.ui.widgets.marks import paint_mark

MENUS = ("File", "Edit", "View", "Accounts", "Window", "Help")
RAIL, SIDE = 180, 16
_ORDER = "New order"
PILLS: dict[Pill, tuple[str, str, Mark | str]] = {
    Pill.DELAYED: ("inset", "text2", Mark.SAVED),
    Pill.STALE: ("warnSoft", "warn", Mark.SUSPECT),
    Pill.OFFLINE: ("warnSoft", "warn", "offline"),
    Pill.FAILED: ("lossSoft", "loss", "error"),
    Pill.SAVED: ("inset", "text2", Mark.SAVED),
}
"""As a start shows them: fill, ink, shape."""


def menus(pen: Pen) -> None:
    """The menu bar at the upper edge."""
    font, height = sized(theme().font("body"), 12), px(theme().tokens.bar["menu"])
    x = 6.0
    for title in MENUS:
        width = ceil(wide(font, title)) + 2 * px(9)
        pen.words(x, 0, width, height - 3, f"&{title}", font, "text2", CENTRE | MNEMONIC)
        x += width + 6


def rail(pen: Pen, state: WindowState, y: int, height: int) -> None:
    """The rail from ``y`` on, with its fold at the bottom."""
    side, step = px(10), px(theme().tokens.row["nav"])
    width, top, block = px(RAIL) - 2 * side, y + px(12), 1
    for page in PAGES:
        if not page.rail:
            continue
        if page.rail != block:
            block = page.rail
            top += px(7)
            pen.fill(side, top, width, 1, "line")
            top += 1 + px(7) + px(1)
        _entry(pen, side, top, width, step, page.title, page.picture, page.id == "overview")
        if page.id == "connections" and (count := needing(state)):
            _badge(pen, side + width - px(9), top, step, count)
        top += step + px(1)
    top = y + height - px(9) - step
    _entry(pen, side, top, width, step, "Collapse", "chevron-left", False)
    caption = theme().font("caption")
    pen.words(side, top, width - px(9), step, "Ctrl+B", caption, "text3", RIGHT)


def _entry(
    pen: Pen, x: int, y: int, width: int, height: int, text: str, picture: str, chosen: bool
) -> None:
    if chosen:
        pen.box(x, y, width, height, px(6), fill="inset")
    side = px(16)
    pen.icon(picture, x + px(9), y + (height - side) / 2, side, "accent" if chosen else "text2")
    font = theme().font("body", weight=600 if chosen else 500)
    pen.words(x + px(34), y, width - px(40), height, text, font, "text" if chosen else "text2")


def _badge(pen: Pen, right: int, y: int, height: int, count: int) -> None:
    from brokerdesk.ui.widgets.tags import badge_size, paint_badge

    size = badge_size(count)
    top = y + (height - size.height()) / 2
    box = QRectF(right - size.width(), top, size.width(), size.height())
    paint_badge(pen.painter, box, count)


def sheet(pen: Pen, x: int, y: int, width: int, height: int) -> None:
    """What everything but menus, rail and status bar lies on."""
    painter, radius = pen.painter, px(8)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    box = QRectF(x, y, width, height).adjusted(0.5, 0.5, 2, 2)
    path = QPainterPath()
    path.moveTo(box.left(), box.bottom())
    path.lineTo(box.left(), box.top() + radius)
    path.arcTo(box.left(), box.top(), 2 * radius, 2 * radius, 180, -90)
    path.lineTo(box.right(), box.top())
    path.lineTo(box.right(), box.bottom())
    path.closeSubpath()
    painter.setPen(theme().colour("line"))
    painter.setBrush(theme().colour("surface"))
    painter.save()
    painter.setClipRect(QRectF(x, y, radius + 1, radius + 1))
    painter.drawPath(path)
    painter.restore()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    # Only the corner is worth a path: one over all of it takes as long as a hundred words.
    after = radius + 1
    for left, top, token in ((after, 0, "line"), (0, after, "line")):
        pen.fill(x + left, y + top, width - left, height - top, token)
    pen.fill(x + after, y + 1, width - after, height - 1, "surface")
    pen.fill(x + 1, y + after, width - 1, height - after, "surface")


def top_needs(state: WindowState) -> int:
    """The width in which the whole of the top bar has room."""
    left = _scope_width(state) + sum(_pill_width(one.text) + px(8) for one in pills(state))
    return int(left) + px(2 * SIDE + 95 + 150 + 30 + 6 * 8) + _order_width()


def top(pen: Pen, state: WindowState, x: int, y: int, width: int) -> None:
    """The top bar."""
    high, tall = px(theme().tokens.bar["top"]), px(30)
    at, above = x + px(SIDE), y + (high - tall) // 2
    at = _scope(pen, state, at, above, tall) + px(8)
    for one in pills(state):
        fill, ink, shape = PILLS[one.pill]
        wanted = _pill_width(one.text)
        _pill(pen, at, y + (high - px(24)) // 2, wanted, tame(one.text), (fill, ink), shape)
        at += wanted + px(8)
    pen.icon("refresh", at + px(12), above + (tall - px(16)) // 2, px(16), "text3")
    font = theme().font("body", weight=500)
    pen.words(at + px(12 + 16) + 2, above, px(95), tall, "\N{THIN SPACE}Refresh", font, "text3")
    at = x + width - px(SIDE) - _order_width()
    _order(pen, at, above, tall)
    at -= px(8) + px(30)
    eye = "eye-off" if privacy().on else "eye"
    pen.icon(eye, at + px(7), above + px(7), px(16), "accent" if privacy().on else "text2")
    _search(pen, at - px(8), above, tall)
    pen.fill(x, y + high - 1, width, 1, "line")


def _scope_width(state: WindowState) -> int:
    text, count = scope_words(state)
    number = theme().font("body", figures=True)
    wanted = wide(theme().font("body", weight=500), tame(text))
    wanted += (wide(number, str(count)) + px(7) if count else 0) + px(7) + px(14) + px(11) + px(12)
    return min(px(260), int(wanted + 0.999))


def _scope(pen: Pen, state: WindowState, x: int, y: int, tall: int) -> int:
    text, count = scope_words(state)
    font, number = theme().font("body", weight=500), theme().font("body", figures=True)
    width = _scope_width(state)
    pen.box(x, y, width, tall, px(6), fill="raised", line="line2")
    pen.words(x + px(12), y, width, tall, tame(text), font)
    after = x + px(12) + wide(font, tame(text)) + px(7)
    pen.words(after, y, px(60), tall, str(count) if count else "", number, "text3")
    side = px(14)
    pen.icon("chevron-down", x + width - px(11) - side, y + (tall - side) / 2, side, "text2")
    return x + width


def _pill_width(text: str) -> int:
    return min(px(440), int(wide(theme().font("small", weight=500), tame(text)) + 0.999) + px(36))


def _pill(
    pen: Pen, x: int, y: int, width: int, text: str, look: tuple[str, str], shape: Mark | str
) -> None:
    tall = px(24)
    fill, ink = look
    pen.box(x + 0.5, y + 0.5, width - 1, tall - 1, tall / 2, fill=fill)
    side = px(10) if isinstance(shape, Mark) else px(13)
    box = QRectF(x + px(15) - side / 2, y + (tall - side) / 2, side, side)
    if isinstance(shape, Mark):
        paint_mark(pen.painter, shape, box.adjusted(0.5, 0.5, -0.5, -0.5), ink)
    else:
        pen.icon(shape, box.x(), box.y(), side, ink)
    font = theme().font("small", weight=500)
    pen.words(x + px(25), y, width - px(35), tall, text, font, ink, elide=True)


def _order_width() -> int:
    return ceil(wide(theme().font("body", weight=600), _ORDER)) + 2 * px(11) + 2


def _order(pen: Pen, x: int, y: int, tall: int) -> None:
    width = _order_width()
    pen.box(x, y, width, tall, px(6), fill="accent")
    pen.words(x, y, width, tall, _ORDER, theme().font("body", weight=600), "onAccent", CENTRE)


def _search(pen: Pen, right: int, y: int, tall: int) -> None:
    width, side = px(286), px(14)
    x = right - width
    pen.box(x, y, width, tall, px(6), fill="raised", line="line2")
    pen.icon("search", x + px(10), y + (tall - side) / 2, side, "text3")
    text = "Search or run a command"
    pen.words(x + px(31), y, width, tall, text, theme().font("body"), "text3")
    caption = theme().font("caption")
    key = wide(caption, "Ctrl+K") + px(10)
    at = x + width - key - px(7)
    pen.box(at, y + (tall - px(18)) / 2, key, px(18), px(4), line="line2")
    pen.words(at, y + (tall - px(18)) / 2, key, px(18), "Ctrl+K", caption, "text3", CENTRE)


_BANNERS = {
    "info": ("accentSoft", "infoLine", "info", "accent"),
    "warn": ("warnSoft", "warnLine", "warning", "warn"),
    "error": ("lossSoft", "loss", "error", "loss"),
    "unknown": ("warnSoft", "warnLine", "unknown", "warn"),
}


def banner_fits(message: Message, width: int) -> bool:
    """Whether its words stand on one line and it has no button."""
    font = theme().font("body", weight=600)
    words = wide(font, f"{message.title} {message.text}")
    return not message.actions and message.kind in _BANNERS and words < width - px(120)


def banner(pen: Pen, message: Message, x: int, y: int, width: int) -> None:
    """What is said under the top bar, on one line."""
    fill, line, picture, ink = _BANNERS[message.kind]
    tall = px(theme().tokens.bar["banner"])
    pen.fill(x, y, width, tall, fill)
    pen.fill(x, y + tall - 1, width, 1, line)
    strong, body = theme().font("body", weight=600), theme().font("body")
    high = theme().line("body")
    at, above = x + px(16), y + (tall - 1 - high) // 2
    pen.icon(picture, at, above + (high - px(16)) // 2, px(16), ink)
    at += px(16 + 8)
    title = tame(message.title)
    lead = "text" if message.kind == "info" else ink
    pen.words(at, above, width, high, title, strong, lead)
    after = at + wide(strong, title) + wide(body, " ")
    pen.words(after, above, width, high, tame(message.text), body, "text")


def status_bar(pen: Pen, state: WindowState, width: int, y: int) -> None:
    """The line at the lower edge."""
    words, tall = status(state), px(theme().tokens.bar["status"])
    small, side = theme().font("small"), px(9)
    x = float(px(14))
    if words.connections:
        paint_mark(pen.painter, words.mark, QRectF(x, y + (tall - side) / 2, side, side))
        x += side + px(7)
        pen.words(x, y, width, tall, words.connections, small, "text3")
        x += round(wide(small, words.connections)) + px(18)
    pen.words(x, y, width, tall, words.market, small, "text3")
    clock = theme().font("small", figures=True)
    x = width - px(14) - ceil(wide(clock, words.clock))
    pen.words(x, y, width, tall, words.clock, clock, "text3")


__all__ = ["LEFT", "banner", "menus", "rail", "sheet", "status_bar", "top"]
