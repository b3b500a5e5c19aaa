"""What people at the terminal see of replies and forms."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from adapters.terminal.screen import Screen
from lessons.actions import Join
from lessons.document import Document, Paragraph, Plot, Text
from lessons.fields import ChoiceField, NumberField, TextField, shown
from lessons.figure import Figure, Line, Panel, digest
from lessons.posts import Form, Part, Post, Reply, control

SEND = control("terminal:hall", "Send", Join())
CURVE = Figure("A curve", "Falling.", (Panel((Line("loss", (0.0, 1.0), (1.0, 0.0)),)),))
OTHER = Figure("A rise", "Rising.", (Panel((Line("loss", (0.0, 1.0), (0.0, 1.0)),)),))


class Paper:
    """A screen, and what it showed since last asked."""

    def __init__(self) -> None:
        self._file = io.StringIO()
        console = Console(file=self._file, width=80, color_system=None)
        self.screen = Screen(console, lambda _: None)

    def shown(self) -> str:
        text = self._file.getvalue()
        self._file.seek(0)
        self._file.truncate()
        return text


@pytest.fixture
def paper() -> Paper:
    return Paper()


def document(figure: Figure) -> Document:
    asked = Paragraph((Text("How does it fall?"),))
    return Document((asked, Plot(digest(figure), figure.alt)))


def task(figure: Figure = CURVE) -> Reply:
    return Reply(Post(document(figure), "", (), (figure,)))


def form(figure: Figure = CURVE) -> Reply:
    field = NumberField("n", "Your number")
    return Reply(form=Form(SEND, "Challenge 1", document(figure), (field,), (figure,)))


def drawn(text: str) -> bool:
    return any(0x2800 < ord(char) < 0x2900 for char in text)


def test_a_form_below_its_own_picture_asks_and_draws_nothing_again(paper: Paper) -> None:
    paper.screen.reply("ada", "Ada", task())
    assert drawn(paper.shown())
    paper.screen.reply("ada", "Ada", form())
    text = paper.shown()
    assert not drawn(text)
    assert "How does it fall?" not in text
    assert ("Challenge 1" in text, "Your number: ____" in text) == (True, True)


def test_a_reply_with_the_picture_that_is_above_names_it(paper: Paper) -> None:
    paper.screen.reply("ada", "Ada", task())
    paper.screen.reply("ada", "Ada", form())
    paper.shown()
    paper.screen.reply("ada", "Ada", task())
    text = paper.shown()
    assert "A curve: the same picture as above." in text
    assert "How does it fall?" in text
    assert not drawn(text)


def test_another_picture_between_brings_the_first_one_back(paper: Paper) -> None:
    for figure in (CURVE, OTHER, CURVE):
        paper.screen.reply("ada", "Ada", task(figure))
        assert drawn(paper.shown())


def test_a_picture_that_somebody_else_saw_is_drawn(paper: Paper) -> None:
    paper.screen.reply("ada", "Ada", task())
    paper.shown()
    paper.screen.reply("ben", "Ben", form())
    assert drawn(paper.shown())


def test_a_message_of_the_channel_is_always_whole(paper: Paper) -> None:
    for _ in range(2):
        part = Part(document(CURVE), "")
        paper.screen.message("ada", part, "#study", {digest(CURVE): CURVE})
        assert drawn(paper.shown())


def test_what_stands_in_a_form_already_is_shown(paper: Paper) -> None:
    zone = TextField("zone", "Time zone", "Europe/Berlin")
    hour = ChoiceField("hour", "At what hour", shown(("8:00", "18:00")), chosen="b")
    paper.screen.reply("ada", "Ada", Reply(form=Form(SEND, "Yours", Document(), (zone, hour))))

    told = paper.shown()
    assert "Time zone: Europe/Berlin" in told
    assert "b  18:00 (now)" in told


def test_a_form_says_that_buttons_wait(paper: Paper) -> None:
    paper.screen.reply("ada", "Ada", form())
    assert "buttons wait until then" in " ".join(paper.shown().replace("│", " ").split())
