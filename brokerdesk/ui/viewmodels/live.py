"""Live prices as the window knows them, laid over figures that stay what their broker reported.

Whoever shows prices holds them (``hold``); while anybody does, changes arrive some ten times a
second in one piece. Rows are given back with newer figures and a sentence that says where these
come from. Nothing here is stored, and a past day is never touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.state import AccountRow, Figures, PositionRow, TotalRow

if TYPE_CHECKING:
    from brokerdesk.domain.events import Event
    from brokerdesk.services.quoting_book import LivePrice
    from brokerdesk.services.quoting_holdings import AccountMove
    from brokerdesk.services.quoting_rules import Priced

LIVE, DELAYED, POLLED, STALE = "live", "delayed", "polled", "stale"
_STATE_WORDS = {
    LIVE: "Live price",
    DELAYED: "Delayed price",
    POLLED: "Price asked for",
    STALE: "This price stands still",
}
_WORST = (STALE, POLLED, DELAYED, LIVE)


class LivePrices(QObject):
    """What is known of prices now.

    Signals:
        wanted: whether anybody shows prices.
        changed: these prices (``PositionRow.priced_as``) and the accounts that hold them are
            others now.
    """

    wanted = Signal(bool)
    changed = Signal(object)

    def __init__(
        self, titles: Callable[[str], str] = lambda key: key, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._titles = titles
        self._holders: set[str] = set()
        self._prices: dict[str, LivePrice] = {}
        self._moves: dict[str, AccountMove] = {}

    # who shows prices

    @property
    def held(self) -> bool:
        return bool(self._holders)

    def hold(self, who: str) -> None:
        """``who`` shows prices from now on."""
        self._holders.add(who)
        if len(self._holders) == 1:
            self.wanted.emit(True)

    def release(self, who: str) -> None:
        """``who`` shows them no more."""
        if who in self._holders:
            self._holders.remove(who)
            if not self._holders:
                self.wanted.emit(False)

    # what arrives

    def on_event(self, event: Event) -> bool:
        """Take an event of the services. False: it is not of prices."""
        from brokerdesk.services.quoting_book import PricesMoved  # not for the first picture

        if not isinstance(event, PricesMoved):
            return False
        touched = set()
        for price in event.prices:
            name = priced_as(price.of)
            self._prices[name] = price
            touched.add(name)
        for of in event.gone:
            name = priced_as(of)
            self._prices.pop(name, None)
            touched.add(name)
        for move in event.accounts:
            self._moves[move.account] = move
        self.changed.emit(frozenset(touched))
        return True

    def forget(self) -> None:
        """The services are gone, and with them all that they told."""
        touched = frozenset(self._prices)
        self._prices.clear()
        self._moves.clear()
        self.changed.emit(touched)

    def __bool__(self) -> bool:
        """Whether any price is known."""
        return bool(self._prices)

    # laid over figures

    def row(self, row: PositionRow) -> PositionRow:
        """A holding, a part or a group at the newest prices; itself where none is newer."""
        if row.children:
            children = tuple(map(self.row, row.children))
            if all(new is old for new, old in zip(children, row.children, strict=True)):
                return row
            return _whole(row, children)
        price = self._prices.get(row.priced_as) if row.priced_as else None
        return row if price is None else self._at(row, price)

    def _at(self, row: PositionRow, price: LivePrice) -> PositionRow:
        from brokerdesk.services.amounts import EXACT, day_percent, open_percent
        from brokerdesk.services.live_figures import Base, moved, price_of, time_of

        quote = price.quote
        at = time_of(quote)
        base = Base(row.quantity, row.multiplier, row.mark_price, row.value, row.day_pl,
                    row.open_pl, row.as_of or row.fetched_at)  # fmt: skip
        new = moved(base, price_of(price.of.key.asset_type, quote), at, quote.previous_close)
        if new is None:
            return row
        cost = None
        if row.value is not None and row.open_pl is not None:
            cost = EXACT.subtract(row.value, row.open_pl)
        return replace(
            row,
            mark_price=new.price,
            value=new.value,
            day_pl=new.day_pl,
            open_pl=new.open_pl,
            day_percent=day_percent(new.day_pl, new.value),
            open_percent=open_percent(new.open_pl, cost) if new.open_pl is not None else None,
            as_of=at,
            live=price.state.value,
            price_note=self._note(price, at, row),
        )

    def _note(self, price: LivePrice, at: datetime, row: PositionRow) -> str:
        """Where a price comes from, of when it is, and what the broker's own is."""
        told = f"{_STATE_WORDS[price.state.value]}: {tame(self._titles(price.quote.source))}"
        feed = price.quote.feed.value.replace("_", " ")
        feed = f", {feed}" if feed != "unknown" else ""
        own = fmt.price(row.mark_price)
        of = f" of {fmt.stamp(row.as_of)}" if row.as_of is not None else ""
        return f"{told}{feed}, as of {fmt.stamp(at)}. The account's broker: {own}{of}."

    def account(self, row: AccountRow) -> AccountRow:
        """An account with its positions at the newest prices."""
        move = self._moves.get(row.key)
        if move is None or not move.priced or row.net is None:
            return row
        if (move.net, move.currency) != (row.net, row.currency):
            return row  # it belongs to another reading
        from brokerdesk.services.amounts import EXACT, day_percent

        net = EXACT.add(row.net, move.value)
        day = row.day_pl
        if day is not None and move.day is not None:
            day = EXACT.add(day, move.day)
        return replace(
            row,
            net=net,
            day_pl=day,
            day_percent=day_percent(day, net),
            live=live_words(move.priced, move.count, move.stale),
        )

    def figures(self, figures: Figures) -> Figures:
        """Accounts, totals and movers at the newest prices; itself where none is newer."""
        accounts = tuple(map(self.account, figures.accounts))
        movers = tuple(map(self.row, figures.movers))
        if accounts == figures.accounts and movers == figures.movers:
            return figures
        pairs = list(zip(figures.accounts, accounts, strict=True))
        totals = tuple(self._total(total, pairs) for total in figures.totals)
        movers = tuple(sorted(movers, key=_mover_order))
        return replace(figures, accounts=accounts, totals=totals, movers=movers)

    def _total(self, total: TotalRow, pairs: list[tuple[AccountRow, AccountRow]]) -> TotalRow:
        from brokerdesk.services.amounts import EXACT, day_percent

        if total.value is None:
            return total
        value, day, gain = total.value, total.day_pl, total.open_pl
        priced = stale = count = 0
        for old, new in pairs:
            same = (old.environment, old.currency) == (total.environment, total.currency)
            if not same or not old.counts:
                continue
            move = self._moves.get(old.key)
            count += move.count if move is not None else 0
            if new is old or move is None or old.net is None or new.net is None:
                continue
            value = EXACT.add(value, EXACT.subtract(new.net, old.net))
            if gain is not None:
                gain = EXACT.add(gain, EXACT.subtract(new.net, old.net))
            if day is not None and new.day_pl is not None and old.day_pl is not None:
                day = EXACT.add(day, EXACT.subtract(new.day_pl, old.day_pl))
            priced, stale = priced + move.priced, stale + move.stale
        if not priced:
            return total
        return replace(
            total,
            value=value,
            day_pl=day,
            day_percent=day_percent(day, value),
            open_pl=gain,
            live=live_words(priced, count, stale),
        )


def priced_as(of: Priced) -> str:
    """What a price is of, as rows name it."""
    key = of.key
    return "\t".join((of.environment.value, key.symbol, key.asset_type.value, key.currency))


def live_words(priced: int, count: int, stale: int) -> str:
    """How much of a figure is at newer prices than its broker's."""
    if not priced:
        return ""
    told = f"Newer prices for {fmt.whole(priced)} of {fmt.count(max(count, priced), 'position')}"
    if stale == priced:
        return f"{told}; they stand still."
    return f"{told}; {fmt.whole(stale)} of them stand still." if stale else f"{told}."


def _mover_order(row: PositionRow) -> tuple[str, str, Decimal, str]:
    return (row.environment, row.currency, -abs(row.day_pl or Decimal(0)), row.symbol)


def _whole(row: PositionRow, children: tuple[PositionRow, ...]) -> PositionRow:
    """A row whose parts have other figures. Groups are sums; a holding moves by what its parts do,
    so that what is not known of a part stays out of it as before.
    """
    from brokerdesk.ui.viewmodels.position_groups import is_group, sums

    told = [one for one in children if one.live]
    worst = next((one for one in _WORST if any(child.live == one for child in told)), "")
    if is_group(row):
        made: dict[str, Any] = sums(children)
        return replace(row, children=children, live=worst, **made)
    from brokerdesk.services.amounts import EXACT, day_percent, open_percent, sum_known

    value = _shifted(row.value, row.children, children, "value")
    day = _shifted(row.day_pl, row.children, children, "day_pl")
    gain = _shifted(row.open_pl, row.children, children, "open_pl")
    costs = [
        EXACT.subtract(one.value, one.open_pl)
        for one in row.children
        if one.value is not None and one.open_pl is not None
    ]
    _, newest = max(
        ((one.as_of, one) for one in told if one.as_of is not None), key=lambda pair: pair[0]
    )
    return replace(
        row,
        children=children,
        mark_price=newest.mark_price,
        value=value,
        day_pl=day,
        open_pl=gain,
        day_percent=day_percent(day, value),
        open_percent=open_percent(gain, sum_known(costs)) if gain is not None else None,
        live=worst,
        price_note=newest.price_note,
    )


def _shifted(
    whole: Decimal | None,
    before: tuple[PositionRow, ...],
    after: tuple[PositionRow, ...],
    name: str,
) -> Decimal | None:
    """``whole`` moved by what its parts moved; None when a part is not known any more."""
    from brokerdesk.services.amounts import EXACT

    if whole is None:
        return None
    for old, new in zip(before, after, strict=True):
        was, now = getattr(old, name), getattr(new, name)
        if was is not None and now is None:
            return None
        if was is not None:
            whole = EXACT.add(whole, EXACT.subtract(now, was))
    return whole
