"""Whom the program talks to beside the brokers, and by which way. A part of ``Settings``."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from brokerdesk.facts import dataclass
from brokerdesk.setting_rules import Rule
from brokerdesk.trading_settings import TradingSettings

NETWORK = "Network"


def _setting(default: Any, rule: Rule) -> Any:
    return field(default=default, metadata={"rule": rule, "meaning": rule.meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings(TradingSettings):
    """What may be asked of others than brokers, and how they are reached."""

    reference_rates: bool = _setting(
        True,
        Rule(
            "Fetch the European Central Bank's reference rates, once a business day and only while "
            "something is held in another currency than the base. Nothing is told to it.",
            "Fetch exchange rates",
            NETWORK,
        ),
    )
    look_for_updates: bool = _setting(
        False,
        Rule(
            "Fetch the signed list of this program's releases, at most once a day, and say when "
            "there is a newer one and what changed. Nothing is sent and nothing is installed.",
            "Look for new versions",
            NETWORK,
        ),
    )
    proxy: str = _setting(
        "",
        Rule(
            "Proxy for all connections, such as http://proxy.example:8080. Empty: none.",
            "Proxy",
            NETWORK,
            url_schemes=("http", "https", "socks5"),
        ),
    )
    ca_file: str = _setting(
        "",
        Rule(
            "A file of further certificate authorities (PEM) to trust, such as a company's.",
            "Certificate file",
            NETWORK,
            names="file",
        ),
    )
