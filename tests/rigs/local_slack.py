"""A Slack on this machine: people type, press, choose and fill in modals; the app is a real one.

local-slack 0.1.8 (npm, STUDYHALL_LOCAL_SLACK names it) keeps channels, messages, modals and Homes;
local_slack_door.py stands before it and makes right what it does unlike Slack. It has: commands,
presses and choices in messages, private messages, modals and Home, suggestions, a global shortcut,
modals with errors, updates and pushes, response URLs, threads, uploads, messages to one person.
It has not: metadata, pages of history, OAuth, scopes, rate limits, membership, archived channels,
trigger ids and response URLs that run out, several people with an open modal at once.

Invariant: it runs in a network of its own, because local-slack binds every interface; and only the
process that was started here is ended here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import aiohttp

from tests.rigs.browser import free_port
from tests.rigs.isolated import alone
from tests.rigs.lacking import lacking
from tests.rigs.local_slack_disguises import (
    APP,
    BOT,
    TEAM,
    TOLD,
    happened,
    in_a_message,
    in_a_view,
    interactive,
    new_token,
    submitted,
    user_id,
)
from tests.rigs.local_slack_door import SIGN, Answer, Completed, Door
from tests.rigs.slack_sight import (
    SEVERAL,
    Body,
    Message,
    View,
    elements,
    filled,
    named,
    state,
    words,
)

Transport = Literal["socket", "http"]
STUDY = "C0STUDY"
BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-hall", "xapp-hall", "a-signing-secret"
PEOPLE = ("mia", "ada", "ben", "cid", "dan", "eve")
WITHIN_S = 20.0
INSIDE = Path("node_modules/local-slack-linux-x64/bin/local-slack")


def binary() -> Path:
    """The server: what STUDYHALL_LOCAL_SLACK names, or in node_modules of the folder it names."""
    told = Path(os.environ.get("STUDYHALL_LOCAL_SLACK") or "nowhere")
    found = next((place for place in (told, told / INSIDE) if place.is_file()), None)
    if found is None:
        lacking(
            "STUDYHALL_LOCAL_SLACK does not name local-slack, or the folder it was installed in; "
            "npm install --ignore-scripts local-slack-linux-x64@0.1.8 brings it"
        )
    return found


@dataclass(frozen=True)
class Submitted:
    """What became of a modal: what was wrong in which block, or the view that is open now."""

    answer: Answer
    errors: Mapping[str, str]
    view: View | None


@dataclass
class LocalSlack:
    """`zones` by name; `admins` are names. `app` is where the app takes HTTP."""

    folder: Path
    transport: Transport = "socket"
    app: str | None = None
    admins: Sequence[str] = ("mia",)
    zones: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    door: Door = field(init=False)
    _process: asyncio.subprocess.Process | None = None
    _ui: aiohttp.ClientWebSocketResponse | None = None
    _reading: asyncio.Task[None] | None = None
    _events: asyncio.Queue[Body] = field(default_factory=asyncio.Queue)
    _homes: dict[str, Body] = field(default_factory=dict)

    def __post_init__(self) -> None:
        people = {user_id(name): self._person(name) for name in PEOPLE}
        self.door = Door(SECRET, people, self.app)

    # -- life -------------------------------------------------------------------------------------

    @property
    def api(self) -> str:
        """The base URL for the app's client."""
        return f"{self.door.base}/api/"

    def _person(self, name: str) -> Body:
        zone = self.zones.get(name, "Europe/Berlin")
        rights = {"is_admin": name in self.admins, "is_owner": False, "is_restricted": False}
        return {"tz": zone, "locale": "en-GB", **rights}

    async def start(self) -> None:
        """Returns when the server answers."""
        assert alone(), "local-slack binds every interface: mark the test as isolated"
        server = binary()
        await self.door.open()
        self.port = free_port()
        self.door.upstream = f"http://127.0.0.1:{self.port}"
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "workspace.json"
        config.write_text(json.dumps(self._workspace()), "utf-8")
        options = {"config": config, "port": self.port, "base-host": "127.0.0.1"}
        told = [str(w) for key, value in options.items() for w in (f"--{key}", value)]
        files = ("--files-dir", str(self.folder / "files"))
        with (self.folder / "server.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(server), *told, *files, stdout=log, stderr=log
            )
        await self.until(self._answers, "local-slack to answer")
        self._ui = await self.door.http.ws_connect(f"{self.door.upstream}/ui", max_msg_size=0)
        self._reading = asyncio.create_task(self._read(self._ui))

    def _workspace(self) -> Body:
        app = {
            "appId": APP,
            "botUserId": BOT,
            "botName": "studyhall",
            "botToken": BOT_TOKEN,
            "appToken": APP_TOKEN,
            "signingSecret": SECRET,
            "mode": "events" if self.transport == "http" else "socket",
        }
        if self.transport == "http":
            app["requestUrl"] = f"{self.door.base}/slack/events"
        members = [*map(user_id, PEOPLE), BOT]
        users = [{"id": user_id(name), "name": name, "real_name": name.title()} for name in PEOPLE]
        study = {"id": STUDY, "name": "study", "members": members}
        workspace = {"name": "Study circle", "domain": "study-circle", "teamId": TEAM}
        return {"workspace": workspace, "apps": [app], "users": users, "channels": [study]}

    async def _answers(self) -> bool:
        assert self._process is not None
        if self._process.returncode is not None:
            told = (self.folder / "server.log").read_text("utf-8", "replace")
            raise AssertionError(f"local-slack ended: {told}")
        with contextlib.suppress(aiohttp.ClientError):
            await self.state()
            return True
        return False

    async def stop(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._ui is not None:
            await self._ui.close()
        await self.door.close()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 5)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    # -- what people do ---------------------------------------------------------------------------

    async def command(self, who: str, line: str, channel: str = STUDY) -> Answer:
        """A slash command as it is typed: `command("mia", "/series start")`."""
        command, _, text = line.partition(" ")
        token = new_token()
        told = {"user": user_id(who), "channel": channel, "command": command}
        await self._control("command", told | {"text": f"{text}{SIGN}{token}"})
        return self._answer(token)

    async def press(self, who: str, label: str, on: Message | View, **typed: Any) -> Answer:
        """A button by its label. `typed` is what stands in the inputs beside it."""
        for block, element in elements(on.blocks):
            if element["type"] == "button" and element["text"]["text"] == label:
                return await self.interact(who, on, block, element, typed)
        raise AssertionError(f"nobody offers {who} {label!r}: {words(on.blocks)}")

    async def choose(
        self, who: str, action_id: str, *values: str, on: Message | View, **typed: Any
    ) -> Answer:
        """Something of a select, of radio buttons or of checkboxes, wherever they act at once."""
        for block, element in elements(on.blocks):
            if element["action_id"] == action_id:
                chosen = filled(element, values if element["type"] in SEVERAL else values[0])
                typed = {action_id: values if element["type"] in SEVERAL else values[0]} | typed
                return await self.interact(who, on, block, element | chosen, typed)
        raise AssertionError(f"there is no {action_id}: {words(on.blocks)}")

    async def interact(
        self,
        who: str,
        on: Message | View,
        block: Mapping[str, Any],
        element: Mapping[str, Any],
        typed: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Any element. `typed` is what stands in inputs beside it, by block_id or action_id."""
        token = new_token()
        action = {key: value for key, value in element.items() if key in TOLD or "selected" in key}
        action |= {"block_id": named(on.blocks, block), "action_ts": f"{time.time():.6f}"}
        values = state(on.blocks, typed or {})
        if isinstance(on, View):
            await self._carried(who, token, in_a_view(who, on.body, action, values))
        else:
            self.door.disguises[token] = in_a_message(action, values)
            told = {"channel": on.channel, "messageTs": on.ts, "user": user_id(who)}
            await self._control("interact", told | {"action": {"text": {"token": token}}})
        return self._answer(token)

    async def shortcut(self, who: str, callback_id: str) -> Answer:
        """A global shortcut."""
        token = new_token()
        told = {"type": "shortcut", "callback_id": callback_id}
        await self._carried(who, token, interactive(who, told))
        return self._answer(token)

    async def suggestions(self, who: str, action_id: str, typed: str) -> list[Body]:
        """What a select offers that asks the app."""
        token = new_token()
        told = {"type": "block_suggestion", "action_id": action_id, "value": typed}
        await self._carried(who, token, interactive(who, told))
        options: list[Body] = (self._answer(token).ack or {}).get("options", [])
        return options

    async def message(
        self, who: str, text: str, channel: str = STUDY, thread: str | None = None
    ) -> Message:
        told = {"channel": channel, "user": user_id(who), "text": text, "thread_ts": thread}
        said = await self._control("message", told)
        return Message(channel, said["message"])

    async def event(self, kind: str, **told: Any) -> Answer:
        """Something that Slack tells the app of, such as `event("app_uninstalled")`."""
        token = new_token()
        await self._carried(PEOPLE[0], token, happened({"type": kind, **told}))
        return self._answer(token)

    async def open_home(self, who: str) -> None:
        await self._control("open-home", {"user": user_id(who)})

    async def submit(self, who: str, typed: Mapping[str, Any]) -> Submitted:
        """Fill in the open modal, by block_id: a text, a value, or several values."""
        view = self.modal(who)
        assert view is not None, f"{who} has no modal open"
        values = state(view.blocks, typed)
        for block in view.blocks:
            if block["type"] == "input" and not block.get("optional"):
                given = values[named(view.blocks, block)][block["element"]["action_id"]]
                full = any(value for key, value in given.items() if key != "type")
                assert full, f"Slack lets nobody leave {block['label']['text']!r} empty"
        token = new_token()
        self.door.disguises[token] = submitted(values)
        while not self._events.empty():
            self._events.get_nowait()
        await self._say({"t": "view_submit", "user": f"{user_id(who)}{SIGN}{token}", "values": {}})
        await self.until(lambda: self._acknowledged(token), f"{who}'s modal to be acknowledged")
        answer = self.door.answers.pop(token)
        told = answer.ack if isinstance(answer.ack, dict) else {}
        action = told.get("response_action")
        if action == "errors":
            inputs = {b.get("block_id") for b in view.blocks if b["type"] == "input"}
            for strange in set(told["errors"]) - inputs:
                self.door.complaints.append(f"an error for {strange}, which is no input")
            return Submitted(answer, told["errors"], view)
        while True:
            event = await asyncio.wait_for(self._events.get(), WITHIN_S)
            if event["t"] == "view" and (action in ("update", "push") or not event["stack"]):
                break
        if action == "update":
            self.door.renamed(self.door.stack[-1]["id"], event["stack"][-1])
        elif action == "push":
            self.door.opened_by[event["stack"][-1]["id"]] = user_id(who)
        self.door.stack = event["stack"]
        return Submitted(answer, {}, self.modal(who))

    async def close_modal(self, who: str) -> None:
        """The cross in the corner; the app hears of it if the view says so."""
        assert self.modal(who) is not None, f"{who} has no modal open"
        self.door.stack = []
        await self._say({"t": "view_close", "user": user_id(who)})

    # -- what is seen -----------------------------------------------------------------------------

    async def messages(self, channel: str = STUDY) -> list[Message]:
        """The messages of a channel, the oldest first; also what one person alone sees."""
        told = await self._ask(f"messages/{channel}")
        return [Message(channel, one) for one in told["messages"]]

    async def private(self, who: str, channel: str = STUDY) -> list[Message]:
        """What that person alone saw there."""
        return [m for m in await self.messages(channel) if m.only_for == user_id(who)]

    async def posts(self, channel: str = STUDY) -> list[Message]:
        """What everybody sees there."""
        return [m for m in await self.messages(channel) if m.only_for is None]

    async def dm(self, who: str) -> list[Message]:
        """What the app wrote to that person directly."""
        for one in (await self.state())["channels"]:
            if one["is_im"] and user_id(who) in one["members"]:
                return await self.messages(one["id"])
        return []

    def modal(self, who: str) -> View | None:
        """The modal that person sees."""
        if not self.door.stack or self.door.owner(self.door.stack[-1]) != user_id(who):
            return None
        return View(self.door.with_shown_ids(self.door.stack[-1]))

    def home(self, who: str) -> View | None:
        body = self._homes.get(user_id(who))
        return None if body is None else View(body)

    async def state(self) -> Body:
        return await self._ask("state")

    async def log(self) -> list[Body]:
        """The last thousand things that passed."""
        told: list[Body] = (await self._ask("log"))["log"]
        return told

    async def reset(self) -> None:
        """No messages, no modals, no Homes, and nothing was sent."""
        await self._control("reset", {})
        self.door.sent.clear()
        self.door.stack.clear()
        self._homes.clear()

    async def until(self, what: Callable[[], Any], wanted: str) -> Any:
        """Wait until it is so; what it was then."""
        async with asyncio.timeout(WITHIN_S) as limit:
            while True:
                found = what()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return found
                try:
                    await asyncio.sleep(0.02)
                except asyncio.CancelledError:
                    if limit.expired():
                        raise AssertionError(f"waited in vain for {wanted}") from None
                    raise

    # -- how that is done -------------------------------------------------------------------------

    async def _carried(self, who: str, token: str, disguise: Callable[[Body], Completed]) -> None:
        """local-slack carries a command that becomes something else at the door."""
        self.door.disguises[token] = disguise
        told = {"user": user_id(who), "channel": STUDY, "command": "/carry"}
        await self._control("command", told | {"text": f"{SIGN}{token}"})

    def _answer(self, token: str) -> Answer:
        answer = self.door.answers.pop(token, None)
        assert answer is not None, "the app was not there: nothing reached it"
        if not answer.acknowledged:
            self.door.complaints.append(f"not acknowledged: {answer.asked}"[:300])
        return answer

    def _acknowledged(self, token: str) -> bool:
        return token in self.door.answers and self.door.answers[token].acknowledged

    async def _control(self, what: str, body: Body) -> Body:
        async with self.door.http.post(f"{self.door.upstream}/_control/{what}", json=body) as said:
            told: Body = await said.json()
        assert told.get("ok"), told
        return told

    async def _ask(self, what: str) -> Body:
        async with self.door.http.get(f"{self.door.upstream}/_control/{what}") as said:
            told: Body = await said.json()
        return told

    async def _say(self, body: Body) -> None:
        assert self._ui is not None
        await self._ui.send_json(body)

    async def _read(self, ui: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in ui:
            event = json.loads(frame.data)
            if event["t"] == "home":
                self._homes[event["user"]] = event["view"]
            elif event["t"] in ("view", "view_errors"):
                self._events.put_nowait(event)


@asynccontextmanager
async def open_slack(folder: Path, **options: Any) -> AsyncIterator[LocalSlack]:
    """A Slack for the length of a test, which fails if the app sent what Slack would not take."""
    slack = LocalSlack(folder, **options)
    try:
        await slack.start()
        yield slack
        complaints = sorted(set(slack.door.complaints))
        assert not complaints, "\n".join(complaints)
    finally:
        await slack.stop()
