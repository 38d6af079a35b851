"""The callback address that a user registers with a broker, checked before it is used.

Brokers compare it letter by letter, so the text is kept exactly as registered. Only this computer
qualifies: ``https://127.0.0.1:<port>`` with an optional path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from brokerdesk.errors import InputError

FIELD = "callback_url"
EXAMPLE = "https://127.0.0.1:8182"
MAX_LENGTH = 255
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]*)*")


@dataclass(frozen=True, slots=True)
class CallbackUrl:
    """A usable callback address. ``text`` is as registered; ``path`` is "/" when it has none.

    ``secure`` is False for plain http, which some brokers allow for this computer only.
    """

    text: str
    port: int
    path: str
    host: str = "127.0.0.1"
    secure: bool = True

    @property
    def host_header(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.host_header}"


def parse_callback(text: str) -> CallbackUrl:
    """The callback address in ``text``.

    Raises:
        InputError: it cannot be used; the sentence names the mistake.
    """
    text = text.strip()
    if not text:
        raise _bad("Enter the callback address of your app.")
    if len(text) > MAX_LENGTH:
        raise _bad(f"A callback address has at most {MAX_LENGTH} characters.")
    if "," in text:
        raise _bad("Enter one address only: the one that points to this computer.")
    if not text.isascii() or any(character.isspace() for character in text):
        raise _bad("A callback address has no blanks and no special letters.")
    if not text.startswith("https://"):
        if text.lower().startswith("https://"):
            raise _bad("Write https:// in lower case, here and in your app's registration.")
        if text.startswith("http://"):
            raise _bad("The address must start with https://, not http://.")
        raise _bad("The address must start with https://.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _bad("The port must be a number from 1024 to 65535.") from None
    if "@" in parts.netloc:
        raise _bad("A callback address holds no user name.")
    if parts.hostname != "127.0.0.1":
        if parts.hostname in ("localhost", "::1"):
            raise _bad(f"Write 127.0.0.1 instead of {parts.hostname}, here and in your app.")
        raise _bad("The address must point to this computer: 127.0.0.1.")
    if port is None:
        raise _bad("Add a port after 127.0.0.1, such as :8182.")
    if not 1024 <= port <= 65535:
        raise _bad("The port must be a number from 1024 to 65535.")
    if parts.netloc != f"127.0.0.1:{port}":
        raise _bad("Write the port without leading zeros.")
    if "?" in text or "#" in text:
        raise _bad("A callback address ends before any ? or #.")
    if not _PATH.fullmatch(parts.path):
        raise _bad("The path may hold letters, digits, dots and dashes only.")
    return CallbackUrl(text=text, port=port, path=parts.path or "/")


def parse_plain_callback(text: str) -> CallbackUrl:
    """The callback address in ``text``, where ``http://localhost`` is as good as https.

    Raises:
        InputError: it cannot be used; the sentence names the mistake.
    """
    text = text.strip()
    found = _PLAIN.fullmatch(text)
    if found is None or len(text) > MAX_LENGTH:
        return parse_callback(text)
    host, port, path = found.groups()
    # The rules for ports and paths are the same, so they are asked where they stand.
    secure = parse_callback(f"https://127.0.0.1:{port}{path}")
    return CallbackUrl(text=text, port=secure.port, path=secure.path, host=host, secure=False)


_PLAIN = re.compile(r"http://(localhost|127\.0\.0\.1):([0-9]+)((?:/[^?#]*)?)", re.ASCII)


def _bad(sentence: str) -> InputError:
    return InputError(
        FIELD, sentence, hint=f"It must equal what is registered, for example {EXAMPLE}."
    )
