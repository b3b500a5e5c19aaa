"""The local Slack and its door, proved with a small app on the real slack-bolt, both ways in.

Knows nothing of the project's adapter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.rigs.browser import free_port
from tests.rigs.local_slack import APP_TOKEN, BOT_TOKEN, STUDY, LocalSlack, Transport, open_slack
from tests.rigs.slack_echo import Echo
from tests.rigs.slack_sight import labels, words

pytestmark = pytest.mark.isolated


class Town:
    """A Slack with the small app in it."""

    def __init__(self, slack: LocalSlack, app: Echo) -> None:
        self.slack = slack
        self.app = app

    async def start(self) -> None:
        await self.app.start(self.slack.api, BOT_TOKEN, APP_TOKEN)


@pytest.fixture(params=["socket", "http"])
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    transport: Transport = request.param
    port = free_port()
    address = f"http://127.0.0.1:{port}/slack/events" if transport == "http" else None
    zones = {"ada": "Asia/Tokyo"}
    async with open_slack(tmp_path, transport=transport, app=address, zones=zones) as slack:
        town = Town(slack, Echo(transport, port))
        await town.start()
        yield town
        await town.app.stop()


async def test_a_command_is_answered_in_private(town: Town) -> None:
    answer = await town.slack.command("ada", "/study help me")

    assert (answer.acknowledged, answer.asked["text"]) == (True, "help me")
    said = (await town.slack.private("ada"))[-1]
    assert words(said.blocks) == "You said help me\n[Ask]\n[Again]"
    assert await town.slack.private("ben") == await town.slack.posts() == []


async def test_a_post_is_seen_by_all_and_a_vote_changes_it(town: Town) -> None:
    await town.slack.command("mia", "/study post")
    (post,) = await town.slack.posts()
    await town.slack.press("ada", "It halves", post)

    (changed,) = await town.slack.posts()
    assert (changed.ts, words(changed.blocks)) == (post.ts, "1 vote, of ada")


async def test_a_press_on_a_private_message_says_so_and_the_answer_takes_its_place(
    town: Town,
) -> None:
    await town.slack.command("ada", "/study help")
    await town.slack.press("ada", "Again", (await town.slack.private("ada"))[-1])

    (said,) = await town.slack.private("ada")
    assert said.text == "Private: True, message: False"


async def test_a_modal_is_opened_filled_in_wrongly_and_then_rightly(town: Town) -> None:
    await town.slack.command("mia", "/study post")
    (post,) = await town.slack.posts()
    await town.slack.press("ada", "Ask", post)
    modal = town.slack.modal("ada")
    assert modal is not None
    assert (modal.title, town.slack.modal("ben")) == ("A question", None)

    wrong = await town.slack.submit("ada", {"loss": "abc"})
    assert wrong.errors == {"loss": "I need a number, like 1.95."}

    right = await town.slack.submit("ada", {"loss": "1.95", "how": "Certain"})
    assert right.view is not None
    assert (right.view.id, words(right.view.blocks)) == (modal.id, "1.95, sure: C")


async def test_a_modal_closes_when_it_was_answered_and_with_the_cross(town: Town) -> None:
    await town.slack.shortcut("ada", "ask")
    done = await town.slack.submit("ada", {"loss": "bye"})
    assert (done.view, town.slack.modal("ada")) == (None, None)

    await town.slack.shortcut("ada", "ask")
    await town.slack.close_modal("ada")
    assert town.slack.modal("ada") is None


async def test_a_button_in_a_modal_knows_the_view_and_what_was_typed(town: Town) -> None:
    await town.slack.shortcut("ada", "ask")
    before = town.slack.modal("ada")
    assert before is not None
    await town.slack.press("ada", "Hint", before, loss="1.9")

    after = town.slack.modal("ada")
    assert after is not None
    assert after.id == before.id
    assert words(after.blocks).startswith("Typed so far: 1.9")


async def test_a_view_that_is_gone_or_older_is_not_updated(town: Town) -> None:
    await town.slack.shortcut("ada", "ask")
    old = town.slack.modal("ada")
    assert old is not None
    await town.slack.press("ada", "Hint", old, loss="1")
    await town.slack.press("ada", "Hint", old, loss="2")
    await town.slack.close_modal("ada")
    await town.slack.press("ada", "Hint", old, loss="3")

    updates = [one.answer for one in town.slack.door.sent if one.method == "views.update"]
    assert [told.get("error") for told in updates] == [None, "hash_conflict", "not_found"]


async def test_home_knows_the_person_and_its_button_opens_a_modal(town: Town) -> None:
    await town.slack.open_home("ada")
    home = await town.slack.until(lambda: town.slack.home("ada"), "Ada's Home")
    assert words(home.blocks).startswith("Zone Asia/Tokyo, admin: False")
    assert labels(home.blocks) == ["Ask"]

    await town.slack.press("ada", "Ask", home)
    assert town.slack.modal("ada") is not None


async def test_a_select_asks_the_app_what_it_offers(town: Town) -> None:
    (one,) = await town.slack.suggestions("ada", "series", "eye")
    assert one["text"]["text"] == "eye!"


async def test_a_picture_is_uploaded_and_shown_by_its_file(town: Town) -> None:
    client = AsyncWebClient(BOT_TOKEN, base_url=town.slack.api)
    told = await client.files_upload_v2(content=b"\x89PNG", filename="a.png", alt_txt="A curve")
    picture = {"type": "image", "slack_file": {"id": told["file"]["id"]}, "alt_text": "A curve"}
    await client.chat_postMessage(
        channel=STUDY, text="A curve", blocks=[picture], unfurl_links=False, unfurl_media=False
    )

    (post,) = await town.slack.posts()
    assert words(post.blocks) == "(A curve)"


async def test_another_app_takes_over_in_the_middle(town: Town) -> None:
    await town.slack.command("mia", "/study post")
    await town.app.stop()
    town.app = Echo(town.app.transport, town.app.port)
    await town.start()

    (post,) = await town.slack.posts()
    await town.slack.press("ada", "Ask", post)
    assert town.slack.modal("ada") is not None


async def test_nobody_there_is_an_error_of_the_test(town: Town) -> None:
    await town.app.stop()
    with pytest.raises(AssertionError, match="nothing reached it"):
        await town.slack.command("ada", "/study help")
    town.slack.door.complaints.clear()


async def test_all_that_passes_is_kept_and_held_against_the_limits(town: Town) -> None:
    slack = town.slack
    await slack.command("mia", "/study post")

    assert [one.method for one in slack.door.sent if one.method.startswith("chat.")] == [
        "chat.postMessage"
    ]
    assert slack.door.worst.seen["label of a button"] == len("It halves")
    assert any(one["summary"] == "chat.postMessage" for one in await slack.log())
    assert slack.door.complaints == []

    await slack.message("ada", "hello")
    assert [one.text for one in await slack.posts()] == ["Week 1", "hello"]
    await slack.reset()
    assert await slack.messages(STUDY) == []
