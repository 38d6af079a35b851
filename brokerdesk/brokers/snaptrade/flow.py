"""Connecting through SnapTrade, step by step.

The keys are tried at once. Then the user chooses between what is connected with them already and
SnapTrade's page in the browser, where a brokerage is added or signed in to again. Nothing comes
back from that page by itself: a desktop has no address for it, so the list of connections is asked
until it has changed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from brokerdesk.brokers.base import Link
from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FailedStep,
    FlowContext,
    FormStep,
    PasteOutcome,
    Step,
)
from brokerdesk.brokers.rate import Priority
from brokerdesk.brokers.snaptrade import TITLE, loose, problems, words
from brokerdesk.brokers.snaptrade import accounts as account_mapping
from brokerdesk.brokers.snaptrade.client import SnapTradeClient
from brokerdesk.brokers.snaptrade.keyring import hide
from brokerdesk.brokers.snaptrade.signing import NAMES, Keys
from brokerdesk.brokers.transport import is_loopback
from brokerdesk.brokers.waiting import happens_within
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import (
    BrokerDeskError,
    BrokerError,
    BrokerRefusedError,
    BrokerUnavailableError,
    SettingsError,
    UserCancelled,
)
from brokerdesk.log import register_secret

POLL_EVERY = 4.0
PORTAL_LIMIT = timedelta(minutes=10)
SYNC_LIMIT = 60.0
"""How long to wait for a new connection's accounts to be listed."""
_PORTAL_HOST = "snaptrade.com"
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xA0))


class SnapTradeFlow:
    """One attempt to connect. Implements ``flow.ConnectFlow``."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context
        self._answers: dict[str, str] = {}
        self._step: Step | None = None
        self._client: SnapTradeClient | None = None
        self._links: tuple[Link, ...] = ()
        self._target: Link | None = None
        """The connection that is being signed in to again; None when a new one is made."""
        self._trade = False
        self._returned: dict[str, str] | None = None
        self._arrived = asyncio.Event()
        self._ends: datetime | None = None
        self._made_user = False
        self._handed_out = False
        self._closed = False

    async def start(self) -> Step:
        existing = self._context.existing
        if existing is not None:
            self._answers = {name: existing.get(name, "") for name in NAMES}
            if not self._context.ask_keys:
                return await self._checked_keys()
            self._answers |= {"consumer_key": "", "user_secret": ""}
        return self._go(words.keys_form(self._answers))

    async def submit(self, answers: Mapping[str, str]) -> Step:
        """Answer one of the two forms. In any other step nothing happens."""
        if not isinstance(self._step, FormStep):
            return self._step or await self.start()
        if self._step.fields[0].name == "next":
            return await self._chosen(answers)
        self._answers = {name: _typed(answers.get(name, "")) for name in NAMES}
        return await self._checked_keys()

    async def wait(self) -> Step:
        """Wait until SnapTrade lists what the browser's page was opened for.

        Raises:
            UserCancelled: the flow was closed meanwhile.
        """
        if not isinstance(self._step, BrowserStep):
            return self._step or await self.start()
        while True:
            await happens_within(self._arrived, POLL_EVERY, self._context.clock)
            if self._closed:
                raise UserCancelled
            returned, self._returned = self._returned, None
            self._arrived.clear()
            refused = _refused(returned)
            if refused is not None:
                return self._fail(refused)
            try:
                if await self._changed():
                    return await self._done()
            except BrokerUnavailableError:
                pass  # the next look may succeed; the time that is left is the limit
            except (BrokerError, SettingsError) as error:
                return self._fail(error)
            if self._ends is None or self._context.clock.now() >= self._ends:
                return self._fail(words.too_late())

    async def paste(self, address: str, *, confirmed: bool = False) -> PasteOutcome:
        """Offer the address that the page ended on: it says how it went. Proof of a connection is
        SnapTrade's list alone.
        """
        found = read_return(address)
        if not isinstance(self._step, BrowserStep) or found is None:
            return PasteOutcome.WRONG
        self._returned = found
        self._arrived.set()
        return PasteOutcome.ACCEPTED

    async def restart(self, *, by_hand: bool = False) -> Step:
        """Try again with what was typed: SnapTrade's page anew, or the keys if they failed."""
        if not isinstance(self._step, FailedStep) or not self._step.can_restart:
            return self._step or await self.start()
        if self._client is None or self._ends is None:
            return await self._checked_keys()
        return await self._open_portal()

    async def aclose(self) -> None:
        self._closed = True
        self._arrived.set()
        await self._close_client()
        self._answers = {}
        self._returned = None

    # -- keys ------------------------------------------------------------------------------------

    async def _checked_keys(self) -> Step:
        """The next step if the keys work, else the form with its problems."""
        wrong = _problems(self._answers)
        if wrong:
            return self._go(words.keys_form(self._answers, wrong))
        hide(self._keys())
        wanted = self._context.identity
        if wanted and wanted != self._keys().identity(self._context.environment):
            return self._fail(words.somebody_else())
        await self._close_client()
        try:
            self._client = self._opened()
            refused = await self._with_user()
            if refused is not None:
                return refused
            self._links = await self._read_links()
        except problems.KeysRefusedError as error:
            field = "user_secret" if "user" in error.title else "consumer_key"
            listed = ((field, f"{error.title} {error.hint}"),)
            return self._go(words.keys_form(self._answers, listed))
        except (BrokerError, SettingsError) as error:
            return self._fail(error)
        if self._context.existing is not None and not self._context.ask_keys:
            self._target = next((one for one in self._links if not one.working), None)
            if self._target is not None:
                return await self._open_portal()
        return self._go(words.choice_form(self._links))

    async def _with_user(self) -> Step | None:
        """Make the commercial user that has no secret yet, once; None to go on."""
        if not self._answers["user_id"] or self._answers["user_secret"]:
            return None
        assert self._client is not None
        try:
            secret = await self._client.register_user(self._answers["user_id"])
        except problems.KeysRefusedError:
            raise
        except BrokerUnavailableError:
            return self._go(FailedStep(error=words.user_unknown(), can_restart=False))
        except BrokerRefusedError:
            problem = (("user_id", words.user_not_made()),)
            return self._go(words.keys_form(self._answers, problem))
        self._made_user = True
        self._answers["user_secret"] = secret
        hide(self._keys())
        return None

    def _keys(self) -> Keys:
        return Keys.of(self._answers)

    async def _current_keys(self, _: Keys | None) -> Keys:
        return self._keys()

    def _opened(self) -> SnapTradeClient:
        context = self._context
        return SnapTradeClient(
            context.environment,
            context.practice_url,
            keys=self._current_keys,
            network=context.network,
            clock=context.clock,
            book=context.book,
        )

    async def _close_client(self) -> None:
        """Close it. A user that was made in this attempt and never handed out goes with it."""
        client, self._client = self._client, None
        if client is None:
            return
        if self._made_user and not self._handed_out:
            self._made_user = False
            # Should it stay, it is empty, and nobody has its secret.
            with contextlib.suppress(BrokerError, SettingsError):
                await client.delete_user(self._answers["user_id"])
        await client.aclose()

    # -- brokerages --------------------------------------------------------------------------------

    async def _chosen(self, answers: Mapping[str, str]) -> Step:
        assert isinstance(self._step, FormStep)
        wish = (_typed(answers.get("next", "")) or self._step.fields[0].default).lower()
        self._trade = _typed(answers.get("access", "")).lower() == words.TRADE
        if wish == words.USE and self._links:
            return await self._done()
        if wish == words.ADD:
            self._target = None
            return await self._open_portal()
        for number, one in enumerate(self._links, 1):
            if wish == f"{words.REPAIR} {number}":
                self._target = one
                return await self._open_portal()
        options = ", ".join(value for value, _ in self._step.fields[0].options)
        problem = (("next", f"Choose one of: {options}."),)
        return self._go(words.choice_form(self._links, problem))

    async def _open_portal(self) -> Step:
        assert self._client is not None
        reconnect = self._target.id if self._target is not None else ""
        try:
            url = await self._client.login(reconnect=reconnect, trade=self._trade)
        except (BrokerError, SettingsError) as error:
            return self._fail(error)
        if not _is_portal(url, self._context.environment):
            return self._fail(words.strange_portal())
        register_secret(url)
        self._returned = None
        self._arrived.clear()
        self._ends = self._context.clock.now() + max(PORTAL_LIMIT, self._context.callback_limit)
        return self._go(words.browser(url, self._ends, self._target))

    async def _changed(self) -> bool:
        """Whether the page has done what it was opened for."""
        links = await self._read_links()
        if self._target is not None:
            return any(one.id == self._target.id and one.working for one in links)
        known = {one.id for one in self._links}
        new = {one.id for one in links} - known
        if new:
            await self._until_listed(new)
        return bool(new)

    async def _until_listed(self, new: set[str]) -> None:
        """A new connection may be there before its accounts are. Whether they come in time or
        not, it is connected.
        """
        assert self._client is not None
        clock = self._context.clock
        ends = clock.monotonic() + SYNC_LIMIT
        while clock.monotonic() < ends and not self._closed:
            try:
                listed, _ = loose.accounts(await self._client.accounts())
            except BrokerUnavailableError:
                listed = []
            except BrokerRefusedError:
                return
            if any(one.brokerage_authorization in new for one in listed):
                return
            await clock.sleep(POLL_EVERY)

    async def _read_links(self) -> tuple[Link, ...]:
        assert self._client is not None
        found, _ = await self._client.authorizations(Priority.USER)
        return tuple(account_mapping.link(given) for _, given in found)

    async def _done(self) -> Step:
        now = self._context.clock.now()
        keys = self._keys()
        self._handed_out = True
        return self._go(
            DoneStep(
                identity=keys.identity(self._context.environment),
                credentials={**keys.credentials(), "signed_in_at": now.isoformat()},
                suggested_name=TITLE,
                signed_in_at=now,
            )
        )

    def _go(self, step: Step) -> Step:
        self._step = step
        return step

    def _fail(self, error: BrokerDeskError) -> Step:
        return self._go(FailedStep(error=error))


def read_return(address: str) -> dict[str, str] | None:
    """What the address that the page ended on says; None if it is no such address.

    A second question mark may stand between its parts.
    """
    text = address.strip()
    if len(text) > 4096 or "?" not in text:
        return None
    query = text.split("?", 1)[1].replace("?", "&").split("#", 1)[0]
    try:
        found = {name.lower(): value for name, value in parse_qsl(query, max_num_fields=50)}
    except ValueError:
        return None
    return found if "status" in found or "connection_id" in found else None


def _refused(returned: Mapping[str, str] | None) -> BrokerDeskError | None:
    status = (returned or {}).get("status", "").upper()
    if status == "ABANDONED":
        return words.declined()
    if status == "ERROR":
        return words.failed((returned or {}).get("error_code", ""))
    return None


def _is_portal(url: str, environment: Environment) -> bool:
    """Whether the page is SnapTrade's own, or in practice one on this computer."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    if environment is not Environment.LIVE:
        return parts.scheme in ("http", "https") and is_loopback(host)
    ours = host == _PORTAL_HOST or host.endswith(f".{_PORTAL_HOST}")
    return parts.scheme == "https" and ours and "@" not in parts.netloc


def _typed(text: str) -> str:
    """Keys are often pasted with blanks or marks that nobody sees."""
    return str(text).translate(_INVISIBLE).strip()


def _problems(answers: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    missing = [
        (name, f"Enter the {label}.")
        for name, label in (("client_id", "client ID"), ("consumer_key", "consumer key"))
        if not answers.get(name)
    ]
    odd = [
        (name, "This holds blanks or letters that no key has.")
        for name in NAMES
        if not answers[name].isascii() or any(letter.isspace() for letter in answers[name])
    ]
    if answers["user_secret"] and not answers["user_id"]:
        odd.append(("user_id", "A user secret needs the user ID that it belongs to."))
    return [*missing, *odd]
