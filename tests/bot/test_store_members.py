"""Enrolments, votes, progress, challenges, figures and shelves as the store keeps them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import challenges, content, members, runs, settings
from bot.store.database import Transaction
from bot.store.instants import from_ms, to_ms
from bot.store.members import Place
from lessons.actions import Join
from lessons.challenge import Answer, NumberKey, Tolerance, Variant, Verdict
from lessons.figure import Bars, Figure, Panel, digest
from lessons.posts import control
from lessons.progress import Enrolment, Progress, Work
from lessons.settings import Settings
from lessons.votes import Ballot
from tests.rigs.dialogue import CHAPTER_1, SPACE, Hall
from tests.rigs.hall import new_run

PLACE = Place(SPACE, "eye", "first")
LATER = CHAPTER_1 + timedelta(days=1)
FIGURE = Figure("Votes", "Votes: Yes: 2.", (Panel((Bars(("Yes",), (2.0,)),)),))
POSED = Variant("numeric", "How many?", NumberKey(7.0, Tolerance(absolute=0.5)), "Seven.")


@pytest.fixture
async def kept(hall: Hall) -> Hall:
    """A store with one run in it."""
    await hall.db.run(lambda t: runs.insert_run(t, new_run("eye")))
    return hall


async def test_the_first_day_stays_the_first_day(kept: Hall) -> None:
    def live(t: Transaction) -> Enrolment | None:
        members.save_enrolment(t, SPACE, "eye", Enrolment("ada", CHAPTER_1))
        members.save_enrolment(t, SPACE, "eye", Enrolment("ada", LATER, LATER))
        return members.enrolment(t, SPACE, "eye", "ada")

    assert await kept.db.run(live) == Enrolment("ada", CHAPTER_1, LATER)


async def test_who_left_is_not_counted(kept: Hall) -> None:
    def live(t: Transaction) -> int:
        members.save_enrolment(t, SPACE, "eye", Enrolment("ada", CHAPTER_1))
        members.save_enrolment(t, SPACE, "eye", Enrolment("ben", CHAPTER_1, LATER))
        return members.count_enrolled(t, SPACE, "eye")

    assert await kept.db.run(live) == 1


async def test_a_ballot_is_replaced_and_rounds_stand_apart(kept: Hall) -> None:
    first = Ballot("ada", 1, "yes", "", CHAPTER_1)
    changed = Ballot("ada", 1, "no", "certain", LATER)
    second = Ballot("ada", 2, "yes", "hunch", LATER)

    def live(t: Transaction) -> list[object]:
        for given in (first, changed, second):
            members.save_ballot(t, PLACE, given)
        found = members.ballots(t, PLACE, "ada")
        return [*found, dict(members.count_votes(t, PLACE, 1))]

    assert await kept.db.run(live) == [changed, second, {"no": 1}]


async def test_active_is_who_takes_part_and_voted_or_answered_since(kept: Hall) -> None:
    def live(t: Transaction) -> list[int]:
        for name, left_at in (("ada", None), ("ben", None), ("chi", LATER)):
            members.save_enrolment(t, SPACE, "eye", Enrolment(name, CHAPTER_1, left_at))
            members.save_ballot(t, PLACE, Ballot("chi", 1, "yes", "", CHAPTER_1))
        members.save_ballot(t, PLACE, Ballot("ada", 1, "yes", "", CHAPTER_1))
        members.save_progress(t, PLACE, Progress("ada", "first", tries=1), LATER)
        members.save_ballot(t, PLACE, Ballot("ben", 1, "yes", "", CHAPTER_1))
        return [members.count_active(t, SPACE, "eye", since) for since in (CHAPTER_1, LATER)]

    assert await kept.db.run(live) == [2, 1]


async def test_progress_comes_back_as_it_was_kept(kept: Hall) -> None:
    made = Progress("ada", "first", frozenset({"one", "two"}), 5, 2, LATER)

    def live(t: Transaction) -> list[object]:
        fresh = members.progress(t, PLACE, "ada")
        members.save_progress(t, PLACE, Progress("ada", "first", tries=1), CHAPTER_1)
        members.save_progress(t, PLACE, made, LATER)
        every = members.progress_of_member(t, SPACE, "eye", "ada")
        return [fresh, members.progress(t, PLACE, "ada"), every]

    assert await kept.db.run(live) == [Progress("ada", "first"), made, [made]]


# -- challenges -----------------------------------------------------------------------------------


def _pose(t: Transaction, member: str, posed: Variant = POSED, issue: int = 1) -> str:
    challenges.insert_variant(t, PLACE, "sum", member, issue, posed, CHAPTER_1)
    return challenges.variant_id(PLACE, "sum", member, issue)


async def test_the_variant_that_was_posed_first_stays(kept: Hall) -> None:
    other = Variant("numeric", "Else?", NumberKey(9.0, Tolerance(absolute=0.5)), "Nine.")

    def live(t: Transaction) -> challenges.StoredVariant | None:
        _pose(t, "ada")
        _pose(t, "ada", other)
        return challenges.newest_variant(t, PLACE, "sum", "ada")

    stored = await kept.db.run(live)
    assert stored is not None
    assert (stored.variant, stored.work.tries) == (POSED, 0)


async def test_a_variant_is_its_members_own_or_everybodys(kept: Hall) -> None:
    def live(t: Transaction) -> list[bool]:
        own, shared = _pose(t, "ada"), _pose(t, challenges.SHARED)
        asked = [(own, "ada"), (own, "ben"), (shared, "ben")]
        return [
            challenges.variant_by_id(t, SPACE, variant, who) is not None for variant, who in asked
        ]

    assert await kept.db.run(live) == [True, False, True]


async def test_the_pictures_of_a_variant_are_kept_once_and_apart(kept: Hall) -> None:
    drawn = Variant("numeric", "?", POSED.key, "!", figure=FIGURE, reveal=FIGURE)

    def live(t: Transaction) -> challenges.StoredVariant | None:
        _pose(t, "ada", drawn)
        _pose(t, "ben", drawn)
        return challenges.newest_variant(t, PLACE, "sum", "ada")

    stored = await kept.db.run(live)
    assert stored is not None
    assert (stored.variant.figure, stored.figure, stored.reveal) == (
        None,
        digest(FIGURE),
        digest(FIGURE),
    )
    assert await kept.count("figure") == 1
    assert await kept.service.figure(digest(FIGURE)) == FIGURE
    assert await kept.service.figure("0" * 64) is None


async def test_work_and_attempts_come_back_as_they_were_kept(kept: Hall) -> None:
    verdict = Verdict(0.5, False, "Half of it.", "trap:1")

    def live(t: Transaction) -> list[object]:
        variant = _pose(t, "ada")
        work = Work(variant, "sum", 1, 2, 0.5, LATER)
        challenges.save_work(t, SPACE, work)
        answer = Answer((1.5, "b"))
        challenges.insert_attempt(t, SPACE, variant, 1, answer, verdict, LATER)
        stored = challenges.newest_variant(t, PLACE, "sum", "ada")
        assert stored is not None
        made = [challenges.attempt(t, SPACE, variant, number) for number in (1, 2)]
        return [stored.work == work, *made]

    assert await kept.db.run(live) == [
        True,
        challenges.Attempt(Answer((1.5, "b")), verdict, LATER),
        None,
    ]


async def test_what_fooled_most_counts_members_and_skips_what_explains_nothing(kept: Hall) -> None:
    made = [
        ("ada", "trap:1", "Costs."),
        ("ada", "trap:1", "Costs."),
        ("ben", "trap:2", "Bits."),
        ("cem", "trap:2", "Bits."),
        *((who, "too-low", "Too low.") for who in "defgh"),
        *((who, "start:too-high", "Too high.") for who in "ijklm"),
    ]

    def live(t: Transaction) -> tuple[str, str, tuple[int, int]]:
        nobody = challenges.most_fooled(t, PLACE)
        for number, (who, trap, why) in enumerate(made):
            variant = _pose(t, who)
            challenges.save_work(t, SPACE, Work(variant, "sum", number + 1))
            given = Verdict(0.0, False, why, trap)
            challenges.insert_attempt(t, SPACE, variant, number, Answer((1.0,)), given, LATER)
        return nobody, challenges.most_fooled(t, PLACE), challenges.own_numbers(t, PLACE)

    assert await kept.db.run(live) == ("", "Bits.", (13, 0))


# -- content --------------------------------------------------------------------------------------


async def test_a_control_is_kept_once_and_found_in_its_own_space(hall: Hall) -> None:
    button = control(SPACE, "Join", Join("eye"))

    def live(t: Transaction) -> list[object]:
        content.save_controls(t, SPACE, [button, button])
        return [content.want_of(t, space, button.id) for space in (SPACE, "flaky:other")]

    assert await hall.db.run(live) == [Join("eye"), None]
    assert await hall.count("control") == 1


async def test_a_drawing_is_found_by_its_generator_and_seed(hall: Hall) -> None:
    def live(t: Transaction) -> list[object]:
        content.save_drawing(t, "bars", 7, FIGURE)
        content.save_drawing(t, "bars", 7, FIGURE)
        return [content.drawing(t, "bars", seed) for seed in (7, 8)]

    assert await hall.db.run(live) == [FIGURE, None]


async def test_a_shelf_keeps_an_adapters_records_and_no_others(hall: Hall) -> None:
    mine, other = hall.service.shelf("flaky"), hall.service.shelf("slack")
    await mine.put("token/a", "1")
    await mine.put("token/a", "2")
    await mine.put("token/b", "3")
    await mine.put("hash", "4")
    await other.put("token/a", "5")
    await mine.put("token/b", None)

    assert await mine.get("token/a") == "2"
    assert await mine.get("token/b") is None
    assert await mine.all("token/") == {"token/a": "2"}
    assert await other.all() == {"token/a": "5"}


@pytest.mark.parametrize("ms", [0, 1, 1_790_607_600_123, -1])
def test_an_instant_and_its_milliseconds_are_the_same_thing(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        to_ms(CHAPTER_1.replace(tzinfo=None))


# -- settings -------------------------------------------------------------------------------------


async def test_settings_come_back_as_they_were_kept(hall: Hall) -> None:
    wanted = Settings("Asia/Tokyo", "Europe/Paris", reminders=True, hour=8, alone=False)

    def live(t: Transaction) -> list[object]:
        before = settings.settings(t, SPACE, "ada"), settings.kept_settings(t, SPACE, "ada")
        settings.save_settings(t, SPACE, "ada", Settings(alone=True), None)
        settings.save_settings(t, SPACE, "ada", wanted, LATER)
        return [*before, settings.kept_settings(t, SPACE, "ada")]

    assert await hall.db.run(live) == [Settings(), None, wanted]


async def test_who_is_looked_at_is_who_wants_it_the_longest_waiting_first(hall: Hall) -> None:
    def live(t: Transaction) -> list[list[str]]:
        for who, at in (("ada", LATER), ("ben", CHAPTER_1), ("chi", None), ("dan", LATER)):
            settings.save_settings(t, SPACE, who, Settings(reminders=at is not None), at)
        found = [
            [look.member for look in settings.looks_due(t, now, most)]
            for now, most in ((CHAPTER_1, 9), (LATER, 9), (LATER, 2))
        ]
        settings.look_again(t, settings.Look(SPACE, "ben"), None)
        settings.look_again(t, settings.Look(SPACE, "ada"), LATER + timedelta(days=1))
        return [*found, [look.member for look in settings.looks_due(t, LATER, 9)]]

    assert await hall.db.run(live) == [["ben"], ["ben", "ada", "dan"], ["ben", "ada"], ["dan"]]
