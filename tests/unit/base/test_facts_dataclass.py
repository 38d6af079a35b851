# mypy: disable-error-code="call-arg, misc"
"""The lazily compiled dataclass behaves as the standard one does."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from decimal import Decimal
from typing import Any, ClassVar

import msgspec
import pytest

from brokerdesk import facts

Maker = Callable[..., Any]


def standard(**wishes: bool) -> Any:
    return dataclasses.dataclass(**wishes)


def lazy(**wishes: bool) -> Any:
    return facts.dataclass(**wishes)


@facts.dataclass(frozen=True, slots=True, kw_only=True)
class Pickled:
    """At the top of a module, where pickles find it."""

    name: str
    amount: Decimal | None = None
    parts: tuple[Pickled, ...] = ()


@pytest.fixture(params=["lazy", "standard"])
def make(request: pytest.FixtureRequest) -> Maker:
    return lazy if request.param == "lazy" else standard


def build(make: Maker, **wishes: bool) -> Any:
    @make(**wishes)
    class Row:
        """A row."""

        name: str
        number: int = 3
        items: list[int] = field(default_factory=list)
        secret: str = field(default="s", repr=False, compare=False)
        KIND: ClassVar[str] = "row"

        def __post_init__(self) -> None:
            if self.name == "bad":
                raise ValueError(self.name)

        @property
        def loud(self) -> str:
            return self.name.upper()

    return Row


WISHES: list[dict[str, bool]] = [
    {},
    {"frozen": True},
    {"slots": True},
    {"frozen": True, "slots": True},
    {"frozen": True, "slots": True, "kw_only": True},
    {"order": True},
]


@pytest.mark.parametrize("wishes", WISHES, ids=str)
def test_both_behave_alike(make: Maker, wishes: dict[str, bool]) -> None:
    kind = build(make, **wishes)
    one, same, other = kind(name="a"), kind(name="a", secret="t"), kind(name="a", number=4)
    assert one == same
    assert one != other
    assert one != "a"
    assert repr(one) == f"{kind.__qualname__}(name='a', number=3, items=[])"
    assert one.items is not same.items
    assert (one.loud, kind.KIND) == ("A", "row")
    assert dataclasses.replace(one, number=9) == kind(name="a", number=9)
    assert [each.name for each in dataclasses.fields(kind)] == [
        "name", "number", "items", "secret",
    ]  # fmt: skip
    assert dataclasses.asdict(one)["items"] == []
    with pytest.raises(ValueError, match="bad"):
        kind(name="bad")
    with pytest.raises(TypeError):
        kind()
    with pytest.raises(TypeError):
        kind(name="a", unknown=1)
    if wishes.get("kw_only"):
        with pytest.raises(TypeError):
            kind("a")
    else:
        assert kind("a", 5).number == 5
    kind(name="a")
    assert list(inspect.signature(kind).parameters) == ["name", "number", "items", "secret"]
    assert copy.copy(one) == copy.deepcopy(one) == one


def test_methods_are_compiled_when_needed() -> None:
    kind = build(lazy, frozen=True)
    before = kind.__init__
    for _ in range(facts.FEW):
        assert kind(name="a").name == "a"
        assert kind.__init__ is before
    assert kind(name="b").name == "b"
    assert kind.__init__ is not before
    assert kind.__init__.__code__.co_filename == "<string>"
    assert before.__code__.co_filename == facts.__file__


@pytest.mark.parametrize("wishes", [w for w in WISHES if w.get("frozen")], ids=str)
def test_frozen_stays_frozen(make: Maker, wishes: dict[str, bool]) -> None:
    kind = build(make, **wishes)
    one = kind(name="a", items=())
    with pytest.raises(FrozenInstanceError):
        one.name = "b"
    with pytest.raises(FrozenInstanceError):
        del one.name
    assert hash(one) == hash(kind(name="a", items=(), secret="other"))
    assert len({one, kind(name="a", items=()), kind(name="b", items=())}) == 2
    assert hasattr(one, "__dict__") != bool(wishes.get("slots"))


def test_what_is_not_frozen_changes_and_has_no_hash(make: Maker) -> None:
    one = build(make)(name="a")
    one.name = "b"
    assert one.loud == "B"
    with pytest.raises(TypeError):
        hash(one)


def test_own_methods_and_heirs_are_kept(make: Maker) -> None:
    @make(frozen=True)
    class Base:
        """A base."""

        name: str

        def __repr__(self) -> str:
            return "mine"

    @make(frozen=True)
    class Heir(Base):
        """Its heir."""

        number: int = 1

    assert repr(Base("a")) == "mine"
    assert Heir("a") == Heir("a", 1)
    assert Heir("a") != Base("a")
    with pytest.raises(FrozenInstanceError):
        Heir("a").number = 2

    @make(slots=True)
    class Unset:
        """With a field that nobody gives."""

        name: str
        made: int = field(init=False, default=7)

    assert Unset("a").made == 7

    @make(frozen=True, slots=True)
    class Nothing:
        pass

    assert Nothing() == Nothing()
    assert repr(Nothing()).endswith("Nothing()")


def test_pickles_copies_and_other_libraries_see_a_dataclass() -> None:
    whole = Pickled(name="a", amount=Decimal("1.00"), parts=(Pickled(name="b"),))
    assert pickle.loads(pickle.dumps(whole)) == whole  # noqa: S301 - our own
    assert dataclasses.is_dataclass(Pickled)
    raw = msgspec.msgpack.encode(whole)
    again = msgspec.msgpack.decode(raw, type=Pickled)
    assert again == whole
    assert Pickled.__match_args__ == ()
