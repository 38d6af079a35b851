"""Plaid's one error envelope."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from brokerdesk.simulator.wire import json_answer, new_id

ITEM, INPUT, REQUEST = "ITEM_ERROR", "INVALID_INPUT", "INVALID_REQUEST"
TYPES = {
    "ITEM_LOGIN_REQUIRED": (ITEM, 400, "the login details of this item have changed"),
    "ITEM_NOT_FOUND": (ITEM, 400, "the Item you requested cannot be found"),
    "PRODUCT_NOT_READY": (ITEM, 400, "the requested product is not yet ready"),
    "PRODUCTS_NOT_SUPPORTED": (ITEM, 400, "the products are not supported by this institution"),
    "NO_INVESTMENT_ACCOUNTS": (ITEM, 400, "there are no valid investment account(s)"),
    "ACCESS_NOT_GRANTED": (ITEM, 400, "access to this product was not granted"),
    "INSTITUTION_DOWN": ("INSTITUTION_ERROR", 400, "this institution is not currently responding"),
    "INSTITUTION_NOT_RESPONDING": ("INSTITUTION_ERROR", 400, "the institution does not respond"),
    "INSTITUTION_NO_LONGER_SUPPORTED": ("INSTITUTION_ERROR", 400, "no longer supported"),
    "INVALID_API_KEYS": (INPUT, 400, "invalid client_id or secret provided"),
    "INVALID_ACCESS_TOKEN": (INPUT, 400, "could not find matching access token"),
    "INVALID_PUBLIC_TOKEN": (INPUT, 400, "could not find matching public token"),
    "INVALID_LINK_TOKEN": (INPUT, 400, "could not find matching link token"),
    "INVALID_ACCOUNT_ID": (INPUT, 400, "failed to find requested account ID for requested item"),
    "MISSING_FIELDS": (REQUEST, 400, "a required field is missing"),
    "INVALID_FIELD": (REQUEST, 400, "a field has an invalid value"),
    "INVALID_BODY": (REQUEST, 400, "body could not be parsed as JSON"),
    "NOT_FOUND": (REQUEST, 404, "the requested endpoint was not found"),
    "INTERNAL_SERVER_ERROR": ("API_ERROR", 500, "an unexpected error occurred"),
    "PLANNED_MAINTENANCE": ("API_ERROR", 503, "the Plaid API is down for maintenance"),
    "ACCOUNTS_BALANCE_GET_LIMIT": ("RATE_LIMIT_EXCEEDED", 429, "rate limit exceeded"),
    "HOLDINGS_LIMIT": ("RATE_LIMIT_EXCEEDED", 429, "rate limit exceeded"),
}


class PlaidError(Exception):
    """Ends a request with one of Plaid's codes."""

    def __init__(self, code: str, text: str = "", status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.text = text
        self.status = status

    def answer(self) -> web.Response:
        _, usual, _ = TYPES.get(self.code, (REQUEST, 400, ""))
        return json_answer({**body(self.code, self.text), "request_id": new_id()},
                           self.status or usual)  # fmt: skip


def body(code: str, text: str = "") -> dict[str, Any]:
    """The error object, as an answer or inside an Item."""
    kind, _, usual = TYPES.get(code, (REQUEST, 400, "refused"))
    return {
        "error_type": kind,
        "error_code": code,
        "error_message": text or usual,
        "display_message": None,
        "documentation_url": "https://plaid.com/docs/errors/",
        "suggested_action": None,
    }
