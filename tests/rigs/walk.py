"""Plays a series from before its start to after its end, and keeps everything that was shown.

Knows the service, no platform: whoever draws posts and forms takes them from here.
Invariant: the same series gives the same walk.
"""

from __future__ import annotations

from adapters.port import TryLater
from lessons import actions
from lessons.actions import Pressed, Typed
from lessons.commands import COMMANDS
from tests.rigs.dialogue import Hall
from tests.rigs.walker import CLOSED, GONE, LONG, MODERATOR, ROOMS, Shown, Walker


async def walk(hall: Hall) -> Shown:
    """The only series on the shelf in four channels at once, so that every vote takes each way."""
    walker = Walker(hall)
    await before(walker)
    for room in ROOMS:
        await walker.start(room)
    await walker.beat()
    while (due := await walker.next_due()) is not None:
        await walker.until(due)
        await walker.offers()
        for room in ROOMS:
            await walker.vote(room)
        await walker.beat()
    await at_the_end(walker)
    return walker.shown


async def before(walker: Walker) -> None:
    """Nothing runs yet: every command in vain, and a start with every mistake there is."""
    at, stage = ROOMS[0].channel, walker.hall.stage
    for command in COMMANDS:
        for who in (MODERATOR, "ada"):
            await walker.every_way(who, command, at)
    for path in ("/study lessn", "/studie lesson", f"/study {LONG}", "/series x"):
        await walker.types("ada", path, at)
    await walker.act("ada", Typed("study", "join", ("now",)), at)
    await walker.act("ada", Pressed("f" * 24), at)
    for option in ("series", "day", "time", "zone", "mode", "first_chapter"):
        for given in ("x", LONG):
            await walker.types(MODERATOR, "/series start", at, **{option: given})
    for facts in (CLOSED, GONE):
        stage.facts[at] = facts
        await walker.types(MODERATOR, "/series start", at)
    del stage.facts[at]
    stage.looks_in_vain = TryLater(1)
    await walker.types(MODERATOR, "/series start", at)
    stage.looks_in_vain = None


async def at_the_end(walker: Walker) -> None:
    """After the last recap: old buttons, who goes, who comes back, and what cannot be undone."""
    at = ROOMS[0].channel
    run = await walker.run(ROOMS[0])
    assert run is not None
    for chapter in walker.series.chapters:
        for spec in chapter.challenges:
            await walker.want("ada", actions.OpenChallenge(run.id, chapter.slug, spec.id), at)
    await walker.types("voter 1", "/study progress", at)
    for who in ("ada", "ada", "zoe"):
        asked = await walker.types(who, "/study leave", at)
        left = await walker.use(who, asked, actions.Leave, at)
        await walker.use(who, left, actions.Join, at)
    await walker.types("ada", "/study join", at)
    for name in ("post-now", "pause", "skip", "resend"):
        await walker.types(MODERATOR, f"/series {name}", at)
    await walker.tick()
    await walker.types(MODERATOR, "/series stop", at)
