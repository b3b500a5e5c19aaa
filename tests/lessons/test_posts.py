"""Posts, parts and controls: stable ids, nothing lost between a post and its messages.

Knows no platform; what fits is said by a count of characters. Invariant: as in lessons.posts.
"""

from __future__ import annotations

from lessons.actions import AnyWant, Join, Leave, ReadLesson, Vote
from lessons.document import Document, Paragraph, Text, paragraph, plain
from lessons.posts import (
    OpenThread,
    Post,
    control,
    control_id,
    decode_part,
    encode_part,
    parts_of,
)


def fits(document: Document) -> bool:
    return len(plain(document)) <= 60


LONG = Document(tuple(Paragraph((Text(f"Paragraph {n} has some words in it."),)) for n in range(6)))


def test_the_same_want_in_the_same_space_has_the_same_id_for_ever() -> None:
    want = Vote("run", "one", "less")
    assert control_id("local:a", want) == control_id("local:a", Vote("run", "one", "less", 1))
    assert control_id("local:a", want) == "583f86c069699a7649c2b80d"


def test_ids_differ_by_space_and_by_anything_in_the_want() -> None:
    wants: list[AnyWant] = [
        Vote("run", "one", "less"),
        Vote("run", "one", "less", 2),
        Vote("run", "one", "more"),
        Vote("run", "two", "less"),
        Vote("nur", "one", "less"),
        Join("run"),
        Leave("run"),
        Leave("run", sure=True),
        ReadLesson("run", "one"),
        ReadLesson("run", "one", turned=True),
    ]
    ids = {control_id(space, want) for space in ("local:a", "local:b") for want in wants}
    assert len(ids) == 2 * len(wants)


def test_an_id_is_short_and_tells_nothing() -> None:
    made = control("local:a", "Vote", Vote("run", "one", "less"))
    assert len(made.id) == 24
    assert set(made.id) <= set("0123456789abcdef")
    assert made.answers == "message"


def test_the_words_and_the_style_of_a_control_do_not_change_its_id() -> None:
    plain_one = control("local:a", "Join", Join("run"))
    assert control("local:a", "Mitmachen", Join("run"), "primary").id == plain_one.id


def test_a_part_survives_being_frozen() -> None:
    buttons = (control("local:a", "Join", Join("run"), "primary"),)
    (part,) = parts_of(Post(paragraph("Hello."), "Hello.", buttons), fits)
    assert decode_part(encode_part(part)) == part
    assert part.controls == buttons


def test_a_long_post_becomes_parts_that_fit_with_the_controls_under_the_last() -> None:
    buttons = (control("local:a", "Join", Join("run")), control("local:a", "Go", Leave("run")))
    parts = parts_of(Post(LONG, "In short.", buttons), fits)
    assert len(parts) > 1
    assert all(fits(part.document) for part in parts)
    assert [part.controls for part in parts] == [()] * (len(parts) - 1) + [buttons]
    assert [block for part in parts for block in part.document.blocks] == list(LONG.blocks)


def test_every_part_has_words_for_a_notification() -> None:
    parts = parts_of(Post(LONG, "In short."), fits)
    assert parts[0].text == "In short."
    for part in parts[1:]:
        assert part.text
        assert len(part.text) <= 150
        assert "\n" not in part.text


def test_a_post_without_words_is_still_one_message() -> None:
    buttons = (control("local:a", "Join", Join("run")),)
    (part,) = parts_of(Post(Document(), "Join", buttons), fits)
    assert (part.document, part.controls) == (Document(), buttons)


def test_a_deed_is_named_by_its_kind_and_its_words() -> None:
    assert OpenThread("Week 1: talk") == OpenThread("Week 1: talk") != OpenThread("Week 2: talk")
