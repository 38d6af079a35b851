"""Values over time as services found them, made into what the charts take, and words of change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerdesk.facts import dataclass
from brokerdesk.services.history_ranges import SPOKEN
from brokerdesk.ui import format as fmt
from brokerdesk.ui.widgets.charts.data import FlowMark, LineData
from brokerdesk.ui.widgets.charts.labels import glyph, percent, signed_money, spoken_change

if TYPE_CHECKING:
    from brokerdesk.services.history_facts import Change, ValueLine

UNKNOWN_DEPOSITS = "Deposits in this range are not all known, so the change is not split."


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """``headline`` has the sign and the percent; ``tone`` is a colour token; ``parts`` explain.

    ``spoken`` stands for the headline where it is read out.
    """

    glyph: str
    headline: str
    tone: str
    parts: str
    spoken: str


def line_data(line: ValueLine) -> LineData:
    """The line as a chart takes it."""
    return LineData(
        xs=line.xs,
        units=line.units,
        exponent=line.exponent,
        currency=line.currency,
        intraday=line.intraday,
        carried=line.carried,
        told=line.told,
        breaks=line.breaks,
        marks=tuple(FlowMark(x=mark.x, amount=mark.amount) for mark in line.marks),
        span=SPOKEN[line.range],
        notes=_sentence(change_words(line).parts),
        private_notes=_sentence(change_words(line, private=True).parts),
    )


def change_words(line: ValueLine, *, private: bool = False) -> ChangeWords:
    """How much it changed over the range, and what of it was money that came or went."""
    change = line.change
    if change is None or len(line) < 2:
        return ChangeWords("", "", "text3", "", "")
    amount = signed_money(change.absolute, line.currency, private=private)
    share = f"  {percent(change.percent)}" if change.percent is not None else ""
    tone = "text"
    if glyph(change.absolute):
        tone = "gain" if change.absolute > 0 else "loss"
    return ChangeWords(
        glyph(change.absolute),
        f"{amount}{share}",
        tone,
        _parts(change, line.currency, private=private),
        f"Change {SPOKEN[line.range]}: "
        + spoken_change(change.absolute, change.percent, line.currency, private=private),
    )


def _parts(change: Change, currency: str, *, private: bool) -> str:
    if change.price is None or change.deposits is None:
        return UNKNOWN_DEPOSITS
    if private:
        return ""
    named = [
        ("Price change", change.price, True),
        ("net deposits", change.deposits, True),
        ("accounts added", change.joined, False),
        ("accounts left", -change.left, False),
    ]
    words = [
        f"{name} {signed_money(value, currency, private=False)}"
        for name, value, always in named
        if value or always
    ]
    if change.unvalued:
        transfers = fmt.count(change.unvalued, "transfer")
        words.append(f"{transfers} of unknown value inside the price change")
    return ", ".join(words)


def _sentence(words: str) -> str:
    return f"{words}." if words and not words.endswith(".") else words
