"""Checks signatures by the keys that the program accepts. It signs nothing and keeps no secret."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

KEY_BYTES, SIGNATURE_BYTES = 32, 64


def signed_by(
    accepted: Mapping[str, str], message: bytes, signatures: Iterable[tuple[str, str]]
) -> str:
    """The name of the first accepted key that signed ``message``, "" when none of them did.

    ``accepted`` maps names to Ed25519 public keys; ``signatures`` are pairs of a key's name and a
    signature. Keys and signatures are in base64. What cannot be read counts as no signature.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for name, signature in signatures:
        key = _bytes(accepted.get(name, ""), KEY_BYTES)
        given = _bytes(signature, SIGNATURE_BYTES)
        if key is None or given is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(given, message)
        except (InvalidSignature, ValueError):
            continue
        return name
    return ""


def _bytes(text: str, size: int) -> bytes | None:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == size else None
