"""The page on which a person agrees. Plain HTML; the ids of its buttons are stable."""

from __future__ import annotations

from html import escape

STYLE = (
    "body{font:16px/1.5 sans-serif;margin:3rem auto;max-width:30rem;padding:0 1rem}"
    "button{font-size:1rem;padding:.5rem 1.2rem;margin:1rem .6rem 0 0}label{display:block}"
    ".band{background:#6b3fa0;color:#fff;text-align:center;padding:.4rem}"
)


def page(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(title)}</title>"
        f"<style>{STYLE}</style></head><body>"
        "<div class=band>Practice broker on this computer: no real accounts, no real money</div>"
        f"<h1>{escape(title)}</h1>{body}</body></html>"
    )


def consent_page(action: str, attempt: str, accounts: list[tuple[str, str]]) -> str:
    """``accounts`` are pairs of environment and what to call it; all are ticked at first."""
    boxes = "".join(
        f'<label><input type=checkbox name=account id="consent-{escape(venue)}" '
        f'value="{escape(venue)}" checked> {escape(name)}</label>'
        for venue, name in accounts
    )
    return page(
        "Authorize application",
        f'<form method=post action="{escape(action)}">'
        f'<input type=hidden name=attempt value="{escape(attempt)}">{boxes}'
        "<button type=submit id=consent-allow name=choice value=allow>Allow</button>"
        "<button type=submit id=consent-deny name=choice value=deny>Deny</button></form>",
    )


def failure_page(text: str) -> str:
    return page("Something went wrong", f"<p id=failure>{escape(text)}</p>")
