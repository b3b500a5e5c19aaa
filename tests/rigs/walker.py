"""Presses and types everything there is in a study hall, for everybody, and keeps what it sees.

Knows the service and its wants, no platform.
Invariant: every button shown is pressed once a beat, but for those that a script presses because
they change the run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

import numpy as np

from adapters.port import Facts, Suggestion
from bot.store import challenges, runs
from bot.store.challenges import SHARED
from bot.store.members import Place
from lessons import actions
from lessons.actions import AnyWant, Pressed, Submitted, Typed, What
from lessons.challenge import ChosenKey, Variant
from lessons.commands import COMMANDS, Command
from lessons.curriculum import Series
from lessons.fields import NumberField, Raw
from lessons.kinds import kind_of
from lessons.posts import Control, Form, Part, Reply, control
from lessons.runs import Run, Status
from lessons.timetable import Beat
from tests.rigs.dialogue import Hall

Course: TypeAlias = Literal["talk", "explain", "known", "few"]
COURSES: tuple[Course, ...] = ("talk", "explain", "known", "few")

MODERATOR = "mia"
ROLE = "5" * 20
ELSEWHERE = "9" * 20
CLOSED = Facts(True, "study", missing=("Send messages in threads", "Read message history") * 3)
GONE = Facts(False, "")
LONG = "*_~|`[<@U1>]()" * 400
"""So much can be typed where a text is asked for."""

NEVER_PRESSED_BY_ITSELF = (
    actions.ConfirmStart,
    actions.PostNow,
    actions.Pause,
    actions.Resume,
    actions.MoveRun,
    actions.Resend,
    actions.Settle,
    actions.CheckAgain,
)


@dataclass(frozen=True, slots=True)
class Room:
    """A channel in which the series runs. `turn`: which of COURSES its first vote takes.

    Ids are as long as platforms give them.
    """

    channel: str
    turn: int
    mode: Literal["timed", "hand"] = "timed"
    forum: bool = False
    role: str = ""


ROOMS = (
    Room("1" * 20, 0),
    Room("2" * 20, 1, "hand", forum=True),
    Room("3" * 20, 2, role=ROLE),
    Room("4" * 20, 3),
)


@dataclass(slots=True)
class Shown:
    """Everything that people were shown, each once: `posts` of channels, threads and inboxes.

    `answered` are the wants that a reply was given to.
    """

    posts: dict[Part, None] = field(default_factory=dict)
    replies: dict[Reply, None] = field(default_factory=dict)
    threads: dict[str, None] = field(default_factory=dict)
    suggestions: dict[tuple[Suggestion, ...], None] = field(default_factory=dict)
    answered: set[type[AnyWant]] = field(default_factory=set)

    def __or__(self, other: Shown) -> Shown:
        return Shown(
            self.posts | other.posts,
            self.replies | other.replies,
            self.threads | other.threads,
            self.suggestions | other.suggestions,
            self.answered | other.answered,
        )


@dataclass(slots=True)
class Walker:
    """Somebody who presses everything, for everybody, and writes down what comes."""

    hall: Hall
    shown: Shown = field(default_factory=Shown)
    _pressed: set[tuple[str, str]] = field(default_factory=set)
    _filled: set[str] = field(default_factory=set)
    _again: set[tuple[str, str, str]] = field(default_factory=set)
    _voted: set[tuple[str, str, Beat]] = field(default_factory=set)

    @property
    def series(self) -> Series:
        return next(iter(self.hall.shelf.values()))

    # -- one thing at a time ----------------------------------------------------------------------

    async def act(self, who: str, what: What, channel: str) -> Reply:
        """The last of the replies; all of them are kept."""
        action = self.hall.action(who, what, channel)
        replies = [reply async for reply in self.hall.service.handle(action)]
        self.shown.replies |= dict.fromkeys(replies)
        self.hall.seen[who] = replies[-1]
        return replies[-1]

    async def types(self, who: str, path: str, at: str, /, **options: str) -> list[Control]:
        """Type a command, "/study lesson", with named options; the buttons that came."""
        group, _, name = path.removeprefix("/").partition(" ")
        return _buttons(await self.act(who, Typed(group, name, (), options), at))

    async def press(self, who: str, one: Control, channel: str) -> Reply:
        self.shown.answered.add(type(one.want))
        return await self.act(who, Pressed(one.id), channel)

    async def want(self, who: str, want: AnyWant, at: str) -> list[Control]:
        """Press a button that was shown before, wherever that was."""
        return _buttons(await self.press(who, control(self.hall.space, "before", want), at))

    async def use(
        self, who: str, shown: Iterable[Control], want: type[AnyWant], channel: str
    ) -> list[Control]:
        """Press the first of these buttons that is for such a want, if there is one."""
        one = next((each for each in shown if isinstance(each.want, want)), None)
        return [] if one is None else _buttons(await self.press(who, one, channel))

    async def until(self, at: datetime) -> None:
        self.hall.clock.at = at
        await self.tick()

    async def tick(self) -> None:
        await self.hall.tick()
        stage = self.hall.stage
        self.shown.posts |= dict.fromkeys((*stage.parts.values(), *stage.edits))
        self.shown.threads |= dict.fromkeys(p.text for p in stage.posts if p.id not in stage.parts)

    # -- the runs ---------------------------------------------------------------------------------

    async def start(self, room: Room) -> None:
        if room.forum:
            self.hall.stage.forums.add(room.channel)
        options = {"mode": room.mode, "role": room.role, "first_chapter": "1"}
        proposed = await self.types(MODERATOR, "/series start", room.channel, **options)
        await self.explore(MODERATOR, room.channel, proposed)
        await self.use(MODERATOR, proposed, actions.ConfirmStart, room.channel)
        await self.tick()

    async def run(self, room: Room) -> Run | None:
        space = self.hall.space
        return await self.hall.db.run(lambda t: runs.run_in_channel(t, space, room.channel))

    async def next_due(self) -> datetime | None:
        """When the next of the rooms has a slot; None once all are through."""
        found = [await self.run(room) for room in ROOMS]
        return min((run.due.at for run in found if _goes_on(run) and run and run.due), default=None)

    async def offers(self) -> None:
        """A run by hand asks its moderator, who looks at it and says yes."""
        for room in ROOMS:
            if room.mode == "hand":
                letters = self.hall.stage.controls(MODERATOR)
                await self.explore(MODERATOR, room.channel, letters)
                await self.use(MODERATOR, letters, actions.PostNow, room.channel)
        await self.tick()

    # -- everything there is to press -------------------------------------------------------------

    async def beat(self) -> None:
        """Whatever there is now: for who takes part, who only looks, and who moderates."""
        self._pressed.clear()
        room = ROOMS[0]
        for who in ("nin", "ada"):
            seeds = self.on_the_wall(room.channel)
            for command in COMMANDS:
                if not command.moderators_only:
                    seeds += await self.every_way(who, command, room.channel)
            await self.explore(who, room.channel, seeds)
        await self.moderate(room)
        await self.tick()

    def on_the_wall(self, channel: str) -> list[Control]:
        """The buttons of all posts in a channel and its threads."""
        stage = self.hall.stage
        here = [p for p in stage.posts if (p.to.channel, p.to.member) == (channel, "")]
        return [c for post in here if post.id in stage.parts for c in stage.parts[post.id].controls]

    async def every_way(self, who: str, command: Command, channel: str) -> list[Control]:
        """A command bare, and with each chapter; what it completes is looked at as well."""
        found = await self.types(who, command.path, channel)
        self.shown.answered.add(command.want)
        for option in command.options:
            for begun in ("", "1", "e"):
                typed = self.hall.action(who, Typed(command.group, command.name), channel)
                offered = await self.hall.service.suggest(typed, option.name, begun, 25)
                self.shown.suggestions[offered] = None
            if option.name == "chapter":
                for named in (*(str(c.number) for c in self.series.chapters), LONG):
                    found += await self.types(who, command.path, channel, chapter=named)
        return found

    async def explore(self, who: str, channel: str, seeds: Iterable[Control]) -> None:
        """Press these buttons, and those that come of it, each once."""
        waiting = deque(seeds)
        while waiting:
            one = waiting.popleft()
            if (who, one.id) in self._pressed or not self._may(who, one.want):
                continue
            self._pressed.add((who, one.id))
            reply = await self.press(who, one, channel)
            waiting += _buttons(reply)
            if reply.form is not None:
                waiting += await self.fill(who, reply.form, channel)

    def _may(self, who: str, want: AnyWant) -> bool:
        """Whether pressing this leaves the run as it is, and comes to an end."""
        match want:
            case actions.Leave(sure=True) | actions.StopRun(sure=True):
                return False
            case actions.SkipChapter(chapter=named):
                return not named
            case actions.Vote():
                return who != "nin"
            case actions.OpenChallenge(chapter=chapter, challenge=name, another=another) if another:
                fresh = (who, chapter, name) not in self._again
                self._again.add((who, chapter, name))
                return fresh
            case _:
                return not isinstance(want, NEVER_PRESSED_BY_ITSELF)

    # -- forms ------------------------------------------------------------------------------------

    async def fill(self, who: str, form: Form, channel: str) -> list[Control]:
        """Answer in every way that the kind knows of, the right one last; the buttons that came."""
        tried = form.control.want
        if isinstance(tried, actions.ChangeSettings):
            return await self.settle_in(who, form, channel)
        assert isinstance(tried, actions.Try)
        variant = await self.variant(who, tried.variant)
        if tried.variant in self._filled or variant is None:
            return []
        self._filled.add(tried.variant)
        self.shown.answered.add(actions.Try)
        found: list[Control] = []
        for raw in _answers(variant, form):
            reply = await self.act(who, Submitted(form.control.id, raw), channel)
            found += _buttons(reply)
            if reply.errors:
                continue
            again = [one for one in _buttons(reply) if isinstance(one.want, actions.AskAnswer)]
            if not again:
                break  # passed
            opened = (await self.press(who, again[0], channel)).form
            assert opened is not None
            form = opened
        return found

    async def settle_in(self, who: str, form: Form, channel: str) -> list[Control]:
        """Settings with every mistake there is, and as they may be."""
        self.shown.answered.add(actions.ChangeSettings)
        found: list[Control] = []
        for zone, letter in (("x", "z"), (LONG, LONG), ("Asia/Tokyo", "a"), ("", "b")):
            raw: Raw = {field.id: letter for field in form.fields} | {"zone": zone}
            found += _buttons(await self.act(who, Submitted(form.control.id, raw), channel))
        return found

    async def variant(self, who: str, name: str) -> Variant | None:
        space = self.hall.space
        stored = await self.hall.db.run(lambda t: challenges.variant_by_id(t, space, name, who))
        return stored.variant if stored else None

    # -- the shared question ----------------------------------------------------------------------

    async def vote(self, room: Room) -> None:
        """What the group does at this beat: vote, vote again after the talk, look."""
        run = await self.run(room)
        if run is None or not run.current:
            return
        beat = max(run.told, key=list(Beat).index, default=Beat.CHAPTER)
        if (run.id, run.current, beat) in self._voted:
            return
        self._voted.add((run.id, run.current, beat))
        question = await self._question(run)
        ballots = _ballots(question, COURSES[(room.turn + run.position - 1) % len(COURSES)])
        for number, option in enumerate(ballots):
            await self._voter(f"voter {number}", number, run, beat, option, room)

    async def _voter(
        self, who: str, number: int, run: Run, beat: Beat, option: str, room: Room
    ) -> None:
        wall = [one for one in self.on_the_wall(room.channel) if isinstance(one.want, actions.Vote)]
        of_round = 1 if beat is Beat.CHAPTER else 2
        if beat is not Beat.RECAP:
            mine = actions.Vote(run.id, run.current, option, of_round)
            vote = next((one for one in wall if one.want == mine), None)
            if vote is None:
                return
            sure = _buttons(await self.press(who, vote, room.channel))
            if sure:
                await self.press(who, sure[number % len(sure)], room.channel)
        if beat is Beat.RECAP or number % 2:  # who has looked may not vote again
            shown = _buttons(self.hall.seen[who])
            await self.use(who, shown, actions.Reveal, room.channel)
        if number == 0:  # somebody has to be fooled, for the recap
            mine_too = await self.types(who, "/study challenge", room.channel)
            opened = [one for one in mine_too if isinstance(one.want, actions.AskAnswer)]
            if opened:
                form = (await self.press(who, opened[0], room.channel)).form
                if form is not None:
                    await self.fill(who, form, room.channel)

    async def _question(self, run: Run) -> Variant:
        chapter = self.series.chapter(run.current)
        assert chapter is not None
        place = Place(run.space, run.id, run.current)
        stored = await self.hall.db.run(
            lambda t: challenges.newest_variant(t, place, chapter.question.id, SHARED)
        )
        assert stored is not None
        return stored.variant

    # -- moderators -------------------------------------------------------------------------------

    async def moderate(self, room: Room) -> None:
        """Every command that leaves the run as it is, and those that can be taken back."""
        stage, at = self.hall.stage, room.channel
        for path in ("/study help", "/study next"):
            await self.types(MODERATOR, path, at)
        for name in ("status", "preview", "skip", "stop"):
            command = next(one for one in COMMANDS if one.path == f"/series {name}")
            await self.explore(MODERATOR, at, await self.every_way(MODERATOR, command, at))
        for name in ("start", "pause", "pause", "status", "resume", "resume", "status"):
            await self.types(MODERATOR, f"/series {name}", at)
        for facts in (CLOSED, GONE):
            stage.facts[ELSEWHERE] = facts
            await self.types(MODERATOR, "/series move", at, channel=ELSEWHERE)
        await self.types(MODERATOR, "/series move", at, channel=ROOMS[1].channel)
        await self.types(MODERATOR, "/series status", ELSEWHERE)  # which of them?
        await self.types("ada", "/series status", at)


# -- what there is to choose from -----------------------------------------------------------------


def _buttons(reply: Reply) -> list[Control]:
    return list(reply.post.controls) if reply.post else []


def _goes_on(run: Run | None) -> bool:
    return run is not None and run.status is Status.ACTIVE


def _answers(variant: Variant, form: Form) -> Iterator[Raw]:
    """What is no answer, then what is wrong, then what is right."""
    probes = kind_of(variant.kind).selftest(variant, np.random.default_rng(1))
    if isinstance(form.fields[0], NumberField):
        for typed in (LONG[:200], "50 %", "ln 7", "1/0"):
            yield {one.id: typed for one in form.fields}
    for fate in ("malformed", "fails", "trapped", "runs", "passes"):
        yield from (probe.raw for probe in probes if probe.fate == fate)


def _ballots(question: Variant, course: Course) -> list[str]:
    """Who votes for what, so that the group's votes take that course and no option is left out."""
    assert isinstance(question.key, ChosenKey)
    right = question.key.option
    wrong = [option.id for option in question.options if option.id != right]
    match course:
        case "talk":
            return [*wrong, *[right] * max(len(wrong), 3), wrong[0]]
        case "explain":
            return [right, *wrong, *wrong[:1] * 5]
        case "known":
            return [right] * (4 * len(wrong)) + wrong if len(wrong) < 4 else [right] * 9 + wrong[:2]
        case "few":
            return [right, *wrong[:2]]
