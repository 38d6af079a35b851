"""What one look for an order of unknown fate saw, and what may be concluded from it. Pure.

Certain is an order that bears our own id, or the one that the broker named in its answer. One that
is merely alike is never certain: another program's may differ in nothing. Where exactly one is what
was asked for, entered while ours was on its way, it is proposed; whose it is, the user says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.domain.order import Order
from brokerdesk.domain.order_match import differences
from brokerdesk.facts import dataclass

ENOUGH_READS, ENOUGH_TIME = 5, timedelta(seconds=120)
REACH = timedelta(days=1)
"""How far back is read: less than the baseline does, so that what is new is new."""
SLACK = timedelta(minutes=10)
"""Orders entered so long before or after could be it; further away they are others."""
SKEW, UNDER_WAY = timedelta(seconds=30), timedelta(seconds=65)
"""How far the broker's clock may be from ours before the user is told, and how long, with that, an
order may be on its way: entered in between, it was entered while ours was."""
PROPOSED_AFTER = timedelta(seconds=30)
"""Nothing is proposed before: ours may be listed second, and then there are two to tell apart."""
_OTHERS = {"account", "instruments and sides"}
"""An order that differs in these is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The last look for an intent of unknown fate.

    ``candidates`` are orders that could be it; ``likely``: one of them was entered while ours was
    on its way. ``proposed`` is the only such one, and exactly what was asked for. ``refusable`` are
    the ids that stand against its absence and of which the user may say that they are not it,
    ``aside`` those of which that was said. After a failure it is what was seen before. ``spanned``
    is how long complete looks have found nothing, since this program began to look or the user set
    one aside.
    """

    intent: Intent
    at: datetime
    next_at: datetime | None
    candidates: tuple[Order, ...] = ()
    proposed: Order | None = None
    refusable: tuple[str, ...] = ()
    aside: frozenset[str] = frozenset()
    failure: str = ""
    likely: bool = False
    spanned: timedelta = timedelta()

    @property
    def asks(self) -> bool:
        """Whether the user is to say whose an order is: of one that was said to be absent, too."""
        turned_up = self.intent.state is IntentState.ABSENT and bool(self.refusable)
        return self.proposed is not None or turned_up

    @property
    def can_be_absent(self) -> bool:
        """Whether the user may say now that it is not there."""
        return (
            self.intent.state is IntentState.UNKNOWN
            and not self.likely
            and not self.failure
            and self.intent.checks >= ENOUGH_READS
            and self.spanned >= ENOUGH_TIME
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look saw; ``complete``: everything there is. ``found`` is certain."""

    candidates: tuple[Order, ...] = ()
    likely: bool = False
    complete: bool = False
    found: Order | None = None
    proposed: Order | None = None
    refusable: tuple[str, ...] = ()
    part: str = ""
    """Why what bears our id is not all of it."""


def weigh(
    intent: Intent,
    orders: Iterable[Order],
    *,
    aside: Collection[str] = (),
    complete: bool,
    now: datetime,
) -> Seen:
    """What ``orders`` say of ``intent``: those that were not there before and that no other intent
    has. The user said of those ``aside`` that they are not it.
    """
    new = tuple(orders)
    # What the answer named could be it, even if it is not what was asked for.
    fitting = tuple(o for o in new if _fits(intent, o) or _named(intent, o))
    near = tuple(o for o in fitting if o.id not in aside and _near(intent, o))
    # Said to be absent, it may have been sent again meanwhile: later ones are others.
    absent = intent.state is IntentState.ABSENT
    rest = near if absent else tuple(o for o in fitting if o.id not in aside)
    waited = now - intent.created_at >= PROPOSED_AFTER
    alone = near[0] if waited and len(near) == len(rest) == 1 else None
    found = _certain(intent, fitting, alone)
    proposed = None
    if found is None and complete and alone is not None and _fits(intent, alone):
        proposed = alone
    alike = tuple(o for o in new if o not in fitting and (_alike(intent, o) or _same(intent, o)))
    return Seen(
        candidates=fitting + alike,
        likely=bool(near),
        complete=complete,
        found=found if complete else None,
        proposed=proposed,
        refusable=tuple(o.id for o in near if not _ours(intent, o) and not _named(intent, o)),
    )


def _certain(intent: Intent, fitting: tuple[Order, ...], alone: Order | None) -> Order | None:
    """The one that bears our id, or that the broker itself named as what came of our request."""
    ours = [o for o in fitting if _ours(intent, o)]
    if len(ours) == 1:
        return ours[0]
    named = next((o for o in fitting if _named(intent, o) and _fits(intent, o)), None)
    if named is None:
        return None
    return named if named is alone or _under_way(intent, named) else None


def _ours(intent: Intent, order: Order) -> bool:
    return order.client_order_id == intent.client_order_id


def _named(intent: Intent, order: Order) -> bool:
    return order.id == intent.order_id


def _near(intent: Intent, order: Order) -> bool:
    return _under_way(intent, order) or _named(intent, order)


def _fits(intent: Intent, order: Order) -> bool:
    """Whether an order that was not there before could be this intent's."""
    if order.client_order_id and not _ours(intent, order):
        return False  # it has an id of its own: another program's
    if not _entered(order, intent.created_at - SLACK, intent.created_at + SLACK):
        return False
    return intent.draft is not None and not differences(intent.draft, order)


def _alike(intent: Intent, order: Order) -> bool:
    """Whether it is of the same instruments and sides at the same time, if not what was asked for:
    shown, and never proposed.
    """
    if intent.draft is None or not intent.draft.legs or not _under_way(intent, order):
        return False
    other = order.client_order_id not in ("", intent.client_order_id)
    return not other and not _OTHERS & set(differences(intent.draft, order))


def _same(intent: Intent, order: Order) -> bool:
    """Whether it is all that was asked for, at another time: this computer's clock may be wrong.
    It was not there before: shown, and never proposed.
    """
    if intent.draft is None or order.client_order_id not in ("", intent.client_order_id):
        return False
    near = _entered(order, intent.created_at - REACH, intent.created_at + REACH)
    return near and not differences(intent.draft, order)


def _under_way(intent: Intent, order: Order) -> bool:
    """Whether it was entered while this intent's was on its way."""
    return _entered(order, intent.created_at - SKEW, intent.created_at + UNDER_WAY)


def _entered(order: Order, since: datetime, until: datetime) -> bool:
    return order.entered_at is None or since <= order.entered_at <= until
