"""plaid-python pointed at a simulator, unchanged but for its host."""

from __future__ import annotations

from typing import Any

from support.peers import RunningSim


def client(sim: RunningSim, **keys: str) -> Any:
    """The official client with the simulated app's keys."""
    import plaid
    from plaid.api import plaid_api

    secrets = {**sim.sim.origin("plaid").secrets, **keys}
    configuration = plaid.Configuration(
        host=sim.base,
        api_key={
            "clientId": secrets["client_id"],
            "secret": secrets["secret"],
            "plaidVersion": "2020-09-14",
        },
    )
    client = plaid.ApiClient(configuration)
    client.set_default_header("Connection", "close")  # it leaves connections open otherwise
    return plaid_api.PlaidApi(client)


def close(made: Any) -> None:
    """Close the connections that the client keeps."""
    made.api_client.rest_client.pool_manager.clear()
    made.api_client.close()
