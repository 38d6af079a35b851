"""Getting onto Schwab's line: where it is, the login, and the way off again."""

from __future__ import annotations

import asyncio

from brokerdesk.brokers.lines import WebLine
from brokerdesk.brokers.schwab import BROKER_ID, TITLE
from brokerdesk.brokers.schwab.client import SchwabClient
from brokerdesk.brokers.schwab.stream_ends import code_of, decoded, raise_if_over
from brokerdesk.brokers.schwab.stream_wire import Command, encoded
from brokerdesk.brokers.schwab.wire import StreamerInfo
from brokerdesk.brokers.transport import Refusals
from brokerdesk.errors import BrokerUnavailableError
from brokerdesk.log import register_secret

LOGIN_WITHIN = 20.0
_FIRST, _LAST = 0, 1_000_000_000


async def streamer_info(client: SchwabClient) -> StreamerInfo:
    """Where the line is, read anew for each attempt: what identifies it may change.

    Raises:
        BrokerError: Schwab does not say.
    """
    for info in (await client.preference()).streamer_info or ():
        if info.streamer_socket_url and info.schwab_client_customer_id:
            register_secret(info.schwab_client_customer_id)
            return info
    raise BrokerUnavailableError(
        f"{TITLE} names no streamer for this login.",
        "Prices are asked for from time to time instead.",
        broker_id=BROKER_ID,
    )


async def log_in(line: WebLine, info: StreamerInfo, token: str) -> int:
    """The code that the login is answered with.

    Raises:
        BrokerError: the line was lost, or there was no answer in time.
    """
    given = {
        "Authorization": token,
        "SchwabClientChannel": info.schwab_client_channel or "",
        "SchwabClientFunctionId": info.schwab_client_function_id or "",
    }
    await send(line, info, Command("ADMIN", "LOGIN", given), _FIRST)
    try:
        async with asyncio.timeout(LOGIN_WITHIN):
            return await _answer(line)
    except TimeoutError as error:
        raise Refusals(BROKER_ID, TITLE).too_slow() from error


async def log_out(line: WebLine, info: StreamerInfo) -> None:
    """Say goodbye. Nobody waits for the answer."""
    await send(line, info, Command("ADMIN", "LOGOUT", {}), _LAST)


async def send(line: WebLine, info: StreamerInfo, command: Command, number: int) -> None:
    """Send one command under a number that comes back in its answer."""
    customer, correlation = info.schwab_client_customer_id, info.schwab_client_correl_id
    text = encoded(command, number, customer=customer or "", correlation=correlation or "")
    await line.send(text)


async def _answer(line: WebLine) -> int:
    while True:
        frame = decoded(await line.receive())
        for notice in frame.notify:
            raise_if_over(code_of(notice))
        for response in frame.response:
            if response.service == "ADMIN":
                return response.content.code
