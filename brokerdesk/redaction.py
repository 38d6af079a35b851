"""Taking secrets out of text, whatever they were encoded as on the way there.

It knows the secrets that are in memory, because their owners register them. It must not know
logging: exceptions, crash reports and the log all go through the same ``Redactor``.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator

HIDDEN = "[secret]"
_MARK = "\ue0ff"
"""Stands for ``HIDDEN`` until all secrets are out: one that reads "secret" must not find it."""
_SHORTEST = 4
_KEPT = 512
_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "\v": "v", "\a": "a", "\0": "0"}
_END = 24
_B64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_=%-")
_AUTHORIZATION = re.compile(r"\b(Bearer|Basic|Digest)(\s+|%20|\+)[^\s\"',;]+", re.IGNORECASE)
_URL_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#\"']*)[?#][^\s\"'>)]*", re.IGNORECASE)
_URL_USER = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@\"']+@", re.IGNORECASE)


class Redactor:
    """Hides registered texts, credentials in headers, and everything after ``?`` in an address.

    Thread-safe. The newest 512 secrets are remembered: tokens rotate, processes live long.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._ordered: tuple[_Known, ...] = ()
        self._gate = threading.Lock()

    def register_secret(self, text: str) -> None:
        """Never show ``text`` again, plain, url-encoded, escaped or in base64.

        Texts under four characters are not taken: hiding every "1" would hide the log itself.
        """
        self._register(text, _MARK)

    def register_account(self, number: str) -> None:
        """Show this account number by its last four characters only."""
        self._register(number, "…" + number[-4:] if len(number) > _SHORTEST else _MARK)

    def _register(self, text: str, shown: str) -> None:
        if len(text) < _SHORTEST or text.isspace():
            return
        with self._gate:
            known = self._known.pop(text, None)
            known = known if known is not None and known.shown == shown else _Known(text, shown)
            # Longest first, so that a secret within a longer one does not leave its rest behind.
            newest = list(self._known.items())[-(_KEPT - 1) :]
            ordered = sorted([*newest, (text, known)], key=lambda item: len(item[0]), reverse=True)
            self._known = dict([*newest, (text, known)])
            self._ordered = tuple(item for _, item in ordered)

    def redact(self, text: str) -> str:
        """``text`` without anything registered."""
        for known in self._ordered:
            text = known.hide(text)
        text = text.replace(_MARK, HIDDEN)
        text = _AUTHORIZATION.sub(rf"\1 {HIDDEN}", text)
        text = _URL_USER.sub(rf"\1{HIDDEN}@", text)
        return _URL_QUERY.sub(r"\1?[…]", text)


class _Known:
    """One secret in all the shapes that it may come in.

    Patterns are made when a text first needs them, and only of a secret's two ends: what lies
    between an end and the other is hidden with them, however long the secret is.
    """

    __slots__ = ("_cores", "_encoded", "_plain", "shown")

    def __init__(self, text: str, shown: str) -> None:
        self.shown = shown
        self._plain = text
        self._encoded: re.Pattern[str] | None = None
        self._cores = tuple({core for end in _ends(text) for core in _base64_cores(end)})

    def hide(self, text: str) -> str:
        text = text.replace(self._plain, self.shown)
        # The slow shapes need one of these to differ from the plain one.
        if "%" in text or "\\" in text or "+" in text or "&" in text:
            if self._encoded is None:
                self._encoded = _any_shape(self._plain)
            text = self._encoded.sub(lambda _: self.shown, text)
        for core in self._cores:
            text = _without_run_around(core, text)
        return text

    def __repr__(self) -> str:
        return "<secret>"


def _ends(text: str) -> tuple[str, ...]:
    return (text,) if len(text) <= 2 * _END else (text[:_END], text[-_END:])


def _any_shape(text: str) -> re.Pattern[str]:
    first, *last = ("".join(map(_any_encoding, end)) for end in _ends(text))
    if not last:
        return re.compile(first)
    # At most twelve characters stand for one. Up to the *last* end within reach, for the end may
    # occur in the middle too; when the secret was cut short, the word that it began goes.
    return re.compile(f"{first}(?:(?s:.{{0,{12 * len(text)}}}){last[0]}|\\S*)")


def _without_run_around(core: str, text: str) -> str:
    """``text`` with the whole base64 run hidden wherever ``core`` is in it."""
    at = text.find(core)
    while at >= 0:
        begin, end = at, at + len(core)
        while begin > 0 and text[begin - 1] in _B64:
            begin -= 1
        while end < len(text) and text[end] in _B64:
            end += 1
        text = text[:begin] + _MARK + text[end:]
        at = text.find(core, begin + len(_MARK))
    return text


def _any_encoding(character: str) -> str:
    """A pattern for one character as itself, percent-encoded (again and again), or escaped."""
    code = ord(character)
    octets = [f"{octet:02x}" for octet in character.encode("utf-8", "surrogatepass")]
    if character.isascii():
        (two,) = octets
        forms = [re.escape(character), rf"(?:%(?:25)*|\\+(?:x|u00)){_hex(two)}"]
    else:
        units = character.encode("utf-16-be", "surrogatepass").hex()
        forms = [
            re.escape(character),
            "".join(f"%(?:25)*{_hex(octet)}" for octet in octets),
            "".join(rf"\\+x{_hex(octet)}" for octet in octets),
            "".join(rf"\\+u{_hex(units[i : i + 4])}" for i in range(0, len(units), 4)),
            rf"\\+x{_hex(f'{code:02x}')}" if code <= 0xFF else rf"\\+U{_hex(f'{code:08x}')}",
        ]
    if character == " ":
        forms.append(r"\+")
    if character in _ESCAPES:
        forms.append(rf"\\+{_ESCAPES[character]}")
    if character in "\"'\\/":
        forms.append(r"\\+" + re.escape(character))
    if character in "&<>\"'":
        forms.append("&#?[a-zA-Z0-9]+;")
    return f"(?:{'|'.join(forms)})"


def _hex(digits: str) -> str:
    return "".join(f"[{d}{d.upper()}]" if d.isalpha() else d for d in digits)


def _base64_cores(text: str) -> Iterator[str]:
    """What base64 of anything that contains ``text`` must contain, at each of three alignments.

    ``Basic`` authorization, for one, encodes key and secret joined by a colon.
    """
    octets = text.encode("utf-8", "surrogatepass")
    for before in range(3):
        bits = (before + len(octets)) * 8
        first = -(-before * 8 // 6)
        last = bits // 6
        padded = b"\0" * before + octets + b"\0\0\0"
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(padded).decode("ascii")[first:last]
            if len(core) >= _SHORTEST:
                yield core
