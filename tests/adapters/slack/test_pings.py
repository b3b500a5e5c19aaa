"""Nothing that a series, a name or an answer says calls anybody, and all of it stays readable."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.rigs import every_kind
from tests.rigs.slack_hall import CHAPTER, Town, open_town
from tests.rigs.slack_people import read

NASTY = r"\<!channel> \<@U0LB0000005> @here & b"


@pytest.fixture
async def nasty(tmp_path: Path) -> AsyncIterator[Town]:
    """A series whose every title, text and option would call somebody if it could."""
    place = every_kind.write(tmp_path)
    quoted = NASTY.replace("\\", "\\\\")
    for path, swaps in {
        "series.toml": ("Every kind of thing", "A series in which"),
        "01-all-of-it.md": ("All of it", "Which comes first?", "The second"),
    }.items():
        text = (place / path).read_text("utf-8")
        for old in swaps:
            text = text.replace(f'"{old}', f'"{quoted} {old}')
        (place / path).write_text(text, "utf-8")
    async with open_town(tmp_path / "home", (str(place),)) as town:
        for person in ("mia", "ada"):
            town.slack.users[town.people[person]].real_name = NASTY
        yield town


async def test_titles_texts_and_options_call_nobody_and_can_be_read(nasty: Town) -> None:
    town = nasty
    await town.starts("every-kind")
    await town.until(CHAPTER)
    post = town.post_with("Week 1 ·")
    everything = [*town.posted(), *town.thread(post)]
    assert [one.pings for one in everything] == [[]] * len(everything)
    assert f"{NASTY} All of it" in read(post)
    assert f"{NASTY} Every kind of thing" in town.channel_words()[0]
    option = f"{NASTY} The second"
    assert option in post.labels
    for message in everything:
        assert "<!channel>" not in message.text
        assert "<@U0LB0000005>" not in message.text
    assert r"\&lt;!channel&gt; \&lt;@U0LB0000005&gt; @here &amp; b" in post.text

    await town.presses("ada", option, post)
    await town.presses("ada", "My challenges", post)
    whispers = town.private("ada")
    assert [one.pings for one in whispers] == [[]] * len(whispers)
    assert f'Locked in: "{NASTY} The second"' in read(whispers[-1])


async def test_what_is_typed_and_answered_calls_nobody(town: Town) -> None:
    await town.starts()
    await town.until(CHAPTER)
    await town.says("ada", "/study <!channel> <@U0LB0000005> & @here")
    assert "<!channel>" in town.read("ada")
    await town.presses("ada", "My challenges")
    sent = await town.submits("ada", "<!channel> & @here")
    (said,) = sent.errors.values()
    assert "<!channel> & @here" in said

    told = [*town.private("ada"), *town.posted()]
    assert [one.pings for one in told] == [[]] * len(told)
