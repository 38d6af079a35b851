"""The name of the system's keychain, found without asking it anything that could prompt."""

from __future__ import annotations

from brokerdesk.secrets.keychain import vetted


def keychain_name() -> str:
    """In words, such as "the Secret Service". May block as long as the desktop bus does.

    Raises:
        SecretStoreMissingError: there is none, or it is not trusted.
    """
    import keyring

    return vetted(keyring.get_keyring())[1]
