"""``brokerdesk vault``: keep sign-ins under a passphrase where there is no keyring."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from brokerdesk.cli.codes import ERROR, OK, exit_code
from brokerdesk.cli.output import note, say, say_json, tell_error
from brokerdesk.cli.profile import profile_of, store_of
from brokerdesk.errors import InputError, SecretStoreError, SecretStoreLockedError
from brokerdesk.secrets import PASSPHRASE_FILE_VARIABLE
from brokerdesk.secrets.store import Store

_LONGEST = 4096


def run(options: argparse.Namespace) -> int:
    """Create, change or describe the vault of the profile."""
    from brokerdesk.log import forbid_core_dumps

    forbid_core_dumps()  # the passphrase is in memory
    return asyncio.run(_run(options))


async def _run(options: argparse.Namespace) -> int:
    store = store_of(profile_of(options))
    try:
        match options.action:
            case "create":
                await store.make_vault(_new_passphrase(options.passphrase_file))
                said = "The vault is made. Sign-ins of this profile are now kept under it."
            case "change":
                await store.change_passphrase(
                    _present_passphrase(), _new_passphrase(options.passphrase_file)
                )
                said = "The passphrase is changed."
            case _:
                said = await _status(store)
    except SecretStoreLockedError as error:
        tell_error(error, as_json=options.json)
        return exit_code(error)
    except SecretStoreError as error:
        # A vault that is there already, or none to change, has nothing to do with signing in.
        tell_error(error, as_json=options.json)
        return ERROR
    finally:
        await store.aclose()
    if options.json:
        say_json({"state": store.state.value, "text": said})
    else:
        say(said)
    return OK


async def _status(store: Store) -> str:
    try:
        await store.ready()
    except SecretStoreLockedError as error:
        return error.sentences()
    return store.describe()


def _new_passphrase(file: Path | None) -> str:
    """The new passphrase, from a file or typed twice.

    Raises:
        InputError: none could be had.
    """
    if file is not None:
        return _first_line(file)
    named = os.environ.get(PASSPHRASE_FILE_VARIABLE)
    if named:
        return _first_line(Path(named))
    typed = _typed("New passphrase: ")
    if _typed("Once more: ") != typed:
        raise InputError("passphrase", "The two passphrases differ.", "Nothing was changed.")
    return typed


def _present_passphrase() -> str:
    named = os.environ.get(PASSPHRASE_FILE_VARIABLE)
    return _first_line(Path(named)) if named else _typed("Present passphrase: ")


def _typed(prompt: str) -> str:
    import getpass

    if not sys.stdin.isatty():
        raise InputError(
            "passphrase",
            "A passphrase is needed.",
            "",
            f"Give it with --passphrase-file FILE or {PASSPHRASE_FILE_VARIABLE}.",
        )
    try:
        return getpass.getpass(prompt)
    except EOFError as error:
        raise InputError("passphrase", "No passphrase was typed.") from error


def _first_line(file: Path) -> str:
    try:
        with file.open(encoding="utf-8-sig") as stream:
            line = stream.readline(_LONGEST).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "passphrase_file", "The passphrase file cannot be read.", f"It is {file.name}."
        ) from error
    if not line:
        raise InputError("passphrase_file", "The passphrase file is empty.", f"It is {file.name}.")
    if file.stat().st_mode & 0o077 and os.name != "nt":
        note(f"Others can read {file.name}. “chmod 600” makes it yours alone.")
    return line
