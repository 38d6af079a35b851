"""Schwab's own preview of an order: what it says it would cost, and its words, as they are.

A refused preview is a whole answer, too. What Schwab leaves out stays empty: it is not zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import msgspec

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.schwab import TITLE
from brokerdesk.brokers.schwab.wire import Wire
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean
from brokerdesk.brokers.trading import Preview
from brokerdesk.domain.exact import exact
from brokerdesk.errors import BrokerProtocolError


class Charge(Wire):
    value: Decimal | None = None
    type: str | None = None


class CommissionLeg(Wire):
    commission_values: list[Charge] | None = None


class FeeLeg(Wire):
    fee_values: list[Charge] | None = None


class Commission(Wire):
    commission_legs: list[CommissionLeg] | None = None


class Fee(Wire):
    fee_legs: list[FeeLeg] | None = None


class Costs(Wire):
    commission: Commission | None = None
    fee: Fee | None = None


class OrderBalance(Wire):
    order_value: Decimal | None = None
    projected_buying_power: Decimal | None = None


class Strategy(Wire):
    status: str | None = None
    order_balance: OrderBalance | None = None


class Remark(Wire):
    activity_message: str | None = None
    message: str | None = None
    validation_rule_name: str | None = None


class Verdict(Wire):
    rejects: list[Remark] | None = None
    warns: list[Remark] | None = None
    alerts: list[Remark] | None = None
    reviews: list[Remark] | None = None


class PreviewAnswer(Wire):
    order_strategy: Strategy | None = None
    order_validation_result: Verdict | None = None
    commission_and_fee: Costs | None = msgspec.field(default=None, name="commissionAndFee")


_ANSWER = JsonDecoder(PreviewAnswer)


def preview(raw: bytes, now: datetime) -> Preview:
    """What one answer says.

    Raises:
        BrokerProtocolError: it is no preview, or names an amount that no order has.
    """
    answer = _ANSWER.decode(raw)
    verdict = answer.order_validation_result or Verdict()
    strategy = answer.order_strategy or Strategy()
    balance = strategy.order_balance or OrderBalance()
    refusals = _said(verdict.rejects)
    if strategy.status == "REJECTED" and not refusals:
        refusals = (f"{TITLE} would reject this order.",)
    costs = answer.commission_and_fee or Costs()
    try:
        return Preview(
            at=now,
            commission=_sum(
                leg.commission_values
                for leg in (costs.commission and costs.commission.commission_legs) or ()
            ),
            fees=_sum(leg.fee_values for leg in (costs.fee and costs.fee.fee_legs) or ()),
            total=_amount(balance.order_value),
            buying_power_after=_amount(balance.projected_buying_power),
            warnings=_said(verdict.warns) + _said(verdict.alerts) + _said(verdict.reviews),
            refusals=refusals,
        )
    except ValueError as error:
        raise BrokerProtocolError(
            f"{TITLE}'s preview cannot be understood.", "Nothing was sent."
        ) from error


def _said(remarks: list[Remark] | None) -> tuple[str, ...]:
    words = (
        clean(one.activity_message or one.message or one.validation_rule_name, MESSAGE_LENGTH)
        for one in remarks or ()
    )
    return tuple(word for word in words if word)


def _sum(lists: Iterable[list[Charge] | None]) -> Decimal | None:
    """All charges together; None where there is none, or one without its amount."""
    found = [charge.value for charges in lists for charge in charges or ()]
    if not found or any(value is None for value in found):
        return None
    return sum((exact(value) for value in found if value is not None), Decimal(0))


def _amount(value: Decimal | None) -> Decimal | None:
    return None if value is None else exact(value)
