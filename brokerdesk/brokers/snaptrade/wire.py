"""The shapes of SnapTrade's answers.

Older answers hold JSON numbers, newer ones decimal texts; an amount is read from either, exactly.
Fields that are never used are left out: the decoder skips them.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

NULL = msgspec.Raw(b"null")


class Wire(msgspec.Struct, gc=False):
    """Base: names as on the wire, unknown fields ignored."""


# -- connections -------------------------------------------------------------------------------
class Brokerage(Wire):
    slug: str | None = None
    name: str | None = None
    display_name: str | None = None
    allows_trading: bool | None = None
    maintenance_mode: bool | None = None
    is_degraded: bool | None = None


class Authorization(Wire):
    id: str
    disabled: bool | None = None
    disabled_date: str | None = None
    created_date: str | None = None
    name: str | None = None
    type: str | None = None
    data_freshness_mode: msgspec.Raw = NULL
    """A word in older documents, an object of two words in newer ones."""
    brokerage: Brokerage | None = None


class FreshnessMode(Wire):
    institution: str | None = None
    snaptrade: str | None = None


class Login(Wire):
    redirect: str | None = msgspec.field(default=None, name="redirectURI")


class Registered(Wire):
    user_id: str = msgspec.field(name="userId")
    user_secret: str = msgspec.field(name="userSecret")


# -- accounts ----------------------------------------------------------------------------------
class Money(Wire):
    amount: Decimal | None = None
    currency: str | None = None


class AccountBalance(Wire):
    total: Money | None = None


class HoldingsStatus(Wire):
    initial_sync_completed: bool | None = None
    last_successful_sync: str | None = None
    holdings_unavailable: bool | None = None


class SyncStatus(Wire):
    holdings: HoldingsStatus | None = None


class Account(Wire):
    id: str
    brokerage_authorization: str | None = None
    name: str | None = None
    number: str | None = None
    institution_name: str | None = None
    sync_status: SyncStatus | None = None
    balance: AccountBalance | None = None
    status: str | None = None
    raw_type: str | None = None
    cash_or_margin: str | None = None
    is_paper: bool | None = None


class LooseAccount(Wire):
    """An account whose ornaments are not as expected; who it is must still be sure."""

    id: str
    brokerage_authorization: msgspec.Raw = NULL
    name: msgspec.Raw = NULL
    number: msgspec.Raw = NULL
    institution_name: msgspec.Raw = NULL
    sync_status: msgspec.Raw = NULL
    balance: msgspec.Raw = NULL
    status: msgspec.Raw = NULL
    raw_type: msgspec.Raw = NULL
    cash_or_margin: msgspec.Raw = NULL
    is_paper: msgspec.Raw = NULL


class NewAccount(Wire):
    """As ``/accounts/all`` has it."""

    id: str
    connection_id: str | None = None
    display_name: str | None = None
    masked_account_number: str | None = None
    net_value: Money | None = None
    raw_type: str | None = None
    cash_or_margin: str | None = None
    is_paper: bool | None = None
    kind: str | None = None


# -- instruments, balances, positions ----------------------------------------------------------
class Currency(Wire):
    code: str | None = None


class Figi(Wire):
    figi_code: str | None = None


class Underlying(Wire):
    symbol: str | None = None
    currency: str | None = None


class Instrument(Wire):
    kind: str | None = None
    id: str | None = None
    symbol: str | None = None
    raw_symbol: str | None = None
    description: str | None = None
    currency: str | None = None
    figi_instrument: Figi | None = None
    option_type: str | None = None
    strike_price: Decimal | None = None
    expiration_date: str | None = None
    multiplier: Decimal | None = None
    underlying: Underlying | None = None


class TaxLot(Wire):
    original_purchase_date: str | None = None
    quantity: Decimal | None = None
    cost_basis: Decimal | None = None
    position_type: str | None = None


class Position(Wire):
    instrument: Instrument
    units: Decimal | None = None
    price: Decimal | None = None
    cost_basis: Decimal | None = None
    currency: str | None = None
    cash_equivalent: bool | None = None
    tax_lots: list[TaxLot] | None = None


class Freshness(Wire):
    as_of: str | None = None


class Positions(Wire):
    results: list[msgspec.Raw]
    data_freshness: msgspec.Raw = NULL


class Balance(Wire):
    currency: Currency
    cash: Decimal | None = None
    buying_power: Decimal | None = None


# -- symbols of the older answers ----------------------------------------------------------------
class SecurityType(Wire):
    code: str | None = None
    description: str | None = None


class Symbol(Wire):
    id: str | None = None
    symbol: str | None = None
    raw_symbol: str | None = None
    description: str | None = None
    currency: Currency | None = None
    type: SecurityType | None = None
    figi_code: str | None = None


class OptionSymbol(Wire):
    id: str | None = None
    ticker: str | None = None
    option_type: str | None = None
    strike_price: Decimal | None = None
    expiration_date: str | None = None
    is_mini_option: bool | None = None
    underlying_symbol: Symbol | None = None


class HeldSymbol(Wire):
    symbol: Symbol | None = None


class HeldOption(Wire):
    option_symbol: OptionSymbol | None = None


class OldPosition(Wire):
    symbol: HeldSymbol
    units: Decimal | None = None
    price: Decimal | None = None
    average_purchase_price: Decimal | None = None
    currency: Currency | None = None
    cash_equivalent: bool | None = None


class OldOptionPosition(Wire):
    symbol: HeldOption
    units: Decimal | None = None
    price: Decimal | None = None
    average_purchase_price: Decimal | None = None
    currency: Currency | None = None


class Holdings(Wire):
    """The old answer with everything in one. Lists that are absent are not empty."""

    positions: list[msgspec.Raw]
    option_positions: list[msgspec.Raw] = []
    balances: list[msgspec.Raw] = []


# -- activities, orders, quotes ------------------------------------------------------------------
class Activity(Wire):
    id: str | None = None
    symbol: Symbol | None = None
    option_symbol: OptionSymbol | None = None
    price: Decimal | None = None
    units: Decimal | None = None
    amount: Decimal | None = None
    currency: Currency | None = None
    type: str | None = None
    option_type: str | None = None
    description: str | None = None
    trade_date: str | None = None
    settlement_date: str | None = None
    fee: Decimal | None = None
    external_reference_id: str | None = None


class Pagination(Wire):
    total: int | None = None


class Activities(Wire):
    data: list[msgspec.Raw]
    pagination: Pagination | None = None


class Trailing(Wire):
    amount: Decimal | None = None
    type: str | None = None


class Children(Wire):
    take_profit_order_id: str | None = None
    stop_loss_order_id: str | None = None


class Order(Wire):
    brokerage_order_id: str | None = None
    brokerage_group_order_id: str | None = None
    order_role: str | None = None
    status: str | None = None
    universal_symbol: Symbol | None = None
    option_symbol: OptionSymbol | None = None
    quote_currency: Currency | None = None
    action: str | None = None
    total_quantity: Decimal | None = None
    open_quantity: Decimal | None = None
    canceled_quantity: Decimal | None = None
    filled_quantity: Decimal | None = None
    execution_price: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trailing_stop: Trailing | None = None
    order_type: str | None = None
    time_in_force: str | None = None
    time_placed: str | None = None
    time_updated: str | None = None
    time_executed: str | None = None
    expiry_date: str | None = None
    child_brokerage_order_ids: Children | None = None


class RecentOrders(Wire):
    orders: list[msgspec.Raw]


class Quote(Wire):
    symbol: Symbol | None = None
    last_trade_price: Decimal | None = None
    bid_price: Decimal | None = None
    ask_price: Decimal | None = None


# -- errors --------------------------------------------------------------------------------------
class Problem(Wire):
    """Three envelopes in one; the code is a text in real answers and a number in documents."""

    detail: str | None = None
    default_detail: str | None = None
    error: str | None = None
    code: str | int | None = None
    default_code: str | int | None = None
