"""Signing in to Alpaca, step by step: with an API key, or in the browser with an app of one's own.

The key's form comes first, because that is how most people connect. Left empty, it gives way to the
app's form; a callback over https is announced with the browser's warning, one on plain
``http://localhost`` needs no words.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from brokerdesk.brokers.alpaca import TITLE, words
from brokerdesk.brokers.alpaca.browser import BrowserAttempt
from brokerdesk.brokers.alpaca.problems import KeysRefusedError
from brokerdesk.brokers.alpaca.signing import Signing
from brokerdesk.brokers.base import Credentials
from brokerdesk.brokers.callback import CallbackUrl, parse_plain_callback
from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FailedStep,
    FlowContext,
    FormStep,
    LoopbackCertificate,
    NoticeStep,
    PasteOutcome,
    Step,
)
from brokerdesk.brokers.paste import Return
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

_KEY = ("key_id", "secret_key")
_APP = ("client_id", "client_secret", "callback_url", "scope")
_BESIDES = ("callback_url", "scope")
"""What a form may hold without anything having been typed."""
_SECRETS = ("secret_key", "client_secret")
_LABELS = {
    "key_id": "API key ID",
    "secret_key": "secret key",
    "client_id": "client ID",
    "client_secret": "client secret",
}


class AlpacaFlow:
    """One attempt to sign in. Implements ``flow.ConnectFlow``."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context
        self._signing = Signing(context)
        self._answers: dict[str, str] = {}
        self._with_app = False
        self._step: Step | None = None
        self._attempt: BrowserAttempt | None = None
        self._closed = False

    async def start(self) -> Step:
        existing = self._context.existing
        if existing is not None:
            self._with_app = bool(existing.get("client_id"))
            self._answers = {name: existing.get(name, "") for name in self._names}
            if not self._context.ask_keys:
                return await self._checked()
        return self._go(self._form())

    async def submit(self, answers: Mapping[str, str]) -> Step:
        """Answer a form, or confirm the notice. In any other step nothing happens."""
        if isinstance(self._step, FormStep):
            given = {name: str(answers.get(name, "")).strip() for name in self._names}
            if not any(value for name, value in given.items() if name not in _BESIDES):
                self._with_app = not self._with_app
                self._answers = {}
                return self._go(self._form())
            self._answers = given
            return await self._checked()
        if isinstance(self._step, NoticeStep):
            return await self._open_browser_step()
        return self._step or await self.start()

    async def wait(self) -> Step:
        """Wait for the browser or the pasted address, then trade the code for a token.

        Raises:
            UserCancelled: the flow was closed meanwhile.
        """
        if not isinstance(self._step, BrowserStep) or self._attempt is None:
            return self._step or await self.start()
        attempt = self._attempt
        returned = await attempt.wait()
        if self._closed:
            raise UserCancelled
        if returned is None:
            await attempt.aclose()
            return self._fail(words.too_late(self._context.callback_limit))
        try:
            return await self._finish(returned)
        finally:
            await attempt.let_browser_finish()

    async def paste(self, address: str, *, confirmed: bool = False) -> PasteOutcome:
        """Offer what the browser's address bar shows. Only the running attempt takes it."""
        if not isinstance(self._step, BrowserStep) or self._attempt is None:
            return PasteOutcome.WRONG
        return self._attempt.paste(address, confirmed=confirmed)

    async def restart(self, *, by_hand: bool = False) -> Step:
        """Try again with what was typed; the notice has been seen and is left out."""
        if not isinstance(self._step, FailedStep) or not self._step.can_restart:
            return self._step or await self.start()
        if not self._with_app or self._callback() is None:
            return await self._checked()
        return await self._open_browser_step(by_hand=by_hand and self._step.can_paste)

    async def aclose(self) -> None:
        self._closed = True
        self._answers = {}
        await self._close_attempt()

    @property
    def _names(self) -> tuple[str, ...]:
        return _APP if self._with_app else _KEY

    def _form(self, problems: words.Problems = ()) -> FormStep:
        if self._with_app:
            return words.app_form(self._answers, problems)
        return words.key_form(self._context.environment, self._answers, problems)

    async def _checked(self) -> Step:
        """The step after a form that can be used, else the form with its problems."""
        problems = [
            (name, f"Enter the {label}.")
            for name, label in _LABELS.items()
            if name in self._names and not self._answers.get(name)
        ]
        problems += [
            (name, "This holds blanks or letters that no key has.")
            for name in _LABELS
            if not _printable(self._answers.get(name, ""))
        ]
        if self._with_app:
            try:
                parse_plain_callback(self._answers.get("callback_url", ""))
            except InputError as error:
                problems.append((error.field, error.sentences()))
        if problems:
            return self._go(self._form(tuple(problems)))
        for name in _SECRETS:
            register_secret(self._answers.get(name, ""))
        if not self._with_app:
            return await self._sign_in_with(self._answers)
        callback = self._callback()
        if callback is None or not callback.secure:
            return await self._open_browser_step()
        certificate = await self._certificate()
        if isinstance(certificate, FailedStep):
            return self._go(certificate)
        return self._go(words.notice(certificate.fingerprint))

    async def _certificate(self) -> LoopbackCertificate | FailedStep:
        try:
            return await self._context.certificates.loopback()
        except SecretStoreError as error:
            return FailedStep(error=error)

    async def _open_browser_step(self, *, by_hand: bool = False) -> Step:
        """A new attempt: new state, open port (none ``by_hand``), and the address to open."""
        callback = self._callback()
        if callback is None:
            return await self._checked()
        await self._close_attempt()
        attempt = BrowserAttempt(callback, self._context.clock, self._context.callback_limit)
        if not by_hand:
            certificate = await self._certificate() if callback.secure else None
            if isinstance(certificate, FailedStep):
                return self._go(certificate)
            try:
                await attempt.listen(certificate)
            except CallbackError as error:
                return self._go(FailedStep(error=error, can_paste=True))
        self._attempt = attempt
        query = self._signing.authorize_query(
            self._answers["client_id"],
            callback.text,
            attempt.state,
            self._answers.get("scope", ""),
        )
        url = f"{self._signing.authorize_url()}?{urlencode(query)}"
        return self._go(words.browser(url, attempt.ends, by_hand=by_hand))

    async def _finish(self, returned: Return) -> Step:
        """From the code to a complete login, or to the step that helps."""
        if returned.error:
            return self._fail(words.declined(returned.error))
        try:
            credentials = await self._signing.exchange(self._answers, returned.code)
        except KeysRefusedError as error:
            return self._refused(error)
        except (BrokerError, SettingsError) as error:
            return self._fail(error)
        return await self._sign_in_with(credentials)

    async def _sign_in_with(self, credentials: Credentials) -> Step:
        """Done, if Alpaca knows the credentials and they are of the awaited account."""
        try:
            signed_in = await self._signing.identify(credentials)
        except KeysRefusedError as error:
            return self._refused(error)
        except (BrokerError, SettingsError) as error:
            return self._fail(error)
        if self._closed:
            raise UserCancelled
        wanted = self._context.identity
        if wanted and wanted != signed_in.identity:
            return self._fail(words.somebody_else())
        return self._go(
            DoneStep(
                identity=signed_in.identity,
                credentials=signed_in.credentials,
                suggested_name=TITLE,
                signed_in_at=datetime.fromisoformat(signed_in.credentials["signed_in_at"]),
            )
        )

    def _refused(self, error: KeysRefusedError) -> Step:
        """The form again. The secret is not kept: it was refused."""
        first, second = self._names[:2]
        hint = words.wrong_kind(self._context.environment, self._answers.get("key_id", ""))
        self._answers = {**self._answers, second: ""}
        return self._go(self._form(((first, error.title), (second, hint or error.hint))))

    async def _close_attempt(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            await attempt.aclose()

    def _callback(self) -> CallbackUrl | None:
        try:
            return parse_plain_callback(self._answers.get("callback_url", ""))
        except InputError:
            return None

    def _go(self, step: Step) -> Step:
        self._step = step
        return step

    def _fail(self, error: BrokerDeskError) -> Step:
        return self._go(FailedStep(error=error))


def _printable(text: str) -> bool:
    return text.isascii() and not any(character.isspace() for character in text)
