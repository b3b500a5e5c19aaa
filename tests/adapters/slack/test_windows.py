"""Windows, forms and words for one person: when they come, what takes their place, what fails.

The service behind the adapter says what each test puts there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.slack import responder
from adapters.slack.installations import OneWorkspace
from adapters.slack.views import Memory
from adapters.slack.wire import Wire
from adapters.slack.words import word
from lessons.actions import (
    Action,
    AskAnswer,
    Pause,
    Pressed,
    Preview,
    ShowProgress,
    ShowStatus,
    SkipChallenge,
    Submitted,
    Try,
)
from lessons.document import Document
from lessons.fields import ChoiceField, NumberField, OrderField, shown
from lessons.posts import FieldError, Form, Reply
from tests.rigs.host import KeptHost
from tests.rigs.loopback_slack import loopback_slack, until
from tests.rigs.loopback_slack_faults import Fault, What
from tests.rigs.slack_desk import Desk, line, open_desk, saying
from tests.rigs.slack_people import read

ONE_MOMENT = word("loading")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as desk:
        yield desk


class Broken(KeptHost):
    """A service that fails when it has nothing to say."""

    async def handle(self, action: Action) -> AsyncIterator[Reply]:
        self.actions.append(action)
        for reply in self.replies:
            yield reply
        if not self.replies:
            raise RuntimeError("the disk is full")


def number_form(desk: Desk, *errors: FieldError) -> Reply:
    control = desk.button("Send", Try("v1", 1))
    form = Form(control, "Challenge 1", Document((line("Which?"),)), (NumberField("n", "Number"),))
    said = saying("That is no number.").post if errors else None
    return Reply(said, form, errors=errors)


async def with_form(desk: Desk, who: str = "ada") -> None:
    """Somebody has a form before them."""
    desk.answers(number_form(desk))
    message = await desk.post(desk.button("Answer", AskAnswer("v1", 1)))
    await desk.presses(who, "Answer", message)


# -- opening --------------------------------------------------------------------------------------


async def test_a_window_is_open_before_the_service_is_asked(desk: Desk) -> None:
    message = await desk.post(desk.button("Progress", ShowProgress()))
    desk.answers(saying("You are half way."))
    desk.host.holds_s = 0.2
    desk.slack.plan.faults.append(Fault("slow", r"views\.open", after_s=0.2))

    await desk.slack.people.press(desk.people["ada"], message, "Progress")
    await until(lambda: bool(desk.slack.calls("views.open")))
    assert desk.host.actions == []
    await until(lambda: desk.has_window("ada"))
    assert ONE_MOMENT in read(desk.window("ada"))
    await desk.settled()

    assert "You are half way." in read(desk.window("ada"))
    assert [one.what for one in desk.host.actions] == [
        Pressed(desk.button("", ShowProgress()).id),
    ]


async def test_words_for_one_person_need_no_window(desk: Desk) -> None:
    message = await desk.post(desk.button("Pause", Pause()))
    desk.answers(saying("It is paused."))
    await desk.presses("ada", "Pause", message)

    assert desk.read("ada") == "It is paused."
    assert not desk.has_window("ada")
    assert desk.private("ben") == []


async def test_whoever_is_too_late_for_a_window_is_told_so_in_the_channel(desk: Desk) -> None:
    message = await desk.post(desk.button("Progress", ShowProgress()))
    desk.slack.plan.faults.append(Fault("slow", r"views\.open", after_s=0.2))
    await desk.slack.people.press(desk.people["ada"], message, "Progress")
    await until(lambda: bool(desk.slack.calls("views.open")))
    desk.slack.skip(4)
    await desk.settled()

    assert [read(one) for one in desk.private("ada")] == [word("again")]
    assert desk.host.actions == []


async def test_whoever_is_too_late_and_in_no_channel_is_told_so_in_private(desk: Desk) -> None:
    desk.slack.plan.faults.append(Fault("error", r"views\.open", error="expired_trigger_id"))
    await desk.picks_the_shortcut("ada")

    assert [read(one) for one in desk.letters("ada")] == [word("again")]


async def test_a_window_that_can_not_be_opened_is_no_silence(desk: Desk) -> None:
    message = await desk.post(desk.button("Progress", ShowProgress()))
    desk.slack.plan.faults.append(Fault("error", r"views\.open", error="internal_error"))
    await desk.presses("ada", "Progress", message)

    assert desk.read("ada") == word("went_wrong")


async def test_a_window_that_was_closed_meanwhile_stays_closed(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    message = await desk.post(desk.button("Progress", ShowProgress()))
    desk.answers(saying("You are half way."))
    desk.host.holds_s = 0.2
    await desk.slack.people.press(desk.people["ada"], message, "Progress")
    await until(lambda: desk.has_window("ada"))
    await desk.closes("ada")
    await desk.settled()

    assert not desk.has_window("ada")
    assert desk.private("ada") == []
    assert [one.levelname for one in caplog.records if one.levelno > 20] == []


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("what", ["lost", "503", "garbage"])
async def test_an_answer_of_which_nobody_knows_whether_it_is_there_is_put_there_again(
    desk: Desk, what: What, done: bool
) -> None:
    message = await desk.post(desk.button("Progress", ShowProgress()))
    desk.answers(saying("You are half way."))
    desk.slack.plan.faults.append(Fault(what, r"views\.update", done=done))
    await desk.presses("ada", "Progress", message)

    assert "You are half way." in desk.read("ada")
    assert len(desk.slack.calls("views.update")) == 2


# -- pressing in one ------------------------------------------------------------------------------


async def test_a_step_of_the_same_thing_takes_its_place_in_the_window(desk: Desk) -> None:
    message = await desk.post(desk.button("Progress", ShowProgress()))
    desk.answers(saying("Here.", desk.button("Skip", SkipChallenge("v1"))))
    await desk.presses("ada", "Progress", message)
    view = desk.window("ada")
    desk.answers(saying("The next one."))
    await desk.presses("ada", "Skip")

    assert desk.window("ada") is view
    assert "The next one." in desk.read("ada")


async def test_another_thing_lies_on_top_and_closing_it_leads_back(desk: Desk) -> None:
    message = await desk.post(desk.button("Status", ShowStatus()))
    first = desk.button("Preview", Preview())
    desk.answers(saying("Start here?", first))
    await desk.presses("mia", "Status", message)
    below = desk.window("mia")
    desk.answers(saying("This is what comes.", desk.button("Status", ShowStatus())))
    await desk.presses("mia", "Preview")
    assert "This is what comes." in desk.read("mia")

    await desk.closes("mia")
    assert desk.window("mia") is below
    assert below.labels == ["Preview"]


async def test_slack_lays_three_windows_on_each_other_and_a_fourth_takes_a_place(
    desk: Desk,
) -> None:
    message = await desk.post(desk.button("Status", ShowStatus()))
    for number in range(5):
        desk.answers(saying(f"Number {number}.", desk.button("Status", ShowStatus())))
        await desk.presses("mia", "Status", message if number == 0 else None)
        assert f"Number {number}." in desk.read("mia")
    assert len(desk.slack.stacks[desk.people["mia"]]) == 3


async def test_where_nothing_can_be_laid_on_top_the_answer_takes_the_place(desk: Desk) -> None:
    message = await desk.post(desk.button("Status", ShowStatus()))
    desk.answers(saying("Here.", desk.button("Status", ShowStatus())))
    await desk.presses("mia", "Status", message)
    desk.slack.plan.faults.append(Fault("error", r"views\.push", error="expired_trigger_id"))
    desk.answers(saying("There."))
    await desk.presses("mia", "Status")

    assert "There." in desk.read("mia")
    assert len(desk.slack.stacks[desk.people["mia"]]) == 1


async def test_a_button_of_a_version_that_nobody_remembers_is_answered(desk: Desk) -> None:
    message = await desk.post(desk.button("Progress", ShowProgress()))
    message.blocks[-1]["elements"][0]["action_id"] = "s:older:thing"
    desk.answers(saying("That one has moved on."))
    await desk.presses("ada", "Progress", message)

    assert desk.read("ada") == "That one has moved on."
    assert desk.host.actions[-1].what == Pressed("")


# -- forms ----------------------------------------------------------------------------------------


async def test_what_was_filled_in_comes_back_under_the_forms_control(desk: Desk) -> None:
    await with_form(desk)
    desk.answers(saying("Right."))
    sent = await desk.submits("ada", "1,95")

    assert sent.action == "update"
    assert "Right." in desk.read("ada")
    assert desk.host.actions[-1].what == Submitted(desk.button("", Try("v1", 1)).id, {"n": "1,95"})
    assert desk.host.actions[-1].channel == desk.study


async def test_what_is_wrong_stands_at_its_field_and_the_form_stays(desk: Desk) -> None:
    await with_form(desk)
    error = FieldError("n", Document((line("I need a number."),)))
    desk.answers(number_form(desk, error))
    sent = await desk.submits("ada", "abc")

    assert list(sent.errors.values()) == ["I need a number."]
    assert desk.window("ada").state
    assert "[Send]" in read(desk.window("ada"))


async def test_what_is_wrong_in_one_of_many_places_stands_at_the_first(desk: Desk) -> None:
    control = desk.button("Send", Try("v2", 1))
    field = OrderField("line", "From first to last", shown(("Pea", "Plum")))
    form = Form(control, "", Document((line("In order."),)), (field,))
    desk.answers(Reply(form=form))
    message = await desk.post(desk.button("Answer", AskAnswer("v2", 1)))
    await desk.presses("ada", "Answer", message)
    error = FieldError("line", Document((line("Each once."),)))
    desk.answers(Reply(saying("Each once.").post, form, errors=(error,)))
    sent = await desk.submits("ada", "a", "a")

    assert list(sent.errors) == [desk.window("ada").blocks[2]["block_id"]]


async def test_an_answer_that_takes_long_is_waited_for_in_the_window(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responder, "SOON_S", 0.05)
    await with_form(desk)
    desk.answers(saying("Right."))
    desk.host.holds_s = 0.1
    sent = await desk.slack.people.submit(
        desk.people["ada"], None, {desk.window("ada").blocks[1]["block_id"]: "2"}
    )
    assert (sent.ok, sent.action) == (True, "update")
    assert ONE_MOMENT in read(desk.window("ada"))
    await desk.settled()

    assert "Right." in read(desk.window("ada"))


async def test_an_answer_does_not_overtake_the_word_of_patience_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(responder, "SETTLED_S", 3_600.0)
    async with loopback_slack() as slack:
        wire = Wire(OneWorkspace(slack.token(slack.team("Study circle"))), slack.api)
        submission = responder.Submission(wire, "T1", "V1", Memory())
        await submission.show({"type": "modal", "title": "one moment"})
        later = asyncio.create_task(submission.show({"type": "modal", "title": "right"}))
        await asyncio.wait({later}, timeout=0.2)

        assert not later.done()
        assert slack.calls("views.update") == []
        assert (await submission.becomes())["view"]["title"] == "one moment"
        later.cancel()


async def test_what_is_wrong_and_comes_late_is_said_in_the_window(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responder, "SOON_S", 0.05)
    await with_form(desk)
    desk.answers(number_form(desk, FieldError("n", Document((line("I need a number."),)))))
    desk.host.holds_s = 0.1
    sent = await desk.submits("ada", "abc")

    assert sent.errors == {}
    assert "That is no number." in read(desk.window("ada"))


async def test_a_form_that_slack_sends_again_is_answered_alike_and_counted_once(
    desk: Desk,
) -> None:
    await with_form(desk)
    desk.answers(saying("Right."))
    sent = await desk.submits("ada", "2")
    asked = len(desk.host.actions)
    assert sent.ack is not None
    again = await desk.slack.line.again(sent.ack)

    assert again.payload == sent.ack.payload
    assert len(desk.host.actions) == asked


async def test_a_press_that_slack_sends_again_is_taken_once(desk: Desk) -> None:
    message = await desk.post(desk.button("Pause", Pause()))
    desk.answers(saying("It is paused."))
    await desk.presses("ada", "Pause", message)
    await desk.slack.line.again(desk.slack.line.acks[-1])
    await desk.settled()

    assert len(desk.host.actions) == len(desk.private("ada")) == 1


async def test_a_step_is_locked_and_the_next_is_asked_for(desk: Desk) -> None:
    first = ChoiceField("one", "Which test?", shown(("Overfit", "Buy")))
    second = ChoiceField("two", "So it is?", shown(("Fault", "Data")), after="one")
    form = Form(desk.button("Send", Try("v3", 1)), "Steps", Document((line("?"),)), (first, second))
    desk.answers(Reply(form=form))
    message = await desk.post(desk.button("Answer", AskAnswer("v3", 1)))
    await desk.presses("ada", "Answer", message)
    assert "So it is?" not in desk.read("ada")
    assert "[Lock in]" in desk.read("ada")

    await desk.submits("ada", "a")
    assert "Which test? Overfit" in desk.read("ada")
    assert "So it is?" in desk.read("ada")
    desk.answers(saying("Right."))
    await desk.submits("ada", "b")

    what = desk.host.actions[-1].what
    assert isinstance(what, Submitted)
    assert what.raw == {"one": "a", "two": "b"}


# -- too much, and too many -----------------------------------------------------------------------


async def test_what_is_too_much_for_one_window_goes_on_in_private_messages(desk: Desk) -> None:
    long = [line(f"Paragraph {n}. " + "Look at it again. " * 60) for n in range(60)]
    message = await desk.post(desk.button("Progress", ShowProgress()))
    desk.answers(saying("A long story.", more=long))
    await desk.presses("ada", "Progress", message)

    told = [read(desk.window("ada")), *(read(one) for one in desk.letters("ada"))]
    assert len(told) > 2
    for n in range(60):
        assert sum(f"Paragraph {n}." in one for one in told) == 1


async def test_more_answers_than_slack_takes_at_one_place_come_another_way(desk: Desk) -> None:
    message = await desk.post(desk.button("Pause", Pause()))
    desk.answers(*(saying(f"Number {n}.") for n in range(7)))
    await desk.presses("ada", "Pause", message)

    assert [read(one) for one in desk.private("ada")] == [f"Number {n}." for n in range(7)]
    assert len(desk.slack.calls("chat.postEphemeral")) == 2


# -- failures -------------------------------------------------------------------------------------


async def test_a_service_that_fails_is_apologised_for_wherever_it_was_asked() -> None:
    async with open_desk(Broken) as desk:
        message = await desk.post(
            desk.button("Pause", Pause()), desk.button("Progress", ShowProgress())
        )
        await desk.presses("ada", "Pause", message)
        assert desk.read("ada") == word("went_wrong")
        await desk.presses("ben", "Progress", message)
        assert word("went_wrong") in read(desk.window("ben"))


async def test_a_failure_after_a_form_was_sent_is_said_in_its_window() -> None:
    async with open_desk(Broken) as desk:
        await with_form(desk)
        desk.answers()
        sent = await desk.submits("ada", "2")

        assert sent.action == "update"
        assert word("went_wrong") in read(desk.window("ada"))
