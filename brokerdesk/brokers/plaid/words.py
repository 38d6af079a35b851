"""What the sign-in steps and their failures say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from brokerdesk.brokers.flow import BrowserStep, FieldKind, FormField, FormStep
from brokerdesk.brokers.plaid import BROKER_ID
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import (
    AuthRejectedError,
    BrokerProtocolError,
    BrokerRefusedError,
    CallbackTimeoutError,
)

DASHBOARD = "https://dashboard.plaid.com"
_SECRETS = {
    Environment.LIVE: "Production secret",
    Environment.PAPER: "Sandbox secret",
    Environment.PRACTICE: "Secret",
}
_GUIDE = (
    "Sign up at dashboard.plaid.com. The Trial plan is free and has 10 logins with real data.",
    "Open “Developers” and then “Keys”.",
    "Copy the client ID and the secret of this environment into the fields below.",
    "Some institutions want an approval first: see “OAuth institutions” in the dashboard.",
)


def form(
    environment: Environment,
    answers: Mapping[str, str],
    problems: tuple[tuple[str, str], ...] = (),
) -> FormStep:
    """The keys' form. What was typed comes back, but never the secret."""
    return FormStep(
        title="Connect an institution through Plaid",
        text="Plaid lets you read your accounts with keys of your own. They stay on this computer.",
        fields=(
            FormField(
                name="client_id",
                label="Client ID",
                help="The same in all environments.",
                default=answers.get("client_id", ""),
            ),
            FormField(
                name="secret",
                label=_SECRETS[environment],
                kind=FieldKind.SECRET,
                help="Each environment has a secret of its own.",
            ),
        ),
        guide=_GUIDE,
        guide_url=DASHBOARD,
        problems=problems,
    )


def browser(url: str, ends: datetime, institution: str = "") -> BrowserStep:
    """The wait for the person on Plaid's page."""
    if institution:
        return BrowserStep(
            title=f"Sign in at {institution} again",
            text="Plaid's page asks for what is missing. BrokerDesk goes on by itself, and your "
            "history stays.",
            url=url,
            ends=ends,
            comes_back=False,
            paste_hint="Nothing has to be pasted: BrokerDesk asks Plaid how far you are.",
        )
    return BrowserStep(
        title="Sign in on Plaid's page",
        text="Choose your institution, sign in there and tick the accounts. When the page says "
        "that you are done, BrokerDesk goes on by itself.",
        url=url,
        ends=ends,
        comes_back=False,
        paste_hint="Nothing has to be pasted: BrokerDesk asks Plaid how far you are.",
    )


def too_late() -> CallbackTimeoutError:
    return CallbackTimeoutError(
        "The sign-in on Plaid's page was not finished in time.",
        "Nothing was saved.",
        "Start again; the page is open to you for half an hour.",
    )


def declined(said: str = "", *, relogin: bool = False) -> AuthRejectedError:
    kept = "The connection stays as it was." if relogin else "Nothing was saved."
    if said:
        return AuthRejectedError(
            "Plaid's page ended without a sign-in.", f"{said} {kept}", "Start again.",
            broker_id=BROKER_ID,
        )  # fmt: skip
    return AuthRejectedError(
        "You declined, or closed Plaid's page.",
        kept,
        "Start again and follow the page to its end if you want to connect.",
        broker_id=BROKER_ID,
    )


def second_login(institution: str, name: str) -> BrokerRefusedError:
    return BrokerRefusedError(
        f"{institution or 'This institution'} is already connected as “{name}”.",
        "A second login at the same institution breaks the first one at some institutions, and "
        "your accounts would count twice. Nothing was added; Plaid bills nothing for this attempt.",
        "To renew it or to add accounts, sign in again from that connection.",
        broker_id=BROKER_ID,
    )


def somewhere_else(institution: str) -> AuthRejectedError:
    return AuthRejectedError(
        f"This is a login at {institution or 'another institution'}, not the one connected here.",
        "Nothing was saved, and the connection stays as it was.",
        "Sign in at the same institution, or add this one as a new connection.",
        broker_id=BROKER_ID,
    )


def no_page() -> BrokerProtocolError:
    return BrokerProtocolError(
        "Plaid gave no page to sign in on.",
        "Nothing was saved.",
        "Check at dashboard.plaid.com that your account may use Hosted Link.",
        broker_id=BROKER_ID,
    )
