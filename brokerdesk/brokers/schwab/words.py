"""What the sign-in steps and their failures say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from brokerdesk.brokers.callback import EXAMPLE
from brokerdesk.brokers.flow import BrowserStep, FieldKind, FormField, FormStep, NoticeStep
from brokerdesk.brokers.schwab import BROKER_ID
from brokerdesk.errors import AuthRejectedError, CallbackTimeoutError

PORTAL = "https://developer.schwab.com"

_GUIDE = (
    "Sign up at developer.schwab.com; this is a separate login from your brokerage account.",
    "Add an app with both products: “Accounts and Trading Production” and "
    "“Market Data Production”.",
    f"As callback address enter exactly {EXAMPLE} — without a slash at the end.",
    "Wait until the app's status is “Ready For Use”. “Approved – Pending” does not work yet; "
    "this can take some days, also after each change.",
    "Copy the app key and the secret from the app's page into the fields below.",
    "On Schwab's sign-in page, use your brokerage login, not the developer one.",
)


def form(answers: Mapping[str, str], problems: tuple[tuple[str, str], ...] = ()) -> FormStep:
    """The keys' form. What was typed comes back, but never the secret."""
    return FormStep(
        title="Connect Charles Schwab",
        text="Schwab lets you read your accounts through an app of your own. "
        "Its key stays on this computer.",
        fields=(
            FormField(
                name="app_key",
                label="App key",
                help="Also called client ID.",
                default=answers.get("app_key", ""),
            ),
            FormField(
                name="app_secret",
                label="App secret",
                kind=FieldKind.SECRET,
                help="Kept encrypted.",
            ),
            FormField(
                name="callback_url",
                label="Callback address",
                help="Letter by letter as registered with your app.",
                default=answers.get("callback_url", "") or EXAMPLE,
            ),
        ),
        guide=_GUIDE,
        guide_url=PORTAL,
        problems=problems,
    )


def notice(fingerprint: str) -> NoticeStep:
    """The certificate warning, announced before it appears."""
    return NoticeStep(
        title="Your browser will warn you once",
        text="After you agree on Schwab's page, your browser comes back to this computer and "
        "warns that the connection is not private. That page is BrokerDesk itself.",
        points=(
            "Check that the address starts with https://127.0.0.1, then choose "
            "“Advanced” and “Proceed” (or “Accept the risk”).",
            "Do so right away: Schwab's code is valid for about 30 seconds.",
            "If you would rather not proceed, copy the address and paste it into BrokerDesk.",
            "To be sure, compare the certificate's SHA-256 fingerprint with the one below.",
        ),
        fingerprint=fingerprint,
        action="Open browser",
    )


def browser(url: str, ends: datetime, *, by_hand: bool = False) -> BrowserStep:
    """The wait for the browser, or for the address that it ends on."""
    if by_hand:
        return BrowserStep(
            title="Sign in at Schwab, then paste the address",
            text="Sign in with your brokerage login, choose the accounts and agree. The browser "
            "then ends on an error page or on another program's page: that is expected.",
            url=url,
            ends=ends,
            paste_hint="Copy the whole address from that page and paste it here within 30 seconds.",
        )
    return BrowserStep(
        title="Sign in at Schwab",
        text="Sign in with your brokerage login, choose the accounts and agree. "
        "BrokerDesk goes on by itself.",
        url=url,
        ends=ends,
        paste_hint="If the browser stops at a warning or an empty page, paste its whole address "
        "here within 30 seconds.",
    )


def too_late(limit: timedelta) -> CallbackTimeoutError:
    return CallbackTimeoutError(
        f"No answer in {int(limit.total_seconds() // 60)} minutes.",
        "Nothing was saved. The waiting port is closed.",
        "Start again. If Schwab shows an error page, compare the callback address with the "
        "registered one.",
    )


def declined(error: str) -> AuthRejectedError:
    if error == "access_denied":
        return AuthRejectedError(
            "You declined to share your accounts.",
            "Nothing was saved.",
            "Start again and agree on Schwab's page if you want to connect.",
            broker_id=BROKER_ID,
        )
    return AuthRejectedError(
        "Schwab ended the sign-in without a result.",
        "Nothing was saved.",
        "Start again. If it happens again, check that your app is “Ready For Use”.",
        broker_id=BROKER_ID,
    )


def somebody_else() -> AuthRejectedError:
    return AuthRejectedError(
        "This is another Schwab login than the one connected here.",
        "Nothing was saved, and the connection stays as it was.",
        "Sign in with the same login, or add the other one as a new connection.",
        broker_id=BROKER_ID,
    )
