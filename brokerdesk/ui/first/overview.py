"""The first picture of the Overview's wide part: total, blocks, ranges, movers."""

from __future__ import annotations

from brokerdesk.services.history_ranges import Range
from brokerdesk.ui.first.pen import CENTRE, Pen, base_of, fitted, metrics_of, sized, smaller, wide
from brokerdesk.ui.format import upright
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.overview import (
    BY_IMPACT,
    MOST_MOVERS,
    Block,
    Change,
    Hero,
    MoverRow,
)
from brokerdesk.ui.viewmodels.overview import movers as movers_of
from brokerdesk.ui.viewmodels.state import Figures
from brokerdesk.ui.widgets.table_sizes import GAP, GLYPH, LIFT

EDGE = 20
PAD = 12
"""Before a mover's words, but for the first."""


def _beneath(hero: Hero) -> tuple[str, ...]:
    """The notes that have lines of their own."""
    return hero.notes[1:] if hero.change is not None else hero.notes


def hero_height(hero: Hero, lines: tuple[str, ...]) -> int:
    height = px(16) + px(16) + px(42) + px(8)
    if hero.change is not None:
        height += px(20)
    return height + (len(_beneath(hero)) + len(lines)) * theme().line("small")


def hero_fits(hero: Hero, blocks: tuple[Block, ...], width: int) -> bool:
    """Whether the blocks stand beside the total and nothing is cut."""
    look = theme()
    small, large = look.font("small"), look.font("hero", figures=True)
    caption = wide(small, " · ".join(hero.caption))
    value = wide(large, hero.whole) + wide(look.font("figure", figures=True), hero.cents)
    left = max(caption, value, _change_width(hero))
    right = sum(_block_width(one) + 2 * px(20) + 1 for one in blocks)
    return left + right + px(80) < width


def _change_width(hero: Hero) -> float:
    change = hero.change
    if change is None:
        return 0
    font = sized(theme().font("strong", figures=True), 14)
    words = f"{change.glyph}{change.amount}{change.percent}{hero.when}{''.join(hero.notes[:1])}"
    return wide(font, words) + px(40)


def hero_pane(
    pen: Pen, hero: Hero, blocks: tuple[Block, ...], lines: tuple[str, ...],
    x: int, y: int, width: int,
) -> None:  # fmt: skip
    """The total that leads, with what changed, and the blocks at the right."""
    look, left = theme(), x + px(EDGE)
    small = look.font("small", figures=True)
    top = y + px(16)
    first, *more = hero.caption
    rest = "".join(f" · {one}" for one in more)
    pen.at(left, base_of(small, top, px(16)), first + rest, small, "text3")
    top += px(16)
    large = look.font("hero", figures=True)
    base = base_of(large, top, px(42))
    end = pen.run(left, base, hero.whole, large, "text")
    pen.at(end, base, hero.cents, look.font("figure", figures=True), "text3")
    top += px(42)
    if hero.change is not None:
        _change(pen, hero, hero.change, left, top)
        top += px(20)
    high = look.line("small")
    room = width - px(2 * EDGE)
    for words, token in (*((n, "text3") for n in _beneath(hero)), *((n, "text2") for n in lines)):
        pen.words(left, top, room, high, words, small, token)
        top += high
    right = x + width - px(EDGE)
    for block in reversed(blocks):
        wanted = _block_width(block)
        _block(pen, block, right - wanted, y + px(16), wanted)
        right -= wanted + px(20) + 1
        pen.fill(
            right, y + px(16), 1, look.line("small") * 2 + look.line("lead") + 2 * px(1), "line"
        )
        right -= px(20)


def _change(pen: Pen, hero: Hero, change: Change, x: float, y: int) -> None:
    strong = sized(theme().font("strong", figures=True), 14)
    body = theme().font("body", figures=True)
    base = base_of(strong, y, px(20))
    if change.glyph:
        sign = smaller(strong)
        lift = round(LIFT * sign.pixelSize() / GLYPH)
        x = pen.run(x, base - lift, change.glyph, sign, change.tone)
        x += GAP / GLYPH * sign.pixelSize() / GLYPH
    x = pen.run(x, base, change.amount, strong, change.tone)
    if change.percent:
        x = pen.run(x + px(8), base, change.percent, strong, change.tone)
    note = f"{hero.when} · {hero.notes[0]}" if hero.notes else hero.when
    pen.at(x + px(8), base, note, body, "text3")


def _shown(block: Block) -> tuple[tuple[str, str, int | None, str], ...]:
    """Text, style, weight and colour of a block's three lines."""
    return (
        (tame(block.label), "small", None, "text3"),
        (upright(privacy().hide(tame(block.value))), "lead", 600, block.tone),
        (upright(tame(block.caption)) if block.caption else "", "small", None, "text3"),
    )


def _block_width(block: Block) -> int:
    widths = [
        wide(theme().font(style, weight=weight, figures=place > 0), text)
        for place, (text, style, weight, _) in enumerate(_shown(block))
    ]
    return int(max(widths) + 0.999)


def _block(pen: Pen, block: Block, x: int, y: int, width: int) -> None:
    for place, (text, style, weight, token) in enumerate(_shown(block)):
        font = theme().font(style, weight=weight, figures=place > 0)
        pen.words(x, y, width + px(20), theme().line(style), text, font, token)
        y += theme().line(style) + px(1)


def ranges(pen: Pen, chosen: str, x: int, y: int, width: int) -> None:
    """The ranges and the legend; the line itself is read after the first picture."""
    at, top, tall = x + px(12), y + px(6), px(28)
    strong = theme().font("small", weight=600)
    for one in Range:
        piece = int(wide(strong, one.value) + px(16) + 0.999)
        here = one.value == chosen
        if here:
            pen.box(at, top + px(2), piece, tall - 2 * px(2), px(5), fill="inset")
        font = strong if here else theme().font("small", weight=500)
        pen.words(at, top, piece, tall, one.value, font, "text" if here else "text2", CENTRE)
        at += piece
    small, words = theme().font("small"), "Total value"
    left = x + width - px(EDGE) - int(wide(small, words) + px(18 + 6) + 0.999)
    pen.line(left, top + tall / 2, px(18), "accent", px(1.8))
    pen.words(left + px(18 + 6), top, width, tall, words, small, "text2")


def movers_height() -> int:
    return px(8) + px(34) + px(9)


def movers_shown(figures: Figures, width: int) -> tuple[MoverRow, ...]:
    """As many as have room when each is as wide as the widest of those shown."""
    spare, room = width - 2 * px(EDGE) - _title_width(), MOST_MOVERS
    rows: tuple[MoverRow, ...] = ()
    for _ in range(MOST_MOVERS):
        rows = movers_of(figures, private=privacy().on, most=room)
        needed = max((_needed(row, place) for place, row in enumerate(rows)), default=0)
        fits = max(1, min(MOST_MOVERS, spare // (max(needed, px(96)) + px(12))))
        if fits >= room:
            break
        room = fits  # a narrower one in its place is not looked for, as the strip does not
    return rows


def _title_width() -> int:
    look = theme()
    widths = wide(look.font("strong"), "Movers"), wide(look.font("small"), BY_IMPACT)
    return int(max(widths) + 0.999)


def _needed(row: MoverRow, place: int) -> int:
    symbol = min(wide(theme().font("strong"), row.symbol), px(56))
    first = symbol + px(8) + _percent_width(row.change)
    second = wide(theme().font("small", figures=True), row.change.amount)
    return int(max(first, second) + (px(PAD) if place else 0) + 1)


def _percent_width(change: Change) -> float:
    small = theme().font("small", figures=True)
    if not change.percent:
        return 0
    sign = wide(smaller(small), change.glyph) + GAP / GLYPH * small.pixelSize()
    return wide(small, change.percent) + (sign if change.glyph else 0)


def movers(pen: Pen, rows: tuple[MoverRow, ...], x: int, y: int, width: int) -> None:
    """The positions that moved the total most."""
    look, left, top = theme(), x + px(EDGE), y + px(8)
    pen.words(left, top, width, look.line("strong"), "Movers", look.font("strong"))
    under = top + look.line("strong")
    pen.words(left, under, width, look.line("small"), BY_IMPACT, look.font("small"), "text3")
    head = _title_width()
    room = width - 2 * px(EDGE) - head - len(rows) * px(12)
    for place, row in enumerate(rows):
        at = left + head + px(12) + round(place * (room / len(rows) + px(12)))
        if place:
            pen.fill(at, top, 1, px(34), "line")
            at += px(PAD)
        _mover(pen, row, at, top, room / len(rows) - (px(PAD) if place else 0))


def _mover(pen: Pen, row: MoverRow, x: int, y: int, width: float) -> None:
    strong, small = theme().font("strong"), theme().font("small", figures=True)
    metrics = metrics_of(strong)
    base = round((px(18) + metrics.ascent() - metrics.descent()) / 2) + y
    room = width - px(8) - _percent_width(row.change) - 1
    symbol = fitted(strong, row.symbol, max(0, room))
    end = pen.run(x, base, symbol, strong, "text") + px(8)
    change = row.change
    if change.percent:
        pen.at(pen.sign(end, base, change.glyph, small, change.tone), base, change.percent, small,
               change.tone)  # fmt: skip
    pen.at(x, y + px(18) + base_of(small, 0, px(16)), change.amount, small, "text2")
