"""One chapter from the text of its file: cards, the shared question, challenges, and all mistakes.

Knows no other chapter; what must hold across chapters is `lessons.build`'s business.
Invariant: a Chapter comes out exactly when there is no mistake in its file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lessons import rules
from lessons.blocks import FigureBlock, FrontBlock
from lessons.chapter_text import CardText, ChapterText, Piece, cut
from lessons.curriculum import Card, CardFigure, Chapter, Further
from lessons.document import Document, Heading, Listing, Picture, Plot, plain, walk
from lessons.generators import FIGURES
from lessons.items import item_mistakes
from lessons.kinds.spec import Spec
from lessons.markdown import parse
from lessons.mistake import Mistake
from lessons.strict_toml import read
from lessons.toml_lines import TomlText

CARDS = range(3, 6)
MAX_CARD = 900
MAX_CHAPTER = 60_000
MAX_LINES = 2_000
CHALLENGES = range(2, 9)  # a chapter is done with two
BULLETS = 3
IN_SHORT = "**In short**"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an author wrote something."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Made:
    """What came of one file. `ids` of questions and challenges are there even if all is wrong."""

    chapter: Chapter | None
    ids: tuple[tuple[str, Place], ...]
    mistakes: tuple[Mistake, ...]


def make_chapter(path: str, number: int, slug: str, text: str, images: Mapping[str, int]) -> Made:
    """Make the chapter; `images` are the picture files there are, with their sizes in bytes."""
    if not text.strip():
        todo = "write the chapter, or take the file out"
        return Made(None, (), (Mistake(path, 1, "the file is empty", todo),))
    if len(text) > MAX_CHAPTER or text.count("\n") > MAX_LINES:
        what = f"the chapter has {len(text)} characters in {text.count(chr(10)) + 1} lines"
        todo = f"make several of it; at most {MAX_CHAPTER} in {MAX_LINES} lines"
        return Made(None, (), (Mistake(path, 1, what, todo),))
    written = cut(path, text)
    mistakes = [*written.mistakes, *_counts(written)]
    front = _front(written, mistakes)
    in_short = _in_short(path, written.opening, mistakes)
    cards = [_card(path, each, images, mistakes) for each in written.cards]
    items = [read(block, Spec) for block in (*written.questions, *written.challenges)]
    for place, item in enumerate(items):
        mistakes += item.mistakes
        mistakes += item_mistakes(item, images, voted=place < len(written.questions))
    ids = tuple(
        (name, Place(path, item.lines.line("id")))
        for item in items
        if isinstance(name := item.raw.get("id"), str)
    )
    if mistakes or front is None:
        return Made(None, ids, tuple(mistakes))
    specs = [item.value for item in items if item.value is not None]
    further = tuple(Further(each.title, each.url) for each in front.further)
    return Made(
        Chapter(
            number=number,
            slug=slug,
            title=front.title,
            short=front.short,
            follows=front.follows,
            takeaway=front.takeaway,
            discuss=front.discuss,
            further=further,
            in_short=in_short,
            cards=tuple(cards),
            question=specs[0],
            challenges=tuple(specs[1:]),
        ),
        ids,
        (),
    )


def _counts(written: ChapterText) -> Iterator[Mistake]:
    """How many cards, questions and challenges a chapter has."""
    path = written.path
    if len(written.cards) not in CARDS:
        extra = written.cards[CARDS.stop - 1 :]
        line = extra[0].line if extra else 1
        what = f"{len(written.cards)} cards" if len(written.cards) != 1 else "only one card"
        todo = f'a chapter has {CARDS.start} to {CARDS.stop - 1}; each starts with "## "'
        yield Mistake(path, line, what, todo)
    if not written.questions and "question" not in written.unread:
        todo = "add a ```question block; it is what everybody votes on"
        yield Mistake(path, 1, "there is no question", todo)
    for second in written.questions[1:]:
        todo = "keep one, and make the other a ```challenge"
        yield Mistake(path, second.first_line - 1, "a second question", todo)
    count = len(written.challenges) + written.unread.count("challenge")
    if count not in CHALLENGES:
        extra_blocks = written.challenges[CHALLENGES.stop - 1 :]
        line = extra_blocks[0].first_line - 1 if extra_blocks else 1
        what = "only one challenge" if count == 1 else f"{count or 'no'} challenges"
        most = CHALLENGES.stop - 1
        todo = f"write {CHALLENGES.start} to {most}, best four; a chapter is done with two"
        yield Mistake(path, line, what, todo)


def _front(written: ChapterText, mistakes: list[Mistake]) -> FrontBlock | None:
    if written.front is None:
        return None
    filled = read(written.front, FrontBlock)
    mistakes += filled.mistakes
    front, lines = filled.value, filled.lines
    if front is None:
        return None
    mistakes += rules.words(lines, ("title",), front.title, rules.MAX_TITLE)
    for name, text in (("takeaway", front.takeaway), ("discuss", front.discuss)):
        mistakes += rules.words(lines, (name,), text, rules.MAX_SENTENCE)
    mistakes += rules.address(lines, ("follows",), front.follows)
    for index, each in enumerate(front.further):
        place = ("further", index)
        mistakes += rules.words(lines, (*place, "title"), each.title, rules.MAX_SENTENCE)
        if not each.url:
            mistakes.append(lines.mistake((*place, "url"), '"url" is empty', "write it"))
        mistakes += rules.address(lines, (*place, "url"), each.url)
    return front


def _in_short(path: str, opening: Piece, mistakes: list[Mistake]) -> Document:
    """The three bullets that the channel sees first."""
    texts = opening.text.split("\n")
    start = next((index for index, line in enumerate(texts) if line.strip()), 0)
    line = opening.first_line + start
    todo = f'write {IN_SHORT} and three bullets, each starting with "- "'
    if texts[start].strip() != IN_SHORT:
        what = f"the chapter does not open with {IN_SHORT}"
        mistakes.append(Mistake(path, line, what, todo))
        return Document()
    text = "\n".join(texts[start + 1 :])
    document, found = parse(text, path=path, first_line=line + 1)
    mistakes += found
    match document.blocks:
        case (Listing(items, None),) if len(items) == BULLETS:
            for item in items:
                if len(plain(Document(item))) > rules.MAX_SENTENCE:
                    what = f"a bullet of more than {rules.MAX_SENTENCE} characters"
                    mistakes.append(Mistake(path, line, what, "shorten it to one sentence"))
        case (Listing(items, None),):
            count = "only one bullet" if len(items) == 1 else f"{len(items)} bullets"
            mistakes.append(Mistake(path, line, f"{count} in short", "write exactly three"))
        case _ if not found:
            what = f"below {IN_SHORT} there is something other than bullets"
            mistakes.append(Mistake(path, line, what, todo))
    return document


def _card(path: str, card: CardText, images: Mapping[str, int], mistakes: list[Mistake]) -> Card:
    body, found = parse(card.body.text, path=path, first_line=card.body.first_line)
    mistakes += found
    blocks = tuple(walk(body.blocks))
    pictures = [block for block in blocks if isinstance(block, Picture)]
    figures = [figure for block in card.figures if (figure := _figure(block, mistakes))]
    name = f'the card "{card.title}"'
    if len(card.title) > rules.MAX_TITLE:
        what = f"the title of a card has {len(card.title)} characters"
        mistakes.append(Mistake(path, card.line, what, f"shorten it to at most {rules.MAX_TITLE}"))
    if not blocks and not card.figures and not found:
        mistakes.append(Mistake(path, card.line, f"{name} is empty", "write it, or take it out"))
    if any(isinstance(block, Heading) and block.level <= 2 for block in blocks):
        what = f"{name} has a heading that does not start a card"
        mistakes.append(Mistake(path, card.line, what, 'write it as "## Title", or as "### Title"'))
    length = card_length(body)
    if length > MAX_CARD:
        todo = f"shorten it to at most {MAX_CARD}, or make two of it"
        mistakes.append(Mistake(path, card.line, f"{name} has {length} characters", todo))
    if len(pictures) + len(card.figures) > 1:
        what = f"{name} has {len(pictures) + len(card.figures)} pictures"
        mistakes.append(Mistake(path, card.line, what, "keep one; a card shows at most one"))
    for picture in pictures:
        line = card.body.first_line + rules.row_of(picture, card.body.text)
        mistakes += rules.picture(path, line, picture, images)
    return Card(card.title, body, card.reveal, figures[0] if figures else None)


def card_length(body: Document) -> int:
    """The characters of a card that a member reads: all words, but not the alt texts."""
    return len(plain(Document(tuple(b for b in body.blocks if not isinstance(b, Picture | Plot)))))


def _figure(block: TomlText, mistakes: list[Mistake]) -> CardFigure | None:
    filled = read(block, FigureBlock)
    mistakes += filled.mistakes
    if filled.value is None:
        return None
    generator, seed = filled.value.generator, filled.value.seed
    if generator not in FIGURES and "generator" not in filled.spoiled:
        todo = rules.instead(generator, tuple(FIGURES))
        what = f'there is no figure "{generator}"'
        mistakes.append(filled.lines.mistake(("generator",), what, todo))
    if seed < 0:
        mistakes.append(filled.lines.mistake(("seed",), '"seed" is below 0', "write 0 or more"))
    return CardFigure(generator, seed)
