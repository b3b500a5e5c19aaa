"""One week of the shipped series, played by a moderator and five members, time compressed.

Knows nothing that a person could not do: it types commands and presses buttons on the local study
hall, through the real service, ledger and a real database file. Only what a good member would
answer is looked up in the store. Invariant: every figure it prints was read from the store.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from adapters.local.people import PEOPLE
from adapters.terminal.messenger import SPACE
from adapters.terminal.screen import terminal
from adapters.terminal.words import word
from bot.app import running
from bot.clock import MovableClock, frozen
from bot.hall import Hall, adapter_for
from bot.local import known_zone
from bot.settings import Settings
from bot.store import challenges
from bot.tour_account import account
from lessons.actions import Pressed, Submitted, Try, Typed
from lessons.fields import Raw
from lessons.generators import rng_of
from lessons.kinds import kind_of
from lessons.kinds.probes import Fate
from lessons.posts import Control, Form, Reply

BEGIN: Final = datetime(2026, 10, 1, 7, 10, tzinfo=UTC)
"""A Thursday morning in Berlin, so that the first chapter comes on Monday, 5 October."""

ZONE: Final = "Europe/Berlin"

_LONG_NUMBER: Final = re.compile(r"-?\d+\.\d{4,}", re.ASCII)

GUESSES: Final = ("0.7", "0.5", "0.3")
"""What somebody guesses who expects a curve to fall evenly."""


SAW_IT_COMING: Final = "It falls, by less than half"
"""What the shipped net does. Two of the five choose it at first: that is worth talking about."""


class Stuck(RuntimeError):
    """The week did not go as the script has it: a button or a form is missing."""


async def play(settings: Settings, seed: int, home: Path | None) -> int:
    """Play the week and print it; 0 when it went as it should, else 1 with words.

    Without `home` everything is kept in a temporary folder and thrown away at the end. A `home`
    in which there is a study hall already is left alone: the week needs an empty one.
    """
    screen = terminal(known_zone, PEOPLE)
    with _home(home) as folder:
        settings = msgspec.structs.replace(settings, home=str(folder), zone=ZONE, series_path=())
        if settings.database.exists():
            screen.say(word("not_empty", home=str(folder)))
            return 1
        clock = MovableClock(BEGIN, frozen(BEGIN))
        adapter = adapter_for(settings, clock)
        async with running(settings, [adapter], clock) as app:
            hall = Hall(app, adapter, clock, screen, f"tour-{seed}", waits=False)
            try:
                await _Week(hall).play()
            except Stuck as stuck:
                screen.say(word("stuck", what=str(stuck)))
                return 1
    return 0


@contextlib.contextmanager
def _home(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="studyhall-tour-") as folder:
        yield Path(folder)


class _Week:
    """The script. Each scene is what one person does, or what the clock brings."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall

    async def play(self) -> None:
        await self._mia_starts()
        await self._they_join()
        await self._monday()
        await self._ada()
        await self._ben()
        await self._chi()
        await self._dan_and_eve()
        await self._thursday()
        await self._second_vote()
        await self._sunday()
        await account(self.hall)

    # -- scenes -----------------------------------------------------------------------------------

    async def _mia_starts(self) -> None:
        self._scene("Mia, who moderates #study, starts the series")
        proposal = await self.say("mia", "series", "start")
        await self.press("mia", proposal, "Start")
        await self.hall.tick()

    async def _they_join(self) -> None:
        self._scene("Ada joins from the channel, and so do Ben, Chi, Dan and Eve")
        await self.press_post("ada", "Join")
        for person in ("ben", "chi", "dan", "eve"):
            await self.press_post(person, "Join", shown=False)
        await self.say("ada", "study", "next")

    async def _monday(self) -> None:
        await self._next_slot("the chapter")

    async def _ada(self) -> None:
        self._scene("Ada votes, looks what happened, and reads")
        vote = await self.press_post("ada", "It halves, or better")
        sure = await self.press("ada", vote, "Certain")
        await self.press("ada", sure, "Show me what happened")
        await self._to_the_last_card("ada", await self.press_post("ada", "Read the cards"))
        self._scene("Ada does her challenges, each with her own numbers")
        task = await self.say("ada", "study", "challenge")
        form = await self.form("ada", task)
        await self.submit("ada", form, {form.fields[0].id: "abc"})
        wrong = await self.answer("ada", task, "trapped", opened=form)
        hint = await self.press("ada", wrong, "Hint (1 of 3)")
        right = await self.answer("ada", hint, "passes")
        task = await self.press("ada", right, "Next challenge")
        form = await self.form("ada", task)
        guessed = dict(zip((field.id for field in form.fields), GUESSES, strict=True))
        tried = await self.submit("ada", form, guessed)
        if not _has(tried, "Next challenge"):
            tried = await self.answer("ada", tried, "passes")
        task = await self.press("ada", tried, "Next challenge")
        task = await self.press("ada", task, "Skip")
        right = await self.answer("ada", task, "passes")
        await self.press("ada", right, "My progress")

    async def _to_the_last_card(self, person: str, card: Reply) -> None:
        while any(control.label == "Next" for control in _controls(card)):
            card = await self.press(person, card, "Next")

    async def _ben(self) -> None:
        self._scene("Ben changes his mind, and asks for other numbers")
        await self.press_post("ben", "It goes up")
        vote = await self.press_post("ben", SAW_IT_COMING)
        await self.press("ben", vote, "Just a hunch")
        task = await self.press_post("ben", "My challenges")
        right = await self.answer("ben", task, "passes")
        other = await self.press("ben", right, "Another one, new numbers")
        right = await self.answer("ben", other, "passes")
        await self.press("ben", right, "My progress")

    async def _chi(self) -> None:
        self._scene("Chi votes, gets one wrong and leaves it for later")
        await self._vote("chi", "It barely moves (less than 5 %)", "Fairly")
        task = await self.press_post("chi", "My challenges")
        await self.answer("chi", task, "trapped")

    async def _dan_and_eve(self) -> None:
        self._scene("Dan and Eve vote, too, and see what the others saw")
        await self._vote("dan", SAW_IT_COMING, "Fairly", shown=False)
        await self._vote("eve", "It halves, or better", "Fairly", shown=False)

    async def _thursday(self) -> None:
        await self._next_slot("how the vote went")

    async def _second_vote(self) -> None:
        self._scene("They have talked, and four vote again; Ada has seen what happened")
        await self._vote("ben", SAW_IT_COMING, "Fairly")
        for person, option, level in (
            ("chi", SAW_IT_COMING, "Fairly"),
            ("dan", SAW_IT_COMING, "Certain"),
            ("eve", "It halves, or better", "Just a hunch"),
        ):
            await self._vote(person, option, level, shown=False)

    async def _sunday(self) -> None:
        await self._next_slot("the recap")
        self._scene("Mia looks how it went")
        await self.say("mia", "series", "status")

    def _scene(self, words: str) -> None:
        at = self.hall.screen.moment(self.hall.clock(), ZONE)
        self.hall.screen.scene(f"{at} · {words}")

    async def _next_slot(self, words: str) -> None:
        due = await self.hall.app.next_due()
        if due is None:
            raise Stuck("no slot is coming")
        self.hall.screen.scene(f"{self.hall.screen.moment(due, ZONE)} · {words}")
        await self.hall.to_next_slot()

    # -- what people do ---------------------------------------------------------------------------

    async def say(self, person: str, group: str, name: str) -> Reply:
        return await self.hall.act(person, Typed(group, name), told=f"/{group} {name}")

    async def press(self, person: str, reply: Reply, label: str, *, shown: bool = True) -> Reply:
        control = next((c for c in _controls(reply) if c.label == label), None)
        if control is None:
            raise Stuck(f"{person} sees no button {label!r}")
        return await self.hall.act(person, Pressed(control.id), told=f"[{label}]", shown=shown)

    async def press_post(self, person: str, label: str, *, shown: bool = True) -> Reply:
        """The button of that label under the newest message that has one."""
        for message in reversed(self.hall.messages(person)):
            for control in message.part.controls:
                if control.label == label:
                    return await self.hall.act(
                        person, Pressed(control.id), told=f"[{label}]", shown=shown
                    )
        raise Stuck(f"no message has a button {label!r}")

    async def _vote(self, person: str, option: str, level: str, *, shown: bool = True) -> None:
        vote = await self.press_post(person, option, shown=shown)
        await self.press(person, vote, level, shown=shown)

    async def form(self, person: str, reply: Reply) -> Form:
        label = next((c.label for c in _controls(reply) if c.answers == "form"), "")
        opened = await self.press(person, reply, label)
        if opened.form is None:
            raise Stuck(f"{label!r} opened no form")
        return opened.form

    async def submit(self, person: str, form: Form, raw: Raw) -> Reply:
        shown = "  ".join(
            value if isinstance(value, str) else " ".join(value) for value in raw.values()
        )
        return await self.hall.act(person, Submitted(form.control.id, raw), told=shown)

    async def answer(
        self, person: str, reply: Reply, fate: Fate, opened: Form | None = None
    ) -> Reply:
        """Answer the challenge in `reply` so that it passes, or with a known mistake."""
        form = opened or await self.form(person, reply)
        want = form.control.want
        if not isinstance(want, Try):
            raise Stuck("this form answers no challenge")
        stored = await self.hall.app.db.run(
            lambda t: challenges.variant_by_id(t, SPACE, want.variant, person)
        )
        if stored is None:
            raise Stuck(f"{person} has no such challenge")
        probes = [
            probe
            for probe in kind_of(stored.variant.kind).selftest(stored.variant, rng_of(0))
            if probe.fate == fate
        ]
        # A mistake with a name of its own says more than a number that is merely near.
        probe = next((p for p in probes if p.name.startswith("trap")), probes[0])
        return await self.submit(person, form, {f: _short(v) for f, v in probe.raw.items()})


def _short(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """A number as a person would type it: three digits are near enough for every challenge."""
    if isinstance(value, tuple) or not _LONG_NUMBER.fullmatch(value):
        return value
    return f"{float(value):.3g}"


def _controls(reply: Reply) -> tuple[Control, ...]:
    return reply.post.controls if reply.post else ()


def _has(reply: Reply, label: str) -> bool:
    return any(control.label == label for control in _controls(reply))
