"""Hosted Link: tokens, the page and what became of it, and the exchange."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from html import escape
from typing import Any

from aiohttp import web

from brokerdesk.simulator.plaid.accounts import WORDS
from brokerdesk.simulator.plaid.errors import PlaidError
from brokerdesk.simulator.plaid.state import (
    INSTITUTIONS,
    LINK_LIFE,
    PUBLIC_LIFE,
    Item,
    Link,
    LinkRun,
    Offer,
    PlaidState,
    stamp,
)
from brokerdesk.simulator.wire import html_answer

PAGE = "/plaid/hosted-link"
LONGEST_NAME = 30
_SHAPE = (
    "<!doctype html><html><head><title>Plaid (simulated)</title></head><body><h1>{title}</h1>"
    "{body}</body></html>"
)


class HostedLink:
    """The page, and the routes around it."""

    def __init__(self, state: PlaidState) -> None:
        self._state = state

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """``/link/token/create``."""
        needed = ["client_name", "language", "country_codes", "user"]
        missing = [name for name in needed if not body.get(name)]
        token = body.get("access_token")
        if not token and not body.get("products"):
            missing.append("products")
        if missing:
            text = f"the following required fields are missing: {', '.join(missing)}"
            raise PlaidError("MISSING_FIELDS", text)
        if len(str(body["client_name"])) > LONGEST_NAME:
            raise PlaidError("INVALID_FIELD", "client_name must be at most 30 characters")
        if token and body.get("products"):
            raise PlaidError("INVALID_FIELD", "products must not be given in update mode")
        repairs = self._state.find(token) if token else None
        now = self._state.clock.now()
        link = Link(
            token=f"link-sandbox-{uuid.uuid4()}",
            created=now,
            expires=now + LINK_LIFE,
            body=body,
            hosted=uuid.uuid4().hex,
            repairs=repairs,
        )
        self._state.links[link.token] = link
        answer: dict[str, Any] = {"link_token": link.token, "expiration": stamp(link.expires)}
        if "hosted_link" in body:
            answer["hosted_link_url"] = f"{self._state.base_url}{PAGE}?id={link.hosted}"
        return answer

    def get(self, body: dict[str, Any]) -> dict[str, Any]:
        """``/link/token/get``."""
        link = self._state.links.get(str(body.get("link_token")))
        if link is None:
            raise PlaidError("INVALID_LINK_TOKEN")
        answer: dict[str, Any] = {
            "link_token": link.token,
            "created_at": stamp(link.created),
            "expiration": stamp(link.expires),
            "metadata": {
                "initial_products": link.body.get("products") or [],
                "webhook": None,
                "country_codes": link.body["country_codes"],
                "language": link.body["language"],
                "redirect_uri": None,
                "client_name": link.body["client_name"],
            },
        }
        if link.runs:
            answer["link_sessions"] = [self._run(link, run) for run in link.runs]
        return answer

    def exchange(self, body: dict[str, Any]) -> dict[str, Any]:
        """``/item/public_token/exchange``."""
        offer = self._state.offers.get(str(body.get("public_token")))
        spent = offer is not None and offer.used and not self._state.switches.exchange_twice
        if offer is None or spent or offer.expires < self._state.clock.now():
            raise PlaidError("INVALID_PUBLIC_TOKEN")
        offer.used = True
        return {"access_token": offer.item.token, "item_id": offer.item.item_id}

    def sandbox_token(self, body: dict[str, Any]) -> dict[str, Any]:
        """``/sandbox/public_token/create``: the short cut without a page."""
        institution = str(body.get("institution_id"))
        if institution not in INSTITUTIONS:
            raise PlaidError("INVALID_FIELD", "institution_id is not known")
        return {"public_token": self._offer(self._state.new_item(institution, None))}

    def approve(self, query: dict[str, str], accounts: Sequence[str] | None, *, allow: bool) -> str:
        """What the person does on the page; where the browser stays.

        Raises:
            ValueError: no such page, or one whose time is over.
        """
        link = self._open(query.get("id", ""))
        if link is None:
            raise ValueError("this page has expired")
        run = self._started(link)
        now = self._state.clock.now()
        if not allow:
            run.finished, run.exited = now, True
        elif link.repairs is not None:
            link.repairs.login_required = False
            down = self._state.switches.down
            down[:] = [one for one in down if one != link.repairs.institution]
            run.finished, run.institution = now, link.repairs.institution
        else:
            institution = query.get("institution") or next(iter(INSTITUTIONS))
            if institution not in INSTITUTIONS:
                raise ValueError("no such institution")
            item = self._state.new_item(institution, tuple(accounts) if accounts else None)
            run.public_token, run.institution = self._offer(item), institution
            run.finished = now
        return f"{self._state.base_url}{PAGE}/done"

    async def page(self, request: web.Request) -> web.Response:
        """The page itself: an institution to choose and two buttons."""
        link = self._open(request.query.get("id", ""))
        if link is None:
            gone = _SHAPE.format(title="This link has expired", body="")
            return html_answer(gone, 410)
        self._started(link)
        choices = "".join(
            f'<option value="{key}">{escape(name)}</option>' for key, name in INSTITUTIONS.items()
        )
        chosen = f'<select name="institution">{choices}</select>' if not link.repairs else ""
        names = "".join(f"<li>{escape(name)}</li>" for name in WORDS)
        form = (
            f'<ul>{names}</ul><form method="post" action="{PAGE}?id={link.hosted}">{chosen}'
            '<button name="action" value="allow">Continue</button>'
            '<button name="action" value="deny">Exit</button></form>'
        )
        name = escape(str(link.body["client_name"]))
        title = f"{name} uses Plaid to connect your account"
        return html_answer(_SHAPE.format(title=title, body=form))

    async def decide(self, request: web.Request) -> web.Response:
        """The page's buttons."""
        form = await request.post()
        query = {"id": request.query.get("id", ""), "institution": str(form.get("institution", ""))}
        try:
            self.approve(query, None, allow=form.get("action") == "allow")
        except ValueError:
            return html_answer(_SHAPE.format(title="This link has expired", body=""), 410)
        raise web.HTTPSeeOther(f"{PAGE}/done")

    async def done(self, request: web.Request) -> web.Response:
        body = "<p>You can close this window.</p>"
        return html_answer(_SHAPE.format(title="You are done", body=body))

    def _open(self, hosted: str) -> Link | None:
        for link in self._state.links.values():
            if link.hosted == hosted and link.expires >= self._state.clock.now():
                return link
        return None

    def _started(self, link: Link) -> LinkRun:
        """The run that is open, or a new one: the page may be opened several times."""
        if not link.runs or link.runs[-1].finished is not None:
            now = self._state.clock.now()
            link.runs.append(LinkRun(id=str(uuid.uuid4()), started=now))
        return link.runs[-1]

    def _offer(self, item: Item) -> str:
        token = f"public-sandbox-{uuid.uuid4()}"
        self._state.offers[token] = Offer(item, self._state.clock.now() + PUBLIC_LIFE)
        return token

    def _run(self, link: Link, run: LinkRun) -> dict[str, Any]:
        """One session as ``/link/token/get`` tells it."""
        found: dict[str, Any] = {
            "link_session_id": run.id,
            "started_at": stamp(run.started),
            "finished_at": stamp(run.finished) if run.finished else None,
            "events": [
                {
                    "event_id": str(uuid.uuid5(uuid.NAMESPACE_OID, run.id)),
                    "event_name": "EXIT" if run.exited else "HANDOFF" if run.finished else "OPEN",
                    "timestamp": stamp(run.finished or run.started),
                    "event_metadata": {},
                }
            ],
        }
        if run.exited:
            found["exit"] = {
                "error": None,
                "metadata": {
                    "status": "requires_credentials",
                    "link_session_id": run.id,
                    "request_id": run.id,
                },
            }
        if self._state.switches.deprecated_results:
            if run.public_token:
                where = {"institution": self._institution(run), "accounts": []}
                found["on_success"] = {"public_token": run.public_token, "metadata": where}
            return found
        results = [self._added(run)] if run.public_token else []
        found["results"] = {
            "item_add_results": results,
            "cra_item_add_results": [],
            "cra_update_results": [],
            "bank_income_results": [],
            "payroll_income_results": [],
            "document_income_results": None,
        }
        return found

    def _institution(self, run: LinkRun) -> dict[str, Any]:
        if not self._state.switches.institution_told:
            return {"name": None, "institution_id": None}
        return {"name": INSTITUTIONS[run.institution], "institution_id": run.institution}

    def _added(self, run: LinkRun) -> dict[str, Any]:
        item = self._state.offers[run.public_token].item
        accounts = [
            {
                "id": item.account_id(one.profile.number),
                "name": one.profile.nickname,
                "mask": one.profile.number[-4:],
                "type": WORDS[one.profile.nickname].type,
                "subtype": WORDS[one.profile.nickname].subtype,
                "verification_status": None,
                "class_type": None,
            }
            for one in self._state.accounts(item)
        ]
        return {
            "public_token": run.public_token,
            "accounts": accounts,
            "institution": self._institution(run),
        }
