"""A whole series from the texts of its files, or every mistake in them at once.

Knows no disk: {path: text} comes in (`bot.library` reads it). Invariant: a Series comes out
exactly when there is no mistake in any file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import msgspec

from lessons import rules
from lessons.blocks import SeriesBlock
from lessons.chapter import Made, Place, make_chapter
from lessons.curriculum import Chapter, Series
from lessons.document import Block, Document, Picture
from lessons.kinds.spec import Spec
from lessons.mistake import Mistake
from lessons.strict_toml import nearest, read
from lessons.toml_lines import TomlText

HEADER = "series.toml"
MAX_SAID = 200
CHAPTER_FILE = re.compile(r"([0-9]{2})-([a-z0-9]+(?:-[a-z0-9]+)*)\.md")

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")
# All but newline and tab: they have no place in a text, and some turn the reading direction.
_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NO_IMAGES: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Built:
    """A series, or what is wrong with it: sorted by file and line.

    `places` says where the question or challenge of an id stands.
    """

    series: Series | None
    mistakes: tuple[Mistake, ...]
    places: Mapping[str, Place]


_IMAGE = re.compile(r"\]\(<?(?=images/)")  # nothing but a picture may point there


@dataclass(frozen=True, slots=True)
class _ChapterFile:
    path: str
    number: int
    slug: str


def build(slug: str, files: Mapping[str, str], images: Mapping[str, int] = _NO_IMAGES) -> Built:
    """Build the series that the store will know as `slug`.

    `files` are the texts of its folder by path, lines ending with a newline character alone;
    `images` are the picture files by path (`images/pulse.png`) with their sizes in bytes.
    """
    mistakes: list[Mistake] = []
    for path, text in files.items():
        mistakes += _unshown(path, text)
    header = _header(slug, files, mistakes)
    chapters = _chapter_files(files, mistakes)
    made = [
        make_chapter(each.path, each.number, each.slug, files[each.path], images)
        for each in chapters
    ]
    for each in made:
        mistakes += each.mistakes
    places: dict[str, Place] = {}
    mistakes += _collect_ids(made, places)
    if mistakes or header is None:
        said = {_one_line(mistake) for mistake in mistakes}
        return Built(None, tuple(sorted(said, key=_order)), places)
    ready = [_named(slug, each.chapter) for each in made if each.chapter]
    return Built(_series(slug, header, ready, files), (), places)


def _named(slug: str, chapter: Chapter) -> Chapter:
    """The chapter with its pictures named for all series, not for this folder alone.

    An author writes `images/pulse.png`; a card that is shown says which series' pulse it means.
    The longer name is measured by no rule: it is not the author's.
    """
    cards = tuple(
        replace(card, body=Document(tuple(_named_block(slug, each) for each in card.body.blocks)))
        for card in chapter.cards
    )
    question, *challenges = (
        msgspec.convert(_named_texts(slug, msgspec.to_builtins(spec)), Spec)
        for spec in (chapter.question, *chapter.challenges)
    )
    return replace(chapter, cards=cards, question=question, challenges=tuple(challenges))


def _named_block(slug: str, block: Block) -> Block:
    """Pictures stand at the top of a card, never in a list or a quote."""
    return Picture(f"{slug}/{block.path}", block.alt) if isinstance(block, Picture) else block


def _named_texts(slug: str, written: object) -> object:
    """What is written in a block, with the pictures of its Markdown named."""
    match written:
        case str():
            return _IMAGE.sub(rf"\g<0>{slug}/", written)
        case list() | tuple():
            return [_named_texts(slug, each) for each in written]
        case dict():
            return {key: _named_texts(slug, each) for key, each in written.items()}
        case _:
            return written


def content_hash(files: Mapping[str, str]) -> str:
    """SHA-256 over the paths and texts, in hex; the order of the mapping does not matter."""
    total = hashlib.sha256()
    for path in sorted(files):
        for part in (path, files[path]):
            content = part.encode()
            total.update(len(content).to_bytes(8, "big") + content)
    return total.hexdigest()


def chapter_file(chapter: Chapter) -> str:
    """The name of the file that a chapter is written in."""
    return f"{chapter.number:02}-{chapter.slug}.md"


def item_ids(series: Series) -> tuple[str, ...]:
    """What the store may know of a series: `chapter` and `chapter/item`, in order."""
    ids: list[str] = []
    for each in series.chapters:
        ids.append(each.slug)
        ids += [f"{each.slug}/{spec.id}" for spec in (each.question, *each.challenges)]
    return tuple(ids)


def changed_ids(old_ids: Collection[str], new: Series) -> tuple[Mistake, ...]:
    """The published ids (as `item_ids` gave them) that `new` has no longer.

    Progress, votes and reviews hang on them, so a published id may neither change nor vanish;
    new ones may be added at any time.
    """
    now = item_ids(new)
    added = tuple(each for each in now if each not in old_ids)
    mistakes = []
    for old in old_ids:
        if old in now:
            continue
        slug, _, item = old.partition("/")
        home = new.chapter(slug)
        path = chapter_file(home) if home else HEADER
        meant = nearest(old, added)
        renamed = f'; "{meant.rpartition("/")[2]}" is new: was it renamed?' if meant else ""
        kind = "id" if item else "chapter"
        what = f'the {kind} "{item or slug}" was published and is gone'
        mistakes.append(Mistake(path, 1, what, f"put it back{renamed}"))
    return tuple(sorted(mistakes, key=_order))


def _order(mistake: Mistake) -> tuple[str, int, str]:
    return (mistake.path, mistake.line, mistake.what)


def _one_line(mistake: Mistake) -> Mistake:
    """The mistake with whatever it quotes of the author kept to one line of sane length."""
    what = " ".join(mistake.what.split())
    return replace(mistake, what=what if len(what) <= MAX_SAID else f"{what[:MAX_SAID]}...")


def _series(
    slug: str, header: SeriesBlock, chapters: list[Chapter], files: Mapping[str, str]
) -> Series:
    return Series(
        slug=slug,
        title=header.title,
        blurb=header.blurb,
        language=header.language,
        license=header.license,
        attribution=header.attribution,
        source_url=header.source_url,
        chapters=tuple(chapters),
        content_hash=content_hash(files),
    )


def _header(slug: str, files: Mapping[str, str], mistakes: list[Mistake]) -> SeriesBlock | None:
    if not rules.SLUG.fullmatch(slug) or len(slug) > rules.MAX_ID:
        todo = f'use small letters, digits and hyphens, such as "{rules.as_slug(slug)}"'
        what = f'the folder\'s name "{slug}" cannot be the id of a series'
        mistakes.append(Mistake(HEADER, 1, what, todo))
    if HEADER not in files:
        todo = "add it, with title, blurb, license and attribution"
        mistakes.append(Mistake(HEADER, 1, "the file is missing", todo))
        return None
    filled = read(TomlText(HEADER, 1, files[HEADER], HEADER), SeriesBlock)
    mistakes += filled.mistakes
    header, lines = filled.value, filled.lines
    if header is None:
        return None
    mistakes += rules.words(lines, ("title",), header.title, rules.MAX_TITLE)
    for name, text in (
        ("blurb", header.blurb),
        ("license", header.license),
        ("attribution", header.attribution),
    ):
        mistakes += rules.words(lines, (name,), text, rules.MAX_SENTENCE)
    mistakes += rules.address(lines, ("source_url",), header.source_url)
    if not _LANGUAGE.fullmatch(header.language):
        what = f'"{header.language}" is not the code of a language'
        mistakes.append(lines.mistake(("language",), what, 'write it like "en" or "pt-BR"'))
    return header


def _chapter_files(files: Mapping[str, str], mistakes: list[Mistake]) -> list[_ChapterFile]:
    """The chapters in order: numbered from 1 without a gap, no number or slug twice."""
    chapters: list[_ChapterFile] = []
    for path in sorted(files):
        if path == HEADER:
            continue
        if match := CHAPTER_FILE.fullmatch(path):
            chapters.append(_ChapterFile(path, int(match[1]), match[2]))
        else:
            stem = re.sub(r"^[0-9]*[-_ ]*|\.[A-Za-z]+$", "", path)
            todo = f'call it "{len(chapters) + 1:02}-{rules.as_slug(stem)}.md" with its number'
            mistakes.append(Mistake(path, 1, "the name is not that of a chapter", todo))
    if not chapters and not any(mistake.path != HEADER for mistake in mistakes):
        mistakes.append(
            Mistake(HEADER, 1, "the series has no chapter", "add 01-<name>.md beside this file")
        )
    mistakes += _numbering(chapters)
    return chapters


def _numbering(chapters: list[_ChapterFile]) -> Iterator[Mistake]:
    by_number: dict[int, _ChapterFile] = {}
    by_slug: dict[str, _ChapterFile] = {}
    for each in chapters:
        same = by_number.setdefault(each.number, each)
        if same is not each:
            what = f"chapter {each.number} is there twice: {same.path} has the same number"
            yield Mistake(each.path, 1, what, "renumber one of the two")
        same = by_slug.setdefault(each.slug, each)
        if same is not each:
            what = f'two chapters are called "{each.slug}": {same.path} too'
            yield Mistake(each.path, 1, what, "rename one of the two")
    expected = 1
    for number in sorted(by_number):
        if number != expected:
            gap = (
                f"chapter {expected}"
                if number == expected + 1
                else (f"chapters {expected} to {number - 1}")
            )
            what = (
                f"this is chapter {number}, but there is no {gap}"
                if number
                else ("chapters are counted from 1")
            )
            yield Mistake(by_number[number].path, 1, what, "renumber the files without a gap")
        expected = max(1, number + 1)


def _collect_ids(made: list[Made], places: dict[str, Place]) -> Iterator[Mistake]:
    """Fill `places`, and complain of every id that is there twice."""
    for name, place in (found for each in made for found in each.ids):
        before = places.setdefault(name, place)
        if before is not place:
            what = f'the id "{name}" is taken: {before.path}:{before.line}'
            todo = "choose another; ids are unique in a series"
            yield Mistake(place.path, place.line, what, todo)


def _unshown(path: str, text: str) -> Iterator[Mistake]:
    for number, line in enumerate(text.split("\n"), start=1):
        for found in sorted(set(_UNSHOWN.findall(line))):
            # The words of lessons.markdown, which finds some of these too: said once.
            what = f"a character that cannot be shown (U+{ord(found):04X})"
            yield Mistake(path, number, what, "take it out")
