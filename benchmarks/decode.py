"""Decoding account answers: ours against msgspec's own decoder for the same records.

20 accounts of 500 positions each, every amount an exact Decimal on both sides. What ours adds is
the check of depth and the translation of errors. Keys that stand twice are looked for once per
answer, as it comes in, and judged against Python's own reading of the same text. The way on to
domain facts is reported, not judged: its base makes no facts.
"""

from __future__ import annotations

import json
import random
import sys
from collections import deque
from datetime import UTC, datetime
from typing import Any

import msgspec

from benchmarks.harness import Case, run
from brokerdesk.brokers.decode import check_keys
from brokerdesk.brokers.schwab import wire
from brokerdesk.brokers.schwab.loose import decode_account
from brokerdesk.brokers.schwab.mapping import replay
from brokerdesk.domain.kinds import Environment

ACCOUNTS = 20
POSITIONS = 500
SEED = 301
NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def answers() -> list[bytes]:
    """Bodies as the wire carries them."""
    chance = random.Random(SEED)
    return [json.dumps(_account(chance, number)).encode() for number in range(ACCOUNTS)]


def _account(chance: random.Random, number: int) -> dict[str, Any]:
    balances = {
        name: round(chance.uniform(0, 1e6), 2)
        for name in (
            "accruedInterest",
            "cashBalance",
            "liquidationValue",
            "longMarketValue",
            "availableFunds",
            "buyingPower",
            "equity",
            "maintenanceRequirement",
            "sma",
        )
    }
    return {
        "securitiesAccount": {
            "type": "MARGIN",
            "accountNumber": f"{10_000_000 + number}",
            "roundTrips": 0,
            "isDayTrader": False,
            "isClosingOnlyRestricted": False,
            "positions": [_position(chance, place) for place in range(POSITIONS)],
            "initialBalances": {**balances, "isInCall": False},
            "currentBalances": balances,
            "projectedBalances": {"availableFunds": 1.0, "isInCall": False},
        },
        "aggregatedBalance": {"currentLiquidationValue": 1.0, "liquidationValue": 1.0},
    }


def _position(chance: random.Random, place: int) -> dict[str, Any]:
    quantity = round(chance.uniform(1, 2000), 4)
    price = round(chance.uniform(1, 900), 2)
    return {
        "shortQuantity": 0.0,
        "averagePrice": round(price * 0.9, 4),
        "currentDayProfitLoss": round(chance.uniform(-900, 900), 2),
        "currentDayProfitLossPercentage": round(chance.uniform(-3, 3), 2),
        "longQuantity": quantity,
        "settledLongQuantity": quantity,
        "settledShortQuantity": 0.0,
        "instrument": {
            "assetType": "EQUITY",
            "cusip": f"{place:09d}",
            "symbol": f"SYM{place}",
            "netChange": 0.2,
        },
        "marketValue": round(quantity * price, 2),
        "maintenanceRequirement": round(quantity * price * 0.3, 2),
        "averageLongPrice": round(price * 0.9, 4),
        "taxLotAverageLongPrice": round(price * 0.9, 4),
        "longOpenProfitLoss": round(quantity * price * 0.1, 2),
        "previousSessionLongQuantity": quantity,
        "currentDayCost": 0.0,
    }


def main() -> int:
    bodies = answers()
    own = msgspec.json.Decoder(wire.AccountAnswer)

    def base(_: object) -> object:
        return [own.decode(body) for body in bodies]

    cases = [
        Case(
            name="wire records, exact Decimal",
            base=base,
            ours=lambda _: [decode_account(body) for body in bodies],
            gate=1.3,
        ),
        Case(
            name="keys that stand twice",
            base=lambda _: [json.loads(body) for body in bodies],
            ours=lambda _: deque(map(check_keys, bodies), maxlen=0),
            gate=1.3,
        ),
        Case(
            name="on to domain facts",
            base=base,
            ours=lambda _: [replay(body, Environment.PRACTICE, NOW) for body in bodies],
            gate=None,
        ),
    ]
    megabytes = sum(map(len, bodies)) / 1e6
    facts = {"accounts": ACCOUNTS, "positions": POSITIONS, "megabytes": megabytes}
    return run(f"decode {megabytes:.2f} MB", cases, facts=facts)


if __name__ == "__main__":
    sys.exit(main())
