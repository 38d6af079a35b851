"""Where this copy of the program looks for its releases, and whose signature it believes.

Both stand in ``resources/updates/source.json``, which whoever publishes the program fills in once
(``scripts/sign_releases.py``). A copy in which they are empty looks nowhere and says so: it never
asks an address that nobody answers for.

Keys are changed by releases. A new key is added beside the old one; lists are signed by both for
as long as programs that know only the old one are in use; then the old one is taken out. A key
that got into wrong hands is taken out at once, in a release that is told of by other means.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import urlsplit

from brokerdesk.facts import dataclass
from brokerdesk.paths import resource

FILE = "updates/source.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSource:
    """``keys`` maps names to Ed25519 public keys in base64; ``page_hosts`` are those of pages."""

    address: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    page_hosts: tuple[str, ...] = ()

    @property
    def named(self) -> bool:
        """Whether there is a place to ask and a key to believe."""
        return bool(self.address and self.keys)

    def is_page(self, url: str) -> bool:
        """Whether a page of releases may be opened: https, an allowed host, nothing beside it."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
        return (
            plain
            and parts.scheme == "https"
            and parts.hostname in self.page_hosts
            and parts.netloc == parts.hostname
            and port is None
        )


def own_source() -> UpdateSource:
    """What this copy was built with; a damaged file counts as an empty one."""
    try:
        raw = json.loads(resource(FILE).read_text("utf-8"))
        address, keys, hosts = raw["address"], raw["keys"], raw["page_hosts"]
    except (OSError, ValueError, LookupError, TypeError):
        return UpdateSource()
    sound = isinstance(address, str) and isinstance(keys, dict) and isinstance(hosts, list)
    words = [*keys.values(), *hosts] if sound else [None]
    if not all(isinstance(one, str) for one in words):
        return UpdateSource()
    return UpdateSource(address=address, keys=keys, page_hosts=tuple(hosts))
