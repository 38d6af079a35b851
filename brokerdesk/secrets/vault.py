"""The passphrase vault: a data key wrapped under a passphrase, for computers without a keychain.

Argon2id makes guessing dear, AES-GCM makes a wrong passphrase known. Pure functions over bytes. It
must not know files or who asks.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import unicodedata
from typing import Any

from brokerdesk.facts import dataclass
from brokerdesk.secrets import words
from brokerdesk.secrets.sealing import DataKey

PLACE = "this profile's passphrase vault"
_VERSION = 1
_SALT_BYTES = 16
_NONCE_BYTES = 12
MAX_PASSPHRASE = 4096


@dataclass(frozen=True, slots=True)
class Cost:
    """Argon2id's parameters, stored with each vault so that later ones may be dearer.

    The default is RFC 9106's second recommendation: 3 passes over 64 MiB in 4 lanes.
    """

    passes: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4

    def bounded(self) -> bool:
        """Whether a file may ask for it: not so dear that opening it would stop the computer."""
        return (
            1 <= self.passes <= 64
            and 8 * self.lanes <= self.memory_kib <= 2 * 1024 * 1024
            and 1 <= self.lanes <= 64
        )


def make(passphrase: str, key: DataKey, cost: Cost) -> bytes:
    """A vault file that gives ``key`` back for ``passphrase``.

    Raises:
        InputError: the passphrase is empty, blank or longer than 4,096 characters.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    head = {
        "version": _VERSION,
        "kdf": "argon2id",
        "passes": cost.passes,
        "memory_kib": cost.memory_kib,
        "lanes": cost.lanes,
        "salt": _b64(salt),
        "key_id": key.id,
    }
    wrapped = AESGCM(_derive(usable(passphrase), salt, cost)).encrypt(nonce, key.raw(), _bind(head))
    body = {**head, "nonce": _b64(nonce), "wrapped": _b64(wrapped)}
    return (json.dumps({**body, "checksum": _checksum(body)}, indent=2) + "\n").encode()


def unwrap(data: bytes, passphrase: str) -> DataKey:
    """The key in a vault file.

    Raises:
        SecretDamagedError: the file is damaged; no passphrase can open it.
        SecretStoreLockedError: the file is sound and the passphrase is another one.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    body = _checked(data)
    cost = Cost(body["passes"], body["memory_kib"], body["lanes"])
    if not cost.bounded():
        raise words.vault_damaged()
    if not passphrase.strip() or len(passphrase) > MAX_PASSPHRASE:
        raise words.wrong_passphrase()
    head = {name: body[name] for name in body if name not in ("nonce", "wrapped")}
    wrapping = _derive(_normal(passphrase), _raw(body["salt"]), cost)
    try:
        return DataKey(
            AESGCM(wrapping).decrypt(_raw(body["nonce"]), _raw(body["wrapped"]), _bind(head))
        )
    except InvalidTag as error:
        raise words.wrong_passphrase() from error


def usable(passphrase: str) -> bytes:
    """The bytes of a passphrase for a new vault.

    Raises:
        InputError: it is empty, blank or longer than 4,096 characters.
    """
    if not passphrase.strip():
        raise words.empty_passphrase()
    if len(passphrase) > MAX_PASSPHRASE:
        raise words.long_passphrase(MAX_PASSPHRASE)
    return _normal(passphrase)


def _normal(passphrase: str) -> bytes:
    # The same letter may be typed as one code point or two, by keyboard and system.
    return unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")


def _derive(passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(
        secret=passphrase,
        salt=salt,
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=32,
        type=Type.ID,
    )


def _checked(data: bytes) -> dict[str, Any]:
    """The file's fields.

    The checksum is no protection: it tells a broken file from a wrong passphrase.
    """
    try:
        body = json.loads(data)
        stored = body.pop("checksum")
        if stored != _checksum(body) or body["version"] != _VERSION or body["kdf"] != "argon2id":
            raise words.vault_damaged()
        numbers = (body["passes"], body["memory_kib"], body["lanes"])
        texts = (body["salt"], body["nonce"], body["wrapped"], body["key_id"])
        if not all(type(n) is int for n in numbers) or not all(type(t) is str for t in texts):
            raise words.vault_damaged()
        if len(_raw(body["salt"])) != _SALT_BYTES or len(_raw(body["nonce"])) != _NONCE_BYTES:
            raise words.vault_damaged()
        _raw(body["wrapped"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise words.vault_damaged() from error
    return dict(body)


def _bind(head: dict[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True, separators=(",", ":")).encode()


def _checksum(body: dict[str, Any]) -> str:
    return hashlib.sha256(_bind(body)).hexdigest()


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
