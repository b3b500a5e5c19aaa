"""What an author may write, and what is said about everything else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.build import build, changed_ids, content_hash, item_ids
from lessons.curriculum import CardFigure
from lessons.document import Picture
from lessons.markdown import blocks
from lessons.rules import MAX_TEXT
from tests.lessons.series_text import CHAPTER, FIRST, HEADER, SERIES, built, said, said_of

README = Path(__file__).parents[2] / "lessons" / "README.md"
SHIPPED = Path(__file__).parents[2] / "lessons" / "series" / "an-eye-for-deep-learning"


def second() -> str:
    """Another chapter: the same text with ids of its own."""
    text = CHAPTER
    for name in ("better-map", "centimetre", "small-to-large"):
        text = text.replace(f'id = "{name}"', f'id = "{name}-2"')
    return text


# -- what comes out ----------------------------------------------------------------------------


def test_a_series_without_mistakes_comes_out_whole() -> None:
    found = built({})
    assert found.mistakes == ()
    assert found.series is not None
    (chapter,) = found.series.chapters
    assert (chapter.number, chapter.slug) == (1, "left-out")
    assert [card.title for card in chapter.cards] == ["First card", "Second card", "After the vote"]
    assert [card.reveal for card in chapter.cards] == [False, False, True]
    assert chapter.question.id == "better-map"
    assert [spec.id for spec in chapter.challenges] == ["centimetre", "small-to-large"]
    assert chapter.challenge("centimetre") == chapter.challenges[0]
    assert found.series.language == "en"


def test_pictures_and_figures_reach_their_card() -> None:
    text = CHAPTER.replace(
        "Nearly everything is gone.", "![two \\[old\\] piers](images/harbour.png)"
    )
    text = text.replace(
        "Somebody chose.\n\n##", '```figure\ngenerator = "w01.pulse"\nseed = 3\n```\n\n##'
    )
    found = built({FIRST: text}, {"images/harbour.png": 70})
    assert found.mistakes == ()
    assert found.series is not None
    cards = found.series.chapters[0].cards
    assert cards[0].body.blocks == (Picture("reading-maps/images/harbour.png", "two [old] piers"),)
    assert cards[1].figure == CardFigure("w01.pulse", 3)


def test_a_text_that_is_as_long_as_it_may_be_keeps_its_picture() -> None:
    alt = "W" * (MAX_TEXT - len("![](images/harbour.png)"))
    text = CHAPTER.replace(
        '"25 000 centimetres are 250 metres."', f'"![{alt}](images/harbour.png)"'
    )
    found = built({FIRST: text}, {"images/harbour.png": 70})
    assert found.mistakes == ()
    assert found.series is not None
    (chapter,) = found.series.chapters
    said = chapter.challenges[0].explanation
    assert blocks(said).blocks == (Picture("reading-maps/images/harbour.png", alt),)


def test_the_shipped_series_has_no_mistakes_and_four_challenges_a_week() -> None:
    files = {path.name: path.read_text("utf-8") for path in SHIPPED.iterdir() if path.is_file()}
    images = {f"images/{path.name}": path.stat().st_size for path in SHIPPED.glob("images/*")}
    found = build(SHIPPED.name, files, images)
    assert [str(mistake) for mistake in found.mistakes] == []
    assert found.series is not None
    assert {len(chapter.challenges) for chapter in found.series.chapters} == {4}


def test_the_example_of_the_readme_is_a_series() -> None:
    text = README.read_text("utf-8")
    (chapter,) = re.findall(r"^````markdown\n(\+\+\+\n.*?)^````$", text, re.MULTILINE | re.DOTALL)
    (header,) = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found = build("reading-maps", {"series.toml": header, "01-what-is-left-out.md": chapter})
    assert [str(mistake) for mistake in found.mistakes] == []


def test_the_hash_follows_the_texts_and_not_their_order() -> None:
    turned = dict(sorted(SERIES.items(), reverse=True))
    assert content_hash(turned) == content_hash(SERIES)
    assert content_hash({**SERIES, FIRST: CHAPTER + " "}) != content_hash(SERIES)
    assert content_hash({"a": "bc"}) != content_hash({"ab": "c"})


# -- one mistake at a time ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'title = "What is left out"',
            'titel = "What is left out"',
            '2: unknown key "titel" in the front matter; did you mean "title"?',
        ),
        (
            'discuss = "What did you look for first?"\n',
            "",
            '2: "discuss" is missing in the front matter; add discuss = "..."',
        ),
        (
            "+++\n**In short**",
            "short = 1\n+++\n**In short**",
            '5: "short" must be true or false, not a number; write short = true',
        ),
        (
            "+++\n**In short**",
            'further = [\n  { title = "A", url = "https://a.example" },\n  { title = "B" },\n]\n'
            "+++\n**In short**",
            '7: "url" is missing in number 2 of "further" in the front matter; add url = "..."',
        ),
        (
            "+++\n**In short**",
            'follows = "example.org"\n+++\n**In short**',
            '5: "example.org" is not a web address; start it with https:// and leave out blanks',
        ),
        (
            "+++\n**In short**",
            f'follows = "https://example.org/{"a" * 981}"\n+++\n**In short**',
            "5: the address has 1001 characters; use one of at most 1000",
        ),
        (
            'title = "What is left out"',
            f'title = "{"x" * 81}"',
            '2: "title" has 81 characters; shorten it to at most 80',
        ),
        (
            "+++\ntitle",
            "title",
            "1: the front matter is missing; "
            "write +++ on line 1, then title, takeaway and discuss, then +++",
        ),
        (
            "+++\n**In short**",
            "**In short**",
            "1: the front matter is opened but not closed; "
            "write +++ on a line of its own after the last key",
        ),
        (
            "- Ask who.\n",
            "",
            "6: 2 bullets in short; write exactly three",
        ),
        (
            "**In short**",
            "In short:",
            "6: the chapter does not open with **In short**; "
            'write **In short** and three bullets, each starting with "- "',
        ),
        (
            "{reveal}",
            "{revael}",
            '17: a card cannot be marked "{revael}"; write {reveal}, or leave the braces away',
        ),
        (
            "## Second card\nSomebody chose.\n\n",
            "",
            '1: 2 cards; a chapter has 3 to 5; each starts with "## "',
        ),
        (
            "## Second card\n",
            "# Second card\n",
            '14: a heading with one "#"; '
            'put the title into the front matter, and start each card with "## "',
        ),
        (
            "Somebody chose.\n\n##",
            "\n##",
            '14: the card "Second card" is empty; write it, or take it out',
        ),
        (
            "Nearly everything",
            "word " * 180 + "everything",
            '11: the card "First card" has 919 characters; '
            "shorten it to at most 900, or make two of it",
        ),
        (
            "Nearly everything is gone.",
            "![a](images/quay.png)",
            "12: there is no picture images/quay.png; put the file into the folder images",
        ),
        (
            "Nearly everything is gone.",
            "One\n\n![a](images/big.png)",
            "14: images/big.png is larger than 8 MiB; "
            "make it smaller; platforms refuse large files",
        ),
        (
            "Nearly everything is gone.",
            "![a](images/small.png)\n\n![b](images/small.png)",
            '11: the card "First card" has 2 pictures; keep one; a card shows at most one',
        ),
        (
            "Nearly everything is gone.",
            '```figure\ngenerator = "w01.puls"\nseed = 1\n```',
            '13: there is no figure "w01.puls"; did you mean "w01.pulse"?',
        ),
        (
            "Nearly everything is gone.",
            '```figure\ngenerator = "w01.pulse"\nseed = "1"\n```',
            '14: "seed" must be a whole number, not text; write seed = 1',
        ),
        (
            "Nearly everything is gone.",
            "```python\nprint(1)",
            "12: a code block is opened but not closed; "
            "write ``` on a line of its own where it ends",
        ),
        (
            "```challenge\nid",
            "```chalenge\nid",
            '33: unknown block "chalenge"; did you mean "challenge"?',
        ),
        (
            'text = "It depends"\n```',
            'text = "It depends"\n```\nStray words.',
            "32: text after a question belongs to no card; "
            "move it up into a card, or give it a heading of its own",
        ),
        (
            'kind = "choice"',
            'kind = "numeric"',
            '22: nobody can vote on a question of kind "numeric"; use "choice" or "curve"',
        ),
        (
            'kind = "order"',
            'kind = "ordre"',
            '44: there is no kind "ordre"; did you mean "order"?',
        ),
        (
            'id = "centimetre"',
            'id = "One Centimetre"',
            '34: "One Centimetre" cannot be an id; '
            'use small letters, digits and hyphens, such as "one-centimetre"',
        ),
        (
            'id = "centimetre"',
            'id = "better-map"',
            f'34: the id "better-map" is taken: {FIRST}:21; '
            "choose another; ids are unique in a series",
        ),
        (
            'feedback = "Only if you looked for what was added."\n',
            "",
            '27: the wrong option "Yes" has no feedback; say why it is wrong, in `feedback`',
        ),
        (
            'answer = "It depends"',
            'answer = "It does"',
            '24: the answer "It does" is not one of the options; '
            "copy the right option's text, letter by letter",
        ),
        (
            "{ absolute = 0.5 }",
            "0.5",
            "38: a bare tolerance of 0.5 can be read in two ways; "
            "write { absolute = 0.05 } or { relative = 0.03 }",
        ),
        (
            "answer = 250",
            "answer = 250\nanswer = 251",
            '38: "answer" stands twice in this challenge; keep one of the two',
        ),
        (
            "answer = 250",
            'answer = "250',
            "37: a text that is opened but not closed in this challenge; end it with its quotes",
        ),
        (
            'items = ["1 : 1 000", "1 : 25 000",',
            'items = [\n  "1 : 1 000",\n  25000,',
            '48: number 2 of "items" must be text, not a number; write "..."',
        ),
        (
            'prompt = "Begin with the smallest piece of the world."',
            'prompt = """\nBegin with\nthe <b>smallest."""',
            "47: raw HTML: <b>; use Markdown, or put it between `backticks` to show it",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_do(old: str, new: str, expected: str) -> None:
    images = {"images/big.png": 9 * 1024 * 1024, "images/small.png": 70}
    assert expected in said_of(old, new, images)


def test_each_of_these_mistakes_is_reported_alone() -> None:
    """What is wrong once is said once, so that nobody hunts for a second cause."""
    for old, new in (
        ('title = "What', 'titel = "What'),
        ("answer = 250", "answer = 250 metres"),
        ("```\n\n```challenge\nid", "\n```challenge\nid"),
        ("```challenge\nid", "```chalenge\nid"),
        ("{ absolute", "{ absolut"),
        ('kind = "order"', 'kind = "ordre"'),
        ("+++\ntitle", "title"),
    ):
        mistakes = said_of(old, new)
        # A chapter without front matter also has its keys where the bullets should begin.
        assert len(mistakes) == (2 if old.startswith("+++") else 1), mistakes


def test_one_syntax_mistake_does_not_hide_those_of_other_blocks() -> None:
    text = CHAPTER.replace("answer = 250", "answer = 250 metres").replace("items", "itms")
    text = text.replace('title = "What', "title = What")
    assert [line.split(":")[1] for line in said({FIRST: text})] == ["2", "37", "46"]


def test_a_wrong_type_does_not_hide_what_else_is_wrong_in_the_block() -> None:
    text = CHAPTER.replace("answer = 250", 'answer = 250\nhints = "no list"')
    text = text.replace("tolerance = {", "tolerence = {").replace("25 000 cent", "<i>25 000 cent")
    assert said({FIRST: text}) == [
        f'{FIRST}:38: "hints" must be a list, not text; write hints = ["..."]',
        f'{FIRST}:39: unknown key "tolerence" in this challenge; did you mean "tolerance"?',
        f"{FIRST}:40: raw HTML: <i>; use Markdown, or put it between `backticks` to show it",
    ]


def test_question_and_challenges_must_be_there() -> None:
    text = CHAPTER[: CHAPTER.index("```question")]
    assert said({FIRST: text}) == [
        f"{FIRST}:1: no challenges; write 2 to 8, best four; a chapter is done with two",
        f"{FIRST}:1: there is no question; add a ```question block; it is what everybody votes on",
    ]


def test_a_second_question_is_refused() -> None:
    text = CHAPTER.replace("```challenge", "```question", 1)
    assert f"{FIRST}:33: a second question; keep one, and make the other a ```challenge" in said(
        {FIRST: text}
    )


# -- files -------------------------------------------------------------------------------------


def test_chapters_are_numbered_from_one_without_a_gap() -> None:
    assert said({"03-scale.md": second()}) == [
        "03-scale.md:1: this is chapter 3, but there is no chapter 2; "
        "renumber the files without a gap"
    ]
    assert said({"00-scale.md": second()}) == [
        "00-scale.md:1: chapters are counted from 1; renumber the files without a gap"
    ]


def test_no_number_and_no_name_is_there_twice() -> None:
    assert said({"01-scale.md": second()}) == [
        f"01-scale.md:1: chapter 1 is there twice: {FIRST} has the same number; "
        "renumber one of the two"
    ]
    assert said({"02-left-out.md": second()}) == [
        f'02-left-out.md:1: two chapters are called "left-out": {FIRST} too; rename one of the two'
    ]


def test_ids_are_unique_over_the_whole_series() -> None:
    assert said({"02-scale.md": second().replace("centimetre-2", "centimetre")}) == [
        f'02-scale.md:34: the id "centimetre" is taken: {FIRST}:34; '
        "choose another; ids are unique in a series"
    ]


def test_a_file_that_is_named_otherwise_is_no_chapter() -> None:
    assert said({"2. The Scale.md": second()}) == [
        '2. The Scale.md:1: the name is not that of a chapter; call it "02-the-scale.md" '
        "with its number"
    ]


def test_an_empty_chapter_is_one_mistake() -> None:
    assert said({"02-scale.md": "\n"}) == [
        "02-scale.md:1: the file is empty; write the chapter, or take the file out"
    ]


def test_a_series_needs_its_header_and_a_chapter() -> None:
    assert [str(each) for each in build("maps", {}).mistakes] == [
        "series.toml:1: the file is missing; add it, with title, blurb, license and attribution",
        "series.toml:1: the series has no chapter; add 01-<name>.md beside this file",
    ]


def test_the_header_says_whose_it_is() -> None:
    header = HEADER.replace("license", "lizenz")
    assert said({"series.toml": header}) == [
        'series.toml:3: unknown key "lizenz" in series.toml; did you mean "license"?'
    ]
    header = HEADER + 'language = "English"\nsource_url = "ftp://example.org"\n'
    assert said({"series.toml": header}) == [
        'series.toml:5: "English" is not the code of a language; write it like "en" or "pt-BR"',
        'series.toml:6: "ftp://example.org" is not a web address; '
        "start it with https:// and leave out blanks",
    ]


def test_a_folder_that_cannot_be_an_id_is_refused() -> None:
    (mistake,) = build("Reading Maps", SERIES).mistakes
    assert str(mistake) == (
        'series.toml:1: the folder\'s name "Reading Maps" cannot be the id of a series; '
        'use small letters, digits and hyphens, such as "reading-maps"'
    )


def test_characters_that_turn_the_reading_direction_are_refused() -> None:
    assert said_of("Somebody chose.\n\n", "Somebody \u202echose.\n\n") == [
        "15: a character that cannot be shown (U+202E); take it out"
    ]


# -- ids stay ----------------------------------------------------------------------------------


def test_published_ids_may_not_change_and_new_ones_may_come() -> None:
    before = built({}).series
    after = built({FIRST: CHAPTER.replace('"centimetre"', '"metres"')}).series
    more = built({"02-scale.md": second()}).series
    assert before is not None
    assert after is not None
    assert more is not None
    assert item_ids(before) == (
        "left-out",
        "left-out/better-map",
        "left-out/centimetre",
        "left-out/small-to-large",
    )
    assert changed_ids(item_ids(before), more) == ()
    assert [str(each) for each in changed_ids(item_ids(before), after)] == [
        f'{FIRST}:1: the id "centimetre" was published and is gone; '
        'put it back; "metres" is new: was it renamed?'
    ]
    assert {each.path for each in changed_ids(item_ids(more), before)} == {"series.toml"}


# -- anything ----------------------------------------------------------------------------------

LINES = CHAPTER.split("\n")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(LINES) - 1),
            st.sampled_from(
                ["", "```", "+++", "## x", "[[", "= 1", '"""', "{", "[[options]]", "- "]
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_broken_chapter_gives_mistakes_with_real_lines_and_never_an_exception(
    changes: list[tuple[int, str]],
) -> None:
    lines = list(LINES)
    for at, line in changes:
        lines[at] = line
    found = built({FIRST: "\n".join(lines)})
    assert (found.series is None) == bool(found.mistakes)
    for mistake in found.mistakes:
        assert 1 <= mistake.line <= len(lines)
        assert "\n" not in str(mistake)
        assert mistake.todo


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_chapter_or_a_mistake(text: str) -> None:
    assert built({FIRST: text, "series.toml": text}).mistakes
