"""Shows people at the terminal what was posted and replied, with numbers on the buttons.

Knows no service. Invariant: what is private says for whom, in words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import Final

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.text import Text

from adapters.terminal.controls import Board
from adapters.terminal.keyboard import Keyboard
from adapters.terminal.render import Drawing, boxed, harmless, one_line
from adapters.terminal.words import word
from lessons.document import Document
from lessons.figure import Figure, digest
from lessons.posts import Control, FieldError, Part, Reply

NOBODY: Final[Mapping[str, str]] = MappingProxyType({})

NOTHING: Final[frozenset[str]] = frozenset()

WIDEST: Final = 88
NARROWEST: Final = 24

# Signs that a linter takes for slips of the keyboard are the very ones that are replaced here.
_LOOK_ALIKE: Final = {
    ord(char): stand_in
    for stand_in, chars in {
        "-": "·−–—\u2010\u2011─━",  # noqa: RUF001
        "*": "•",
        ".": "…",
        "'": "‘’‚",  # noqa: RUF001
        '"': "“”„«»",
        "x": "×",  # noqa: RUF001
        "|": "│┃",
        "+": "┌┐└┘╭╮╰╯┼├┤",
    }.items()
    for char in chars
}
"""For a terminal that can't show them: one character for one, so that no frame is torn."""


def terminal(zone: Callable[[str], tzinfo | None], names: Mapping[str, str] = NOBODY) -> Screen:
    """The screen of this terminal."""
    return Screen(Console(), zone, names=names)


class Screen:
    """One terminal, one board of numbered buttons for each person at it."""

    def __init__(
        self,
        console: Console,
        zone: Callable[[str], tzinfo | None],
        keyboard: Keyboard | None = None,
        *,
        names: Mapping[str, str] = NOBODY,
    ) -> None:
        self.console = console
        self._zone = zone
        self._keyboard = keyboard
        self._names = names
        self._plain = not console.encoding.lower().startswith("utf")
        self._boards: dict[str, Board] = {}
        self._last_pictures: tuple[str, frozenset[str]] = ("", frozenset())

    @property
    def width(self) -> int:
        """Columns for a message: no wider than can be read."""
        return max(NARROWEST, min(self.console.width, WIDEST))

    def board(self, person: str) -> Board:
        """What that person has in front of them."""
        return self._boards.setdefault(person, Board())

    # -- the hall's own ---------------------------------------------------------------------------

    def scene(self, words: str) -> None:
        """A line across the screen: somebody else acts, or time has passed."""
        said = one_line(words)
        rule = "-" if self._plain else "─"
        line = f"{said} {rule * (self.width - cell_len(said) - 1)}"
        self._show(Text(f"\n{line.rstrip()}", style="bold"))

    def typed(self, name: str, line: str) -> None:
        """What a person typed or pressed."""
        self._show(Text(f"{one_line(name)} > {one_line(line)}", style="bold green"))

    def say(self, words: str) -> None:
        """A plain line."""
        self._show(Text(harmless(words)))

    async def ask(self, prompt: str) -> str | None:
        """One typed line, None at the end of the input. Lines from a file are shown, too."""
        if self._keyboard is None:
            self._keyboard = Keyboard()
        self._show(Text(prompt, style="bold green"), end="")
        self.console.file.flush()
        line = await self._keyboard.line()
        if not self._keyboard.seen:
            self._show(Text(harmless(line or "")))
        return line

    def _show(self, what: RenderableType, end: str = "\n") -> None:
        with self.console.capture() as drawn:
            self.console.print(what, width=self.width, markup=False, highlight=False, end=end)
        self.console.file.write(self._speakable(drawn.get()))

    def _speakable(self, text: str) -> str:
        """What this terminal's character set can show, as many columns wide as before."""
        try:
            text.encode(self.console.encoding)
        except UnicodeEncodeError:
            return "".join(self._stand_in(char) for char in text)
        return text

    def _stand_in(self, char: str) -> str:
        """The character, one that looks like it, or question marks where it stood."""
        apart = unicodedata.normalize("NFKD", char)
        bare = apart[0] if all(map(unicodedata.combining, apart[1:])) else char
        for shown in (char, char.translate(_LOOK_ALIKE), bare):
            if cell_len(shown) == cell_len(char) > 0 and self._known(shown):
                return shown
        return char if char in "\n\x1b" else "?" * cell_len(char)

    def _known(self, char: str) -> bool:
        try:
            char.encode(self.console.encoding)
        except UnicodeEncodeError:
            return False
        return True

    # -- what the service says --------------------------------------------------------------------

    def message(self, person: str, part: Part, where: str, figures: Mapping[str, Figure]) -> None:
        """A message of a channel or a thread, as that person sees it."""
        self._boxed(person, part.document, part.controls, figures, where, private=False)

    def letter(self, person: str, name: str, part: Part, figures: Mapping[str, Figure]) -> None:
        """A message to that person alone."""
        title = word("only", who=name)
        self._boxed(person, part.document, part.controls, figures, title, private=True)

    def reply(self, person: str, name: str, reply: Reply, where: str = "") -> None:
        """A reply; a form that comes with it stays open for that person.

        `where` is the channel in which a reply stands that is not private.
        """
        title = word("only", who=name) if reply.private or not where else where
        private = title != where
        self.board(person).open(reply.form)
        if reply.form is not None:
            self.form(person, title, reply.errors)
        elif reply.post is not None:
            post = reply.post
            figures = _by_digest(post.figures)
            self._boxed(person, post.document, post.controls, figures, title, private=private)

    def form(self, person: str, title: str, errors: tuple[FieldError, ...] = ()) -> None:
        """What that person's open form asks now."""
        board = self.board(person)
        if board.form is None:
            return
        figures = _by_digest(board.form.figures)
        drawing = self._drawing(figures)
        brief = self._seen_last(person, figures)
        drawn = drawing.form(board.form, board.asked(), more=board.later(), brief=brief)
        shown = Group(*self._errors(drawing, errors), drawn)
        self._show(boxed(shown, title, self.width, private=True, plain=self._plain))

    def _boxed(
        self,
        person: str,
        document: Document,
        controls: Sequence[Control],
        figures: Mapping[str, Figure],
        title: str,
        *,
        private: bool,
    ) -> None:
        seen = self._seen_last(person, figures)
        drawing = self._drawing(figures, above=frozenset(figures) if private and seen else NOTHING)
        content: list[RenderableType] = [drawing.document(document)]
        if controls:
            first = self.board(person).show(controls)
            content += [Text(""), drawing.controls(controls, first)]
        frame = boxed(Group(*content), title, self.width, private=private, plain=self._plain)
        self._show(frame)

    def _seen_last(self, person: str, figures: Mapping[str, Figure]) -> bool:
        """Whether these were the last pictures on the screen, and that person's; now they are.

        A picture is half a screen, so it is not drawn twice in a row for the same eyes.
        """
        now = (person, frozenset(figures))
        if not figures or now == self._last_pictures:
            return bool(figures)
        self._last_pictures = now
        return False

    def moment(self, at: datetime, zone: str) -> str:
        """ "Mon 5 Oct 17:00" in that zone."""
        return self._drawing({}).moment(round(at.timestamp() * 1000), zone)

    def document(self, document: Document, figures: Mapping[str, Figure]) -> None:
        """A document by itself."""
        self._show(self._drawing(figures).document(document))

    def _errors(self, drawing: Drawing, errors: tuple[FieldError, ...]) -> list[RenderableType]:
        drawn: list[RenderableType] = []
        for error in errors:
            drawn += [drawing.document(error.words), Text("")]
        return drawn

    def _drawing(self, figures: Mapping[str, Figure], above: frozenset[str] = NOTHING) -> Drawing:
        width, plain = self.width - 4, self._plain
        return Drawing(figures, self._zone, width, names=self._names, plain=plain, above=above)


def _by_digest(figures: tuple[Figure, ...]) -> Mapping[str, Figure]:
    return {digest(figure): figure for figure in figures}
