"""Shows people at the terminal what was posted and replied, with numbers on the buttons.

Knows no service. Invariant: what is private says for whom, in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from adapters.terminal.controls import Board
from adapters.terminal.render import Drawing, boxed, harmless
from adapters.terminal.words import word
from lessons.document import Document
from lessons.figure import Figure, digest
from lessons.posts import FieldError, Part, Reply

WIDEST = 88


def terminal(zone: Callable[[str], tzinfo | None]) -> Screen:
    """The screen of this terminal."""
    return Screen(Console(), zone)


class Screen:
    """One terminal, one board of numbered buttons for each person at it."""

    def __init__(self, console: Console, zone: Callable[[str], tzinfo | None]) -> None:
        self.console = console
        self._zone = zone
        self._plain = not console.encoding.lower().startswith("utf")
        self._boards: dict[str, Board] = {}

    @property
    def width(self) -> int:
        """Columns for a message: no wider than can be read."""
        return min(self.console.width, WIDEST)

    def board(self, person: str) -> Board:
        """What that person has in front of them."""
        return self._boards.setdefault(person, Board())

    # -- the hall's own ---------------------------------------------------------------------------

    def scene(self, words: str) -> None:
        """A line across the screen: somebody else acts, or time has passed."""
        rule = "-" if self._plain else "─"
        self._show(Rule(Text(harmless(words)), characters=rule, align="left", style="bold"))

    def typed(self, name: str, line: str) -> None:
        """What a person typed or pressed."""
        self._show(Text(f"{harmless(name)} > {harmless(line)}", style="bold green"))

    def say(self, words: str) -> None:
        """A plain line."""
        self._show(Text(words))

    def ask(self, prompt: str) -> str | None:
        """One typed line, None at the end of the input. Blocks: call it in a thread."""
        try:
            return self.console.input(Text(prompt, style="bold green"), markup=False)
        except EOFError:
            return None

    def _show(self, what: RenderableType) -> None:
        self.console.print(what, width=self.width, markup=False, highlight=False)

    # -- what the service says --------------------------------------------------------------------

    def message(self, person: str, part: Part, where: str, figures: Mapping[str, Figure]) -> None:
        """A message of a channel, a thread or one's own, as that person sees it."""
        drawing = self._drawing(figures)
        content: list[RenderableType] = [drawing.document(part.document)]
        if part.controls:
            first = self.board(person).show(part.controls)
            content += [Text(""), drawing.controls(part.controls, first)]
        self._show(boxed(Group(*content), where, private=False, plain=self._plain))

    def reply(self, person: str, name: str, reply: Reply) -> None:
        """A reply; a form that comes with it stays open for that person."""
        board = self.board(person)
        board.form = reply.form
        title = word("only", who=name)
        if reply.form is not None:
            drawing = self._drawing(_by_digest(reply.form.figures))
            shown = Group(*self._errors(drawing, reply.errors), drawing.form(reply.form))
            self._show(boxed(shown, title, private=True, plain=self._plain))
        if reply.post is not None:
            drawing = self._drawing(_by_digest(reply.post.figures))
            content: list[RenderableType] = [drawing.document(reply.post.document)]
            if reply.post.controls:
                first = board.show(reply.post.controls)
                content += [Text(""), drawing.controls(reply.post.controls, first)]
            self._show(boxed(Group(*content), title, private=True, plain=self._plain))

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

    def _drawing(self, figures: Mapping[str, Figure]) -> Drawing:
        return Drawing(figures, self._zone, self.width - 4, plain=self._plain)


def _by_digest(figures: tuple[Figure, ...]) -> Mapping[str, Figure]:
    return {digest(figure): figure for figure in figures}
