"""What the sign-in steps and their failures say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from brokerdesk.brokers.alpaca import BROKER_ID
from brokerdesk.brokers.flow import BrowserStep, FieldKind, FormField, FormStep, NoticeStep
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import AuthRejectedError, CallbackTimeoutError

KEYS_URL = "https://app.alpaca.markets/paper/dashboard/overview"
APPS_URL = "https://app.alpaca.markets/connect"
EXAMPLE = "http://localhost:8182/callback"

Problems = tuple[tuple[str, str], ...]


def key_form(
    environment: Environment, answers: Mapping[str, str], problems: Problems = ()
) -> FormStep:
    """The key's form. What was typed comes back, but never the secret."""
    kind = {Environment.LIVE: "live", Environment.PAPER: "paper"}.get(environment, "practice")
    return FormStep(
        title="Connect Alpaca",
        text=f"Enter an API key of your {kind} account. It stays on this computer. To sign in "
        "through your browser with an app of your own instead, leave both fields empty.",
        fields=(
            FormField(
                name="key_id",
                label="API key ID",
                help="Keys of paper accounts begin with PK.",
                default=answers.get("key_id", ""),
                required=False,
            ),
            FormField(
                name="secret_key",
                label="Secret key",
                kind=FieldKind.SECRET,
                help="Kept encrypted.",
                required=False,
            ),
        ),
        guide=(
            "Log in at app.alpaca.markets and switch to the account that you want to connect, "
            "live or paper: each has keys of its own.",
            "Under “API Keys”, choose “Generate New Keys”.",
            "Copy the key and the secret. Alpaca shows the secret only once.",
        ),
        guide_url=KEYS_URL,
        problems=problems,
    )


def app_form(answers: Mapping[str, str], problems: Problems = ()) -> FormStep:
    """The app's form. What was typed comes back, but never the secret."""
    return FormStep(
        title="Sign in with your own app",
        text="Alpaca lets you register an app of your own and sign in to it in your browser. "
        "BrokerDesk asks for what you choose below, nothing more. To enter an API key instead, "
        "leave all fields empty.",
        fields=(
            FormField(
                name="client_id",
                label="Client ID",
                default=answers.get("client_id", ""),
                required=False,
            ),
            FormField(
                name="client_secret",
                label="Client secret",
                kind=FieldKind.SECRET,
                help="Kept encrypted.",
                required=False,
            ),
            FormField(
                name="callback_url",
                label="Callback address",
                help="Letter by letter as registered with your app.",
                default=answers.get("callback_url", "") or EXAMPLE,
                required=False,
            ),
            FormField(
                name="scope",
                label="Allow",
                help="Orders still need the trading switch of the connection.",
                default=answers.get("scope", "") or "data",
                required=False,
                options=(
                    ("data", "Reading and prices"),
                    ("data trading", "Reading, prices and orders"),
                ),
            ),
        ),
        guide=(
            "Log in at app.alpaca.markets and open “OAuth Apps”.",
            f"Add an app of your own. As redirect URI enter exactly {EXAMPLE}.",
            "Copy its client ID and client secret into the fields below.",
            "Such an app reaches your own accounts. For those of other people, Alpaca must "
            "approve it.",
        ),
        guide_url=APPS_URL,
        problems=problems,
    )


def notice(fingerprint: str) -> NoticeStep:
    """The certificate warning, announced before it appears."""
    return NoticeStep(
        title="Your browser will warn you once",
        text="After you agree on Alpaca's page, your browser comes back to this computer and "
        "warns that the connection is not private. That page is BrokerDesk itself.",
        points=(
            "Check that the address starts with https://127.0.0.1, then choose "
            "“Advanced” and “Proceed” (or “Accept the risk”).",
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
            title="Sign in at Alpaca, then paste the address",
            text="Log in and agree. The browser then ends on an error page or on another "
            "program's page: that is expected.",
            url=url,
            ends=ends,
            paste_hint="Copy the whole address from that page and paste it here.",
        )
    return BrowserStep(
        title="Sign in at Alpaca",
        text="Log in and agree. BrokerDesk goes on by itself.",
        url=url,
        ends=ends,
        paste_hint="If the browser stops at an empty page, paste its whole address here.",
    )


def too_late(limit: timedelta) -> CallbackTimeoutError:
    return CallbackTimeoutError(
        "The browser did not come back in time.",
        f"BrokerDesk waited {int(limit.total_seconds())} seconds. Nothing was saved.",
        "Start again. If Alpaca shows an error page, compare the callback address with the "
        "registered one.",
    )


def declined(error: str) -> AuthRejectedError:
    if error == "access_denied":
        return AuthRejectedError(
            "You declined to share your account.",
            "Nothing was saved.",
            "Start again and agree on Alpaca's page if you want to connect.",
            broker_id=BROKER_ID,
        )
    return AuthRejectedError(
        "Alpaca ended the sign-in without a result.",
        "Nothing was saved.",
        "Start again. If it happens again, check your app at app.alpaca.markets.",
        broker_id=BROKER_ID,
    )


def somebody_else() -> AuthRejectedError:
    return AuthRejectedError(
        "This is another Alpaca account than the one connected here.",
        "Nothing was saved, and the connection stays as it was.",
        "Use the same account, or add the other one as a new connection.",
        broker_id=BROKER_ID,
    )


def wrong_kind(environment: Environment, key: str) -> str:
    """A hint from a refused key's first letters, which name the kind of account; "" without one."""
    if environment is Environment.LIVE and key.startswith("PK"):
        return "This looks like a key of a paper account: choose Paper."
    if environment is Environment.PAPER and key.startswith("AK"):
        return "This looks like a key of a live account: choose Live."
    return ""
