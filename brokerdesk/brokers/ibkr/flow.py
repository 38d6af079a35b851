"""Connecting to TWS: a form, then one greeting. There is no login here: TWS holds it.

With no port given the four usual ones are tried, on this click only and with one connection each;
which of them is right, live or paper, the account ids decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FailedStep,
    FlowContext,
    FormField,
    FormStep,
    PasteOutcome,
    Step,
)
from brokerdesk.brokers.ibkr import BROKER_ID, TITLE, problems
from brokerdesk.brokers.ibkr.address import (
    DEFAULT_CLIENT,
    DEFAULT_HOST,
    USUAL_PORTS,
    Address,
    address_of,
    fits,
    open_ports,
    practice_socket,
    problems_of,
)
from brokerdesk.brokers.ibkr.gateway import release, shared_gateway
from brokerdesk.brokers.transport import Refusals
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import AuthRejectedError, BrokerError, InputError

_KEYS = ("host", "port", "client_id")
_GUIDE = (
    "Start TWS or IB Gateway on your computer and log in.",
    "In TWS open Global Configuration, API, Settings; in Gateway Configure, Settings, API.",
    "Tick “Enable ActiveX and Socket Clients”. “Read-Only API” may stay ticked: then orders "
    "are not shown.",
    "Compare the port, or leave it empty here.",
)


class IbkrFlow:
    """One attempt to connect. Implements ``flow.ConnectFlow``."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context
        self._answers = {"host": DEFAULT_HOST, "port": "", "client_id": DEFAULT_CLIENT}
        if context.environment is Environment.PRACTICE:
            host, port = practice_socket(context.practice_url)
            self._answers.update(host=host, port=str(port))
        self._step: Step | None = None

    async def start(self) -> Step:
        existing = self._context.existing
        if existing is not None:
            for name in _KEYS:
                self._answers[name] = existing.get(name, self._answers[name])
            if self._context.environment is Environment.PRACTICE:
                self._answers["port"] = str(practice_socket(self._context.practice_url)[1])
            if not self._context.ask_keys:
                return await self._checked()
        return self._form()

    async def submit(self, answers: Mapping[str, str]) -> Step:
        """Answer the form. In any other step nothing happens."""
        if not isinstance(self._step, FormStep):
            return self._step or await self.start()
        self._answers = {name: str(answers.get(name, "")).strip() for name in _KEYS}
        return await self._checked()

    async def wait(self) -> Step:
        """There is no browser to wait for."""
        return self._step or await self.start()

    async def paste(self, address: str, *, confirmed: bool = False) -> PasteOutcome:
        """There is no address to paste."""
        return PasteOutcome.WRONG

    async def restart(self, *, by_hand: bool = False) -> Step:
        """Try again with what was typed."""
        if not isinstance(self._step, FailedStep) or not self._step.can_restart:
            return self._step or await self.start()
        return await self._checked()

    async def aclose(self) -> None:
        self._answers = dict.fromkeys(_KEYS, "")

    async def _checked(self) -> Step:
        environment = self._context.environment
        wrong = problems_of(self._answers, environment)
        if wrong:
            return self._form(wrong)
        if self._context.network.offline:
            return self._go(FailedStep(error=Refusals(BROKER_ID, TITLE).offline()))
        try:
            given = address_of(self._answers, environment, self._context.practice_url)
        except InputError as error:
            return self._form(((error.field, error.sentences()),))
        if given.port:
            return await self._greeted(given)
        found = await open_ports(given.host, environment)
        step: Step | None = None
        for port in found:
            step = await self._greeted(Address(given.host, port, given.client))
            if isinstance(step, DoneStep):
                break
        return step or self._form((("port", _nobody(given.host, environment)),))

    async def _greeted(self, address: Address) -> Step:
        """Who answers at an address."""
        gateway = shared_gateway(address, self._context.clock)
        try:
            numbers = await gateway.managed()
        except problems.ClientTakenError as error:
            return self._form((("client_id", f"{error.title} Choose another number."),))
        except BrokerError as error:
            return self._form((("", error.sentences()),))
        finally:
            await release(gateway)
        return self._judged(address, numbers)

    def _judged(self, address: Address, numbers: tuple[str, ...]) -> Step:
        """Whether these accounts are what was meant."""
        environment = self._context.environment
        if not fits(numbers, environment):
            error = problems.other_money(paper=fits(numbers, Environment.PAPER))
            return self._form((("", error.title + " " + error.hint),))
        identities = [identity(one, environment) for one in sorted(numbers)]
        wanted = self._context.identity
        if wanted and wanted not in identities:
            return self._go(FailedStep(error=_somebody_else()))
        now = self._context.clock.now()
        from brokerdesk.brokers.ibkr.session import week_ends

        credentials = {
            "host": address.host,
            "port": str(address.port),
            "client_id": str(address.client),
            "signed_in_at": now.isoformat(),
        }
        return self._go(
            DoneStep(
                identity=wanted or identities[0],
                credentials=credentials,
                suggested_name=TITLE,
                signed_in_at=now,
                sign_in_ends=week_ends(now),
            )
        )

    def _form(self, wrong: tuple[tuple[str, str], ...] = ()) -> FormStep:
        step = FormStep(
            title=f"Connect {TITLE}",
            text="BrokerDesk reads from TWS or IB Gateway, which runs on your computer and keeps "
            "your login. No password is asked for here, and no order is sent.",
            fields=self._fields(),
            guide=_GUIDE,
            guide_url="https://www.interactivebrokers.com/campus/ibkr-api-page/twsapi-doc/",
            problems=wrong,
        )
        self._step = step
        return step

    def _fields(self) -> tuple[FormField, ...]:
        practice = self._context.environment is Environment.PRACTICE
        ports = ", ".join(map(str, USUAL_PORTS[Environment.LIVE]))
        return (
            FormField(
                name="host",
                label="Host",
                help="The computer on which TWS runs.",
                default=self._answers["host"],
            ),
            FormField(
                name="port",
                label="Port",
                help="" if practice else f"Empty: {ports} are tried, once each.",
                default=self._answers["port"],
                required=practice,
            ),
            FormField(
                name="client_id",
                label="Client id",
                help="A number that no other program uses at this TWS.",
                default=self._answers["client_id"],
            ),
        )

    def _go(self, step: Step) -> Step:
        assert not isinstance(step, BrowserStep)
        self._step = step
        return step


def identity(number: str, environment: Environment) -> str:
    """A digest of one account's number. A login is known by any of its accounts."""
    text = f"{BROKER_ID}\x00{environment.value}\x00login\x00{number}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _nobody(host: str, environment: Environment) -> str:
    ports = ", ".join(map(str, USUAL_PORTS[environment]))
    return (
        f"Nobody listens at {host} on the usual ports ({ports}). Start TWS or IB Gateway and log "
        "in, tick “Enable ActiveX and Socket Clients”, or enter its port."
    )


def _somebody_else() -> AuthRejectedError:
    return AuthRejectedError(
        "TWS is logged in with another user.",
        "Nothing was changed.",
        "Log in to TWS with the user of this connection, or add a new connection.",
        broker_id=BROKER_ID,
    )
