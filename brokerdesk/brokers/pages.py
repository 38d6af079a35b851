"""The few static pages that the loopback listener answers with.

No script, no link, no image, nothing from the request: a page that held any of these could leak
the code or be made to say what somebody else wants.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

_STYLE = (
    "body{font-family:system-ui,sans-serif;margin:20vh auto;max-width:30em;padding:0 1em;"
    "text-align:center;color:#1c2733;background:#fff}"
    "@media(prefers-color-scheme:dark){body{color:#e6ebf0;background:#12181f}}"
)
_SHAPE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width"><style>{style}</style></head>'
    "<body><h1>{title}</h1><p>{text}</p></body></html>"
)
_HEADERS = (
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer. ``location`` makes it a redirect within the listener."""

    status: int
    title: str = ""
    text: str = ""
    location: str = ""

    def to_bytes(self) -> bytes:
        """The answer as it goes on the wire, the same for every method."""
        body = b""
        headers = list(_HEADERS)
        if self.location:
            headers.append(("Location", self.location))
        if self.title:
            body = _SHAPE.format(title=self.title, text=self.text, style=_STYLE).encode()
            headers.append(("Content-Type", "text/html; charset=utf-8"))
        headers.append(("Content-Length", str(len(body))))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        reason = HTTPStatus(self.status).phrase
        return f"HTTP/1.1 {self.status} {reason}\r\n{lines}\r\n".encode() + body


def ended_page(*, declined: bool) -> Page:
    """What the person sees when the browser's part is done."""
    if declined:
        return Page(
            status=200,
            title="Sign-in stopped",
            text="Nothing was shared. You can close this window and return to BrokerDesk.",
        )
    return Page(
        status=200,
        title="Back to BrokerDesk",
        text="Your browser's part is done. You can close this window.",
    )


def failure_page(status: int) -> Page:
    """The same short words for every request that is not the awaited one."""
    return Page(
        status=status,
        title="Not expected here",
        text="BrokerDesk is waiting for a sign-in, and this is not it.",
    )
