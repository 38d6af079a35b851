"""What the user is told when secrets cannot be read or kept.

One place for the sentences, so that they stay alike and never quote a secret or a foreign text.
"""

from __future__ import annotations

import errno

from brokerdesk.errors import (
    InputError,
    SecretDamagedError,
    SecretMissingError,
    SecretStoreError,
    SecretStoreLockedError,
    SecretStoreMissingError,
)

HOW_TO_MAKE_A_VAULT = (
    "To keep sign-ins, make a passphrase vault: run “brokerdesk vault create”, or choose "
    "“Make a passphrase vault” in the program."
)
SIGN_IN_AGAIN = "Sign in again. Your accounts and their history stay."
_FIGURES_STAY = "Saved figures can still be read."


def locked() -> SecretStoreLockedError:
    return SecretStoreLockedError(
        "The system keychain is locked.", f"Unlock it to sign in. {_FIGURES_STAY}"
    )


def silent(seconds: float) -> SecretStoreLockedError:
    return SecretStoreLockedError(
        "The system keychain does not answer.",
        f"It was given {seconds:g} seconds. Nothing was changed. {_FIGURES_STAY}",
        "If it shows a window that asks for a password, answer that, then try again.",
    )


def ended() -> SecretStoreLockedError:
    return SecretStoreLockedError(
        "The system keychain is not running.",
        f"Its service has ended or did not start. Nothing was changed. {_FIGURES_STAY}",
        "Start it, or sign in to your desktop anew, then try again.",
    )


def refused() -> SecretStoreLockedError:
    return SecretStoreLockedError(
        "The system keychain refused.",
        f"It can be reached, but would not do what was asked. Nothing was changed. {_FIGURES_STAY}",
        "Unlock it, or allow BrokerDesk to use it, then try again.",
    )


def not_kept(name: str) -> SecretStoreLockedError:
    return SecretStoreLockedError(
        "The system keychain did not keep what it was given.",
        f"{name} took an entry and gave back something else. Nothing was saved.",
        HOW_TO_MAKE_A_VAULT,
    )


def no_keychain() -> SecretStoreMissingError:
    return SecretStoreMissingError(
        "This computer has no system keychain.",
        "Sign-ins last only until the program ends. Nothing secret is written to disk.",
        HOW_TO_MAKE_A_VAULT,
    )


def unsafe_keychain(name: str) -> SecretStoreMissingError:
    return SecretStoreMissingError(
        "The configured keychain is not a safe place.",
        f"“{name}” is not one of the system keychains that BrokerDesk trusts, so it is not used. "
        "Sign-ins last only until the program ends.",
        "Remove the keyring setting that names it. " + HOW_TO_MAKE_A_VAULT,
    )


def entry_too_long(length: int, limit: int) -> SecretStoreError:
    return SecretStoreError(
        "An entry is too long for the system keychain.",
        f"It has {length} characters; no more than {limit} are safe on every system. "
        "Nothing was saved.",
    )


def gone_with_keychain(place: str) -> SecretStoreMissingError:
    return SecretStoreMissingError(
        "The keychain that holds your saved sign-ins cannot be found.",
        f"Their key was kept in {place or 'a system keychain'}. They are still on disk, "
        f"unreadable without it; nothing was removed. {_FIGURES_STAY}",
        f"Start BrokerDesk where that keychain is available, or {_lower(SIGN_IN_AGAIN)}",
    )


def key_elsewhere(place: str, now: str) -> SecretMissingError:
    was = f"Its key was kept in {place}" if place else "Its key is not known here"
    at = f", and this session uses {now}" if now and now != place else ""
    return SecretMissingError(
        "This saved sign-in cannot be opened here.",
        f"{was}{at}. The sealed file is still on disk; nothing was removed. {_FIGURES_STAY}",
        SIGN_IN_AGAIN,
    )


def key_lost(place: str) -> SecretMissingError:
    return SecretMissingError(
        "The key to your saved sign-ins is no longer in the keychain.",
        f"{place or 'The system keychain'} can be read and does not have it. The sealed files are "
        f"still on disk; nothing was removed. {_FIGURES_STAY}",
        SIGN_IN_AGAIN,
    )


def nothing_saved() -> SecretMissingError:
    return SecretMissingError(
        "There is no saved sign-in for this connection.", _FIGURES_STAY, SIGN_IN_AGAIN
    )


def damaged(what: str) -> SecretDamagedError:
    return SecretDamagedError(
        "A saved sign-in is damaged.",
        f"{what} Nothing was removed. {_FIGURES_STAY}",
        SIGN_IN_AGAIN,
    )


def vault_damaged() -> SecretDamagedError:
    return SecretDamagedError(
        "The passphrase vault is damaged.",
        f"Its file no longer matches its checksum. Nothing was removed. {_FIGURES_STAY}",
        "Put back a copy of secrets/vault.json, or move that file away and sign in again.",
    )


def vault_locked() -> SecretStoreLockedError:
    return SecretStoreLockedError(
        "The passphrase vault is locked.",
        f"Unlock it to sign in. {_FIGURES_STAY}",
        "Enter its passphrase, or name a file that holds it in BROKERDESK_VAULT_PASSPHRASE_FILE.",
    )


def wrong_passphrase() -> SecretStoreLockedError:
    return SecretStoreLockedError(
        "That passphrase does not open the vault.",
        f"Nothing was changed. {_FIGURES_STAY}",
        "Check capital letters and the keyboard's language, then try again.",
    )


def no_vault() -> SecretStoreMissingError:
    return SecretStoreMissingError("This profile has no passphrase vault.", "", HOW_TO_MAKE_A_VAULT)


def vault_exists() -> SecretStoreError:
    return SecretStoreError(
        "This profile has a passphrase vault already.",
        "Making another would lock up what the first one holds. Nothing was changed.",
        "Open it with its passphrase; the passphrase can be changed then.",
    )


def empty_passphrase() -> InputError:
    return InputError(
        "passphrase",
        "A vault needs a passphrase.",
        "An empty one would protect nothing.",
        "Several unrelated words are good.",
    )


def long_passphrase(limit: int) -> InputError:
    return InputError(
        "passphrase", "That passphrase is too long.", f"At most {limit} characters are taken."
    )


def passphrase_file_unusable(name: str) -> SecretStoreLockedError:
    return SecretStoreLockedError(
        "The vault's passphrase file cannot be used.",
        f"“{name}” cannot be read, or is empty or too long. {_FIGURES_STAY}",
        "BROKERDESK_VAULT_PASSPHRASE_FILE must name a file whose first line is the passphrase.",
    )


def busy(seconds: float) -> SecretStoreLockedError:
    return SecretStoreLockedError(
        "This sign-in is in use.",
        f"Another task or BrokerDesk process held it for more than {seconds:g} seconds. "
        "Nothing was changed.",
        "Wait for it to finish, or end it, then try again.",
    )


def disk(error: OSError) -> SecretStoreError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return SecretStoreError(
        "The disk is full." if full else "Secrets could not be read or written on disk.",
        f"The computer says: {error.strerror or 'unknown trouble'}. Nothing was changed.",
        "Free some space, then try again."
        if full
        else "Check the rights of the profile directory, then try again.",
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
