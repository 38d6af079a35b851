"""Signed lists of releases for tests, by a key that exists for one test run."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from brokerdesk.services.update_list import FORMAT, signed_bytes
from brokerdesk.services.update_source import UpdateSource

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
KEY, LATER_KEY, STRANGER = (Ed25519PrivateKey.generate() for _ in range(3))
HOST = "releases.example"


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def source(address: str = "https://releases.example/list.json", **keys: str) -> UpdateSource:
    return UpdateSource(address=address, keys=keys or {"first": public(KEY)}, page_hosts=(HOST,))


def release(version: str = "9.1.0", **changes: Any) -> dict[str, Any]:
    return {
        "version": version,
        "day": "2026-11-18",
        "page": f"https://{HOST}/v{version}",
        "changes": [f"What is new in {version}."],
        **changes,
    }


def listed(**changes: Any) -> dict[str, Any]:
    return {
        "product": "BrokerDesk",
        "serial": 7,
        "issued": (NOW - timedelta(days=2)).isoformat(),
        "expires": (NOW + timedelta(days=100)).isoformat(),
        "releases": [release("9.1.0"), release("9.0.0"), release("0.0.1")],
        **changes,
    }


def sealed(text: str, signers: Mapping[str, Ed25519PrivateKey] | None = None) -> bytes:
    """The file around a list's text."""
    signatures = [
        {"key": name, "signature": base64.b64encode(key.sign(signed_bytes(text))).decode()}
        for name, key in (signers or {"first": KEY}).items()
    ]
    return json.dumps({"format": FORMAT, "list": text, "signatures": signatures}).encode()


def signed(signers: Mapping[str, Ed25519PrivateKey] | None = None, **changes: Any) -> bytes:
    return sealed(json.dumps(listed(**changes)), signers)
