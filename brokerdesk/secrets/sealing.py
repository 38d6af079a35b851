"""Sealing: bytes under a data key, bound to the name they belong to.

Pure functions and the key itself. It must not know files, keychains or what is sealed.

A sealed blob is ``BDSEAL1\\n`` · key id (8 bytes) · nonce (12 bytes) · AES-256-GCM ciphertext. Its
associated data is the head and the name, so a blob renamed over another one does not open. The
key id lets a blob under a *different* key be told from a damaged one: the first is a keychain that
changed, the second is a broken disk, and the user has to hear which.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from brokerdesk.secrets import words

MAGIC = b"BDSEAL1\n"
KEY_BYTES = 32
_ID_BYTES = 8
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEAD_BYTES = len(MAGIC) + _ID_BYTES
_TEXT_PREFIX = "bd1:"


class DataKey:
    """Thirty-two random bytes that never appear in ``repr``, with a public check value ``id``."""

    __slots__ = ("_raw", "id")

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise ValueError("a data key has 32 bytes")
        self._raw = raw
        self.id = hmac.digest(raw, b"brokerdesk key check v1", hashlib.sha256)[:_ID_BYTES].hex()

    @classmethod
    def random(cls) -> DataKey:
        return cls(os.urandom(KEY_BYTES))

    @classmethod
    def from_text(cls, text: str) -> DataKey:
        """The key that ``text()`` wrote.

        Raises:
            ValueError: it is something else.
        """
        if not text.startswith(_TEXT_PREFIX):
            raise ValueError("not a data key")
        try:
            return cls(base64.b64decode(text.removeprefix(_TEXT_PREFIX), validate=True))
        except ValueError as error:
            raise ValueError("not a data key") from error

    def text(self) -> str:
        """The key as a keychain entry: 48 characters."""
        return _TEXT_PREFIX + base64.b64encode(self._raw).decode("ascii")

    def raw(self) -> bytes:
        return self._raw

    def __repr__(self) -> str:
        return f"<DataKey {self.id}>"


def seal(key: DataKey, name: str, data: bytes) -> bytes:
    """``data`` sealed for ``name``. Every call gives other bytes."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    head = MAGIC + bytes.fromhex(key.id)
    nonce = os.urandom(_NONCE_BYTES)
    return head + nonce + AESGCM(key.raw()).encrypt(nonce, data, head + name.encode())


def key_id_of(blob: bytes) -> str:
    """The id of the key that ``blob`` is sealed under.

    Raises:
        SecretDamagedError: it is no sealed blob.
    """
    whole = _HEAD_BYTES + _NONCE_BYTES + _TAG_BYTES
    if len(blob) < whole or not blob.startswith(MAGIC):
        raise words.damaged("Its file is cut short or not a sealed file.")
    return blob[len(MAGIC) : _HEAD_BYTES].hex()


def open_sealed(key: DataKey, name: str, blob: bytes) -> bytes:
    """What was sealed for ``name`` under ``key``.

    Raises:
        SecretDamagedError: a bit differs, or it was sealed for another name or key.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key_id_of(blob)
    head, rest = blob[:_HEAD_BYTES], blob[_HEAD_BYTES:]
    try:
        return AESGCM(key.raw()).decrypt(
            rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head + name.encode()
        )
    except InvalidTag as error:
        raise words.damaged("Its file does not open under its key.") from error
