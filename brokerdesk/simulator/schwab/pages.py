"""The pages a person sees when signing in: login, consent, refusal.

Plain HTML without script. The ids of fields and buttons are stable: tests click them.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

STYLE = """body{font:16px/1.5 sans-serif;margin:0;background:#f2f4f7;color:#1b2430}
main{max-width:30rem;margin:3rem auto;background:#fff;padding:2rem;border-radius:8px;
box-shadow:0 1px 4px rgba(0,0,0,.15)}h1{font-size:1.3rem;margin:0 0 1rem}
.band{background:#6b3fa0;color:#fff;text-align:center;padding:.4rem;font-size:.9rem}
label{display:block;margin:.8rem 0}input[type=text],input[type=password]{width:100%;
box-sizing:border-box;padding:.5rem;font-size:1rem;margin-top:.2rem}
button{font-size:1rem;padding:.5rem 1.2rem;margin:1rem .6rem 0 0}.problem{color:#a11}
.terms{font-size:.85rem;color:#445;border:1px solid #ccd;padding:.6rem;max-height:8rem;
overflow:auto}"""


def page(title: str, body: str) -> str:
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        "<div class=band>Practice broker on this computer: no real accounts, no real money</div>"
        f"<main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def _told(name: str, problem: str) -> str:
    return f"<p class=problem id={name} role=alert>{escape(problem)}</p>" if problem else ""


def login_page(action: str, attempt: str, problem: str = "") -> str:
    told = f"<p class=problem id=login-problem role=alert>{escape(problem)}</p>" if problem else ""
    return page(
        "Practice sign-in",
        f'{told}<p>Any name and password will do. The password "wrong" is refused.</p>'
        f'<form method=post action="{escape(action)}">'
        f'<input type=hidden name=attempt value="{escape(attempt)}">'
        "<label>Login ID<input type=text id=login-user name=user autocomplete=off></label>"
        "<label>Password<input type=password id=login-password name=password "
        "autocomplete=off></label>"
        "<button type=submit id=login-submit>Log in</button></form>",
    )


def consent_page(
    action: str, attempt: str, accounts: Sequence[tuple[str, str]], problem: str = ""
) -> str:
    """``accounts`` are pairs of account number and nickname; all are ticked at first."""
    told = (
        f"<p class=problem id=consent-problem role=alert>{escape(problem)}</p>" if problem else ""
    )
    boxes = "".join(
        f"<label><input type=checkbox name=account class=consent-account "
        f'id="consent-account-{place}" value="{escape(number)}" checked> '
        f"{escape(nickname)} (…{escape(number[-3:])})</label>"
        for place, (number, nickname) in enumerate(accounts)
    )
    return page(
        "Which accounts may the app see?",
        f'{told}<form method=post action="{escape(action)}">'
        f'<input type=hidden name=attempt value="{escape(attempt)}">{boxes}'
        '<div class=terms id=consent-terms>By choosing "Allow" you let the app read these '
        "practice accounts for seven days. You can end that at any time by signing in again."
        "</div>"
        "<button type=submit id=consent-allow name=choice value=allow>Allow</button>"
        "<button type=submit id=consent-deny name=choice value=deny>Deny</button></form>",
    )


def unable_page() -> str:
    return page(
        "We are unable to complete your request",
        "<p id=failure>We are unable to complete your request. Please contact customer service "
        "for further assistance.</p>",
    )
