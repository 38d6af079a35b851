"""Signing in through Plaid: keys, Plaid's page in the browser, and asking until it is done.

A desktop cannot be called back, so Plaid is asked every few seconds how far the person is. A login
at an institution that is connected already is refused before its token is exchanged: until then
Plaid has neither kept nor billed anything. Signing in again repairs the login that is there.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FailedStep,
    FlowContext,
    FormStep,
    PasteOutcome,
    Step,
)
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.plaid import BROKER_ID, problems, words
from brokerdesk.brokers.plaid.client import PlaidClient, base_url, build_http
from brokerdesk.brokers.plaid.progress import Progress, progress
from brokerdesk.brokers.plaid.times import moment
from brokerdesk.brokers.text import clean_name
from brokerdesk.brokers.waiting import happens_within
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import (
    AuthError,
    BrokerDeskError,
    BrokerError,
    BrokerUnavailableError,
    SettingsError,
    UserCancelled,
)
from brokerdesk.log import register_secret

LINK_LASTS = timedelta(minutes=30)
ASK_EVERY = 3.0
_KEYS = ("client_id", "secret")


class PlaidFlow:
    """One attempt to sign in. Implements ``flow.ConnectFlow``."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context
        base_url(context.environment, context.practice_url)
        self._answers: dict[str, str] = {}
        self._step: Step | None = None
        self._http: BrokerHttp | None = None
        self._link_token = ""
        self._repairs = False
        self._closed = asyncio.Event()

    async def start(self) -> Step:
        existing = self._context.existing
        if existing is not None:
            self._answers = {name: existing.get(name, "") for name in _KEYS}
            if not self._context.ask_keys:
                return await self._checked_keys()
        return self._go(words.form(self._context.environment, self._answers))

    async def submit(self, answers: Mapping[str, str]) -> Step:
        """Answer the form. In any other step nothing happens."""
        if isinstance(self._step, FormStep):
            self._answers = {name: str(answers.get(name, "")).strip() for name in _KEYS}
            return await self._checked_keys()
        return self._step or await self.start()

    async def wait(self) -> Step:
        """Ask until the person is done, has left, or the time is over.

        Raises:
            UserCancelled: the flow was closed meanwhile.
        """
        step = self._step
        if not isinstance(step, BrowserStep):
            return step or await self.start()
        clock = self._context.clock
        while (left := (step.ends - clock.now()).total_seconds()) > 0:
            if await happens_within(self._closed, min(ASK_EVERY, left), clock):
                raise UserCancelled
            try:
                answer = await self._client().link(self._link_token)
            except BrokerUnavailableError:
                continue  # the person goes on meanwhile; the time limit ends it
            except (BrokerError, SettingsError) as error:
                return self._fail(error)
            found = progress(answer)
            if found.public_token or found.ended:
                return await self._finish(found)
        return self._fail(words.too_late())

    async def paste(self, address: str, *, confirmed: bool = False) -> PasteOutcome:
        """Nothing comes back in an address here."""
        return PasteOutcome.WRONG

    async def restart(self, *, by_hand: bool = False) -> Step:
        """Try again with what was typed, on a new page."""
        if not isinstance(self._step, FailedStep) or not self._step.can_restart:
            return self._step or await self.start()
        return await self._checked_keys()

    async def aclose(self) -> None:
        self._closed.set()
        self._answers = {}
        self._link_token = ""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def _checked_keys(self) -> Step:
        """Plaid's page if the keys can be used, else the form with its problems."""
        found = [
            (name, f"Enter the {label}.")
            for name, label in (("client_id", "client ID"), ("secret", "secret"))
            if not self._answers.get(name)
        ]
        found += [
            (name, "This holds blanks or letters that no key has.")
            for name in _KEYS
            if not _printable(self._answers.get(name, ""))
        ]
        if found:
            return self._form(tuple(found))
        register_secret(self._answers["secret"])
        try:
            return await self._open_browser_step()
        except problems.KeysRefusedError as error:
            return self._form((("client_id", error.title), ("secret", error.hint)))
        except (BrokerError, SettingsError) as error:
            return self._fail(error)

    async def _open_browser_step(self) -> Step:
        """A new page: to repair the login that is there, else for a new one."""
        existing = self._context.existing or {}
        token = existing.get("access_token", "")
        user = str(uuid.uuid4())
        self._repairs = bool(token) and existing.get("client_id") == self._answers["client_id"]
        try:
            link = await self._client().create_link(
                user, access_token=token if self._repairs else ""
            )
        except problems.ItemGoneError:
            if not self._repairs:
                raise
            self._repairs = False  # there is nothing left to repair
            link = await self._client().create_link(user)
        url = link.hosted_link_url or ""
        if not self._sound(url):
            raise words.no_page()
        self._link_token = link.link_token
        register_secret(link.link_token)
        now = self._context.clock.now()
        ends = min(moment(link.expiration) or now + LINK_LASTS, now + LINK_LASTS)
        institution = existing.get("institution", "") if self._repairs else ""
        return self._go(words.browser(url, ends, institution))

    async def _finish(self, found: Progress) -> Step:
        """From Plaid's word that the person is done to a login that works, or to what helps."""
        if found.exited and not found.public_token:
            return self._fail(words.declined(found.said, relogin=self._repairs))
        try:
            if self._repairs:
                return self._go(await self._repaired())
            if not found.public_token:
                return self._fail(words.declined(relogin=bool(self._context.identity)))
            return self._go(await self._exchanged(found))
        except problems.KeysRefusedError as error:
            return self._form((("client_id", error.title), ("secret", error.hint)))
        except (BrokerError, SettingsError) as error:
            return self._fail(error)

    async def _repaired(self) -> Step:
        """The login that was there, if Plaid says that it works again."""
        credentials = {**(self._context.existing or {}), **self._answers}
        answer = await self._client().item(credentials["access_token"])
        problem = problems.of_item(answer.item)
        if isinstance(problem, AuthError):
            return FailedStep(error=problem)
        return self._done(credentials)

    async def _exchanged(self, found: Progress) -> Step:
        """A new login, unless its institution must not be linked (again)."""
        register_secret(found.public_token)
        if found.institution_id:
            refusal = self._refusal(found.institution_id, found.institution)
            if refusal is not None:
                return FailedStep(error=refusal)
        client = self._client()
        exchanged = await client.exchange(found.public_token)
        register_secret(exchanged.access_token)
        credentials = {
            **self._answers,
            "access_token": exchanged.access_token,
            "item_id": exchanged.item_id or "",
            "institution_id": found.institution_id,
            "institution": found.institution,
        }
        try:
            await self._complete(client, credentials)
            refusal = self._refusal(credentials["institution_id"], credentials["institution"])
        except BrokerError as error:
            refusal = error
        if refusal is not None:
            await self._take_back(client, exchanged.access_token)
            return FailedStep(error=refusal)
        return self._done(credentials)

    async def _complete(self, client: PlaidClient, credentials: dict[str, str]) -> None:
        """Fill in what Plaid's page did not say about the institution."""
        if credentials["institution_id"] and credentials["institution"]:
            return
        item = (await client.item(credentials["access_token"])).item
        credentials["institution_id"] = item.institution_id or credentials["institution_id"]
        credentials["institution"] = clean_name(item.institution_name) or credentials["institution"]
        if not credentials["institution_id"]:
            credentials["institution_id"] = credentials["item_id"]

    def _refusal(self, institution_id: str, institution: str) -> BrokerError | None:
        identity = identity_of(self._context.environment, institution_id)
        wanted = self._context.identity
        if wanted:
            return None if identity == wanted else words.somewhere_else(institution)
        name = self._context.connected.get(identity)
        return words.second_login(institution, name) if name is not None else None

    async def _take_back(self, client: PlaidClient, access_token: str) -> None:
        """Remove a login that is not kept, so that it is not billed."""
        try:
            await client.remove(access_token)
        except BrokerError:
            return

    def _done(self, credentials: dict[str, str]) -> DoneStep:
        now: datetime = self._context.clock.now()
        return DoneStep(
            identity=self._context.identity
            or identity_of(self._context.environment, credentials["institution_id"]),
            credentials={**credentials, "signed_in_at": now.isoformat()},
            suggested_name=credentials.get("institution", ""),
            signed_in_at=now,
        )

    def _client(self) -> PlaidClient:
        if self._http is None:
            self._http = build_http(
                self._context.environment,
                self._context.practice_url,
                network=self._context.network,
                clock=self._context.clock,
                book=self._context.book,
            )
        answers = self._answers
        return PlaidClient(
            self._http,
            self._context.clock,
            answers.get("client_id", ""),
            answers.get("secret", ""),
            self._context.book,
        )

    def _sound(self, url: str) -> bool:
        """Whether an address may be opened: one over TLS, or the practice origin's own."""
        if self._context.environment is Environment.PRACTICE:
            base = base_url(self._context.environment, self._context.practice_url)
            return url.startswith(base + "/")
        return url.startswith("https://")

    def _form(self, found: tuple[tuple[str, str], ...]) -> Step:
        return self._go(words.form(self._context.environment, self._answers, found))

    def _go(self, step: Step) -> Step:
        self._step = step
        return step

    def _fail(self, error: BrokerDeskError) -> Step:
        return self._go(FailedStep(error=error))


def identity_of(environment: Environment, institution_id: str) -> str:
    """One login per institution, so the institution is who signed in."""
    material = "\x00".join((BROKER_ID, environment.value, "institution", institution_id))
    return hashlib.sha256(material.encode()).hexdigest()[:32]


def _printable(text: str) -> bool:
    return text.isascii() and not any(character.isspace() for character in text)
