"""What people press, type, fill in and say, as it comes from a browser with and without script."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from adapters.port import Address
from adapters.web.messenger import SPACE
from adapters.web.pages import SAID
from adapters.web.words import word
from lessons.actions import Action, Join, Leave, Pressed, Submitted, Typed
from lessons.document import Document, Paragraph, Text
from lessons.fields import ChoiceField, NumberField, OrderField, TextField, shown
from lessons.posts import FieldError, Form, OpenThread, Reply, control
from tests.rigs.host import PIXEL, KeptHost, KeptShelf
from tests.rigs.page_text import Element, read
from tests.rigs.web import MONDAY, Hall, part, post

STUDY = Address(SPACE, "study")
JOIN = control(SPACE, "Join", Join(), "primary")
SEND = control(SPACE, "Send", Leave())
THREE = shown(("red", "green", "blue"))
ORDER = Form(SEND, "In order", Document(), (OrderField("o", "From cold to warm", THREE),))
PREDICT = Form(
    SEND,
    "Predict",
    Document(),
    (ChoiceField("what", "What?", THREE), ChoiceField("why", "Why?", THREE, after="what")),
)
NUMBER = Form(SEND, "How many?", Document(), (NumberField("n", "Number"),))


async def act(
    hall: Hall, *fields: tuple[str, str], person: str = "ada", script: bool = True
) -> dict[str, Any]:
    """One press; what is new for the page, or where a browser without script is sent."""
    since = f"{hall.adapter.keys.hall}.0.0"
    token = ("token", hall.adapter.keys.token(person))
    answer = await hall.post(
        f"/as/{person}/study/act", [token, ("since", since), *fields], script=script
    )
    if not script:
        assert answer.status == HTTPStatus.SEE_OTHER, await answer.text()
        return {"location": answer.headers["Location"]}
    told: dict[str, Any] = json.loads(await answer.text())
    return {"status": answer.status, **told}


def last(hall: Hall) -> Action:
    return hall.host.actions[-1]


async def entries(hall: Hall, person: str = "ada") -> list[Element]:
    page = await hall.page(f"/as/{person}/study")
    return page.one(id="entries").all("section")


# -- what comes in --------------------------------------------------------------------------------


async def test_a_press_says_who_where_when_and_what(hall: Hall) -> None:
    ref = await hall.adapter.send(STUDY, part("Join us.", JOIN), "1")
    await act(hall, ("press", f"{ref.id}:{JOIN.id}"))

    action = last(hall)
    assert (action.space, action.channel, action.member) == (SPACE, "study", "ada")
    assert (action.moderator, action.language, action.moment) == (False, "en", MONDAY)
    assert action.what == Pressed(JOIN.id)


async def test_only_the_moderator_is_one(hall: Hall) -> None:
    for person in ("ada", "mia"):
        await act(hall, ("typed", "study next"), person=person)
        assert last(hall).moderator == (person == "mia")


async def test_every_action_has_an_id_of_its_own(hall: Hall) -> None:
    for _ in range(20):
        await act(hall, ("typed", "study next"))
    assert len({action.id for action in hall.host.actions}) == 20


@pytest.mark.parametrize(
    ("fields", "meant"),
    [
        ([("typed", "/study lesson 2")], Typed("study", "lesson", ("2",))),
        (
            [("typed", "series start"), ("option.day", "friday"), ("option.zone", "")],
            Typed("series", "start", (), {"day": "friday"}),
        ),
    ],
)
async def test_a_command_is_typed_or_comes_from_a_form(
    hall: Hall, fields: list[tuple[str, str]], meant: Typed
) -> None:
    await act(hall, *fields)
    assert last(hall).what == meant


async def test_what_means_nothing_is_refused_and_does_nothing(hall: Hall) -> None:
    told = await act(hall, ("what", "ever"))

    assert told == {"status": HTTPStatus.BAD_REQUEST, "wrong": word("bad_request")}
    assert hall.host.actions == []


async def test_a_page_that_does_not_say_what_it_knows_is_refused_before_anything_is_done(
    hall: Hall,
) -> None:
    form = {"token": hall.adapter.keys.token("ada"), "since": "?"}
    before = hall.hands.now
    for path, does in (("act", {"typed": "study next"}), ("clock", {"move": "3600"})):
        answer = await hall.post(f"/as/ada/study/{path}", {**form, **does}, script=True)
        assert answer.status == HTTPStatus.BAD_REQUEST
    assert hall.host.actions == []
    assert hall.hands.now == before


async def test_what_a_form_names_can_not_break_out_of_the_address_it_leads_to(hall: Hall) -> None:
    form = {"token": hall.adapter.keys.token("ada"), "close": "p1\r\nX-Own: 1"}
    answer = await hall.post("/as/ada/study/act", form, script=False)
    assert answer.status == HTTPStatus.SEE_OTHER
    assert "X-Own" not in answer.headers


# -- where answers stand --------------------------------------------------------------------------


async def test_an_answer_stands_in_an_entry_and_the_page_is_led_there(hall: Hall) -> None:
    hall.host.replies = [Reply(post=post("You are in.", SEND))]
    told = await act(hall, ("typed", "study join"))

    (entry,) = await entries(hall)
    assert told["show"] == entry["id"]
    assert "You are in." in entry.words()
    assert [one.words() for one in entry.all("button", name="press")] == ["Send"]
    assert await entries(hall, "ben") == []


async def test_without_script_the_page_comes_again_at_the_answer(hall: Hall) -> None:
    hall.host.replies = [Reply(post=post("You are in."))]
    told = await act(hall, ("typed", "study join"), script=False)

    (entry,) = await entries(hall)
    assert told["location"] == f"/as/ada/study#{entry['id']}"


async def test_a_pager_turns_its_page_in_place(hall: Hall) -> None:
    hall.host.replies = [Reply(post=post("Card 1", SEND))]
    first = (await act(hall, ("typed", "study lesson")))["show"]
    hall.host.replies = [Reply(post=post("Card 2", SEND), edit=True)]
    second = (await act(hall, ("press", f"{first}:{SEND.id}")))["show"]

    (entry,) = await entries(hall)
    assert first == second == entry["id"]
    assert "Card 2" in entry.words()
    assert "Card 1" not in entry.words()


async def test_what_answers_a_press_in_the_channel_never_replaces_the_channel_s_post(
    hall: Hall,
) -> None:
    ref = await hall.adapter.send(STUDY, part("For all.", JOIN), "1")
    hall.host.replies = [Reply(post=post("For you."), edit=True)]
    await act(hall, ("press", f"{ref.id}:{JOIN.id}"))

    page = await hall.page("/as/ada/study")
    assert "For all." in page.one(id="feed").words()
    assert "For you." in page.one(id="entries").words()


async def test_a_word_of_patience_gives_way_to_the_answer(hall: Hall) -> None:
    hall.host.replies = [
        Reply(post=post("One moment, I am making your numbers.")),
        Reply(post=post("Here they are."), edit=True),
    ]
    await act(hall, ("typed", "study challenge"))

    (entry,) = await entries(hall)
    assert "Here they are." in entry.words()
    assert "One moment" not in entry.words()


async def test_a_letter_to_one_member_is_changed_in_its_place(hall: Hall) -> None:
    ref = await hall.adapter.send(
        Address(SPACE, "study", member="ada"), part("A letter.", SEND), "1"
    )
    hall.host.replies = [Reply(post=post("An answer to it."), edit=True)]
    await act(hall, ("press", f"{ref.id}:{SEND.id}"))

    (entry,) = await entries(hall)
    assert entry["id"] == ref.id
    assert "An answer to it." in entry.words()


async def test_what_is_put_away_is_away_also_after_a_restart(tmp_path: Path) -> None:
    shelves: dict[str, KeptShelf] = {}
    async with Hall(tmp_path, shelves=shelves) as hall:
        await hall.adapter.send(Address(SPACE, "study", member="ada"), part("A letter."), "1")
        hall.host.replies = [Reply(post=post("An answer."))]
        for _ in range(2):
            await act(hall, ("typed", "study next"))
        names = [entry["id"] for entry in await entries(hall)]
        assert len(names) == 3
        for name in names[:2]:
            await act(hall, ("away", name))
    async with Hall(tmp_path, shelves=shelves) as again:
        assert [entry["id"] for entry in await entries(again)] == names[2:]


# -- forms ----------------------------------------------------------------------------------------


async def opened(hall: Hall, form: Form) -> str:
    """The entry in which the form lies open."""
    hall.host.replies = [Reply(form=form)]
    shown_at = (await act(hall, ("typed", "study challenge")))["show"]
    assert isinstance(shown_at, str)
    return shown_at


async def test_a_form_comes_back_with_what_was_wrong_and_what_was_given(hall: Hall) -> None:
    on = await opened(hall, NUMBER)
    wrong = FieldError("n", Document((Paragraph((Text("Please give a number."),)),)))
    hall.host.replies = [Reply(form=NUMBER, errors=(wrong,))]
    told = await act(hall, ("on", on), ("submit", SEND.id), ("field.n", "four"))

    assert last(hall).what == Submitted(SEND.id, {"n": "four"})
    assert told["show"] == on
    (entry,) = await entries(hall)
    assert "Please give a number." in entry.words()
    assert entry.one("input", name="field.n")["value"] == "four"


async def test_what_stands_in_a_form_already_is_there_as_it_opens(hall: Hall) -> None:
    zone = TextField("zone", "Time zone", "Europe/Berlin")
    color = ChoiceField("c", "Which?", THREE, chosen="b")
    await opened(hall, Form(SEND, "Yours", Document(), (zone, color)))
    (entry,) = await entries(hall)

    assert entry.one("input", name="field.zone")["value"] == "Europe/Berlin"
    ticks = entry.all("input", name="field.c")
    assert [one["value"] for one in ticks if "checked" in one.attributes] == ["b"]


async def test_the_first_step_is_locked_before_the_second_is_asked(hall: Hall) -> None:
    on = await opened(hall, PREDICT)
    asked = len(hall.host.actions)
    await act(hall, ("on", on), ("submit", SEND.id), ("field.what", "b"))
    assert len(hall.host.actions) == asked, "nothing is sent before all is answered"

    (entry,) = await entries(hall)
    assert word("locked", what="green") in entry.words()
    await act(hall, ("on", on), ("submit", SEND.id), ("field.what", "c"), ("field.why", "a"))
    assert last(hall).what == Submitted(SEND.id, {"what": "b", "why": "a"})


async def test_a_step_that_was_left_empty_is_sent_so_that_its_field_says_so(hall: Hall) -> None:
    on = await opened(hall, PREDICT)
    await act(hall, ("on", on), ("submit", SEND.id))

    assert last(hall).what == Submitted(SEND.id, {"what": ""})


async def test_a_line_is_moved_without_script(hall: Hall) -> None:
    on = await opened(hall, ORDER)
    asked = len(hall.host.actions)
    lines = [("field.o", letter) for letter in "abc"]
    await act(hall, ("on", on), ("submit", SEND.id), *lines, ("move", "o:c:up"), script=False)

    assert len(hall.host.actions) == asked
    (entry,) = await entries(hall)
    now = [field["value"] for field in entry.all("input", name="field.o")]
    assert now == ["a", "c", "b"]
    await act(hall, ("on", on), ("submit", SEND.id), *(("field.o", one) for one in now))
    assert last(hall).what == Submitted(SEND.id, {"o": ("a", "c", "b")})


async def test_not_now_closes_the_form_and_the_buttons_are_back(hall: Hall) -> None:
    hall.host.replies = [Reply(post=post("A challenge.", SEND))]
    on = (await act(hall, ("typed", "study challenge")))["show"]
    hall.host.replies = [Reply(form=NUMBER)]
    assert (await act(hall, ("press", f"{on}:{SEND.id}")))["show"] == on
    (entry,) = await entries(hall)
    assert "A challenge." in entry.words()
    assert not entry.all("button", name="press")
    await act(hall, ("close", on))

    (entry,) = await entries(hall)
    assert not entry.all("form")
    assert [one.words() for one in entry.all("button", name="press")] == ["Send"]


async def test_a_form_survives_a_restart_with_what_is_locked(tmp_path: Path) -> None:
    shelves: dict[str, KeptShelf] = {}
    async with Hall(tmp_path, shelves=shelves) as hall:
        on = await opened(hall, PREDICT)
        await act(hall, ("on", on), ("submit", SEND.id), ("field.what", "b"))
        token = hall.adapter.keys.token("ada")
    async with Hall(tmp_path, shelves=shelves) as again:
        assert again.adapter.keys.token("ada") == token, "an open page's forms still hold"
        (entry,) = await entries(again)
        assert word("locked", what="green") in entry.words()
        await act(again, ("on", on), ("submit", SEND.id), ("field.why", "c"))
        assert last(again).what == Submitted(SEND.id, {"what": "b", "why": "c"})


@pytest.mark.parametrize("on", ["", "p99", "m1", "<script>"])
async def test_a_form_that_is_not_open_any_more_is_the_service_s_to_judge(
    hall: Hall, on: str
) -> None:
    hall.host.replies = [Reply(post=post("That is answered already."))]
    await act(hall, ("on", on), ("submit", SEND.id), ("field.n", "4"))

    assert last(hall).what == Submitted(SEND.id, {"n": "4"})
    (entry,) = await entries(hall)
    assert "answered already" in entry.words()


# -- threads --------------------------------------------------------------------------------------


@pytest.fixture
async def thread(hall: Hall) -> str:
    """A post with a thread under it."""
    ref = await hall.adapter.send(STUDY, part("Week 1"), "1")
    made = await hall.adapter.do(OpenThread("Talk about week 1"), ref, "2")
    assert made is not None
    return made.id


async def test_what_people_say_stands_in_the_thread_and_never_reaches_the_service(
    hall: Hall, thread: str
) -> None:
    await act(hall, ("say", thread), (f"words.{thread}", "I think\n<b>it falls</b>."))

    talk = (await hall.page("/as/ben/study")).one(id=thread).words()
    assert "Ada" in talk
    assert "<b>it falls</b>." in talk
    assert hall.host.actions == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 422),
        (" \n ", 422),
        ("x" * (SAID + 1), 422),
        ("x" * SAID, 200),
    ],
)
async def test_nothing_and_too_much_are_not_sent(
    hall: Hall, thread: str, text: str, status: int
) -> None:
    before = hall.adapter.transcript.version
    told = await act(hall, ("say", thread), (f"words.{thread}", text))

    assert told["status"] == status
    assert (hall.adapter.transcript.version > before) == (status == HTTPStatus.OK)


async def test_a_thread_of_another_channel_is_not_there(hall: Hall, thread: str) -> None:
    token = hall.adapter.keys.token("ada")
    fields = {"token": token, "say": thread, f"words.{thread}": "Hello?"}
    answer = await hall.post("/as/ada/lounge/act", fields)
    assert answer.status == HTTPStatus.NOT_FOUND
    assert (await act(hall, ("say", "t99"), ("words.t99", "Hello?")))["status"] == 404


# -- the clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("move", "hours"), [("next", 24), ("3600", 1), ("86400", 24)])
async def test_the_clock_moves_to_the_next_slot_and_by_hours_and_days(
    hall: Hall, move: str, hours: int
) -> None:
    token = hall.adapter.keys.token("ada")
    answer = await hall.post("/as/ada/study/clock", {"token": token, "move": move}, script=False)

    assert answer.status == HTTPStatus.SEE_OTHER
    assert hall.hands.now == MONDAY + timedelta(hours=hours)


@pytest.mark.parametrize("move", ["", "-3600", "9" * 20, "soon", "3601"])
async def test_the_clock_makes_no_other_move(hall: Hall, move: str) -> None:
    token = hall.adapter.keys.token("ada")
    answer = await hall.post("/as/ada/study/clock", {"token": token, "move": move})

    assert answer.status == HTTPStatus.BAD_REQUEST
    assert hall.hands.now == MONDAY


async def test_with_no_slot_to_come_the_button_is_off_and_pressing_it_does_nothing(
    hall: Hall,
) -> None:
    hall.hands.coming = False
    clock = (await hall.page("/as/ada/study")).one(id="clock")
    assert "disabled" in clock.one("button", value="next").attributes
    token = hall.adapter.keys.token("ada")
    await hall.post("/as/ada/study/clock", {"token": token, "move": "next"}, script=False)
    assert hall.hands.now == MONDAY


# -- pictures and trouble -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/images/maps/images/quay.png", "image/png"), ("/images/maps/images/quay.PNG", "")],
)
async def test_a_picture_of_the_series_is_shown(hall: Hall, path: str, kind: str) -> None:
    async with hall.browser.get(hall.address + path) as answer:
        if kind:
            assert (answer.content_type, await answer.read()) == (kind, PIXEL)
        else:
            assert answer.status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("name", ["quay.svg", "quay.html", "quay", "quay.png.js"])
async def test_nothing_but_pictures_comes_from_a_series(hall: Hall, name: str) -> None:
    async with hall.browser.get(hall.address + "/images/maps/images/" + name) as answer:
        assert answer.status == HTTPStatus.NOT_FOUND


async def test_a_service_that_fails_is_no_end_of_the_page(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(KeptHost):
        async def handle(self, action: Action) -> AsyncIterator[Reply]:
            self.actions.append(action)
            for reply in self.replies:
                yield reply
            raise RuntimeError("the disk is full")

    hall = Hall(tmp_path)
    hall.host = Failing()
    await hall.open(hall.host)
    try:
        for script in (True, False):
            token = hall.adapter.keys.token("ada")
            fields = {"token": token, "typed": "study next", "since": "h.0.0"}
            answer = await hall.post("/as/ada/study/act", fields, script=script)
            assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
            text = await answer.text()
            said = json.loads(text)["wrong"] if script else read(text).words()
            assert word("not_sent") in said
            assert "disk" not in text
        assert await hall.page("/as/ada/study")
        assert "the disk is full" in caplog.text
    finally:
        await hall.__aexit__()
