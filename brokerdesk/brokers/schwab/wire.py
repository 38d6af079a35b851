"""The shapes of Schwab's answers, with the names that really arrive.

Fields that are never used are left out: the decoder skips them. Every amount is a ``Decimal`` made
from the digits on the wire. Lists whose records may be bad one by one have a second, loose form
that keeps each record as raw JSON, so that one bad record does not cost the others.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

Figures = dict[str, Decimal | bool | None]
"""A balance block. More fields arrive than are documented, and ``isInCall`` is a boolean."""


class Wire(msgspec.Struct, rename="camel", gc=False):
    """Base: camelCase names, unknown fields ignored."""


class AccountNumber(Wire):
    account_number: str
    hash_value: str


class Instrument(Wire):
    asset_type: str | None = None
    symbol: str | None = None
    cusip: str | None = None
    description: str | None = None
    instrument_id: int | None = None
    type: str | None = None
    put_call: str | None = None
    underlying_symbol: str | None = None
    option_multiplier: Decimal | None = None
    maturity_date: str | None = None


class Position(Wire):
    instrument: Instrument
    long_quantity: Decimal | None = None
    short_quantity: Decimal | None = None
    average_price: Decimal | None = None
    average_long_price: Decimal | None = None
    average_short_price: Decimal | None = None
    market_value: Decimal | None = None
    current_day_profit_loss: Decimal | None = None
    long_open_profit_loss: Decimal | None = None
    short_open_profit_loss: Decimal | None = None


class Account(Wire):
    account_number: str
    type: str | None = None
    round_trips: int | None = None
    is_day_trader: bool | None = None
    is_closing_only_restricted: bool | None = None
    positions: list[Position] | None = None
    initial_balances: Figures | None = None
    current_balances: Figures | None = None
    projected_balances: Figures | None = None


class AccountAnswer(Wire):
    securities_account: Account
    aggregated_balance: Figures | None = None


RawFigures = dict[str, msgspec.Raw]
_NULL = msgspec.Raw(b"null")
"""Raw cannot be part of a union, so a missing value is JSON's own null."""


class LooseAccount(Wire):
    account_number: str
    type: str | None = None
    round_trips: msgspec.Raw = _NULL
    is_day_trader: msgspec.Raw = _NULL
    is_closing_only_restricted: msgspec.Raw = _NULL
    positions: list[msgspec.Raw] | None = None
    initial_balances: RawFigures | None = None
    current_balances: RawFigures | None = None
    projected_balances: RawFigures | None = None


class LooseAccountAnswer(Wire):
    securities_account: LooseAccount
    aggregated_balance: RawFigures | None = None


class PreferenceAccount(Wire):
    account_number: str
    type: str | None = None
    nick_name: str | None = None


class StreamerInfo(Wire):
    streamer_socket_url: str | None = None
    schwab_client_customer_id: str | None = None
    schwab_client_correl_id: str | None = None
    schwab_client_channel: str | None = None
    schwab_client_function_id: str | None = None


class Preference(Wire):
    accounts: list[PreferenceAccount] | None = None
    streamer_info: list[StreamerInfo] | None = None


class ExecutionLeg(Wire):
    leg_id: int | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None


class OrderActivity(Wire):
    activity_type: str | None = None
    execution_type: str | None = None
    execution_legs: list[ExecutionLeg] | None = None


class OrderLeg(Wire):
    instrument: Instrument
    quantity: Decimal
    instruction: str | None = None
    position_effect: str | None = None


class Order(Wire):
    order_id: int | None = None
    account_number: int | str | None = None
    status: str | None = None
    order_type: str | None = None
    order_strategy_type: str | None = None
    complex_order_strategy_type: str | None = None
    session: str | None = None
    duration: str | None = None
    quantity: Decimal | None = None
    filled_quantity: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    stop_price_link_type: str | None = None
    stop_price_offset: Decimal | None = None
    special_instruction: str | None = None
    entered_time: str | None = None
    close_time: str | None = None
    status_description: str | None = None
    order_leg_collection: list[OrderLeg] | None = None
    order_activity_collection: list[OrderActivity] | None = None
    child_order_strategies: list[Order] | None = None


class TransferItem(Wire):
    instrument: Instrument | None = None
    amount: Decimal | None = None
    cost: Decimal | None = None
    price: Decimal | None = None
    fee_type: str | None = None


class Transaction(Wire):
    activity_id: int
    time: str
    net_amount: Decimal
    type: str | None = None
    status: str | None = None
    account_number: str | int | None = None
    description: str | None = None
    settlement_date: str | None = None
    order_id: int | None = None
    transfer_items: list[TransferItem] | None = None


class QuoteFigures(Wire):
    bid_price: Decimal | None = None
    ask_price: Decimal | None = None
    last_price: Decimal | None = None
    mark: Decimal | None = None
    close_price: Decimal | None = None
    nav: Decimal | None = msgspec.field(default=None, name="nAV")
    quote_time: int | None = None
    trade_time: int | None = None
    security_status: str | None = None


class QuoteFundamental(Wire):
    avg10_days_volume: Decimal | None = msgspec.field(default=None, name="avg10DaysVolume")
    avg1_year_volume: Decimal | None = msgspec.field(default=None, name="avg1YearVolume")


class QuoteReference(Wire):
    description: str | None = None


class QuoteAnswer(Wire):
    asset_main_type: str | None = None
    quote_type: str | None = None
    realtime: bool | None = None
    quote: QuoteFigures | None = None
    fundamental: QuoteFundamental | None = None
    reference: QuoteReference | None = None


class InvalidSymbols(Wire):
    invalid_symbols: list[str] | None = None


class Candle(Wire):
    datetime: int
    close: Decimal


class PriceHistory(Wire):
    candles: list[msgspec.Raw] | None = None


class TokenAnswer(Wire, rename=None):
    """Names as on the wire: this one endpoint uses underscores."""

    access_token: str
    expires_in: int
    refresh_token: str | None = None
    token_type: str | None = None


class OAuthProblem(Wire, rename=None):
    error: str | None = None
    error_description: str | None = None


class GatewayProblem(Wire):
    title: str | None = None
    detail: str | None = None


class Fault(Wire):
    faultstring: str | None = None


class Problem(Wire):
    """The three error envelopes in one: trader, market data and gateway.

    ``errors`` holds strings in the trader's and objects in the others'.
    """

    message: str | None = None
    errors: list[str | GatewayProblem] | None = None
    fault: Fault | None = None
