"""``brokerdesk connect``: the wizard's own flow, step by step, without a window.

Secrets come from a file, standard input or a prompt, never from arguments, which every process can
see. With ``--json`` each line of standard output is one JSON object: first the browser step, at
the end the connection.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FailedStep,
    FieldKind,
    FormStep,
    NoticeStep,
    Step,
)
from brokerdesk.cli import codes
from brokerdesk.cli.output import moment, note, say, say_json, table, tell_error
from brokerdesk.cli.profile import Desk, on_loop, profile_of, unlock
from brokerdesk.cli.reading import ACCOUNTS, account_object
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import AuthRejectedError, BrokerDeskError, InputError

if TYPE_CHECKING:
    from brokerdesk.services.attempt import ConnectAttempt
    from brokerdesk.services.refreshing import RefreshOutcome

_TRIES = 3
_LARGEST = 1 << 20


def run(options: argparse.Namespace) -> int:
    """Connect, test, save, and read everything once."""
    if bool(options.broker) == bool(options.connection):
        raise InputError(
            "broker",
            "Name a broker to connect, or with --connection the one to sign in again.",
            "",
            "For example: brokerdesk connect BROKER --secrets FILE",
        )
    if options.change_keys and not options.connection:
        raise InputError("change_keys", "--change-keys needs --connection.")
    answers = read_secrets(options.secrets) if options.secrets else None

    async def work(desk: Desk) -> int:
        return await _connect(desk, options, answers)

    return on_loop(options, work)


def read_secrets(name: str) -> dict[str, str]:
    """The JSON object in a file, or on standard input for ``-``.

    Raises:
        InputError: it cannot be read or is something else. Its content is never quoted.
    """
    try:
        data = sys.stdin.buffer.read(_LARGEST) if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise InputError(
            "secrets", "The secrets file cannot be read.", f"{error.strerror}: {name}"
        ) from error
    try:
        raw = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict) or not all(
        isinstance(part, str) for pair in raw.items() for part in pair
    ):
        raise InputError(
            "secrets",
            "The secrets are not what is needed.",
            "",
            'They are one JSON object of texts, such as {"name": "value"}.',
        ) from None
    return raw


async def _connect(
    desk: Desk, options: argparse.Namespace, answers: Mapping[str, str] | None
) -> int:
    desk.services.pool.refuse_offline(options.broker)
    await unlock(desk.store, profile_of(options))
    attempt = await desk.services.connecting.begin(
        options.broker,
        Environment(options.env),
        practice_url=options.practice_url,
        relogin_of=ConnectionId(options.connection) if options.connection else None,
        change_keys=options.change_keys,
        session_only=False,
    )
    try:
        done = await _Conversation(attempt, options, answers, desk).run()
        if isinstance(done, FailedStep):
            tell_error(done.error, as_json=options.json)
            return _failed_code(done.error)
        found = await attempt.test()
        for unread in found.unread:
            note(f"An account could not be read: {unread.reason}")
        for one in found.accounts:
            if one.already_through is not None:
                note(
                    f"{one.account.name} {one.account.number_mask} is already read through "
                    f"“{one.already_through}” and stays there."
                )
        row = await attempt.save(name=options.name)
    finally:
        await attempt.cancel()
    outcome = await desk.services.refreshing.refresh(row.id)
    await _tell(desk, row, outcome, options)
    return codes.PARTLY if outcome.failed else codes.OK


def _somebody_is_there() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _failed_code(error: BrokerDeskError) -> int:
    """What a flow ended with is no mistake on the command line."""
    code = codes.exit_code(error)
    return codes.ERROR if code == codes.USAGE else code


class _Conversation:
    """Shows the steps and hands back answers until the flow is done or has failed."""

    def __init__(
        self,
        attempt: ConnectAttempt,
        options: argparse.Namespace,
        answers: Mapping[str, str] | None,
        desk: Desk,
    ) -> None:
        self._attempt = attempt
        self._options = options
        self._answers = answers
        self._desk = desk
        self._asked = 0
        self._been_out = False

    async def run(self) -> DoneStep | FailedStep:
        step: Step = await self._attempt.start()
        while True:
            match step:
                case FailedStep(error=error, can_paste=True) if _somebody_is_there():
                    note(error.sentences())
                    note("Going on without that port: paste the address instead.")
                    step = await self._attempt.restart(by_hand=True)
                case DoneStep() | FailedStep():
                    return step
                case FormStep():
                    step = await self._attempt.submit(self._fill(step))
                case NoticeStep():
                    self._announce(step)
                    step = await self._attempt.submit({})
                case BrowserStep():
                    step = await self._browser(step)

    def _fill(self, step: FormStep) -> dict[str, str]:
        """Answers from the secrets file, once; else from the person, a few times."""
        self._asked += 1
        if step.problems:
            told = " ".join(text for _, text in step.problems)
            if self._answers is not None or self._asked > _TRIES:
                raise self._unusable(step.problems[0][0], told)
            note(told)
        if self._answers is not None:
            return dict(self._answers)
        return _ask(step)

    def _unusable(self, field: str, told: str) -> BrokerDeskError:
        """Keys that the broker has seen were refused by it; others are a mistake of typing."""
        if self._been_out:
            return AuthRejectedError(
                "The broker refused the keys.", f"{told} Nothing was stored.", ""
            )
        return InputError(field, "The keys cannot be used.", told)

    def _announce(self, step: NoticeStep) -> None:
        note(step.title)
        for text in (step.text, *step.points):
            if text:
                note(f"  {text}")
        if step.fingerprint:
            note(f"  SHA-256 {step.fingerprint}")

    async def _browser(self, step: BrowserStep) -> Step:
        self._been_out = True
        if self._options.json:
            say_json({"step": "browser", "url": step.url, "ends": moment(step.ends)})
            note(f"Open this address in your browser:\n{step.url}".replace("\n", " "))
        else:
            say("Open this address in your browser and sign in there:")
            say(step.url)
        if self._options.secrets != "-":
            from brokerdesk.cli.pasting import Pasting

            note("If the browser cannot return, paste the address it ended on here.")
            async with Pasting(self._attempt, self._desk.services.supervisor):
                return await self._attempt.wait()
        return await self._attempt.wait()


def _ask(step: FormStep) -> dict[str, str]:
    """Prompt for each field; secrets are not shown while typed.

    Raises:
        InputError: nobody is there to type.
    """
    import getpass

    if not _somebody_is_there():
        raise InputError(
            "secrets",
            "The broker's keys are needed.",
            "",
            "Give them with --secrets FILE, or - for standard input.",
        )
    note(step.title)
    for line in step.guide:
        note(f"  {line}")
    if step.guide_url:
        note(f"  {step.guide_url}")
    answers = {}
    for field in step.fields:
        label = f"{field.label}{f' [{field.default}]' if field.default else ''}: "
        if field.kind is FieldKind.SECRET:
            typed = getpass.getpass(label)
        else:
            sys.stderr.write(label)
            sys.stderr.flush()
            typed = sys.stdin.readline().rstrip("\n")
        answers[field.name] = typed or field.default
    return answers


async def _tell(
    desk: Desk, row: Connection, outcome: RefreshOutcome, options: argparse.Namespace
) -> None:
    view = await desk.services.portfolio.view()
    accounts = [account_object(one) for one in view.accounts if one.connection == row.id]
    newest = next(one for one in view.connections if one.id == row.id)
    if options.json:
        say_json(
            {
                "connection": row.id,
                "broker": row.broker,
                "environment": row.environment.value,
                "name": row.name,
                "state": newest.state.value,
                "sign_in_ends": moment(newest.sign_in_ends),
                "accounts": accounts,
                "failed": list(outcome.failed),
            }
        )
    else:
        say(f"Connected as “{row.name}” ({row.id}).")
        if accounts:
            for line in table(accounts, ACCOUNTS):
                say(line)
    for text in outcome.failed:
        note(text)
