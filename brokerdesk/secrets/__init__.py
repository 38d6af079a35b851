"""Where secrets are kept: the only rooms that know keychains, vaults and sealed files.

Light on purpose: names are loaded when first asked for, and ``keyring``, ``argon2`` and
``cryptography`` only when a secret is really read or kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from brokerdesk.secrets.certificate import CertificateKeeper
    from brokerdesk.secrets.keyholder import StoreState
    from brokerdesk.secrets.shape import SecretStore
    from brokerdesk.secrets.store import (
        PASSPHRASE_FILE_VARIABLE,
        Store,
        create_vault,
        open_store,
        open_vault,
    )

__all__ = [
    "PASSPHRASE_FILE_VARIABLE",
    "CertificateKeeper",
    "SecretStore",
    "Store",
    "StoreState",
    "create_vault",
    "open_store",
    "open_vault",
]

_HOMES = {
    "CertificateKeeper": "certificate",
    "SecretStore": "shape",
    "StoreState": "keyholder",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'store')}"), name)
