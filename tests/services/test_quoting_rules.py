"""The rule by which prices find their sources, whatever is wanted and whoever is there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import AssetType, Environment, PriceFeed
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.services.quoting_rules import Priced, Source, always_open, anybody, assign

keys = st.builds(
    QuoteKey,
    st.sampled_from(["AAA", "BBB", "CCC", "BTC", "DDD"]),
    st.sampled_from([AssetType.EQUITY, AssetType.CRYPTO, AssetType.OPTION]),
    st.sampled_from(["USD", "EUR"]),
)
wanted_lists = st.lists(st.builds(Priced, st.sampled_from(Environment), keys), max_size=25)


@st.composite
def source_lists(draw: st.DrawFn) -> list[Source]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        carried = draw(st.frozensets(keys, max_size=12))
        found.append(
            Source(
                id=ConnectionId(f"c{number}"),
                environment=draw(st.sampled_from(Environment)),
                carries=carried.__contains__,
                most=draw(st.none() | st.integers(0, 4)),
                holds=draw(st.frozensets(keys, max_size=6)),
                refuses=draw(st.frozensets(keys, max_size=3)),
                feeds=draw(st.dictionaries(keys, st.sampled_from(PriceFeed), max_size=6)),
            )
        )
    return found


@given(wanted_lists, source_lists())
def test_nobody_tells_what_it_may_not_or_more_than_it_can(
    wanted: list[Priced], sources: list[Source]
) -> None:
    found = assign(wanted, sources)
    by_id = {one.id: one for one in sources}
    assert set(found) <= set(wanted)
    told = Counter(found.values())
    for one, who in found.items():
        source = by_id[who]
        assert source.can(one)
        assert source.environment is one.environment
        assert one.key not in source.refuses
        assert one.key in source.holds or anybody(one.key)
    for who, count in told.items():
        most = by_id[who].most
        assert most is None or count <= most


@given(wanted_lists, source_lists())
def test_nothing_is_left_out_while_somebody_has_room(
    wanted: list[Priced], sources: list[Source]
) -> None:
    found = assign(wanted, sources)
    told = Counter(found.values())
    for one in set(wanted) - set(found):
        for source in sources:
            full = source.most is not None and told[source.id] >= source.most
            assert full or not source.can(one)


@given(wanted_lists, source_lists())
def test_the_same_again_changes_nothing(wanted: list[Priced], sources: list[Source]) -> None:
    roomy = [replace(one, most=None) for one in sources]
    found = assign(wanted, roomy)
    assert assign(wanted, roomy, found) == found


@given(wanted_lists, source_lists(), st.data())
def test_what_a_lost_source_told_moves_and_comes_back(
    wanted: list[Priced], sources: list[Source], data: st.DataObject
) -> None:
    found = assign(wanted, sources)
    if not found:
        return
    lost = data.draw(st.sampled_from(sorted(set(found.values()))))
    left = [one for one in sources if one.id != lost]
    moved = assign(wanted, left, found)
    assert lost not in moved.values()
    for one, who in found.items():
        able = [source for source in left if source.can(one) and source.most is None]
        if who == lost and able:
            assert one in moved
    back = assign(wanted, sources, moved)
    holder = next(one for one in sources if one.id == lost)
    if all(one.most is None for one in sources):
        for one, who in found.items():
            alone_in_rank = all(
                holder.rank(one.key, None)[:2] < other.rank(one.key, None)[:2]
                for other in left
                if other.can(one)
            )
            if who == lost and alone_in_rank:
                assert back[one] == lost


def test_real_time_then_the_holder_then_who_tells_it_already() -> None:
    key = QuoteKey("AAA", AssetType.EQUITY, "USD")
    one = Priced(Environment.LIVE, key)

    def source(name: str, **more: Any) -> Source:
        return Source(
            id=ConnectionId(name), environment=Environment.LIVE, carries=lambda _: True, **more
        )

    late = source("a", holds=frozenset({key}), feeds={key: PriceFeed.DELAYED})
    holder, other = source("c", holds=frozenset({key})), source("b")
    assert assign([one], [late, other, holder]) == {one: "c"}
    assert assign([one], [late, other]) == {one: "b"}
    assert assign([one], [source("d"), other], {one: ConnectionId("d")}) == {one: "d"}


def test_room_is_made_by_moving_what_another_can_tell_too() -> None:
    both, only = (Priced(Environment.LIVE, QuoteKey(n, AssetType.EQUITY, "USD")) for n in "AB")

    def source(name: str, *carried: Priced) -> Source:
        able = frozenset(one.key for one in carried)
        return Source(id=ConnectionId(name), environment=Environment.LIVE, most=1,
                      carries=able.__contains__)  # fmt: skip

    found = assign([both, only], [source("a", both, only), source("b", both)])
    assert found == {both: "b", only: "a"}


def test_letters_mean_the_same_to_all_in_the_us_market_only() -> None:
    assert anybody(QuoteKey("VOD", AssetType.EQUITY, "USD"))
    assert not anybody(QuoteKey("VOD", AssetType.EQUITY, "GBP"))
    assert not anybody(QuoteKey("BTC", AssetType.CRYPTO, "USD"))
    assert always_open(QuoteKey("BTC", AssetType.CRYPTO, "USD"))
    assert not always_open(QuoteKey("VOD", AssetType.EQUITY, "USD"))
