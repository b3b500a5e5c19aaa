"""What every platform must do for the port, seen from both sides: the service and the people.

Knows no platform; a rig arranges one.
Invariant: what a test says was posted is what people can read, each message once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapters.port import (
    Adapter,
    Address,
    Ambiguous,
    DeliveryFailure,
    PostRef,
    TryLater,
    Unreachable,
)
from lessons.actions import Explain, Join
from lessons.document import (
    Block,
    ChannelName,
    Code,
    CodeSpan,
    CommandName,
    Document,
    Emphasis,
    Heading,
    Inline,
    LineBreak,
    Link,
    Listing,
    Maths,
    MemberName,
    Moment,
    Paragraph,
    Picture,
    Plot,
    Quote,
    Rule,
    Strong,
    Table,
    Text,
    paragraph,
    plain,
    plain_inline,
    walk,
)
from lessons.posts import Control, OpenThread, Part, Pin, control
from lessons.split import DoesNotFit, split
from tests.lessons import strategies
from tests.rigs.adapters import RIGS, Button, Rig

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
PATIENCE_S = 5.0


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    rig = RIGS[request.param](tmp_path)
    yield rig
    await rig.close()


@pytest.fixture
async def adapter(rig: Rig) -> Adapter:
    return await rig.start()


@pytest.fixture(scope="module", params=RIGS)
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """A rig on which nothing is posted: for what is only drawn or measured."""
    return RIGS[request.param](tmp_path_factory.mktemp("reader"))


def part(words: str, *controls: Control) -> Part:
    return Part(paragraph(words), words, controls)


async def words_at(rig: Rig, person: str, at: Address) -> list[str]:
    return [seen.words for seen in await rig.read(person) if seen.at == at]


# -- one message, once ----------------------------------------------------------------------------


async def test_a_send_makes_exactly_one_message_at_its_address(rig: Rig, adapter: Adapter) -> None:
    ref = await adapter.send(rig.channel, part("Guess first."), "key-1")

    (seen,) = await rig.read(rig.people[0])
    assert (seen.at, seen.id) == (rig.channel, ref.id)
    assert "Guess first." in seen.words
    assert ref.address == rig.channel


async def test_messages_stand_in_the_order_in_which_they_were_sent(
    rig: Rig, adapter: Adapter
) -> None:
    refs = [await adapter.send(rig.channel, part(f"Part {n}."), f"key-{n}") for n in range(5)]

    assert [seen.id for seen in await rig.read(rig.people[0])] == [ref.id for ref in refs]


async def test_sends_at_the_same_time_make_one_message_each(rig: Rig, adapter: Adapter) -> None:
    keys = [f"key-{n}" for n in range(20)]

    refs = await asyncio.gather(
        *(adapter.send(rig.channel, part(f"I am {key}."), key) for key in keys)
    )

    assert len({ref.id for ref in refs}) == 20
    assert len(await rig.read(rig.people[0])) == 20
    for key, ref in zip(keys, refs, strict=True):
        assert await adapter.find(rig.channel, key, SINCE) == ref
        (seen,) = [seen for seen in await rig.read(rig.people[0]) if seen.id == ref.id]
        assert f"I am {key}." in seen.words


async def test_a_cancelled_send_is_there_whole_and_findable_or_not_at_all(
    rig: Rig, adapter: Adapter
) -> None:
    for turns in range(8):
        sending = asyncio.ensure_future(adapter.send(rig.channel, part("Now?"), f"key-{turns}"))
        for _ in range(turns):
            await asyncio.sleep(0)
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
    await adapter.close()
    again = await rig.start()

    found = [await again.find(rig.channel, f"key-{n}", SINCE) for n in range(8)]
    seen = await rig.read(rig.people[0])
    assert {one.id for one in seen} == {ref.id for ref in found if ref is not None}
    assert len(seen) == len({one.id for one in seen})
    assert all("Now?" in one.words for one in seen)


# -- found again ----------------------------------------------------------------------------------


async def test_a_message_is_found_by_its_key(rig: Rig, adapter: Adapter) -> None:
    await adapter.send(rig.channel, part("One."), "key-1")
    ref = await adapter.send(rig.channel, part("Two."), "key-2")

    assert await adapter.find(rig.channel, "key-2", SINCE) == ref


async def test_an_unknown_key_is_not_found(rig: Rig, adapter: Adapter) -> None:
    await adapter.send(rig.channel, part("One."), "key-1")

    assert await adapter.find(rig.channel, "key", SINCE) is None
    assert await adapter.find(rig.channel, "key-11", SINCE) is None


async def test_a_message_is_found_by_the_process_after_the_one_that_was_killed(
    rig: Rig, adapter: Adapter
) -> None:
    ref = await adapter.send(rig.channel, part("Guess first."), "key-1")

    again = await rig.start()

    assert await again.find(rig.channel, "key-1", SINCE) == ref
    assert await again.find(rig.channel, "key-2", SINCE) is None
    assert len(await rig.read(rig.people[0])) == 1


async def test_new_messages_come_after_those_of_the_process_before(
    rig: Rig, adapter: Adapter
) -> None:
    first = await adapter.send(rig.channel, part("One."), "key-1")
    again = await rig.start()
    second = await again.send(rig.channel, part("Two."), "key-2")

    assert [seen.id for seen in await rig.read(rig.people[0])] == [first.id, second.id]
    assert first.id != second.id


# -- edits ----------------------------------------------------------------------------------------


async def test_an_edit_replaces_words_and_controls_of_that_message_alone(
    rig: Rig, adapter: Adapter
) -> None:
    join = control(rig.channel.space, "Join", Join())
    what = control(rig.channel.space, "What is this?", Explain())
    ref = await adapter.send(rig.channel, part("0 votes", join), "key-1")
    await adapter.send(rig.channel, part("Beside it."), "key-2")

    await adapter.edit(ref, part("12 votes", what))

    edited, beside = await rig.read(rig.people[0])
    assert edited.id == ref.id
    assert "12 votes" in edited.words
    assert "0 votes" not in edited.words
    assert edited.buttons == (Button("What is this?", what.id),)
    assert "Beside it." in beside.words


async def test_an_edited_message_is_found_by_its_key_and_stays_edited(
    rig: Rig, adapter: Adapter
) -> None:
    ref = await adapter.send(rig.channel, part("0 votes"), "key-1")
    await adapter.edit(ref, part("12 votes"))

    again = await rig.start()

    assert await again.find(rig.channel, "key-1", SINCE) == ref
    (seen,) = await rig.read(rig.people[0])
    assert "12 votes" in seen.words


async def test_an_edit_of_a_message_that_is_not_there_finds_it_gone(
    rig: Rig, adapter: Adapter
) -> None:
    sent = await adapter.send(rig.channel, part("One."), "key-1")

    with pytest.raises(Unreachable) as refused:
        await adapter.edit(PostRef(rig.channel, f"{sent.id}9"), part("Two."))

    assert refused.value.gone
    assert len(await rig.read(rig.people[0])) == 1


# -- deeds ----------------------------------------------------------------------------------------


async def test_a_thread_is_opened_findable_by_its_key_also_after_a_restart(
    rig: Rig, adapter: Adapter
) -> None:
    post = await adapter.send(rig.channel, part("Week 1"), "key-1")

    thread = await adapter.do(OpenThread("Week 1: talk"), post, "key-2")

    assert thread is not None
    assert thread.address.thread
    assert (thread.address.space, thread.address.channel) == (
        rig.channel.space,
        rig.channel.channel,
    )
    assert await adapter.find(rig.channel, "key-2", SINCE) == thread
    assert await adapter.find(rig.channel, "key-1", SINCE) == post
    again = await rig.start()
    assert await again.find(rig.channel, "key-2", SINCE) == thread


async def test_a_message_into_a_thread_stands_in_that_thread(rig: Rig, adapter: Adapter) -> None:
    post = await adapter.send(rig.channel, part("Week 1"), "key-1")
    thread = await adapter.do(OpenThread("Week 1: talk"), post, "key-2")
    assert thread is not None

    inside = await adapter.send(thread.address, part("What made you change?"), "key-3")
    again = await rig.start()
    await again.send(thread.address, part("Later."), "key-4")

    assert inside.address == thread.address
    assert await again.find(thread.address, "key-3", SINCE) == inside
    talk = await words_at(rig, rig.people[0], thread.address)
    assert ["What made you change?" in talk[0], "Later." in talk[1]] == [True, True]
    assert len(await words_at(rig, rig.people[0], rig.channel)) == 1


async def test_a_pinned_message_is_pinned_once_for_all(rig: Rig, adapter: Adapter) -> None:
    post = await adapter.send(rig.channel, part("Week 1"), "key-1")
    await adapter.send(rig.channel, part("Beside it."), "key-2")

    assert await adapter.do(Pin(), post, "key-3") is None
    assert await adapter.do(Pin(), post, "key-3") is None

    await rig.start()
    assert [seen.pinned for seen in await rig.read(rig.people[0])] == [True, False]


async def test_a_deed_to_a_message_that_is_not_there_finds_it_gone(
    rig: Rig, adapter: Adapter
) -> None:
    sent = await adapter.send(rig.channel, part("One."), "key-1")
    missing = PostRef(rig.channel, f"{sent.id}9")

    for deed in (OpenThread("talk"), Pin()):
        with pytest.raises(Unreachable) as refused:
            await adapter.do(deed, missing, "key-2")
        assert refused.value.gone

    assert await adapter.find(rig.channel, "key-2", SINCE) is None


# -- in private -----------------------------------------------------------------------------------


async def test_what_is_for_one_member_is_seen_by_that_member_alone(
    rig: Rig, adapter: Adapter
) -> None:
    ada, ben = rig.people
    ref = await adapter.send(rig.to(ada), part("Only for you."), "key-1")
    await adapter.send(rig.channel, part("For all."), "key-2")

    assert ["Only for you." in seen.words for seen in await rig.read(ada)] == [True, False]
    assert ["For all." in seen.words for seen in await rig.read(ben)] == [True]
    assert await adapter.find(rig.to(ada), "key-1", SINCE) == ref


async def test_a_private_message_is_edited_and_stays_private(rig: Rig, adapter: Adapter) -> None:
    ada, ben = rig.people
    ref = await adapter.send(rig.to(ada), part("Training ..."), "key-1")

    await adapter.edit(ref, part("Done."))

    (seen,) = await rig.read(ada)
    assert "Done." in seen.words
    assert await rig.read(ben) == ()


# -- controls -------------------------------------------------------------------------------------


async def test_controls_keep_their_labels_ids_and_order(rig: Rig, adapter: Adapter) -> None:
    space = rig.channel.space
    labels = ("It halves", "Less than half gone", "It barely moves", "It goes up")
    controls = tuple(
        control(space, label, Explain(run=f"run-{n}")) for n, label in enumerate(labels)
    )

    await adapter.send(rig.channel, part("What do you think?", *controls), "key-1")

    await rig.start()
    (seen,) = await rig.read(rig.people[0])
    assert seen.buttons == tuple(Button(one.label, one.id) for one in controls)


# -- refusals -------------------------------------------------------------------------------------


async def test_a_channel_that_does_not_exist_is_gone(rig: Rig, adapter: Adapter) -> None:
    with pytest.raises(Unreachable) as refused:
        await adapter.send(rig.nowhere, part("Hello?"), "key-1")

    assert refused.value.gone
    assert await adapter.find(rig.channel, "key-1", SINCE) is None


async def test_a_thread_or_member_that_does_not_exist_is_gone(rig: Rig, adapter: Adapter) -> None:
    nobody = rig.to("nobody-of-that-name")
    no_thread = Address(rig.channel.space, rig.channel.channel, thread="no-thread")

    for address in (nobody, no_thread):
        with pytest.raises(Unreachable) as refused:
            await adapter.send(address, part("Hello?"), "key-1")
        assert refused.value.gone


async def test_a_missing_right_is_named_and_nothing_is_posted(rig: Rig, adapter: Adapter) -> None:
    rig.take_right(rig.right)

    with pytest.raises(Unreachable) as refused:
        await adapter.send(rig.channel, part("Hello?"), "key-1")

    assert (refused.value.missing, refused.value.gone) == (rig.right, False)
    assert await rig.read(rig.people[0]) == ()


async def test_look_tells_a_channel_its_rights_and_that_it_is_gone(
    rig: Rig, adapter: Adapter
) -> None:
    well = await adapter.look(rig.channel)
    rig.take_right(rig.right)
    hindered = await adapter.look(rig.channel)
    rig.delete_channel()
    gone = await adapter.look(rig.channel)

    assert (well.exists, well.missing) == (True, ())
    assert well.name
    assert (hindered.exists, hindered.missing) == (True, (rig.right,))
    assert not gone.exists
    assert not (await adapter.look(rig.nowhere)).exists


async def test_look_knows_members_by_name_and_who_is_none(rig: Rig, adapter: Adapter) -> None:
    ada, ben = [await adapter.look(rig.to(person)) for person in rig.people]

    assert ada.exists
    assert ben.exists
    assert ada.name != ben.name
    assert not (await adapter.look(rig.to("nobody-of-that-name"))).exists


async def test_in_any_trouble_only_the_failures_of_the_port_come_out(
    rig: Rig, adapter: Adapter
) -> None:
    post = await adapter.send(rig.channel, part("Week 1"), "key-1")
    thread = await adapter.do(OpenThread("talk"), post, "key-2")
    assert thread is not None
    private = await adapter.send(rig.to(rig.people[0]), part("You."), "key-3")

    async def everything() -> list[type[BaseException] | None]:
        asked: list[Callable[[], Awaitable[object]]] = [
            lambda: adapter.send(rig.channel, part("More."), "key-4"),
            lambda: adapter.send(rig.nowhere, part("More."), "key-5"),
            lambda: adapter.send(thread.address, part("More."), "key-6"),
            lambda: adapter.send(rig.to("nobody-of-that-name"), part("More."), "key-7"),
            lambda: adapter.edit(post, part("Other.")),
            lambda: adapter.edit(private, part("Other.")),
            lambda: adapter.edit(PostRef(rig.nowhere, ""), part("Other.")),
            lambda: adapter.do(Pin(), post, "key-8"),
            lambda: adapter.do(OpenThread("talk"), PostRef(rig.nowhere, "?"), "key-9"),
            lambda: adapter.find(rig.channel, "key-1", SINCE),
            lambda: adapter.find(rig.nowhere, "", SINCE),
            lambda: adapter.look(rig.nowhere),
            lambda: adapter.look(thread.address),
        ]
        return [await _fate(one) for one in asked]

    fates = await everything()
    rig.take_right(rig.right)
    fates += await everything()
    rig.delete_channel()
    fates += await everything()
    await adapter.close()
    fates += await everything()

    assert [fate for fate in fates if fate and not issubclass(fate, DeliveryFailure)] == []
    assert Unreachable in fates


async def _fate(asked: Callable[[], Awaitable[object]]) -> type[BaseException] | None:
    try:
        await asked()
    except Exception as failed:
        return type(failed)
    return None


# -- the end --------------------------------------------------------------------------------------


async def test_close_may_be_repeated_and_nothing_is_posted_after_it(
    rig: Rig, adapter: Adapter
) -> None:
    await adapter.send(rig.channel, part("One."), "key-1")

    await adapter.close()
    await adapter.close()
    with pytest.raises((TryLater, Ambiguous)):
        await adapter.send(rig.channel, part("Two."), "key-2")

    again = await rig.start()
    assert await again.find(rig.channel, "key-2", SINCE) is None
    assert len(await rig.read(rig.people[0])) == 1


async def test_close_waits_for_what_is_under_way(rig: Rig, adapter: Adapter) -> None:
    sending = [
        asyncio.ensure_future(adapter.send(rig.channel, part(f"Part {n}."), f"key-{n}"))
        for n in range(5)
    ]
    await asyncio.sleep(0)

    await adapter.close()
    async with asyncio.timeout(PATIENCE_S):
        answers = await asyncio.gather(*sending, return_exceptions=True)

    again = await rig.start()
    for number, answer in enumerate(answers):
        found = await again.find(rig.channel, f"key-{number}", SINCE)
        assert found == (answer if isinstance(answer, PostRef) else None)


async def test_a_name_is_the_first_part_of_its_spaces(rig: Rig, adapter: Adapter) -> None:
    assert rig.channel.space.startswith(f"{adapter.name}:")


# -- what fits ------------------------------------------------------------------------------------


async def test_a_whole_card_fits_and_a_book_does_not(adapter: Adapter) -> None:
    card = paragraph("A net lowers one number. " * 36) + Document((Picture("a.png", "Falling."),))
    book = Document(card.blocks * 200)

    assert adapter.fits(Document())
    assert adapter.fits(card)
    assert not adapter.fits(book)
    assert all(adapter.fits(piece) for piece in split(book, adapter.fits))


@settings(max_examples=60, deadline=None)
@given(document=strategies.documents(), times=st.integers(1, 40), room=st.integers(20, 2_000))
def test_a_part_of_what_fits_fits(reader: Rig, document: Document, times: int, room: int) -> None:
    many = Document(document.blocks * times)
    try:
        pieces = split(many, lambda piece: len(plain(piece)) <= room)
    except DoesNotFit:
        pieces = tuple(Document((block,)) for block in many.blocks)

    if reader.fits(many):
        assert all(reader.fits(piece) for piece in pieces)
    prefixes = [reader.fits(Document(many.blocks[:n])) for n in range(len(many.blocks) + 1)]
    assert prefixes == sorted(prefixes, reverse=True)


# -- what is read ---------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(document=strategies.documents())
def test_every_block_and_inline_is_drawn_and_no_word_is_lost(
    reader: Rig, document: Document
) -> None:
    drawn = _letters(reader.drawn(document))

    missing = Counter("".join(map(_letters, _words(document)))) - Counter(drawn)
    assert missing == Counter()


@settings(max_examples=100, deadline=None)
@given(document=strategies.documents())
def test_words_outside_of_tables_stand_in_their_order(reader: Rig, document: Document) -> None:
    assume(not any(isinstance(block, Table) for block in walk(document.blocks)))
    drawn = _letters(reader.drawn(document))

    at = 0
    for words in map(_letters, _words(document)):
        at = drawn.find(words, at)
        assert at >= 0, words
        at += len(words)


@pytest.mark.parametrize("length", [30, 90, 400])
def test_a_long_word_is_read_to_its_end_wherever_it_stands(reader: Rig, length: int) -> None:
    long = "".join(f"{n:02d}-" for n in range(length // 3))
    text = (Text(long),)
    paragraph_of_it = Paragraph(text)
    for block in (
        paragraph_of_it,
        Heading(1, text),
        Listing(((paragraph_of_it,),)),
        Listing(((Listing(((paragraph_of_it,),), 99),),)),
        Quote((paragraph_of_it,)),
        Code(long),
        Listing(((Code(long),),)),
        Table(((Text("a"),), (Text("b"),)), ((text, text),)),
        Table((text, text), ()),
        Picture(f"images/{long}.png", long),
        Plot("0f" * 32, long),
        Maths(long),
        Paragraph((Strong((Emphasis(text),)), CodeSpan(long), Link((Text("x"),), long))),
    ):
        wanted = Counter("".join(map(_letters, _words(Document((block,))))))
        drawn = Counter(_letters(reader.drawn(Document((block,)))))
        assert wanted - drawn == Counter(), type(block).__name__


def test_code_keeps_its_lines_and_their_indentation(reader: Rig) -> None:
    code = "for x in xs:\n    if x:\n        y = x\n"

    drawn = [line.rstrip() for line in reader.drawn(Document((Code(code),))).splitlines()]

    at = next(n for n, line in enumerate(drawn) if "for x" in line)
    first = drawn[at].index("for")
    assert [line[first:] for line in drawn[at : at + 3]] == code.splitlines()


def test_a_numbered_list_goes_on_from_its_start(reader: Rig) -> None:
    items = tuple((Paragraph((Text(word),)),) for word in ("guess", "look"))

    drawn = reader.drawn(Document((Listing(items, start=9),)))

    lines = [line.split() for line in drawn.splitlines() if line.strip()]
    assert lines == [["9.", "guess"], ["10.", "look"]]


def test_names_commands_and_moments_are_shown(reader: Rig) -> None:
    at = round(datetime(2026, 10, 5, 15, tzinfo=UTC).timestamp() * 1000)

    drawn = reader.drawn(
        paragraph(
            CommandName("/study next"), " ", ChannelName("study"), " ", MemberName("ada"), " ",
            Moment(at, "Europe/Berlin"),
        )
    )  # fmt: skip

    assert "/study next" in drawn
    assert "study" in drawn.replace("/study next", "")
    assert "ada" in drawn.lower()
    assert "5" in drawn
    assert "Oct" in drawn


def _letters(text: str) -> str:
    """The text without white space: where lines break is the platform's own business."""
    return "".join(char for char in text if not char.isspace())


def _words(document: Document) -> Iterator[str]:
    """The authored words that a reader must find, piece by piece in reading order."""
    for block in walk(document.blocks):
        yield from _words_of(block)


def _words_of(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(content) | Heading(_, content):
            yield from _inline_words(content)
        case Code(text, _) | Maths(text):
            yield text
        case Table(header, rows):
            for cell in (cell for row in (header, *rows) for cell in row):
                yield from _inline_words(cell)
        case Picture(_, alt) | Plot(_, alt):
            yield alt
        case Listing() | Quote() | Rule():
            pass


def _inline_words(content: tuple[Inline, ...]) -> Iterator[str]:
    for piece in content:
        match piece:
            case Text(text) | CodeSpan(text):
                yield text
            case Strong(inner) | Emphasis(inner):
                yield from _inline_words(inner)
            case Link(inner, url):
                yield from _inline_words(inner)
                if plain_inline(inner) != url:
                    yield url
            case CommandName(name) | ChannelName(name):
                yield name
            case MemberName() | Moment() | LineBreak():
                pass  # shown in the platform's own way
