"""Signing in to Schwab, step by step.

The form asks for the user's own app; a notice announces the browser's certificate warning before
the browser opens, because the code that comes back lives for about 30 seconds; the browser step
waits on the loopback listener and on pasted text alike; the code is exchanged at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from brokerdesk.brokers.callback import CallbackUrl, parse_callback
from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FailedStep,
    FlowContext,
    FormStep,
    LoopbackCertificate,
    PasteOutcome,
    Step,
)
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.oauth import LoopbackListener, new_state
from brokerdesk.brokers.paste import Return, read_paste
from brokerdesk.brokers.schwab import SIGN_IN_LASTS, TITLE, words
from brokerdesk.brokers.schwab.client import base_url, build_http
from brokerdesk.brokers.schwab.identity import read_identities
from brokerdesk.brokers.schwab.problems import KeysRefusedError
from brokerdesk.brokers.schwab.tokens import TokenEndpoint
from brokerdesk.brokers.waiting import happens_within
from brokerdesk.errors import (
    BrokerDeskError,
    BrokerError,
    CallbackError,
    InputError,
    SecretStoreError,
    SettingsError,
    UserCancelled,
)
from brokerdesk.log import register_secret

_KEYS = ("app_key", "app_secret", "callback_url")


class SchwabFlow:
    """One attempt to sign in. Implements ``flow.ConnectFlow``."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context
        self._base_url = base_url(context.environment, context.practice_url)
        self._answers: dict[str, str] = {}
        self._step: Step | None = None
        self._certificate: LoopbackCertificate | None = None
        self._listener: LoopbackListener | None = None
        self._state = ""
        self._returned: Return | None = None
        self._arrived = asyncio.Event()
        self._ends: datetime | None = None
        self._closed = False

    async def start(self) -> Step:
        existing = self._context.existing
        if existing is not None:
            self._answers = {name: existing.get(name, "") for name in _KEYS}
            if not self._context.ask_keys:
                return await self._checked_keys()
        return self._go(words.form(self._answers))

    async def submit(self, answers: Mapping[str, str]) -> Step:
        """Answer the form, or confirm the notice. In any other step nothing happens."""
        if isinstance(self._step, FormStep):
            given = {name: str(answers.get(name, "")).strip() for name in _KEYS}
            self._answers = given
            return await self._checked_keys()
        if self._step is not None and not isinstance(self._step, BrowserStep | DoneStep):
            if isinstance(self._step, FailedStep):
                return self._step
            return await self._open_browser_step()
        return self._step or await self.start()

    async def wait(self) -> Step:
        """Wait for the browser or the pasted address, then trade the code for tokens.

        Raises:
            UserCancelled: the flow was closed meanwhile.
        """
        if not isinstance(self._step, BrowserStep) or self._ends is None:
            return self._step or await self.start()
        left = (self._ends - self._context.clock.now()).total_seconds()
        arrived = await happens_within(self._arrived, left, self._context.clock)
        if self._closed:
            raise UserCancelled
        if not arrived or self._returned is None:
            await self._close_listener()
            return self._fail(words.too_late(self._context.callback_limit))
        return await self._finish(self._returned)

    async def paste(self, address: str, *, confirmed: bool = False) -> PasteOutcome:
        """Offer what the browser's address bar shows. Only the running attempt takes it."""
        callback = self._callback()
        waiting = isinstance(self._step, BrowserStep) and not self._arrived.is_set()
        if callback is None or not waiting or not self._state:
            return PasteOutcome.WRONG
        judged = read_paste(address, callback=callback, state=self._state, confirmed=confirmed)
        if judged.result is not None:
            self._take(judged.result)
        return judged.outcome

    async def restart(self, *, by_hand: bool = False) -> Step:
        """Try again with what was typed; the notice has been seen and is left out."""
        if not isinstance(self._step, FailedStep) or not self._step.can_restart:
            return self._step or await self.start()
        if self._certificate is None or self._callback() is None:
            return await self._checked_keys()
        return await self._open_browser_step(by_hand=by_hand and self._step.can_paste)

    async def aclose(self) -> None:
        self._closed = True
        self._answers = {}
        self._state = ""
        self._returned = None
        self._arrived.set()
        await self._close_listener()

    async def _checked_keys(self) -> Step:
        """The notice if the keys can be used, else the form with its problems."""
        problems = [
            (name, f"Enter the {label}.")
            for name, label in (("app_key", "app key"), ("app_secret", "app secret"))
            if not self._answers.get(name)
        ]
        problems += [
            (name, "This holds blanks or letters that no key has.")
            for name in ("app_key", "app_secret")
            if not _printable(self._answers.get(name, ""))
        ]
        try:
            parse_callback(self._answers.get("callback_url", ""))
        except InputError as error:
            problems.append((error.field, error.sentences()))
        if problems:
            return self._go(words.form(self._answers, tuple(problems)))
        register_secret(self._answers["app_secret"])
        try:
            self._certificate = await self._context.certificates.loopback()
        except SecretStoreError as error:
            return self._fail(error)
        return self._go(words.notice(self._certificate.fingerprint))

    async def _open_browser_step(self, *, by_hand: bool = False) -> Step:
        """A new attempt: new state, open port (none ``by_hand``), and the address to open."""
        callback = self._callback()
        if callback is None or self._certificate is None:
            return await self._checked_keys()
        await self._close_listener()
        self._state = new_state()
        self._returned = None
        self._arrived = asyncio.Event()
        if not by_hand:
            listener = LoopbackListener(callback, self._certificate, self._state, self._take)
            try:
                await listener.open()
            except CallbackError as error:
                return self._go(FailedStep(error=error, can_paste=True))
            self._listener = listener
        self._ends = self._context.clock.now() + self._context.callback_limit
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._answers["app_key"],
                "redirect_uri": callback.text,
                "state": self._state,
            }
        )
        url = f"{self._base_url}/v1/oauth/authorize?{query}"
        return self._go(words.browser(url, self._ends, by_hand=by_hand))

    def _take(self, returned: Return) -> None:
        """What came back first counts: from the listener or from the paste box."""
        if not self._arrived.is_set():
            register_secret(returned.code)
            self._returned = returned
            self._state = ""
            self._arrived.set()

    async def _finish(self, returned: Return) -> Step:
        """From the code to a complete login, or to the step that helps."""
        if returned.error:
            await self._let_browser_finish()
            return self._fail(words.declined(returned.error))
        http = build_http(
            self._context.environment,
            self._context.practice_url,
            network=self._context.network,
            clock=self._context.clock,
            book=self._context.book,
        )
        try:
            return self._go(await self._exchange(http, returned.code))
        except KeysRefusedError as error:
            problems = (("app_key", error.title), ("app_secret", error.hint))
            return self._go(words.form({**self._answers, "app_secret": ""}, problems))
        except (BrokerError, SettingsError) as error:
            return self._fail(error)
        finally:
            await http.aclose()
            await self._let_browser_finish()

    async def _exchange(self, http: BrokerHttp, code: str) -> Step:
        endpoint = TokenEndpoint(http, self._context.clock)
        credentials = await endpoint.exchange(self._answers, code)
        identities = await read_identities(
            http, credentials["access_token"], self._context.environment
        )
        wanted = self._context.identity
        if wanted and wanted not in identities:
            return FailedStep(error=words.somebody_else())
        signed_in_at = datetime.fromisoformat(credentials["signed_in_at"])
        return DoneStep(
            identity=wanted or identities[0],
            credentials=credentials,
            suggested_name=TITLE,
            signed_in_at=signed_in_at,
            sign_in_ends=signed_in_at + SIGN_IN_LASTS,
        )

    async def _let_browser_finish(self) -> None:
        """The listener closes by itself within a second; a pasted attempt closes it now."""
        listener = self._listener
        if listener is not None and not listener.answered:
            await self._close_listener()

    async def _close_listener(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.aclose()

    def _callback(self) -> CallbackUrl | None:
        try:
            return parse_callback(self._answers.get("callback_url", ""))
        except InputError:
            return None

    def _go(self, step: Step) -> Step:
        self._step = step
        return step

    def _fail(self, error: BrokerDeskError) -> Step:
        return self._go(FailedStep(error=error))


def _printable(text: str) -> bool:
    return text.isascii() and not any(character.isspace() for character in text)
