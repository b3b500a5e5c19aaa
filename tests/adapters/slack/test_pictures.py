"""Pictures in Slack: uploaded once a workspace, shown when they are ready, or told in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from adapters.port import Ambiguous, Rejected, TryLater
from adapters.slack import pictures
from adapters.slack.installations import space_of
from adapters.slack.messages import Files
from adapters.slack.pictures import ENOUGH
from adapters.slack.render import Image
from bot.store import content, spaces
from bot.store.database import Database
from lessons.document import Document, Maths, Paragraph, Picture, Plot, Text
from lessons.figure import Figure
from lessons.posts import Part
from tests.rigs.host import PIXEL
from tests.rigs.loopback_slack import until
from tests.rigs.loopback_slack_faults import Fault, What
from tests.rigs.loopback_slack_things import Message
from tests.rigs.slack_line import Bench, curve, open_bench

CURVE = Image("figure", "d", "Falling.")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "UNREADY_S", (0.01, 0.02, 0.03))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as bench:
        curve(bench.host)
        yield bench


def goes_wrong(bench: Bench, what: What, method: str = "upload", **more: Any) -> None:
    bench.slack.plan.faults.append(Fault(what, method=method, **more))


def shown(message: Message) -> list[str]:
    """The files that a message shows."""
    return [str(one["slack_file"]["id"]) for one in message.blocks if "slack_file" in one]


async def whispered(bench: Bench) -> Files:
    """A private answer with the picture: what it is written with."""

    async def write(files: Files) -> Files:
        return files

    return await bench.adapter.pictures.shown(bench.team, [CURVE], write)


# -- once -----------------------------------------------------------------------------------------


async def test_a_picture_is_uploaded_once_though_forty_people_need_it_at_once(
    bench: Bench,
) -> None:
    seen = await asyncio.gather(*(whispered(bench) for _ in range(40)))

    assert len(bench.slack.files) == 1
    assert {file for files in seen for file in files.values()} == set(bench.slack.files)


async def test_who_asks_while_it_comes_in_does_not_upload_it_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, asked = bench.shelf.get, 0
    both_asked, is_there = asyncio.Event(), asyncio.Event()

    async def slowly(key: str) -> str | None:
        """The second hears that nothing was there when the first has put it there."""
        nonlocal asked
        asked += 1
        found = await read(key)
        if asked == 1:
            await both_asked.wait()
        else:
            both_asked.set()
            await is_there.wait()
        return found

    monkeypatch.setattr(bench.shelf, "get", slowly)
    first, second = (asyncio.create_task(whispered(bench)) for _ in range(2))
    files = await first
    is_there.set()

    assert await second == files
    assert (asked, len(bench.slack.files)) == (2, 1)


async def test_another_workspace_has_its_own_file(bench: Bench) -> None:
    await whispered(bench)

    assert await bench.shelf.all("file:") == {
        f"file:{bench.team}:{CURVE.name}": next(iter(bench.slack.files))
    }


async def test_it_is_there_with_its_description(bench: Bench) -> None:
    message = await bench.posted(curve(bench.host))

    (file,) = bench.slack.files.values()
    assert shown(message) == [file.id]
    assert (file.complete, file.alt_text) == (True, CURVE.description)
    (block,) = [one for one in message.blocks if one["type"] == "image"]
    assert block["alt_text"] == CURVE.description
    assert "Falling." in CURVE.description


async def test_a_description_that_is_too_long_for_a_file_stands_with_the_message(
    bench: Bench,
) -> None:
    words = "The curve falls. " * 90
    message = await bench.posted(curve(bench.host, words=words))

    assert shown(message)
    (block,) = [one for one in message.blocks if one["type"] == "image"]
    assert block["alt_text"] == words.strip()


async def test_figures_formulas_and_photographs_all_arrive(bench: Bench) -> None:
    tree = Document(
        (
            Plot("d", "Falling."),
            Maths("\\frac{1}{2}"),
            Picture("maps/images/quay.png", "A quay."),
        )
    )

    message = await bench.posted(Part(tree, "Three pictures."))

    assert len(shown(message)) == 3


# -- not yet --------------------------------------------------------------------------------------


async def test_a_file_that_is_not_ready_is_waited_for_and_nothing_is_posted_twice(
    bench: Bench,
) -> None:
    bench.slack.files_not_ready = 2

    message = await bench.posted(curve(bench.host))

    assert shown(message)
    assert len(bench.slack.messages(bench.study)) == 1
    assert bench.slack.made() == [False, False, True]
    assert len(bench.slack.files) == 1


@pytest.mark.parametrize("what", ["lost", "500"])
async def test_a_post_whose_reply_is_lost_is_not_written_again_for_its_picture(
    bench: Bench, what: What
) -> None:
    goes_wrong(bench, what, r"chat\.postMessage", done=True)

    with pytest.raises(Ambiguous):
        await bench.adapter.send(bench.at, curve(bench.host), "key-1")

    assert bench.slack.made() == [True]


async def test_a_file_that_somebody_deleted_is_uploaded_again(bench: Bench) -> None:
    first = await bench.posted(curve(bench.host))
    del bench.slack.files[shown(first)[0]]

    second = await bench.posted(curve(bench.host), "key-2")

    assert shown(second) == list(bench.slack.files)
    assert shown(second) != shown(first)


async def test_a_fault_of_the_message_is_not_laid_to_its_picture(bench: Bench) -> None:
    tries = []

    async def write(files: Files) -> None:
        tries.append(files)
        raise Rejected("invalid_blocks; must be plain_text [json-pointer:/blocks/0/text]")

    with pytest.raises(Rejected):
        await bench.adapter.pictures.shown(bench.team, [CURVE], write)

    assert len(tries) == 1


@pytest.mark.parametrize(
    "detail", ["invalid_blocks", "invalid_blocks; invalid slack file [json-pointer:/blocks/0]"]
)
async def test_a_picture_that_slack_never_shows_is_told_in_words(bench: Bench, detail: str) -> None:
    async def write(files: Files) -> bool:
        if any(files.values()):
            raise Rejected(detail)
        return True

    assert await bench.adapter.pictures.shown(bench.team, [CURVE], write)
    assert len(bench.slack.files) == 2


async def test_a_post_waits_for_a_picture_that_is_not_ready_for_long_then_has_its_words(
    bench: Bench,
) -> None:
    bench.slack.files_not_ready = 1_000
    for _ in range(ENOUGH - 1):
        with pytest.raises(TryLater):
            await bench.adapter.send(bench.at, curve(bench.host), "key-1")

    message = await bench.posted(curve(bench.host))

    assert shown(message) == []
    assert "Falling." in message.words
    assert len(bench.slack.messages(bench.study)) == 1


# -- not at all -----------------------------------------------------------------------------------


STEPS = ["upload", r"files\.getUploadURLExternal", r"files\.completeUploadExternal"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("what", ["500", "reset", "garbage"])
async def test_a_post_waits_for_a_picture_that_can_not_be_uploaded_now(
    bench: Bench, step: str, what: What
) -> None:
    goes_wrong(bench, what, step)
    with pytest.raises(TryLater):
        await bench.adapter.send(bench.at, curve(bench.host), "key-1")
    assert bench.slack.made() == []

    message = await bench.posted(curve(bench.host))

    assert shown(message)
    assert bench.adapter.pictures._trouble == {}


async def test_a_post_that_waited_long_enough_has_the_words_and_the_next_its_picture(
    bench: Bench,
) -> None:
    goes_wrong(bench, "500", times=ENOUGH)
    for _ in range(ENOUGH - 1):
        with pytest.raises(TryLater):
            await bench.adapter.send(bench.at, curve(bench.host), "key-1")

    words = await bench.posted(curve(bench.host))
    drawn = await bench.posted(curve(bench.host), "key-2")

    assert shown(words) == []
    assert "Falling." in words.words
    assert shown(drawn)


async def test_a_private_answer_does_not_wait_for_a_picture_that_can_not_be_uploaded(
    bench: Bench,
) -> None:
    goes_wrong(bench, "500")

    assert await whispered(bench) == {CURVE: None}


async def test_a_private_answer_does_not_wait_long_and_the_next_has_the_picture(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "UPLOAD_S", 0.05)
    goes_wrong(bench, "slow", r"files\.completeUploadExternal", after_s=0.3)
    assert await whispered(bench) == {CURVE: None}
    with pytest.raises(TryLater):
        await bench.adapter.send(bench.at, curve(bench.host), "key-1")

    await until(lambda: not bench.adapter.pictures._uploading)

    assert await whispered(bench) == {CURVE: next(iter(bench.slack.files))}
    assert len(bench.slack.files) == 1


@pytest.mark.parametrize("error", ["missing_scope", "storage_limit_reached"])
async def test_what_will_never_be_uploaded_is_told_in_words_at_once(
    bench: Bench, error: str
) -> None:
    goes_wrong(bench, "error", r"files\.getUploadURLExternal", error=error)

    message = await bench.posted(curve(bench.host))

    assert shown(message) == []
    assert "Falling." in message.words


@pytest.mark.parametrize("drawn", [None, b"", b"x" * (pictures.BIGGEST + 1)])
async def test_what_can_not_be_drawn_is_told_in_words(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, drawn: bytes | None
) -> None:
    async def picture(what: Figure | str) -> bytes | None:
        return drawn

    monkeypatch.setattr(bench.host, "picture", picture)

    message = await bench.posted(curve(bench.host))

    assert "Falling." in message.words
    assert bench.slack.files == {}


async def test_a_drawing_that_fails_is_told_in_words_and_holds_nothing_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def picture(what: Figure | str) -> bytes | None:
        raise ZeroDivisionError

    monkeypatch.setattr(bench.host, "picture", picture)

    assert "Falling." in (await bench.posted(curve(bench.host))).words


async def test_a_part_without_a_picture_asks_for_none(bench: Bench) -> None:
    await bench.posted(Part(Document((Paragraph((Text("Words."),)),)), "Words."))

    assert [one.method for one in bench.slack.log if one.method.startswith("files")] == []


async def test_a_picture_that_its_author_replaced_is_uploaded_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: list[bytes | None] = [PIXEL]

    async def image(path: str) -> bytes | None:
        return there[0]

    monkeypatch.setattr(bench.host, "image", image)
    quay = Part(Document((Picture("maps/images/quay.png", "A quay."),)), "A quay.")
    before = [shown(await bench.posted(quay, f"key-{number}")) for number in range(2)]
    there[0] = PIXEL + b"another"
    bench.adapter.pictures._kept.clear()  # as after a restart
    after = [shown(await bench.posted(quay, f"new-{number}")) for number in range(2)]
    there[0] = None
    gone = shown(await bench.posted(quay, "gone"))

    assert (before[0], after[0]) == (before[1], after[1])
    assert before[0] != after[0] == gone
    assert len(bench.slack.calls("files.completeUploadExternal")) == 2


# -- what is kept ---------------------------------------------------------------------------------


async def test_no_more_is_remembered_than_a_measure(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_KEPT", 3)
    for number in range(8):
        await bench.posted(curve(bench.host, f"d{number}"), f"key-{number}")
    goes_wrong(bench, "500", times=8)
    for number in range(8):
        with pytest.raises(TryLater):
            await bench.adapter.send(bench.at, curve(bench.host, f"e{number}"), f"key-{number}")

    assert len(bench.adapter.pictures._kept) <= 3
    assert len(bench.adapter.pictures._trouble) <= 3
    assert bench.adapter.pictures._uploading == {}


async def test_an_upload_under_way_is_broken_off_at_the_end(bench: Bench) -> None:
    goes_wrong(bench, "slow", r"files\.completeUploadExternal", after_s=5)
    asking = asyncio.create_task(whispered(bench))
    await until(lambda: bool(bench.slack.calls("files.completeUploadExternal")))

    await bench.adapter.close()

    assert await asking == {CURVE: None}
    assert bench.adapter.pictures._uploading == {}


async def test_what_is_kept_of_a_workspace_goes_with_its_space(
    bench: Bench, tmp_path: Path
) -> None:
    migrations = resources.files("bot.store") / "migrations"
    db = await Database.open(tmp_path / "hall.sqlite3", migrations, now_ms=lambda: 0)
    await bench.posted(curve(bench.host))
    await bench.adapter.channel_deleted(bench.team, bench.study)
    records = dict(await bench.shelf.all())
    assert len(records) == 2
    for name, value in records.items():
        await db.run(partial(content.shelf_put, adapter="slack", name=name, value=value))

    await db.run(lambda t: spaces.purge(t, "slack:T0OTHER"))
    assert await db.run(lambda t: content.shelf_all(t, "slack", "")) == records
    await db.run(lambda t: spaces.purge(t, space_of(bench.team)))

    assert await db.run(lambda t: content.shelf_all(t, "slack", "")) == {}
    await db.close()
