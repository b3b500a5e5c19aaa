"""The port's verbs in Slack: what is posted, changed and looked at, and what stands in the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.port import (
    Address,
    Ambiguous,
    CannotConnect,
    Facts,
    PostRef,
    TryLater,
    Unreachable,
    mark_of,
)
from adapters.slack import messenger
from adapters.slack.installations import Installed, OneWorkspace, key_of, space_of
from adapters.slack.messages import metadata
from adapters.slack.messenger import SlackAdapter
from adapters.slack.vault import Kept, Vault
from adapters.slack.words import RIGHTS
from lessons.posts import OpenThread, Pin
from tests.rigs.host import KeptHost
from tests.rigs.loopback_slack import LoopbackSlack, loopback_slack, until
from tests.rigs.loopback_slack_faults import Fault
from tests.rigs.loopback_slack_world import BASIC, READING
from tests.rigs.slack_line import Bench, NoLine, curve, open_bench, part

KEY = Fernet.generate_key().decode()
SINCE = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as bench:
        yield bench


def member(bench: Bench, name: str) -> Address:
    return Address(bench.at.space, "", member=name)


# -- posts ----------------------------------------------------------------------------------------


async def test_a_post_carries_its_key_and_its_reference_says_where_it_is(bench: Bench) -> None:
    ref = await bench.adapter.send(bench.at, part(), "key-1")

    (message,) = bench.slack.messages(bench.study)
    assert message.metadata == metadata(mark_of("key-1"))
    assert ref == PostRef(bench.at, f"{mark_of('key-1')}.{message.ts}")


async def test_an_edit_keeps_the_key_and_the_pictures_which_are_not_sent_again(
    bench: Bench,
) -> None:
    drawn = curve(bench.host)
    ref = await bench.adapter.send(bench.at, drawn, "key-1")
    (before,) = [one for one in bench.slack.messages(bench.study)[0].blocks if "slack_file" in one]

    await bench.adapter.edit(ref, drawn)

    (message,) = bench.slack.messages(bench.study)
    assert message.edited
    assert message.metadata == metadata(mark_of("key-1"))
    (after,) = [one for one in message.blocks if "slack_file" in one]
    assert after["slack_file"] == before["slack_file"]
    assert len(bench.slack.files) == 1
    assert await bench.adapter.find(bench.at, "key-1", SINCE) == ref


async def test_pictures_are_known_again_after_a_restart(bench: Bench) -> None:
    ref = await bench.adapter.send(bench.at, curve(bench.host), "key-1")
    again = SlackAdapter(
        OneWorkspace(bench.slack.token(bench.team)), NoLine(), api=bench.slack.api, pace_s=0
    )
    await again.open(bench.host)

    await again.edit(ref, curve(bench.host))

    assert len(bench.slack.files) == 1
    await again.close()


async def test_a_thread_begins_with_its_first_answer(bench: Bench) -> None:
    post = await bench.adapter.send(bench.at, part(), "key-1")
    (message,) = bench.slack.messages(bench.study)

    thread = await bench.adapter.do(OpenThread("talk"), post, "key-2")
    again = await bench.adapter.do(OpenThread("talk"), post, "key-2")

    assert thread == again
    assert thread is not None
    assert thread.address.thread == message.ts
    assert await bench.adapter.find(bench.at, "key-2", SINCE) == thread
    card = await bench.adapter.send(thread.address, part("A card."), "key-3")
    assert [one.words for one in bench.slack.thread(message)] == ["A card."]
    await bench.adapter.edit(card, part("A better card."))
    assert [one.words for one in bench.slack.thread(message)] == ["A better card."]


async def test_a_thread_below_a_message_that_was_deleted_is_none(bench: Bench) -> None:
    post = await bench.adapter.send(bench.at, part(), "key-1")
    bench.slack.messages(bench.study)[0].deleted = True

    with pytest.raises(Unreachable) as refused:
        await bench.adapter.do(OpenThread("talk"), post, "key-2")
    assert refused.value.gone
    with pytest.raises(Unreachable) as refused:
        await bench.adapter.edit(post, part("Other."))
    assert refused.value.gone


async def test_what_is_pinned_stays_pinned(bench: Bench) -> None:
    bench.slack.scopes(bench.team, *BASIC, "pins:write")
    post = await bench.adapter.send(bench.at, part(), "key-1")

    assert await bench.adapter.do(Pin(), post, "key-2") is None
    assert await bench.adapter.do(Pin(), post, "key-2") is None

    assert bench.slack.messages(bench.study)[0].pinned


async def test_a_pin_without_its_scope_says_which(bench: Bench) -> None:
    post = await bench.adapter.send(bench.at, part(), "key-1")

    with pytest.raises(Unreachable, match="pins:write"):
        await bench.adapter.do(Pin(), post, "key-2")


async def test_a_letter_goes_to_one_persons_inbox_which_is_asked_for_once(bench: Bench) -> None:
    to = Address(bench.at.space, bench.study, member=bench.ada)
    ref = await bench.adapter.send(to, part(), "key-1")
    await bench.adapter.send(to, part("Again."), "key-2")
    await bench.adapter.edit(ref, part("Guess now."))

    inbox = bench.slack.messages(bench.slack.dm(bench.ada))
    assert [one.words for one in inbox] == ["Guess now.", "Again."]
    assert bench.there() == []
    assert len(bench.slack.calls("conversations.open")) == 1


@pytest.mark.parametrize("error", ["is_archived", "is_inactive", "channel_not_found"])
async def test_the_inbox_of_somebody_who_left_is_closed_and_lacks_no_right(
    bench: Bench, error: str
) -> None:
    bench.slack.plan.faults.append(Fault("error", r"chat\.postMessage", error=error))
    with pytest.raises(Unreachable) as closed:
        await bench.adapter.send(member(bench, bench.ada), part(), "key-1")
    assert (closed.value.missing, closed.value.gone) == ("", False)


@pytest.mark.parametrize(("group", "called"), [("S0GROUP1", 1), ("not a group", 0), ("U0ADA11", 0)])
async def test_only_a_real_group_is_called(bench: Bench, group: str, called: int) -> None:
    message = await bench.posted(part("Week 1", ping=group))

    assert len(message.pings) == called
    assert all(group in ping for ping in message.pings)


@pytest.mark.parametrize("words", ["<!channel> <!here>", "<@U0ADA> @here", "<!subteam^S1|x>"])
async def test_words_call_nobody(bench: Bench, words: str) -> None:
    message = await bench.posted(part(words))

    assert message.pings == []
    assert message.words.strip() == words


# -- where it can't go ----------------------------------------------------------------------------


async def test_a_channel_that_was_deleted_is_gone_for_good(bench: Bench) -> None:
    ref = await bench.adapter.send(bench.at, part(), "key-1")
    await bench.adapter.channel_deleted(bench.team, bench.study)

    assert bench.host.gone == [bench.at]
    before = len(bench.slack.log)
    for trying in (
        bench.adapter.send(bench.at, part(), "key-2"),
        bench.adapter.edit(ref, part("Other.")),
        bench.adapter.do(OpenThread("talk"), ref, "key-3"),
        bench.adapter.find(bench.at, "key-2", SINCE),
    ):
        with pytest.raises(Unreachable) as refused:
            await trying
        assert refused.value.gone
    assert not (await bench.adapter.look(bench.at)).exists
    assert len(bench.slack.log) == before


@pytest.mark.parametrize(
    "odd", ["attic", "", "D0INBOX1", "C0LB1 <!here>", "c0lb1", "../../chat", "C" * 40]
)
async def test_a_channel_that_is_none_is_not_asked_for(bench: Bench, odd: str) -> None:
    at = Address(bench.at.space, odd)
    before = len(bench.slack.log)

    with pytest.raises(Unreachable) as refused:
        await bench.adapter.send(at, part(), "key-1")

    assert refused.value.gone
    assert await bench.adapter.look(at) == Facts(False, odd)
    assert not (await bench.adapter.look(member(bench, odd or "?"))).exists
    assert len(bench.slack.log) == before


@pytest.mark.parametrize("odd", ["", "no-dot", "mark."])
async def test_a_reference_that_is_none_of_ours_is_gone(bench: Bench, odd: str) -> None:
    with pytest.raises(Unreachable) as refused:
        await bench.adapter.edit(PostRef(bench.at, odd), part())
    assert refused.value.gone


async def test_a_workspace_that_the_app_is_not_in_is_not_written_to(bench: Bench) -> None:
    with pytest.raises(Unreachable) as refused:
        await bench.adapter.send(Address("slack:T0OTHER", bench.study), part(), "key-1")
    assert refused.value.missing == RIGHTS["installed"]


async def test_a_token_that_was_revoked_says_who_can_help(bench: Bench) -> None:
    bench.slack.revoke(bench.team)

    for trying in (
        bench.adapter.send(bench.at, part(), "key-1"),
        bench.adapter.find(bench.at, "key-1", SINCE),
        bench.adapter.look(member(bench, bench.ada)),
        bench.adapter.send(member(bench, bench.ada), part(), "key-2"),
    ):
        with pytest.raises(Unreachable, match="a workspace admin can install me again"):
            await trying
    assert (await bench.adapter.look(bench.at)).missing == (RIGHTS["installed"],)


async def test_a_token_that_is_refused_at_the_start_says_what_to_do() -> None:
    async with loopback_slack() as slack:
        slack.team("Study circle")
        adapter = SlackAdapter(OneWorkspace("xoxb-wrong"), NoLine(), api=slack.api)
        with pytest.raises(CannotConnect, match="STUDYHALL_SLACK_BOT_TOKEN"):
            await adapter.open(KeptHost())
        await adapter.close()
        await adapter.close()


async def test_where_the_app_was_removed_its_token_is_forgotten_and_the_service_told(
    bench: Bench,
) -> None:
    await bench.adapter.send(member(bench, bench.ada), curve(bench.host), "key-1")
    await bench.adapter.look(member(bench, bench.ada))

    await bench.adapter.removed_from(bench.team)

    assert bench.host.gone == [bench.at.space]
    assert (bench.adapter._inboxes, bench.adapter._people) == ({}, {})
    assert bench.adapter.pictures._kept == {}
    before = len(bench.slack.log)
    with pytest.raises(Unreachable) as refused:
        await bench.adapter.send(bench.at, part(), "key-2")
    assert refused.value.missing == RIGHTS["installed"]
    assert len(bench.slack.log) == before
    await bench.adapter.tell_workspaces()
    assert bench.host.here[-1] == ()


async def test_news_of_a_removal_that_come_late_do_not_end_the_installation_that_followed(
    bench: Bench,
) -> None:
    now = bench.adapter.clock().timestamp()
    await bench.adapter.told_removed(bench.team, now - 290)
    assert bench.host.gone == [], "its token is good, so it was installed again since"
    await bench.adapter.send(bench.at, part(), "key-1")

    bench.slack.revoke(bench.team)
    await bench.adapter.told_removed(bench.team, now - 290)
    assert bench.host.gone == [bench.at.space]


@pytest.mark.parametrize("ago", [None, 1.0])
async def test_news_of_a_removal_are_believed_at_once(bench: Bench, ago: float | None) -> None:
    at = None if ago is None else bench.adapter.clock().timestamp() - ago
    await bench.adapter.told_removed(bench.team, at)
    assert bench.host.gone == [bench.at.space]


@pytest.mark.parametrize("trouble", ["account_inactive", "token_revoked"])
async def test_a_removal_that_nobody_told_of_is_found_out(trouble: str) -> None:
    """Slack tells of it for some minutes; the process may have stood still for longer."""
    async with loopback_slack() as slack:
        slack.rotation = True
        here, gone = slack.team("Study circle"), slack.team("Another circle")
        workspaces = Installed(slack.client_id, slack.client_secret, (KEY,))
        adapter, host = SlackAdapter(workspaces, NoLine(), api=slack.api), KeptHost()
        await workspaces.open(host.shelf("slack"), adapter.wire.client)
        for team in (here, gone):
            kept = Kept(team, slack.token(team), slack.teams[team].bot_user)
            await workspaces.keep(kept)
        slack.revoke(gone, trouble)

        await adapter.open(host)
        await until(lambda: bool(host.here))

        assert host.here == [(space_of(here),)]
        assert host.gone == [space_of(gone)]
        assert list(await host.shelf("slack").all("installation:")) == [key_of(here)]
        await adapter.close()


@pytest.mark.parametrize("what", ["invalid_auth", "internal_error"])
async def test_a_workspace_is_not_left_for_a_passing_trouble(bench: Bench, what: str) -> None:
    bench.slack.plan.faults.append(Fault("error", r"auth\.test", error=what, times=9))
    await bench.adapter._leave_where_removed()
    assert bench.host.gone == []


async def test_what_comes_in_is_acknowledged_while_a_token_is_being_renewed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a night off it has ended; Slack waits three seconds, a renewal may take longer."""
    monkeypatch.setattr(messenger, "FINISH_S", 0.1)
    async with with_tokens(left_s=-1) as (slack, team, adapter, _):
        slack.plan.faults.append(Fault("slow", r"oauth\.v2\.access", after_s=30, times=9))
        opened = {"type": "app_home_opened", "user": "U1", "tab": "home"}
        body = {"type": "event_callback", "team_id": team, "event_id": "Ev1", "event": opened}
        asked = AsyncBoltRequest(body=body, mode="socket_mode")

        told = await asyncio.wait_for(adapter.bolt.async_dispatch(asked), 20)

        assert told.status == 200


async def test_a_token_that_is_renewed_at_the_very_end_is_kept() -> None:
    """Slack gives it once: were it lost, the workspace would have to install the app again."""
    async with with_tokens(left_s=3_600) as (slack, team, adapter, host):
        old = slack.token(team)
        slack.plan.faults.append(Fault("slow", r"oauth\.v2\.access", after_s=1.0))

        async def answering() -> None:
            await asyncio.sleep(0.1)
            await adapter.workspaces.token(team)

        adapter.intake.begin(answering(), "an answer")
        await adapter.close()

        sealed = (await host.shelf("slack").all("installation:"))[key_of(team)]
        assert Vault([KEY]).opened(team, sealed).token not in ("", old)


@asynccontextmanager
async def with_tokens(
    left_s: int,
) -> AsyncIterator[tuple[LoopbackSlack, str, SlackAdapter, KeptHost]]:
    """The adapter of a workspace whose token ends in so many seconds."""
    async with loopback_slack() as slack:
        slack.rotation = True
        team = slack.team("Study circle")
        workspaces = Installed(slack.client_id, slack.client_secret, (KEY,))
        adapter, host = SlackAdapter(workspaces, NoLine(), api=slack.api), KeptHost()
        await workspaces.open(host.shelf("slack"), adapter.wire.client)
        ends_at = int(datetime.now(UTC).timestamp()) + left_s
        bot = slack.teams[team].bot_user
        token = slack.token(team)
        refresh = slack.grants[token].refresh
        await workspaces.keep(Kept(team, token, bot, refresh=refresh, ends_at=ends_at))
        await adapter.open(host)
        yield slack, team, adapter, host
        await adapter.close()


# -- looking at a channel -------------------------------------------------------------------------


async def test_a_channel_is_known_by_name_and_by_what_is_missing_there(bench: Bench) -> None:
    assert await bench.adapter.look(bench.at) == Facts(True, "study")

    outside = bench.slack.channel(bench.team, "books", joined=False)
    there = Address(bench.at.space, outside)
    assert await bench.adapter.look(there) == Facts(True, "books", (RIGHTS["member"],))
    bench.slack.channels[outside].archived = True
    assert (await bench.adapter.look(there)).missing == (RIGHTS["archived"],)


async def test_a_private_channel_without_its_scope_is_left_to_the_first_post(bench: Bench) -> None:
    hidden = Address(bench.at.space, bench.slack.channel(bench.team, "books", private=True))
    assert await bench.adapter.look(hidden) == Facts(True, hidden.channel)

    bench.slack.scopes(bench.team, *BASIC, *READING, "groups:read")
    assert await bench.adapter.look(hidden) == Facts(True, "books")
    outside = bench.slack.channel(bench.team, "notes", private=True, joined=False)
    told = await bench.adapter.look(Address(bench.at.space, outside))
    assert told == Facts(True, outside, (RIGHTS["member"],))


async def test_without_any_scope_to_look_a_channel_is_left_to_the_first_post() -> None:
    async with open_bench(scopes=BASIC) as bench:
        assert await bench.adapter.look(bench.at) == Facts(True, bench.study)


# -- looking at people ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "moderates", "may_start"),
    [
        ({}, False, True),
        ({"is_admin": True}, True, True),
        ({"is_owner": True}, True, True),
        ({"is_restricted": True}, False, False),
        ({"is_restricted": True, "is_admin": True}, False, False),
    ],
)
async def test_who_moderates_and_who_may_start(
    bench: Bench, facts: dict[str, Any], moderates: bool, may_start: bool
) -> None:
    for name, value in facts.items():
        setattr(bench.slack.users[bench.ada], name, value)

    seen = await bench.adapter.look(member(bench, bench.ada))

    assert seen == Facts(
        True, "ada", zone="Europe/Berlin", moderates=moderates, may_start=may_start
    )


@pytest.mark.parametrize("what", ["deleted", "is_bot"])
async def test_a_stranger_a_bot_and_who_left_do_neither(bench: Bench, what: str) -> None:
    ben = bench.slack.user(bench.team, "ben", is_admin=True)
    setattr(bench.slack.users[ben], what, True)
    gone = await bench.adapter.look(member(bench, ben))
    assert (gone.exists, gone.moderates, gone.may_start) == (False, False, False)

    other = bench.slack.user(bench.slack.team("Another circle"), "cleo", is_admin=True)
    assert await bench.adapter.look(member(bench, other)) == Facts(False, other)


async def test_what_is_known_of_somebody_is_believed_for_five_minutes(bench: Bench) -> None:
    at = member(bench, bench.ada)
    await bench.adapter.look(at)
    bench.slack.users[bench.ada].is_admin = True
    assert not (await bench.adapter.look(at)).moderates
    assert len(bench.slack.calls("users.info")) == 1

    until, known = bench.adapter._people[bench.team, bench.ada]
    bench.adapter._people[bench.team, bench.ada] = (until - messenger.KNOWN_S, known)
    assert (await bench.adapter.look(at)).moderates


@pytest.mark.parametrize("what", ["429", "500", "garbage"])
async def test_what_was_known_is_better_than_nothing_while_slack_has_trouble(
    bench: Bench, what: Any
) -> None:
    at = member(bench, bench.ada)
    known = await bench.adapter.look(at)
    bench.adapter._people[bench.team, bench.ada] = (0.0, known)
    fault = Fault(what, method=r"users\.info", after_s=60, times=2)
    bench.slack.plan.faults.append(fault)

    assert await bench.adapter.look(at) == known
    ben = bench.slack.user(bench.team, "ben")
    with pytest.raises((TryLater, Ambiguous)):
        await bench.adapter.look(member(bench, ben))


async def test_of_people_and_inboxes_no_more_are_kept_than_a_measure(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messenger, "MOST_KNOWN", 3)
    for number in range(8):
        at = member(bench, bench.slack.user(bench.team, f"p{number}"))
        await bench.adapter.look(at)
        await bench.adapter.send(at, part(), f"key-{number}")

    assert len(bench.adapter._people) <= 3
    assert len(bench.adapter._inboxes) <= 3
