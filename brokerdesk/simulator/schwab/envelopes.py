"""Schwab's several ways to say no: trader, market data, gateway, token endpoint and HTML."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from brokerdesk.simulator.wire import html_answer, json_answer, new_id


def trader_error(status: int, message: str, *errors: str) -> web.Response:
    """The trader API's envelope; ``errors`` may be absent."""
    body: dict[str, Any] = {"message": message}
    if errors:
        body["errors"] = list(errors)
    return json_answer(body, status)


def market_error(status: int, title: str, detail: str = "", parameter: str = "") -> web.Response:
    """The market data API's envelope, with ``status`` as text."""
    error: dict[str, Any] = {"id": new_id(), "status": str(status), "title": title}
    if detail:
        error["detail"] = detail
    if parameter:
        error["source"] = {"parameter": parameter}
    return json_answer({"errors": [error]}, status)


def unauthorized() -> web.Response:
    """The gateway's 401, the same for both APIs, with ``status`` as a number."""
    error = {
        "id": new_id(),
        "status": 401,
        "title": "Unauthorized",
        "detail": "Client not authorized",
    }
    return json_answer({"errors": [error]}, 401)


def too_many(retry_after: str) -> web.Response:
    answer = json_answer({"message": "Too many requests"}, 429)
    if retry_after:
        answer.headers["Retry-After"] = retry_after
    return answer


def token_error(error: str, description: str, status: int = 400) -> web.Response:
    return json_answer({"error": error, "error_description": description}, status)


def nested(error: str, description: str) -> str:
    """The inner document, put into the outer one's text the way the real endpoint does it."""
    return f'400 Bad Request: "{{"error_description":"{description}","error":"{error}"}}"'


def refresh_refused(digest: str, form: str) -> web.Response:
    """An expired, revoked or superseded refresh token, in either of the two forms seen."""
    if form == "invalid_client":
        return token_error("invalid_client", "refresh_token_invalid: refresh token invalid")
    inner = (
        f"Exception while authenticating refresh token [tokenDigest={digest}, "
        f"Exception=Failed refresh token authentication [tokenDigest={digest}]]"
    )
    return token_error(
        "unsupported_token_type", nested("refresh_token_authentication_error", inner)
    )


def code_refused(reason: str) -> web.Response:
    text = nested("invalid_request", f"Bad authorization code: {reason}")
    return token_error("unsupported_token_type", text)


def access_denied(url: str) -> web.Response:
    return html_answer(
        "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n"
        f"You don't have permission to access &#34;{_escaped(url)}&#34; on this server.<P>\n"
        "Reference&#32;&#35;18&#46;simulated\n</BODY>\n</HTML>\n",
        403,
    )


def whitelabel() -> web.Response:
    return html_answer(
        "<html><body><h1>Whitelabel Error Page</h1><p>This application has no explicit mapping "
        "for /error, so you are seeing this as a fallback.</p><div>There was an unexpected error "
        "(type=Internal Server Error, status=500).</div></body></html>",
        500,
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
