"""What the sign-in steps and their failures say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from brokerdesk.brokers.base import Link
from brokerdesk.brokers.flow import BrowserStep, FieldKind, FormField, FormStep
from brokerdesk.brokers.snaptrade import BROKER_ID, TITLE
from brokerdesk.errors import AuthRejectedError, BrokerProtocolError, CallbackTimeoutError

DASHBOARD = "https://dashboard.snaptrade.com"
USE, ADD, REPAIR = "use", "add", "repair"
READ, TRADE = "read", "trade"

_GUIDE = (
    "Sign up at dashboard.snaptrade.com and choose the Personal plan, which is free.",
    "Make a Personal key there. It shows a client ID and, once, a consumer key.",
    "Copy both into the fields below. The key stays on this computer.",
    "Your brokerages' passwords are given on SnapTrade's page only, never to BrokerDesk.",
    "Leave the user fields empty. They are for a commercial key, which names a user in each call.",
)


def keys_form(answers: Mapping[str, str], problems: Sequence[tuple[str, str]] = ()) -> FormStep:
    """The keys' form. What was typed comes back, but never a secret."""
    return FormStep(
        title="Connect through SnapTrade",
        text="SnapTrade reads your accounts at many brokerages for you. BrokerDesk asks it with "
        "your own key.",
        fields=(
            FormField(
                name="client_id",
                label="Client ID",
                help="As the dashboard shows it.",
                default=answers.get("client_id", ""),
            ),
            FormField(
                name="consumer_key",
                label="Consumer key",
                kind=FieldKind.SECRET,
                help="Kept encrypted.",
            ),
            FormField(
                name="user_id",
                label="User ID",
                help="For a commercial key only.",
                default=answers.get("user_id", ""),
                required=False,
            ),
            FormField(
                name="user_secret",
                label="User secret",
                kind=FieldKind.SECRET,
                help="For a commercial key only. Left empty, SnapTrade makes this user anew.",
                required=False,
            ),
        ),
        guide=_GUIDE,
        guide_url=DASHBOARD,
        problems=tuple(problems),
    )


def choice_form(links: Sequence[Link], problems: Sequence[tuple[str, str]] = ()) -> FormStep:
    """What to do with the brokerages that are connected at SnapTrade already, if any are."""
    options = [(ADD, "Connect a brokerage")]
    if links:
        names = _listed([one.institution for one in links])
        options = [(USE, f"Use what is connected: {names}"), (ADD, "Connect another brokerage")]
    options += [
        (f"{REPAIR} {number}", f"Sign in to {one.institution} again")
        for number, one in enumerate(links, 1)
        if not one.working
    ]
    words = "; ".join(f"“{value}”: {text}" for value, text in options)
    return FormStep(
        title="Brokerages at SnapTrade",
        text="Your key works. "
        + (_state(links) if links else "No brokerage is connected with it yet."),
        fields=(
            FormField(
                name="next",
                label="What next?",
                help=f"{words}.",
                default=options[0][0],
                required=False,
                options=tuple(options),
            ),
            FormField(
                name="access",
                label="What a newly connected brokerage allows",
                help="“read”: looking only; “trade”: orders too, where the brokerage has them.",
                default=READ,
                required=False,
                options=((READ, "Looking only"), (TRADE, "Looking, and orders where it can be")),
            ),
        ),
        problems=tuple(problems),
    )


def browser(url: str, ends: datetime, link: Link | None) -> BrowserStep:
    """The wait for SnapTrade's page."""
    text = "Choose your brokerage on SnapTrade's page and sign in there."
    if link is not None:
        text = f"Sign in to {link.institution} on SnapTrade's page, with the same login as before."
    return BrowserStep(
        title="Go on in your browser",
        text=f"{text} Open it within five minutes. BrokerDesk notices by itself when it is done.",
        url=url,
        ends=ends,
        comes_back=False,
    )


def too_late() -> CallbackTimeoutError:
    return CallbackTimeoutError(
        "No brokerage was connected in the time there was.",
        "Nothing was saved.",
        "Start again. If SnapTrade's page said that it was done, choose to use what is connected.",
    )


def declined() -> AuthRejectedError:
    return AuthRejectedError(
        "You declined to connect a brokerage.",
        "Nothing was saved.",
        "Start again and finish on SnapTrade's page if you want to connect.",
        broker_id=BROKER_ID,
    )


_PORTAL = {
    "1066": "The brokerage did not accept the login.",
    "1086": "The brokerage did not accept the second factor.",
    "1023": "This is another login than the one connected before.",
    "1140": "Your SnapTrade key may not connect this brokerage.",
    "1006": "The page was no longer valid.",
    "3000": "The brokerage did not answer SnapTrade.",
}


def failed(code: str) -> AuthRejectedError:
    return AuthRejectedError(
        _PORTAL.get(code, "SnapTrade's page ended without a result."),
        "Nothing was saved.",
        "Start again.",
        broker_id=BROKER_ID,
    )


def somebody_else() -> AuthRejectedError:
    return AuthRejectedError(
        f"This is another {TITLE} key than the one connected here.",
        "Nothing was saved, and the connection stays as it was.",
        "Use the same client ID and user, or add the other one as a new connection.",
        broker_id=BROKER_ID,
    )


def strange_portal() -> BrokerProtocolError:
    return BrokerProtocolError(
        f"{TITLE} named a page that is not its own.",
        "It was not opened, and nothing was saved.",
        "Try again later.",
        broker_id=BROKER_ID,
    )


def user_not_made() -> str:
    return (
        "SnapTrade did not make this user. If there is one of that name, enter its secret; a "
        "personal key has no users."
    )


def user_unknown() -> AuthRejectedError:
    return AuthRejectedError(
        "It is not known whether SnapTrade made the user.",
        "Its secret is told once only and did not arrive. Nothing was saved.",
        "Start again with another user ID.",
        broker_id=BROKER_ID,
    )


def _state(links: Sequence[Link]) -> str:
    broken = [one.institution for one in links if not one.working]
    if not broken:
        return f"Connected with it: {_listed([one.institution for one in links])}."
    wants = "wants" if len(broken) == 1 else "want"
    return f"{_listed(broken)} {wants} a new sign-in and until then shows old figures."


def _listed(names: Sequence[str]) -> str:
    """At most four names in a sentence."""
    shown = list(names[:4])
    if len(names) > len(shown):
        shown.append(f"{len(names) - len(shown)} more")
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]
