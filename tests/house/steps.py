"""One example of each step of the engine, for tests/house/test_purity.py to run.

Knows no expected answers. Everything that a step is given is made by `prepare`, outside; `run`
does the step and nothing else. To add one: a function below that returns `run`, with @example.
Invariant: every module of lessons that has something to run is entered by some step here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

import lessons
from lessons import (
    build,
    commands,
    document,
    figure,
    kept,
    kinds,
    markdown,
    preview,
    progress,
    reminders,
    runs,
    settings,
    votes,
)
from lessons.actions import Join, Typed, decode_want, encode_want
from lessons.challenge import (
    FormatError,
    NeedsRun,
    Variant,
    Verdict,
    decode_variant,
    encode_variant,
)
from lessons.columns import in_columns
from lessons.curriculum import Chapter, Series
from lessons.generators import FIGURES, draw, over_answer, pose, rng_of, run_job, seed_of
from lessons.kinds.spec import Spec
from lessons.numbers import read_number, say_number
from lessons.posts import parts_of
from lessons.replies import (
    challenges,
    home,
    membership,
    moderating,
    naming,
    privacy,
    reading,
    reminding,
)
from lessons.replies import settings as own
from lessons.replies.voice import Voice
from lessons.runs import Run, Status
from lessons.split import split
from lessons.timetable import (
    Beat,
    Weekday,
    default_timetable,
    next_slots,
    parse_time,
    parse_weekday,
    slots_between,
)
from lessons.wording.en import SENTENCES
from lessons.wording.phrase import label, say
from tests.lessons.kinds.test_kinds import WRITTEN

SERIES = "an-eye-for-deep-learning"
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 27, 16, tzinfo=UTC)  # two days before the clocks are put forward


@dataclass(frozen=True)
class Step:
    """`prepare` may read files and make generators; the `run` that it returns may not."""

    name: str
    prepare: Callable[[], Callable[[], object]]


STEPS: list[Step] = []


def example(prepare: Callable[[], Callable[[], object]]) -> Callable[[], Callable[[], object]]:
    STEPS.append(Step(prepare.__name__, prepare))
    return prepare


# -- content ----------------------------------------------------------------------------------


def files_of_the_series() -> dict[str, str]:
    folder = Path(lessons.__file__).parent / "series" / SERIES
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.suffix in {".md", ".toml"}
    }


def images_of_the_series() -> dict[str, int]:
    folder = Path(lessons.__file__).parent / "series" / SERIES
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.glob("images/*")
    }


def the_series() -> Series:
    series = build.build(SERIES, files_of_the_series(), images_of_the_series()).series
    assert series is not None
    return series


def the_chapter() -> Chapter:
    return the_series().chapters[0]


def the_question() -> Variant:
    return pose(the_chapter().question, 7)


@example
def building_a_series() -> Callable[[], object]:
    files, images = files_of_the_series(), images_of_the_series()
    return lambda: build.build(SERIES, files, images)


@example
def finding_mistakes_in_a_series() -> Callable[[], object]:
    files = {
        path: text.replace('kind = "', 'kin = "') for path, text in files_of_the_series().items()
    }
    return lambda: [str(mistake) for mistake in build.build(SERIES, files).mistakes]


@example
def comparing_two_editions_of_a_series() -> Callable[[], object]:
    series = the_series()
    return lambda: build.changed_ids((*build.item_ids(series), "gone/for-good"), series)


@example
def previewing_a_chapter() -> Callable[[], object]:
    chapter = the_chapter()
    return lambda: preview.scenes(chapter, 1, "purity:preview", challenges=True)


@example
def reading_markdown_and_cutting_it() -> Callable[[], object]:
    text = "\n\n".join(
        [*files_of_the_series().values(), "- one\n- two", "| a | b |\n|---|---|\n| 1 | 2 |"]
    )

    def run() -> object:
        tree, _ = markdown.parse(text)
        post = document.decode(document.encode(tree))
        return [
            document.plain(part)
            for part in split(post, lambda part: len(document.plain(part)) < 300)
        ]

    return run


# -- challenges -------------------------------------------------------------------------------


def try_every_probe(variant: Variant, seed: int) -> None:
    kind = kinds.kind_of(variant.kind)
    kind.fields(variant)
    for probe in kind.selftest(variant, rng_of(seed)):
        answer = kind.parse(variant, probe.raw)
        if isinstance(answer, FormatError):
            continue
        over_answer(variant, answer)
        if isinstance(verdict := kind.grade(variant, answer), NeedsRun):
            run_job(verdict)


@example
def a_table_told_in_columns() -> Callable[[], object]:
    header, row = [(document.Text("net"),), (document.Text("loss"),)], [(document.Text("深"),)]
    return lambda: in_columns(header, [row], 40)


@example
def posing_and_grading_the_shipped_challenges() -> Callable[[], object]:
    specs = [spec for each in the_series().chapters for spec in (each.question, *each.challenges)]

    def run() -> None:
        for spec in specs:
            variant = pose(spec, seed_of("run", "chapter", spec.id, "member", 0))
            try_every_probe(decode_variant(encode_variant(variant)), 7)

    return run


@example
def drawing_the_figures_of_cards() -> Callable[[], object]:
    def run() -> None:
        for name in FIGURES:
            drawn = draw(name, 7)
            figure.digest(figure.decode(figure.encode(drawn)))

    return run


@example
def posing_and_grading_every_kind_that_is_written_by_hand() -> Callable[[], object]:
    specs = [msgspec.toml.decode(text, type=Spec) for text in WRITTEN.values()]

    def run() -> None:
        for spec in specs:
            kinds.check(spec)
            try_every_probe(pose(spec, 7), 7)

    return run


@example
def reading_numbers_as_people_type_them() -> Callable[[], object]:
    typed = ("1,5", "\u22123", "1/7", "30 %", "ln 7", "1_000", "nan", "")
    return lambda: [read_number("answer", raw) for raw in typed] + [say_number(0.6931)]


# -- members ----------------------------------------------------------------------------------


@example
def joining_trying_and_leaving() -> Callable[[], object]:
    work = progress.Work("variant", "first-loss")
    right = Verdict(1.0, passed=True, feedback="Right.")
    done = progress.Progress("ada", "guess")

    def run() -> None:
        enrolment, _ = progress.join(None, "ada", NOW)
        gone, _ = progress.leave(enrolment, NOW)
        progress.join(gone, "ada", NOW)
        hinted = progress.hinted(work, done, 0, 2)
        progress.tried(hinted.work, hinted.progress, right, NOW)
        progress.pose(hinted.work, 1, after=hinted.work.variant)

    return run


@example
def voting_and_counting() -> Callable[[], object]:
    def run() -> None:
        ballot, _ = votes.vote(None, "ada", "a", ("a", "b"), closed=False, now=NOW)
        ballot, _ = votes.be_sure(ballot, "fairly", closed=False)
        votes.reveal(ballot, NOW)
        votes.stated_chance("hunch", 4)
        votes.course(votes.tally({"a": 3, "b": 2}, ("a", "b"), "a"))

    return run


@example
def understanding_commands() -> Callable[[], object]:
    def run() -> None:
        commands.understand(Typed("study", "lesson", ("2",)))
        commands.understand(Typed("study", "leson"))
        commands.answers_of(decode_want(encode_want(Join("run"))))

    return run


# -- runs -------------------------------------------------------------------------------------


def a_run() -> Run:
    series = the_series()
    return Run(
        space="local",
        id="run",
        series=series.slug,
        content_hash=series.content_hash,
        channel="hall",
        zone="Europe/Berlin",
        timetable=default_timetable(Weekday.MONDAY, 17, 0),
        by_hand=False,
        status=Status.ACTIVE,
        chapters=tuple(chapter.slug for chapter in series.chapters),
        position=0,
        current="",
        told=frozenset(),
        held=None,
        missed=0,
        due=None,
        started_by="mo",
        started_at=NOW,
    )


@example
def planning_over_a_change_of_the_clocks() -> Callable[[], object]:
    timetable = default_timetable(parse_weekday("sunday"), *parse_time("02:30"))

    def run() -> None:
        next_slots(NOW, timetable, BERLIN, 60)
        list(slots_between(NOW, NOW + timedelta(days=60), timetable, BERLIN))

    return run


@example
def going_through_a_run() -> Callable[[], object]:
    fresh = a_run()

    def run() -> None:
        begun = runs.begin(fresh, NOW, BERLIN).run
        told = runs.pass_slots(begun, NOW + timedelta(days=30), BERLIN).run
        runs.post_now(told, NOW + timedelta(days=30), BERLIN)
        paused = runs.pause(begun).run
        resumed = runs.resume(paused, NOW, BERLIN).run
        runs.stop(runs.move(runs.skip(runs.block(resumed).run, fresh.chapters[0]).run, "attic").run)

    return run


# -- what is said -----------------------------------------------------------------------------

VOICE = Voice("en", "local", "Europe/Berlin")


@example
def saying_every_sentence() -> Callable[[], object]:
    places = {name for text in SENTENCES.values() for name in re.findall(r"\{([a-z_]+)\}", text)}
    pieces = dict.fromkeys(places, "words")

    def run() -> None:
        for key in SENTENCES:
            say("en-GB", key, **pieces)
            label("en", key, **pieces)

    return run


@example
def telling_a_chapter_and_its_reveal() -> Callable[[], object]:
    series, chapter, question = the_series(), the_chapter(), the_question()
    ballot = votes.Ballot("ada", 1, question.options[0].id, "fairly", NOW)

    def run() -> None:
        post = reading.chapter_post(VOICE, "run", chapter, question, hero=None, votes=3)
        parts_of(post, lambda part: len(document.plain(part)) < 900)
        reading.announcement(VOICE, "run", series, NOW)
        for index, _ in enumerate(chapter.cards):
            reading.card(VOICE, "run", chapter, index, None, revealed=True)
        reading.reveal(VOICE, "run", chapter, question, ballot)

    return run


@example
def saying_how_one_wants_it() -> Callable[[], object]:
    def run() -> None:
        mine = settings.in_zone(settings.told(settings.Settings(), "Asia/Tokyo"), "UTC", "UTC")
        mine = settings.leave_alone(settings.remind(mine, on=True, hour=8), alone=True)
        own.shown(VOICE, mine, "UTC", "settings_saved")
        own.form(VOICE, mine, "UTC")
        given = own.read(VOICE, mine, {"reminders": "b", "hour": "x"})
        own.form_again(VOICE, mine, "UTC", (*given.errors, own.bad_zone(VOICE, "x", ("UTC",))))

    return run


@example
def showing_what_is_mine() -> Callable[[], object]:
    name = membership.RunName("run", "An eye", "hall")
    row = membership.ChapterRow(1, "Guess", 2, 4, 3, 0, done=True, voted=True)

    def run() -> None:
        home.home(VOICE, (home.RunView(name, "UTC", (row,), following=NOW),))
        home.nothing_yet(VOICE, (name,))

    return run


@example
def telling_what_is_kept() -> Callable[[], object]:
    answer = kept.KeptAnswer(1, (7.0,), 1.0, passed=True, mistake="", at=NOW)
    challenge = kept.KeptChallenge("one", "first-loss", 1, NOW, 0, 1.0, NOW, (answer,))
    run_ = kept.KeptRun("run", "eye", "hall", NOW, None, started=False, challenges=(challenge,))
    mine = kept.Kept("local", "ada", None, (run_,), {})

    def run() -> None:
        privacy.overview(VOICE)
        privacy.shown(VOICE, mine, {})
        privacy.export(VOICE, kept.as_json(mine))
        privacy.confirm(VOICE, ("An eye",))
        privacy.deleted(VOICE, ())

    return run


@example
def knowing_when_to_remind() -> Callable[[], object]:
    chapter = the_chapter()
    told = runs.pass_slots(runs.begin(a_run(), NOW, BERLIN).run, NOW + timedelta(days=7), BERLIN)

    def run() -> None:
        closing = reminders.closes(told.run, BERLIN) or NOW
        reminders.due(closing, 8, BERLIN, reminders.next_look(NOW, 8, BERLIN))
        reminding.reminder(VOICE, "run", "An eye", chapter, 2, closing)

    return run


@example
def replying_to_a_member_and_to_a_moderator() -> Callable[[], object]:
    series, chapter = the_series(), the_chapter()
    spec = chapter.challenges[0]
    posed = challenges.Posed("run", chapter, pose(spec, 7), progress.Work("variant", spec.id))
    started = runs.begin(a_run(), NOW, BERLIN).run

    def run() -> None:
        challenges.challenge(VOICE, posed)
        challenges.answer_form(VOICE, posed, 1)
        membership.help_for(VOICE, moderator=True)
        membership.confirm_leave(VOICE, "run", series.title)
        moderating.confirm_skip(VOICE, started, chapter)
        moderating.offer(VOICE, started, chapter, Beat.CHAPTER)
        naming.named(VOICE, naming.NamingView(started, series.title, ("ada",), "mia"), "ada")

    return run
