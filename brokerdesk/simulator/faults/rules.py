"""Fault scripts: which request meets which trouble, how often.

A script is a JSON list of rules. A rule without ``match`` hits every request of the broker;
``after`` lets so many matching requests pass first, ``times`` hits so many and then ends (absent:
for ever). The first rule that applies is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

KINDS = frozenset(
    {
        "refuse",
        "reset_before",
        "reset_after",
        "reset_mid_body",
        "delay",
        "drip",
        "truncate",
        "garbage",
        "html",
        "redirect",
        "status",
        "body",
        "edit",
        "huge",
        "gzip_bomb",
        "wrong_clock",
        "location",
    }
)
FIELDS = frozenset({"match", "method", "path", "times", "after", "kind", "args"})


class FaultScriptError(ValueError):
    """A rule that makes no sense, in words."""


@dataclass(slots=True)
class Rule:
    """One rule and how often it has been looked at and has struck."""

    kind: str
    method: re.Pattern[str]
    path: re.Pattern[str]
    times: int | None
    after: int
    args: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    struck: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is hit; counts it."""
        if not self.method.fullmatch(method) or not self.path.search(path):
            return False
        if self.times is not None and self.struck >= self.times:
            return False
        self.seen += 1
        if self.seen <= self.after:
            return False
        self.struck += 1
        return True


def parse_rule(text: Any) -> Rule:
    """A rule out of its JSON form.

    Raises:
        FaultScriptError: unknown kind or field, bad pattern, negative count.
    """
    if not isinstance(text, dict):
        raise FaultScriptError("a rule must be an object")
    unknown = set(text) - FIELDS
    if unknown:
        raise FaultScriptError(f"unknown field: {', '.join(sorted(unknown))}")
    kind = text.get("kind")
    if kind not in KINDS:
        raise FaultScriptError(f"kind must be one of {', '.join(sorted(KINDS))}")
    match = text.get("match") or {}
    try:
        method = re.compile(str(text.get("method") or match.get("method") or ".*"), re.IGNORECASE)
        path = re.compile(str(text.get("path") or match.get("path") or ""))
    except re.error as error:
        raise FaultScriptError(f"not a pattern: {error}") from error
    times, after = text.get("times"), text.get("after", 0)
    for name, value in (("times", times), ("after", after)):
        if value is not None and (not isinstance(value, int) or value < 0):
            raise FaultScriptError(f"{name} must be a whole number")
    if kind == "refuse" and times is None:
        raise FaultScriptError("refuse needs times: for ever would shut control out as well")
    args = text.get("args") or {}
    if not isinstance(args, dict):
        raise FaultScriptError("args must be an object")
    return Rule(kind=kind, method=method, path=path, times=times, after=after, args=args)


class Script:
    """The rules in force."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, texts: Any) -> None:
        """Add a rule or a list of rules; all or none.

        Raises:
            FaultScriptError: one of them makes no sense.
        """
        self.rules.extend([parse_rule(t) for t in (texts if isinstance(texts, list) else [texts])])

    def clear(self) -> None:
        self.rules.clear()

    def for_request(self, method: str, path: str) -> Rule | None:
        """The rule that hits this request, if any."""
        for rule in self.rules:
            if rule.kind != "refuse" and rule.strikes(method, path):
                return rule
        return None

    def refuses(self) -> bool:
        """Whether a new connection is to be dropped: these rules know no path yet."""
        return any(rule.kind == "refuse" and rule.strikes("", "") for rule in self.rules)
