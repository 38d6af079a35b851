"""Whether an answer has the fields and types that the SDK's own models name.

The SDK hands back whatever comes, so its type declarations serve as the oracle: a field that no
model knows, one that is missing, or one of another type fails.
"""

from __future__ import annotations

import datetime as dt
import importlib
import re
import types
import typing
from typing import Any, Literal, Union, get_args, get_origin

import typing_extensions

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?")
_DEPRECATED = {"exchanges", "open_url", "is_real_time_connection"}


def check(model: str, records: list[Any]) -> None:
    """Every record against ``snaptrade_client.type.<model>``.

    Raises:
        AssertionError: naming the place.
    """
    declared = _declared(model)
    for number, record in enumerate(records):
        _check(declared, record, f"{model}[{number}]")


def _declared(model: str) -> Any:
    name = "".join(part.capitalize() for part in model.split("_"))
    for candidate in (model, model.removesuffix("_item")):
        try:
            module = importlib.import_module(f"snaptrade_client.type.{candidate}")
        except ImportError:
            continue
        wanted = {name.lower(), name.removesuffix("Item").lower()}
        found = [value for key, value in vars(module).items() if key.lower() in wanted]
        if found:
            return _item(found[0], name)
    raise AssertionError(f"the SDK has no model {model}")


def _item(found: Any, name: str) -> Any:
    """A model that is a list stands for its items when they are asked for."""
    if name.endswith("Item") and get_origin(found) in (list, typing.List):  # noqa: UP006
        return get_args(found)[0]
    return found


def _check(declared: Any, value: Any, place: str) -> None:
    if declared is Any or isinstance(declared, typing.ForwardRef | typing.TypeVar):
        return
    if typing_extensions.is_typeddict(declared):
        _check_fields(declared, value, place)
        return
    shape = get_origin(declared)
    if shape in (Union, types.UnionType):
        _check_any(get_args(declared), value, place)
    elif shape is Literal:
        assert value in get_args(declared), f"{place}: {value!r}"
    elif shape in (list, typing.List):  # noqa: UP006
        assert isinstance(value, list), place
        for number, item in enumerate(value):
            _check(get_args(declared)[0], item, f"{place}[{number}]")
    elif shape is dict or declared is dict:
        assert isinstance(value, dict), place
    elif declared in (dt.datetime, dt.date):
        assert isinstance(value, str), place
        assert _MOMENT.fullmatch(value), f"{place}: {value}"
    elif declared is type(None):
        assert value is None, place
    elif isinstance(declared, type):
        kinds = (int, float) if declared is float else declared
        assert isinstance(value, kinds), f"{place}: {value!r} is no {declared}"
        assert not (isinstance(value, bool) and declared is not bool), place


def _check_any(choices: tuple[Any, ...], value: Any, place: str) -> None:
    told = []
    for choice in choices:
        try:
            _check(choice, value, place)
        except AssertionError as error:
            told.append(str(error))
        else:
            return
    raise AssertionError(f"{place}: fits nothing: {told[:3]}")


def _check_fields(declared: Any, value: Any, place: str) -> None:
    fields = typing_extensions.get_type_hints(declared)
    if not fields:
        return  # a model that the SDK knows by its name only
    assert isinstance(value, dict), f"{place}: {value!r}"
    unknown = set(value) - set(fields)
    assert not unknown, f"{place}: not known: {sorted(unknown)}"
    # The models mark nearly everything as optional: what is required, must be there.
    missing = set(declared.__required_keys__) - set(value) - _DEPRECATED
    assert not missing, f"{place}: missing: {sorted(missing)}"
    for name, item in value.items():
        _check(fields[name], item, f"{place}.{name}")
