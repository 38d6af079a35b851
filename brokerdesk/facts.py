"""``dataclass`` that writes a class's methods when they are first needed.

The standard one compiles six methods for every class as its module is imported: half a millisecond
each, and some seventy classes lie on the way to the first paint, most of which are not made before
it. This one does the same with the same words (type checkers see the standard one), but compiles
``__init__`` when instances get many; the others are shared and need no compiling. What is out of
the ordinary is handed to the standard one. Knows no fact.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, **wishes):
        """As ``dataclasses.dataclass``."""
        if cls is None:
            return lambda cls: _made(cls, wishes)
        return _made(cls, wishes)


Fields = tuple[dataclasses.Field[Any], ...]
FEW = 24
"""Filling so many one by one takes as long as compiling does."""
_ours: set[type[Any]] = set()
_USUAL = {"frozen", "slots", "kw_only"}
_OWN = {"__init__", "__eq__", "__hash__", "__repr__", "__setattr__", "__delattr__", "__getstate__"}


def _made(cls: type[Any], wishes: dict[str, bool]) -> type[Any]:
    inherits = any(dataclasses.is_dataclass(base) for base in cls.__mro__[1:])
    strange = inherits and not all(base in _ours for base in cls.__mro__[1:-1])
    own = cls.__dict__
    unset = any(isinstance(one, dataclasses.Field) and not one.init for one in own.values())
    if strange or unset or not set(wishes) <= _USUAL or _OWN & set(own):
        return dataclasses.dataclass(**wishes)(cls)
    frozen = wishes.get("frozen", False)
    cls.__doc__ = cls.__doc__ or cls.__name__  # else the standard one asks for the signature
    made: type[Any] = dataclasses.dataclass(
        init=False,
        repr=False,
        eq=False,
        frozen=frozen and inherits,  # an heir must be what its base is
        slots=wishes.get("slots", False),
        kw_only=wishes.get("kw_only", False),
    )(cls)
    params = made.__dataclass_params__
    params.init = params.repr = params.eq = True
    params.frozen = frozen
    _equip(made, frozen=frozen)
    _ours.add(made)
    return made


def _equip(cls: Any, *, frozen: bool) -> None:
    names = tuple(field.name for field in dataclasses.fields(cls))
    values = _values(field.name for field in dataclasses.fields(cls) if field.compare)
    hashed = _values(
        field.name
        for field in dataclasses.fields(cls)
        if (field.compare if field.hash is None else field.hash)
    )

    fields, made = dataclasses.fields(cls), 0

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        nonlocal made
        made += 1
        if made > FEW or not _filled(self, fields, args, kwargs):
            cls.__init__ = _compiled(cls, frozen=frozen)
            cls.__init__(self, *args, **kwargs)

    def __eq__(self: Any, other: object) -> bool:  # noqa: N807
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool(values(self) == values(other))

    cls.__init__ = __init__
    cls.__eq__ = __eq__
    cls.__repr__ = _repr
    cls.__hash__ = None
    if not frozen:
        return

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash((cls, hashed(self)))

    def __getstate__(self: Any) -> list[Any]:  # noqa: N807
        return [getattr(self, name) for name in names]

    def __setstate__(self: Any, state: list[Any]) -> None:  # noqa: N807
        for name, value in zip(names, state, strict=True):
            object.__setattr__(self, name, value)

    cls.__hash__ = __hash__
    cls.__setattr__ = _refuse_change
    cls.__delattr__ = _refuse_removal
    if "__slots__" in cls.__dict__:
        cls.__getstate__ = __getstate__
        cls.__setstate__ = __setstate__


def _compiled(cls: Any, *, frozen: bool) -> Any:
    """The ``__init__`` that the standard decorator writes for these fields."""
    fields = dataclasses.fields(cls)
    body: dict[str, Any] = {field.name: _again(field) for field in fields}
    body["__annotations__"] = {field.name: field.type for field in fields}
    body["__module__"] = cls.__module__
    body["__doc__"] = cls.__doc__
    if hasattr(cls, "__post_init__"):
        body["__post_init__"] = cls.__post_init__
    twin: Any = dataclasses.dataclass(repr=False, eq=False, match_args=False, frozen=frozen)(
        type(cls.__name__, (), body)
    )
    made = twin.__init__
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _again(field: dataclasses.Field[Any]) -> Any:
    """The same wish once more: a field belongs to the class that it was given to."""
    options: dict[str, Any] = {"init": field.init, "kw_only": field.kw_only}
    if field.default is not dataclasses.MISSING:
        options["default"] = field.default
    if field.default_factory is not dataclasses.MISSING:
        options["default_factory"] = field.default_factory
    return dataclasses.field(**options)


def _filled(self: Any, fields: Fields, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Set the fields one by one. False, and nothing done: only the standard way can tell why."""
    placed = [field.name for field in fields if not field.kw_only]
    given = dict(zip(placed, args, strict=False))
    if len(args) > len(placed) or given.keys() & kwargs.keys():
        return False
    given |= kwargs
    values = []
    for field in fields:
        if field.name in given:
            values.append((field.name, given.pop(field.name)))
        elif field.default is not dataclasses.MISSING:
            values.append((field.name, field.default))
        elif field.default_factory is not dataclasses.MISSING:
            values.append((field.name, field.default_factory()))
        else:
            return False
    if given:
        return False
    for name, value in values:
        object.__setattr__(self, name, value)
    if hasattr(self, "__post_init__"):
        self.__post_init__()
    return True


def _values(names: Iterable[str]) -> Callable[[Any], Any]:
    known = tuple(names)
    return attrgetter(*known) if known else _nothing


def _nothing(_: object) -> tuple[()]:
    return ()


def _repr(self: Any) -> str:
    parts = (
        f"{field.name}={getattr(self, field.name)!r}"
        for field in dataclasses.fields(self)
        if field.repr
    )
    return f"{self.__class__.__qualname__}({', '.join(parts)})"


def _refuse_change(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_removal(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
