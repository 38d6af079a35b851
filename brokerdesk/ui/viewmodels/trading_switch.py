"""The trading switch of one connection in words: what is on, and what turning it on means."""

from __future__ import annotations

from dataclasses import dataclass

from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.halt import Switches

TURN_ON, TURN_OFF = "Turn on…", "Turn off"
_MEANING = {
    "live": "Orders move real money.",
    "paper": "This is the broker’s test account: orders there are simulated.",
    "practice": "Orders go to the market of the practice data on this computer.",
}
_SURE = {
    "live": "I understand that they move real money at {broker}",
    "paper": "",
    "practice": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchLine:
    """The line in Connections. ``button`` "": it cannot be turned."""

    text: str
    tone: str
    button: str = ""
    on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchQuestion:
    """What is asked before trading is turned on. ``sure`` is ticked first, "" for no tick."""

    key: str
    title: str
    environment: str
    name: str
    points: tuple[str, ...]
    sure: str
    yes: str


def line(key: str, broker: str, environment: str, switches: Switches) -> SwitchLine:
    """How the switch of a connection stands."""
    broker = tame(broker)
    if not switches.known:
        return SwitchLine(text="Not known yet.", tone="text3")
    if key not in switches.able:
        text = f"{broker} can only be read from here. Orders are placed at the broker itself."
        return SwitchLine(text=text, tone="text2")
    if key in switches.on:
        text = f"On. Orders that you review and send go to {broker}. {_MEANING[environment]}"
        if switches.halted:
            text = f"On, but new orders are halted. {_MEANING[environment]}"
        return SwitchLine(text=text, tone="text", button=TURN_OFF, on=True)
    return SwitchLine(
        text="Off. Nothing is sent through this connection.", tone="text2", button=TURN_ON
    )


def question(key: str, name: str, broker: str, environment: str) -> SwitchQuestion:
    """What turning it on means, point by point."""
    broker, name = tame(broker), tame(name)
    return SwitchQuestion(
        key=key,
        title=f"Turn on trading for “{name}”?",
        environment=environment,
        name=name,
        points=(
            f"BrokerDesk may then send your orders to {broker}. {_MEANING[environment]}",
            "It sends nothing by itself: you write each order, read its review and send it, once.",
            "Your limits in Settings, Trading, hold for every order. "
            "“Halt new orders” in the Trade menu stops all at once.",
            "Turning it off is one click here. Orders at the broker stay as they are.",
        ),
        sure=_SURE[environment].format(broker=broker),
        yes=f"Turn on {environment} trading",
    )
