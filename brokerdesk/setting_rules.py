"""What a value must be to serve as a setting, apart from what the settings are.

The same rules check the file and what is typed into the settings view.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from brokerdesk.domain.exact import exact
from brokerdesk.facts import dataclass

_MAX_TEXT = 4096
Number = TypeVar("Number", int, Decimal)


@dataclass(frozen=True, slots=True)
class Rule:
    """``meaning`` is for the user, ``title`` what the setting is called and ``section`` where it
    stands. Bounds are inclusive. ``internal``: not shown. ``names`` says what a text names on this
    computer: ``file`` or ``folder``. ``words`` are the choices as a user reads them.
    """

    meaning: str
    title: str = ""
    section: str = ""
    unit: str = ""
    names: str = ""
    words: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    optional: bool = False
    minimum: int | None = None
    maximum: int | None = None
    url_schemes: tuple[str, ...] = ()
    internal: bool = False


class RuleError(ValueError):
    """A value cannot be used; the text completes a sentence that begins with the setting's name."""


def checked(rule: Rule, default: object, value: object) -> object:
    """``value`` as the type of ``default`` (an optional setting is a whole number or None).

    Raises:
        RuleError: it cannot be used.
    """
    if value is None and rule.optional:
        return None
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise RuleError("must be true or false")
        return value
    if isinstance(default, str):
        return _text(rule, value)
    if isinstance(default, Decimal):
        return _within(rule, _decimal(value))
    if isinstance(value, bool) or not isinstance(value, int):
        raise RuleError("must be a whole number")
    return _within(rule, value)


def typed(rule: Rule, default: object, text: str) -> object:
    """What somebody typed, as the value of a setting.

    Raises:
        RuleError: it cannot be used.
    """
    text = text.strip()
    if isinstance(default, str):
        return checked(rule, default, text)
    if not text:
        if rule.optional:
            return None
        raise RuleError("must not be empty")
    if isinstance(default, Decimal):
        return checked(rule, default, text)
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise RuleError("must be a whole number")
    return checked(rule, default, int(text))


def _text(rule: Rule, value: object) -> str:
    if not isinstance(value, str):
        raise RuleError("must be a text")
    if len(value) > _MAX_TEXT or not value.isprintable():
        raise RuleError("is too long or has characters that cannot be shown")
    if rule.choices and value not in rule.choices:
        raise RuleError("must be one of " + ", ".join(rule.choices))
    if rule.url_schemes and value:
        scheme, mark, rest = value.partition("://")
        if not mark or scheme not in rule.url_schemes or not rest or rest.startswith("/"):
            raise RuleError("must begin with " + " or ".join(s + "://" for s in rule.url_schemes))
    return value


def _decimal(value: object) -> Decimal:
    if isinstance(value, float):  # a number that somebody wrote into the file by hand
        value = str(value)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise RuleError("must be a number")
    try:
        return exact(value)
    except ValueError as error:
        raise RuleError("must be a number") from error


def _within(rule: Rule, value: Number) -> Number:
    if rule.minimum is not None and value < rule.minimum:
        raise RuleError(f"must be at least {rule.minimum}")
    if rule.maximum is not None and value > rule.maximum:
        raise RuleError(f"must be at most {rule.maximum}")
    return value
