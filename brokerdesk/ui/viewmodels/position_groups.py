"""Positions arranged for their table: by symbol, by account or by class, with cash at the end.

Pure functions over frozen rows. Group and cash rows are ``PositionRow`` too, known by their key;
they are no holdings. Sums are of what is known and say when something is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from brokerdesk.services.amounts import EXACT, day_percent, percent, sum_all, sum_known
from brokerdesk.turns import steps
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.base_rows import cash_worth, group_worth
from brokerdesk.ui.viewmodels.base_words import whole_of
from brokerdesk.ui.viewmodels.state import (
    AccountRow,
    Figures,
    InBase,
    Mark,
    PositionRow,
    TotalRow,
)

SYMBOL, ACCOUNT, CLASS = "symbol", "account", "class"
ENVIRONMENTS = ("live", "paper", "practice")
CASH, GROUP = "cash:", "group:"
CASH_TYPE = "Cash"
NO_CLASS = "Other"
CURRENCY_NAMES = {
    "USD": "US dollars",
    "EUR": "Euros",
    "GBP": "British pounds",
    "JPY": "Japanese yen",
    "CHF": "Swiss francs",
    "CAD": "Canadian dollars",
    "AUD": "Australian dollars",
    "HKD": "Hong Kong dollars",
}


def is_cash(row: PositionRow) -> bool:
    return row.key.startswith(CASH)


def is_group(row: PositionRow) -> bool:
    return row.key.startswith(GROUP)


def environments(figures: Figures) -> tuple[str, ...]:
    """The environments in which something is held, in their order; else those with accounts."""
    present = {row.environment for row in figures.positions}
    present = present or {row.environment for row in figures.accounts}
    return tuple(one for one in ENVIRONMENTS if one in present)


def arranged(figures: Figures, environment: str, by: str) -> tuple[PositionRow, ...]:
    """The table's rows; none when nothing is held."""
    held = [row for row in figures.positions if row.environment == environment]
    if not held:
        return ()
    totals = [row for row in figures.totals if row.environment == environment]
    if by == ACCOUNT:
        accounts = [row for row in figures.accounts if row.environment == environment]
        return _by_account(held, accounts, totals, whole_of(figures, environment))
    whole = whole_of(figures, environment)
    cash = tuple(_cash(total, whole) for total in totals if total.cash is not None)
    if by == CLASS:
        return (*_by_class(held), *cash)
    return (*held, *cash)


def sums(rows: Iterable[PositionRow]) -> dict[str, Decimal | None]:
    """What a parent or a total shows of its rows: sums of the known, percentages of these."""
    parts = tuple(parts_of(rows))
    return {name: figure(parts) for name, figure in _FIGURES.items()}


def sum_of(rows: Iterable[PositionRow], name: str) -> Decimal | None:
    """One figure of ``sums``."""
    return _FIGURES[name](tuple(parts_of(rows)))


def parts_of(rows: Iterable[PositionRow]) -> Iterator[PositionRow]:
    """The rows to be added up: the parts of a group, and of a holding that is not known in full or
    owed in part, whose own figures are not of one and the same whole.
    """
    for row in steps(rows):
        if is_group(row):
            yield from parts_of(row.children)
        elif row.children and (row.value is None or row.partial or any(map(_odd, row.children))):
            yield from row.children
        else:
            yield row


def _odd(part: PositionRow) -> bool:
    return part.day_pl is None or (part.quantity is not None and part.quantity < 0)


def _value(parts: Sequence[PositionRow]) -> Decimal | None:
    return sum_known(row.value for row in parts)


def _day(parts: Sequence[PositionRow]) -> Decimal | None:
    return sum_known(row.day_pl for row in parts)


def _day_percent(parts: Sequence[PositionRow]) -> Decimal | None:
    known = [row for row in parts if row.day_pl is not None]
    return day_percent(_day(known), sum_all(row.value for row in known))


def _open(parts: Sequence[PositionRow]) -> Decimal | None:
    return sum_known(row.open_pl for row in parts)


def _open_percent(parts: Sequence[PositionRow]) -> Decimal | None:
    """Of what was paid, or received for what is owed: two costs that never set each other off."""
    return percent(_open(parts), sum_all(_cost(row) for row in parts if row.open_pl is not None))


def _cost(row: PositionRow) -> Decimal | None:
    if row.value is None or row.open_pl is None:
        return None
    return abs(EXACT.subtract(row.value, row.open_pl))


def _weight(parts: Sequence[PositionRow]) -> Decimal | None:
    return sum_known(row.weight for row in parts)


_FIGURES: dict[str, Callable[[Sequence[PositionRow]], Decimal | None]] = {
    "value": _value,
    "day_pl": _day,
    "day_percent": _day_percent,
    "open_pl": _open,
    "open_percent": _open_percent,
    "weight": _weight,
}


def part_unknown(rows: Iterable[PositionRow]) -> bool:
    """Whether the profit of some, and not of all, is known."""
    held = [row for row in rows if not is_cash(row)]
    known = sum(row.open_pl is not None for row in held)
    return known > 0 and (known < len(held) or any(row.partial for row in held))


def _cash(total: TotalRow, whole: TotalRow | None = None) -> PositionRow:
    """The cash of one currency; ``whole`` is the total of all currencies that it is a share of."""
    worth = None
    if whole is not None and total.currency != whole.currency:
        part = next((one for one in whole.parts if one.currency == total.currency), None)
        worth = InBase(
            currency=whole.currency,
            value=part.cash if part is not None else None,
            rates=tuple(one for one in whole.rates if one.currency == total.currency),
        )
    return _cash_row(
        f"{CASH}{total.environment}:{total.currency}",
        total.environment,
        total.currency,
        total.cash,
        _share(total.cash, worth, whole or total),
        accounts=("",) * total.accounts,
        worth=worth,
    )


def _share(cash: Decimal | None, worth: InBase | None, whole: TotalRow | None) -> Decimal | None:
    amount = cash if worth is None else worth.value
    return None if whole is None else percent(amount, whole.value)


def _cash_row(
    key: str,
    environment: str,
    currency: str,
    value: Decimal | None,
    weight: Decimal | None,
    *,
    accounts: tuple[str, ...],
    worth: InBase | None = None,
) -> PositionRow:
    return PositionRow(
        key=key,
        worth=worth,
        symbol="Cash",
        name=CURRENCY_NAMES.get(currency, currency),
        asset_type=CASH_TYPE,
        environment=environment,
        currency=currency,
        quantity=None,
        average_cost=None,
        mark_price=None,
        value=value,
        day_pl=None,
        open_pl=None,
        weight=weight,
        accounts=accounts,
        asset_class=CASH_TYPE,
    )


def _by_class(held: Sequence[PositionRow]) -> Iterable[PositionRow]:
    groups: dict[tuple[str, str], list[PositionRow]] = {}
    for row in held:
        groups.setdefault((row.asset_class or NO_CLASS, row.currency), []).append(row)
    for (name, currency), rows in groups.items():
        holders = tuple(dict.fromkeys(key for row in rows for key in row.accounts))
        yield _group(f"{GROUP}class:{name}:{currency}", name, currency, rows, holders)


def _by_account(
    held: Sequence[PositionRow],
    accounts: Sequence[AccountRow],
    totals: Sequence[TotalRow],
    whole: TotalRow | None,
) -> tuple[PositionRow, ...]:
    parts: dict[str, list[PositionRow]] = {}
    for row in held:
        for part in row.children or (row,):
            holder = part.accounts[0] if part.accounts else ""
            own = part if not row.children else _within(row, part)
            parts.setdefault(holder, []).append(own)
    of = {total.currency: total for total in totals}
    base = whole.currency if whole is not None else ""
    spread: defaultdict[str, Decimal] = defaultdict(Decimal)
    found: list[PositionRow] = []
    for account in accounts:
        rows = parts.pop(account.key, [])
        if account.cash is not None and account.counts and (rows or account.cash):
            rates = account.worth.rates if account.worth is not None else ()
            worth = cash_worth(account.cash, account.currency, base, rates)
            share = _share(account.cash, worth, whole or of.get(account.currency))
            key = f"{CASH}{account.key}:{account.currency}"
            rows.append(
                _cash_row(
                    key, account.environment, account.currency, account.cash, share,
                    accounts=(account.key,), worth=worth,
                )
            )  # fmt: skip
            spread[account.currency] = EXACT.add(spread[account.currency], account.cash)
        found += _account_groups(account, rows)
    # A holding whose account is not listed is shown all the same.
    left = [row for rows in parts.values() for row in rows]
    return (*found, *left, *_other_cash(totals, spread, whole))


def _other_cash(
    totals: Sequence[TotalRow], spread: Mapping[str, Decimal], whole: TotalRow | None
) -> Iterable[PositionRow]:
    """Cash that accounts hold beside their own currency: of which account is not known here."""
    base, rates = (whole.currency, whole.rates) if whole is not None else ("", ())
    for total in totals:
        if total.cash is not None:
            rest = EXACT.subtract(total.cash, spread[total.currency])
            if rest:
                worth = cash_worth(rest, total.currency, base, rates)
                row = _cash(replace(total, cash=rest))
                yield replace(row, worth=worth, weight=_share(rest, worth, whole or total))


def _account_groups(account: AccountRow, rows: list[PositionRow]) -> list[PositionRow]:
    """One group a currency: sums never mix them."""
    made = []
    for currency in dict.fromkeys(row.currency for row in rows):
        own = [row for row in rows if row.currency == currency]
        group = _group(
            f"{GROUP}account:{account.key}:{currency}",
            account.title,
            currency,
            own,
            (account.key,),
        )
        made.append(
            replace(
                group,
                mark=account.mark,
                stale=account.stale,
                as_of=account.as_of,
                fetched_at=account.fetched_at,
            )
        )
    return made


def _within(whole: PositionRow, part: PositionRow) -> PositionRow:
    """A part as a child of its account: known by its holding, whatever the account."""
    _, tab, number = part.key.partition("\t")
    return replace(part, key=f"{whole.key}{tab}{number}", name=part.name or whole.name)


def _group(
    key: str, title: str, currency: str, rows: Sequence[PositionRow], accounts: tuple[str, ...]
) -> PositionRow:
    found = sums(rows)
    positions = sum(not is_cash(row) for row in rows)
    return PositionRow(
        key=key,
        symbol=title,
        name=fmt.count(positions, "position"),
        asset_type="",
        environment=rows[0].environment,
        currency=currency,
        quantity=None,
        average_cost=None,
        mark_price=None,
        value=found["value"],
        day_pl=found["day_pl"],
        open_pl=found["open_pl"],
        day_percent=found["day_percent"],
        open_percent=found["open_percent"],
        weight=found["weight"],
        mark=Mark.SAVED,
        partial=part_unknown(rows),
        accounts=accounts,
        worth=group_worth(rows),
        children=tuple(rows),
        holders=" ".join(dict.fromkeys(row.holders or row.account for row in rows)),
    )
