"""Plaid's answers as they travel: only the fields that are used, unknown ones are passed over.

Lists are kept raw, so that each record is decoded on its own and a bad one costs no other.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

RawList = list[msgspec.Raw]


class Problem(msgspec.Struct):
    """An error, as an answer of its own or inside an Item. Codes are open."""

    error_type: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    display_message: str | None = None


class Item(msgspec.Struct):
    """One login at one institution."""

    item_id: str | None = None
    institution_id: str | None = None
    institution_name: str | None = None
    error: Problem | None = None
    consent_expiration_time: str | None = None


class Updates(msgspec.Struct):
    last_successful_update: str | None = None
    last_failed_update: str | None = None


class Status(msgspec.Struct):
    investments: Updates | None = None


class ItemAnswer(msgspec.Struct):
    item: Item
    status: Status | None = None


class Account(msgspec.Struct):
    """``balances`` are read figure by figure."""

    account_id: str
    name: str | None = None
    official_name: str | None = None
    mask: str | None = None
    type: str | None = None
    subtype: str | None = None
    balances: msgspec.Raw = msgspec.Raw(b"null")


class AccountsAnswer(msgspec.Struct):
    accounts: RawList
    item: Item | None = None


class Lot(msgspec.Struct):
    quantity: Decimal | None = None
    cost_basis: Decimal | None = None
    original_purchase_datetime: str | None = None


class Holding(msgspec.Struct):
    """``cost_basis`` is the total. Exactly one of the currency codes is given."""

    account_id: str
    security_id: str
    quantity: Decimal
    institution_price: Decimal | None = None
    institution_value: Decimal | None = None
    cost_basis: Decimal | None = None
    vested_value: Decimal | None = None
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None
    tax_lots: RawList | None = None


class OptionContract(msgspec.Struct):
    contract_type: str | None = None
    expiration_date: str | None = None
    strike_price: Decimal | None = None
    underlying_security_ticker: str | None = None


class FixedIncome(msgspec.Struct):
    maturity_date: str | None = None


class Security(msgspec.Struct):
    security_id: str
    name: str | None = None
    ticker_symbol: str | None = None
    type: str | None = None
    subtype: str | None = None
    is_cash_equivalent: bool | None = None
    isin: str | None = None
    cusip: str | None = None
    figi: str | None = None
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None
    option_contract: OptionContract | None = None
    fixed_income: FixedIncome | None = None


class HoldingsAnswer(msgspec.Struct):
    accounts: RawList
    holdings: RawList
    securities: RawList
    item: Item | None = None


class Transaction(msgspec.Struct):
    """``amount`` is positive when cash leaves the account."""

    investment_transaction_id: str
    account_id: str
    date: str
    amount: Decimal
    security_id: str | None = None
    name: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    fees: Decimal | None = None
    type: str | None = None
    subtype: str | None = None
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None
    transaction_datetime: str | None = None


class TransactionsAnswer(msgspec.Struct):
    investment_transactions: RawList
    securities: RawList
    total_investment_transactions: int
    accounts: RawList = []
    item: Item | None = None


class LinkToken(msgspec.Struct):
    link_token: str
    hosted_link_url: str | None = None
    expiration: str | None = None


class Institution(msgspec.Struct):
    name: str | None = None
    institution_id: str | None = None


class ItemAdded(msgspec.Struct):
    public_token: str
    institution: Institution | None = None


class LinkResults(msgspec.Struct):
    item_add_results: list[ItemAdded] | None = None


class LinkMetadata(msgspec.Struct):
    institution: Institution | None = None
    status: str | None = None


class LinkSuccess(msgspec.Struct):
    """What older accounts get in place of ``results``."""

    public_token: str | None = None
    metadata: LinkMetadata | None = None


class LinkExit(msgspec.Struct):
    error: Problem | None = None
    metadata: LinkMetadata | None = None


class LinkSession(msgspec.Struct):
    link_session_id: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    results: LinkResults | None = None
    on_success: LinkSuccess | None = None
    exit: LinkExit | None = None
    on_exit: LinkExit | None = None


class LinkAnswer(msgspec.Struct):
    link_sessions: list[LinkSession] | None = None


class Exchanged(msgspec.Struct):
    access_token: str
    item_id: str | None = None


class Acknowledged(msgspec.Struct):
    request_id: str | None = None
