"""Who may do what a moderator may: whom the platform lets, and who started a series where all may.

Here the platform says nothing of it with an action, as Slack does, and has to be asked.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.port import Facts, TryLater, Unreachable
from bot.store import moderators
from lessons import actions
from lessons.actions import AnyWant, Pressed, Typed
from tests.rigs.dialogue import CHAPTER_1, Hall, labels, says, words

NIN = Facts(True, "Nin", may_start=True)


@pytest.fixture
async def shy(hall: Hall) -> Hall:
    """A hall whose platform has to be asked; nin may start a series, and moderates nothing."""
    hall.reticent = True
    hall.stage.people["nin"] = NIN
    return hall


@pytest.fixture
async def nins(shy: Hall) -> Hall:
    """Nin has started the series."""
    await shy.start(who="nin")
    return shy


async def named(hall: Hall) -> list[str]:
    run = await hall.run()
    return await hall.db.run(lambda t: moderators.of_run(t, run.space, run.id))


# -- asked when it matters ------------------------------------------------------------------------


async def test_whom_the_platform_lets_moderate_is_asked_about_and_may(shy: Hall) -> None:
    await shy.start(who="mia")

    assert says(await shy.say("max", "/series status"), "status_active")
    assert says(await shy.say("ada", "/series status"), "moderators_only")
    assert says(await shy.say("ada", "/series start", "library"), "moderators_only")


async def test_nobody_is_asked_about_for_what_every_member_may(nins: Hall) -> None:
    await nins.until(CHAPTER_1)
    nins.stage.looked_at.clear()
    await nins.press("ada", "Yes")
    await nins.say("ada", "/study next", "library")
    await nins.say("ada", "/study progress")

    assert nins.stage.looked_at == []


@pytest.mark.parametrize("failure", [Unreachable(gone=True), TryLater(5), TimeoutError()])
async def test_where_the_platform_does_not_say_nothing_is_done_and_one_may_try_again(
    nins: Hall, failure: Exception
) -> None:
    nins.stage.looks_in_vain = failure

    assert says(await nins.say("mia", "/series pause"), "could_not_ask")
    assert await nins.rows("SELECT status FROM run") == [("active",)]
    nins.stage.looks_in_vain = None
    assert says(await nins.press("mia", "Try again"), "paused")


async def test_where_the_platform_does_not_say_help_is_what_members_get(shy: Hall) -> None:
    assert "/series pause" in words(await shy.say("mia", "/study help"))
    assert "/series pause" in words(await shy.say("nin", "/study help"))
    assert "/series pause" not in words(await shy.say("ada", "/study help"))

    shy.stage.looks_in_vain = TimeoutError()
    assert "/series pause" not in words(await shy.say("mia", "/study help"))
    assert says(await shy.say("mia", "/study next"), "no_run")


async def test_who_moderates_everything_finds_the_run_from_elsewhere(nins: Hall) -> None:
    for who, typed in (("mia", "/series status"), ("mia", "/study next")):
        assert not says(await nins.say(who, typed, "library"), "no_run"), typed
    assert says(await nins.say("ada", "/study next", "library"), "no_run")


async def test_a_moderator_is_suggested_chapters_and_others_are_not(nins: Hall) -> None:
    async def suggested(who: str) -> int:
        typed = nins.action(who, Typed("series", "preview"))
        return len(await nins.service.suggest(typed, "chapter", "", 25))

    assert [await suggested(who) for who in ("mia", "nin", "ada")] == [2, 2, 0]
    nins.stage.looks_in_vain = TimeoutError()
    assert [await suggested(who) for who in ("mia", "nin", "ada")] == [0, 2, 0]


# -- who started it -------------------------------------------------------------------------------


async def test_who_may_start_a_series_starts_one_and_moderates_it(shy: Hall) -> None:
    assert says(await shy.say("nin", "/series start"), "proposal")
    assert says(await shy.press("nin", "Preview chapter 1"), "preview")
    await shy.say("nin", "/series start")
    assert says(await shy.press("nin", "Start"), "started")

    assert await named(shy) == ["nin"]
    shy.stage.looks_in_vain = TimeoutError()  # what the store knows, nobody has to be asked
    assert says(await shy.say("nin", "/series status"), "status_active")
    assert labels(shy.seen["nin"]) == ["Post now", "Pause"]
    assert says(await shy.press("nin", "Pause"), "paused")
    assert says(await shy.say("nin", "/series status", "library"), "status_paused")
    assert says(await shy.say("nin", "/study progress", "library"), "progress_none")


async def test_who_moderates_everything_anyway_is_not_named_for_what_they_start(shy: Hall) -> None:
    await shy.start(who="mia")

    assert await named(shy) == []


async def test_an_admin_where_everybody_may_start_one_is_named_as_others_are(shy: Hall) -> None:
    shy.stage.people["mia"] = Facts(True, "Mia", moderates=True, may_start=True)
    await shy.start(who="mia")

    assert await named(shy) == ["mia"]


async def test_who_started_one_series_does_not_moderate_another(nins: Hall) -> None:
    await nins.say("mia", "/series start", "library")
    await nins.press("mia", "Start", "library")

    for typed in ("status", "pause", "stop", "preview 2"):
        assert says(await nins.say("nin", f"/series {typed}", "library"), "moderators_only"), typed
    # From a third channel there is one that can be meant, and for who moderates all there are two.
    assert says(await nins.say("nin", "/series status", "attic"), "status_active")
    assert says(await nins.say("mia", "/series status", "attic"), "which_run")


async def test_who_takes_part_in_one_and_moderates_another_means_the_one_they_moderate(
    nins: Hall,
) -> None:
    await nins.say("mia", "/series start", "library")
    await nins.press("mia", "Start", "library")
    await nins.say("nin", "/study join", "library")

    assert says(await nins.say("nin", "/series status", "attic"), "status_active")
    assert says(await nins.say("nin", "/study next", "attic"), "which_run")


async def test_who_may_start_a_series_is_told_how_where_there_is_none(shy: Hall) -> None:
    for typed in ("/series status", "/series preview 1", "/study next"):
        assert says(await shy.say("nin", typed), "no_run_moderator"), typed
    assert says(await shy.say("ada", "/series status"), "moderators_only")
    assert says(await shy.say("ada", "/study next"), "no_run")


async def test_a_platform_may_say_with_the_action_who_may_start(hall: Hall) -> None:
    proposed = replace(hall.action("nin", Typed("series", "start")), may_start=True)
    (reply,) = [reply async for reply in hall.service.handle(proposed)]
    assert says(reply, "proposal")
    hall.seen["nin"] = reply
    pressed = Pressed(hall.button("nin", "Start").id)
    async for _ in hall.service.handle(replace(hall.action("nin", pressed), may_start=True)):
        pass

    assert await named(hall) == ["nin"]
    assert says(await hall.say("nin", "/series status"), "status_active")
    assert says(await hall.say("nin", "/series start", "library"), "moderators_only")
    assert hall.stage.looked_at == ["study", "study"]


# -- every time anew ------------------------------------------------------------------------------


async def wants(hall: Hall) -> list[AnyWant]:
    """One of each kind that a moderator has buttons for."""
    run = await hall.run()
    return [
        actions.ShowStatus(run.id),
        actions.Preview(run.id, "left-out"),
        actions.PostNow(run.id, run.revision),
        actions.Pause(run.id),
        actions.Resume(run.id),
        actions.SkipChapter(run.id, "left-out"),
        actions.MoveRun(run.id, "library"),
        actions.StopRun(run.id, sure=True),
        actions.Resend(run.id),
        actions.CheckAgain(run.id),
    ]


async def test_who_moderates_no_more_can_not_press_the_buttons_they_were_shown(nins: Hall) -> None:
    run = await nins.run()
    buttons = [await nins.shown(want) for want in await wants(nins)]
    await nins.db.run(lambda t: moderators.remove(t, run.space, run.id, "nin"))
    before = await nins.rows("SELECT * FROM run")

    for button in buttons:
        reply = await nins.act("nin", Pressed(button.id))
        assert says(reply, "moderators_only"), button.want
        assert says(await nins.act("ada", Pressed(button.id)), "moderators_only"), button.want
    assert await nins.rows("SELECT * FROM run") == before


async def test_a_word_on_a_delivery_is_for_those_who_moderate_its_run(nins: Hall) -> None:
    await nins.say("mia", "/series start", "library")
    await nins.press("mia", "Start", "library")
    await nins.tick()
    ((delivery,),) = await nins.rows("SELECT delivery FROM delivery WHERE channel = 'study'")
    ((other,),) = await nins.rows("SELECT delivery FROM delivery WHERE channel = 'library'")

    for name, key in ((delivery, "settled_before"), (other, "moderators_only")):
        button = await nins.shown(actions.Settle(str(name), there=True))
        assert says(await nins.act("nin", Pressed(button.id)), key)
        assert says(await nins.act("ada", Pressed(button.id)), "moderators_only")


async def test_a_moderator_of_one_space_is_none_of_another(nins: Hall) -> None:
    run = await nins.run()
    other = nins.in_space("flaky:other")
    nins.stage.people["nin"] = Facts(True, "Nin")
    for want in await wants(nins):
        button = await other.shown(want)
        assert says(await other.act("nin", Pressed(button.id)), "moderators_only"), want

    assert not await nins.db.run(lambda t: moderators.is_named(t, other.space, run.id, "nin"))
    assert await nins.db.run(lambda t: moderators.name(t, nins.space, run.id, "ben", CHAPTER_1))
    assert says(await other.say("ben", "/series status"), "moderators_only")
