"""What goes wrong with a run, and very many of them: everything shown then, beside the walk.

Knows the service and a platform that fails as planned. Invariant: each trouble has a run of its
own, so that what one of them leaves behind is in no other's way.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from adapters.port import Address, Facts, TryLater
from bot.library import zone
from bot.store import runs
from bot.store.database import Transaction
from lessons import actions
from lessons.curriculum import Series
from lessons.replies.naming import MOST_MODERATORS
from lessons.runs import Run, pass_slots
from tests.rigs.dialogue import Hall
from tests.rigs.flaky import Fault
from tests.rigs.walker import CLOSED, ELSEWHERE, GONE, LONG, MODERATOR, ROLE, Room, Shown, Walker

MANY = 21
"""One more than anybody is asked to choose from at once."""


async def trouble(hall: Hall) -> Shown:
    """Runs that are refused, doubted, late, restored, left and without their series, in turn."""
    walker = Walker(hall)
    scripts = (
        *(refused, deleted, doubted, not_taken, late, restored, left, skipped, without_texts),
        moderators,
    )
    for number, script in enumerate(scripts):
        room = Room(f"{number + 1:020}", 0, role=ROLE)
        await walker.start(room)
        await script(walker, room)
        await walker.tick()
        asked = await walker.types(MODERATOR, "/series stop", room.channel)
        await walker.use(MODERATOR, asked, actions.StopRun, room.channel)
        for name in ("status", "resend", "pause"):
            await walker.types(MODERATOR, f"/series {name}", room.channel)
        await walker.tick()
    return walker.shown


async def moderators(walker: Walker, room: Room) -> None:
    """As many as there may be, one more, nobody, some of them gone again, and nobody who knows."""
    hall, at, path = walker.hall, room.channel, "/series moderators"
    people = [f"{number:020}" for number in range(MOST_MODERATORS + 1)]
    for member in (*people, people[0]):
        await walker.types(MODERATOR, path, at, member=member)
    hall.stage.people[LONG] = Facts(False, LONG)
    shown = await walker.types(people[0], path, at, member=LONG)
    shown += await walker.types(people[0], path, at)
    await walker.explore(people[0], at, shown)
    await walker.types(people[0], "/series status", at)
    hall.reticent, hall.stage.looks_in_vain = True, TryLater(1)
    await walker.types(MODERATOR, path, at)
    hall.reticent = False
    await walker.types(MODERATOR, path, at, member="1")
    hall.stage.looks_in_vain = None
    await walker.types(MODERATOR, path, at, member="1")


async def refused(walker: Walker, room: Room) -> None:
    """A right is missing, then it is there."""
    stage = walker.hall.stage
    stage.facts[room.channel] = CLOSED
    stage.plan(Fault.FORBIDDEN)
    await next_slot(walker, room)
    await every_letter(walker, room, actions.CheckAgain)
    for name in ("status", "post-now", "resume", "pause"):
        await walker.types(MODERATOR, f"/series {name}", room.channel)
    del stage.facts[room.channel]
    await every_letter(walker, room, actions.CheckAgain)
    await walker.tick()
    await walker.types(MODERATOR, "/series resend", room.channel)
    await walker.tick()


async def deleted(walker: Walker, room: Room) -> None:
    """The channel is gone, and the run goes on in another."""
    walker.hall.stage.facts[room.channel] = GONE
    walker.hall.stage.facts[ELSEWHERE] = replace(GONE, exists=True)
    await walker.hall.service.channel_gone(Address(walker.hall.space, room.channel))
    await walker.tick()
    await every_letter(walker, room, actions.CheckAgain)
    await walker.types(MODERATOR, "/series move", room.channel, channel=ELSEWHERE)
    asked = await walker.types(MODERATOR, "/series stop", ELSEWHERE)
    await walker.use(MODERATOR, asked, actions.StopRun, ELSEWHERE)


async def doubted(walker: Walker, room: Room) -> None:
    """Nobody knows whether it was posted: once it was, once it was not."""
    stage = walker.hall.stage
    for fault, nth in ((Fault.LOST_REPLY, 0), (Fault.LOST_REQUEST, 1)):
        stage.readable = False
        stage.plan(fault)
        await next_slot(walker, room)
        walker.hall.clock.passes(minutes=2)
        await walker.tick()
        await walker.types(MODERATOR, "/series status", room.channel)
        letters = [c for c in stage.controls(MODERATOR) if isinstance(c.want, actions.Settle)]
        for _ in range(2):  # pressed twice, it has been settled before
            await walker.press(MODERATOR, letters[nth], room.channel)
        stage.readable = True
        await walker.tick()


async def not_taken(walker: Walker, room: Room) -> None:
    """The platform does not take a message as it is."""
    walker.hall.stage.plan(Fault.REJECTED)
    await next_slot(walker, room)
    await walker.tick()
    await walker.types(MODERATOR, "/series status", room.channel)
    await every_letter(walker, room, actions.Settle)


async def late(walker: Walker, room: Room) -> None:
    """A little late, which the posts say; then so late that the moderator is asked."""
    for hours in (5, 5, 5, 24 * 20):
        await next_slot(walker, room, hours=hours)
        await walker.types(MODERATOR, "/series status", room.channel)
    await every_letter(walker, room, actions.PostNow)


async def restored(walker: Walker, room: Room) -> None:
    """What is known comes from an older copy."""
    run = await walker.run(room)
    assert run is not None
    assert run.due is not None
    walker.hall.clock.at = run.due.at + timedelta(hours=1)
    planner, now = walker.hall.service.planner, walker.hall.clock()

    def ask(t: Transaction, run: Run = run) -> None:
        step = pass_slots(run, now, zone(run.zone), restored=True)
        runs.save_run(t, step.run)
        planner.plan(t, runs.run_by_id(t, run.space, run.id) or run, step.events, now)

    await walker.hall.db.run(ask)
    await walker.tick()
    await every_letter(walker, room, actions.PostNow)


async def left(walker: Walker, room: Room) -> None:
    """The app was removed, and is there again."""
    service, space = walker.hall.service, walker.hall.space
    await service.space_gone(space)
    await service.spaces_here(walker.hall.stage.name, [space])
    await walker.tick()
    await every_letter(walker, room, actions.CheckAgain)


async def skipped(walker: Walker, room: Room) -> None:
    """A chapter is left out, as often as there is one; members can open it."""
    for _ in range(len(walker.series.chapters) + 1):
        asked = await walker.types(MODERATOR, "/series skip", room.channel)
        await walker.use(MODERATOR, asked, actions.SkipChapter, room.channel)
        await walker.types("ada", "/study join", room.channel)
        await walker.types("ada", "/study lesson", room.channel)


async def without_texts(walker: Walker, room: Room) -> None:
    """The series is not on the shelf."""
    shelf = walker.hall.shelf
    kept = dict(shelf)
    await next_slot(walker, room)
    shelf.clear()
    await next_slot(walker, room)
    for _ in range(2):
        await walker.tick()
    for path in ("/study lesson", "/study join", "/series status", "/series preview"):
        await walker.types(MODERATOR, path, room.channel)
    shelf |= kept


async def next_slot(walker: Walker, room: Room, hours: float = 0) -> None:
    run = await walker.run(room)
    assert run is not None
    if run.due is not None:
        await walker.until(run.due.at + timedelta(hours=hours))


async def every_letter(
    walker: Walker, room: Room, want: type[actions.CheckAgain | actions.PostNow | actions.Settle]
) -> None:
    """What the moderator was written last is looked at, and its button for `want` pressed."""
    letters = walker.hall.stage.controls(MODERATOR)
    await walker.explore(MODERATOR, room.channel, letters)
    await walker.use(MODERATOR, letters, want, room.channel)
    await walker.tick()


async def crowd(hall: Hall) -> Shown:
    """More series and more runs than anybody is asked to choose from."""
    walker = Walker(hall)
    for slug in many_of(walker.series):
        hall.shelf[slug] = replace(walker.series, slug=slug)
    for option in ({}, {"series": LONG}, {"series": "x"}):
        await walker.types(MODERATOR, "/series start", ELSEWHERE, **option)
    for number, slug in enumerate(many_of(walker.series), start=1):
        channel = f"{number:020}"
        proposed = await walker.types(MODERATOR, "/series start", channel, series=slug)
        await walker.use(MODERATOR, proposed, actions.ConfirmStart, channel)
        await walker.types("ada", "/study join", channel)
    await walker.tick()
    for who in (MODERATOR, "ada"):
        for path in ("/study next", "/study lesson", "/series status", "/series post-now"):
            await walker.types(who, path, ELSEWHERE)
    return walker.shown


def many_of(series: Series) -> list[str]:
    """Slugs as long as they may be."""
    return [f"{series.slug[:57]}-{number:02}" for number in range(MANY)]
