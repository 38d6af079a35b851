"""The exact words of the states in which figures are missing, old, past or in doubt."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from brokerdesk.ui import words
from brokerdesk.ui.words import Words


def et(day: int, hour: int, minute: int = 0, second: int = 0, month: int = 11) -> datetime:
    """A moment of New York's winter (or, before November, summer) of 2026."""
    shift = 5 if month >= 11 else 4
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC) + timedelta(hours=shift)


NOW = et(20, 11, 42, 20)

STATES: list[tuple[int, Words, str, str, tuple[str, ...]]] = [
    (1, words.no_accounts(), "No accounts yet.",
     "Connect a broker to see balances and positions here. Your figures stay on this computer.",
     ("Connect a broker", "Try practice data")),
    (2, words.no_positions("Schwab …7730", et(20, 11, 42)), "No positions.",
     "Schwab …7730 holds cash only, checked 11:42 ET.", ()),
    (3, words.no_orders(), "No orders today.", "Press Ctrl+N to write one.", ("New order",)),
    (4, words.nothing_matches("nvdia", 16), "Nothing matches “nvdia”.",
     "16 positions are hidden by the filter.", ("Clear filter",)),
    (5, words.first_load(6), "Reading 6 accounts for the first time.", "", ("Stop",)),
    (6, words.offline(et(20, 16), et(20, 18)), "You are offline.",
     "Showing figures saved at 16:00 ET. Orders are off until a broker answers.", ("Try again",)),
    (7, words.past(et(14, 16, month=8)), "Viewing snapshot of 14 Aug 2026.",
     "Prices, positions and balances are as they were at 16:00 ET. Orders and refresh are off.",
     ("Return to now",)),
    (8, words.no_snapshot(date(2026, 8, 11), et(10, 16, month=8)), "No snapshot on 11 Aug 2026.",
     "The nearest is 10 Aug, 16:00 ET.", ("Show 10 Aug",)),
    (9, words.sign_in_ends_soon("Schwab", et(21, 17, 42)), "Schwab sign-in ends in {left}.",
     "Renew now to keep weekend syncs running.", ("Renew",)),
    (10, words.sign_in_ended("Vanguard …1190", "Plaid", et(18, 9, 12), NOW),
     "Vanguard …1190: sign in again.",
     "Plaid reports the login ended. Figures are from 18 Nov 09:12 ET.", ("Sign in",)),
    (15, words.rate_limited("Schwab", et(20, 11, 41, 36), NOW, timed=True),
     "Schwab is limiting requests.",
     "Next try in {left}. Figures are from 11:41:36 ET.", ()),
    (16, words.not_answering("Schwab", et(20, 11, 31), NOW, others_fine=True),
     "Schwab is not answering.",
     "Other brokers are up to date. Showing Schwab as of 11:31 ET.", ("Try Schwab again",)),
    (17, words.emptied("Fidelity …3306", 2), "Fidelity …3306 returned no positions.",
     "The last good sync had 2. Kept those until you decide.",
     ("Keep last good", "Accept as empty")),
    (18, words.part_read(3, 9), "3 of 9 positions could not be read.",
     "They are listed as unread and left out of totals.", ("Show them",)),
    (29, words.keychain_locked(), "The system keychain is locked.",
     "Unlock it to sign in. Saved figures can still be read.", ("Unlock",)),
    (30, words.snapshot_damaged(et(3, 16, month=3) + timedelta(hours=1)),
     "The snapshot of 3 Mar 2026 fails its checksum.",
     "It is shown but not used in totals.", ("Details",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "title", "text", "labels"),
    [state[1:] for state in STATES],
    ids=[f"state {state[0]}" for state in STATES],
)
def test_a_state_has_these_words(
    said: Words, title: str, text: str, labels: tuple[str, ...]
) -> None:
    assert (said.title, said.text, said.labels) == (title, text, labels)


def test_one_is_not_many() -> None:
    assert words.nothing_matches("x", 1).text == "1 position is hidden by the filter."
    assert words.first_load(1).title == "Reading 1 account for the first time."
    assert words.emptied("A", 1).text == "The last good sync had 1. Kept it until you decide."
    one = words.part_read(1, 1)
    assert (one.title, one.text) == (
        "1 of 1 position could not be read.",
        "It is listed as unread and left out of totals.",
    )


def test_what_is_not_known_is_not_said() -> None:
    unsaid = "Showing saved figures. Orders are off until a broker answers."
    assert words.offline(None, NOW).text == unsaid
    assert words.no_snapshot(date(2026, 8, 11), None).text == "No day has been saved yet."
    assert words.sign_in_ended("A", "B", None, NOW).text == "B reports the login ended."
    assert words.not_answering("B", None, NOW, others_fine=False).text == ""
    untimed = words.rate_limited("B", None, NOW, timed=False)
    assert untimed.text == "The next try follows by itself."


def test_times_of_other_days_carry_their_day() -> None:
    assert "saved at 19 Nov 16:00 ET." in words.offline(et(19, 16), NOW).text
    old = datetime(2024, 3, 1, 21, 0, tzinfo=UTC)
    assert (
        "Showing B as of 1 Mar 2024 16:00 ET."
        in words.not_answering("B", old, NOW, others_fine=False).text
    )
    far = words.no_snapshot(date(2026, 1, 1), datetime(2025, 12, 31, 21, 0, tzinfo=UTC))
    assert far.labels == ("Show 31 Dec 2025",)


def test_only_the_end_of_a_week_speaks_of_the_weekend() -> None:
    tuesday = words.sign_in_ends_soon("Schwab", et(17, 12))
    assert tuesday.text == "Renew now to keep syncs running."


def test_a_split_is_told_and_a_probable_one_says_why() -> None:
    day = date(2024, 6, 10)
    sure = words.split_since("NVDA", 10, 1, day, probable=False)
    assert (sure.title, sure.text) == (
        "NVDA split 10 for 1 on 10 Jun 2024.",
        "Quantities and prices are as they were.",
    )
    guess = words.split_since("NVDA", 10, 1, day, probable=True)
    assert guess.title == "NVDA probably split 10 for 1 on 10 Jun 2024."
    assert guess.text.startswith("Its quantity and price jumped by that ratio")


def test_a_message_has_as_many_buttons_as_it_is_given_deeds() -> None:
    said = words.emptied("A", 2)
    made = said.message("suspect:a", "warn", "keep:a", "accept:a")
    assert [(one.id, one.label) for one in made.actions] == [
        ("keep:a", "Keep last good"),
        ("accept:a", "Accept as empty"),
    ]
    assert said.message("x", "warn").actions == ()
    assert said.and_then("More.").text.endswith("decide. More.")


def test_no_sentence_is_longer_than_twenty_words() -> None:
    for _, said, *_ in STATES:
        for sentence in f"{said.title} {said.text}".split(". "):
            assert len(sentence.split()) <= 20, sentence


def test_a_damaged_snapshot_is_not_called_shown_when_nothing_can_be_read() -> None:
    said = words.snapshot_damaged(et(3, 16, month=3), shown=False)
    assert said.title == words.snapshot_damaged(et(3, 16, month=3)).title
    assert said.text == "Nothing of it can be read, and totals leave it out."
