"""A small app on the real slack-bolt, to prove a rig with: it says what it was asked.

Knows nothing of the project's adapter. Invariant: it keeps nothing, so that another one can take
over in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

Body = dict[str, Any]


def plain(text: str) -> Body:
    return {"type": "plain_text", "text": text, "emoji": False}


def button(label: str, action_id: str) -> Body:
    return {"type": "button", "text": plain(label), "action_id": action_id, "value": label}


def said(text: str, *buttons: Body) -> list[Body]:
    """A line, and a row of buttons."""
    row = [{"type": "actions", "block_id": "row", "elements": list(buttons)}] if buttons else []
    return [{"type": "section", "text": plain(text)}, *row]


def modal(title: str, blocks: list[Body], **more: Any) -> Body:
    view = {"type": "modal", "callback_id": "answer", "title": plain(title), "blocks": blocks}
    return view | more


def question() -> Body:
    number = {"type": "plain_text_input", "action_id": "number", "max_length": 40}
    sure = {
        "type": "static_select",
        "action_id": "sure",
        "options": [{"text": plain(text), "value": text[:1]} for text in ("Hunch", "Certain")],
    }
    inputs: list[Body] = [
        {"type": "input", "block_id": "loss", "label": plain("Which loss?"), "element": number},
        {
            "type": "input",
            "block_id": "how",
            "label": plain("How sure?"),
            "element": sure,
            "optional": True,
        },
    ]
    blocks = [*said("ln 7?", button("Hint", "hint")), *inputs]
    return modal("A question", blocks, submit=plain("Answer"))


def echo(api: str, token: str) -> AsyncApp:
    """The app; `api` is the base URL of the Web API."""
    app = AsyncApp(
        client=AsyncWebClient(token, base_url=api),
        process_before_response=True,
        request_verification_enabled=False,
    )

    @app.command("/study")
    async def study(ack: Any, command: Body, respond: Any, client: Any) -> None:
        await ack()
        if command["text"] == "post":
            await client.chat_postMessage(
                channel=command["channel_id"],
                text="Week 1",
                blocks=said("Does it halve?", button("It halves", "vote"), button("Ask", "open")),
                unfurl_links=False,
                unfurl_media=False,
            )
        else:
            text = f"You said {command['text']}"
            blocks = said(text, button("Ask", "open"), button("Again", "again"))
            await respond(text=text, blocks=blocks, response_type="ephemeral")

    @app.action("vote")
    async def vote(ack: Any, body: Body, client: Any) -> None:
        await ack()
        channel, ts = body["channel"]["id"], body["message"]["ts"]
        blocks = said(f"1 vote, of {body['user']['name']}")
        await client.chat_update(channel=channel, ts=ts, text="1 vote", blocks=blocks)

    @app.action("again")
    async def again(ack: Any, body: Body, respond: Any) -> None:
        await ack()
        where = body["container"]
        text = f"Private: {where['is_ephemeral']}, message: {'message' in body}"
        await respond(text=text, blocks=said(text), replace_original=True)

    @app.action("open")
    async def opened(ack: Any, body: Body, client: Any) -> None:
        await ack()
        view = await client.views_open(
            trigger_id=body["trigger_id"], view=modal("One moment", said("..."))
        )
        await client.views_update(view_id=view["view"]["id"], view=question())

    @app.shortcut("ask")
    async def asked(ack: Any, shortcut: Body, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=shortcut["trigger_id"], view=question())

    @app.action("hint")
    async def hint(ack: Any, body: Body, client: Any) -> None:
        await ack()
        typed = body["view"]["state"]["values"]["loss"]["number"]["value"]
        view = question()
        view["blocks"][0] = said(f"Typed so far: {typed}")[0]
        with suppress(SlackApiError):  # who closed it, or was quicker, gets nothing
            shown = body["view"]
            await client.views_update(view_id=shown["id"], hash=shown["hash"], view=view)

    @app.view("answer")
    async def answered(ack: Any, view: Body) -> None:
        values = view["state"]["values"]
        told = values["loss"]["number"]["value"]
        if told == "abc":
            await ack(response_action="errors", errors={"loss": "I need a number, like 1.95."})
        elif told == "bye":
            await ack()
        else:
            sure = (values["how"]["sure"]["selected_option"] or {}).get("value")
            await ack(response_action="update", view=modal("Result", said(f"{told}, sure: {sure}")))

    @app.event("app_home_opened")
    async def home(event: Body, client: Any) -> None:
        told = await client.users_info(user=event["user"])
        user = told["user"]
        text = f"Zone {user['tz']}, admin: {user['is_admin']}"
        view = {"type": "home", "blocks": said(text, button("Ask", "open"))}
        await client.views_publish(user_id=event["user"], view=view)

    @app.event("message")
    async def heard() -> None:
        """What no listener takes is not acknowledged."""

    @app.options("series")
    async def series(ack: Any, payload: Body) -> None:
        await ack(options=[{"text": plain(f"{payload['value']}!"), "value": "1"}])

    return app


class Echo:
    """The app, running: over Socket Mode, or over HTTP on a port of its own."""

    def __init__(self, transport: str, port: int = 0) -> None:
        self.transport = transport
        self.port = port
        self.handler: AsyncSocketModeHandler | None = None
        self.runner: web.AppRunner | None = None

    async def start(self, api: str, token: str, app_token: str) -> None:
        app = echo(api, token)
        if self.transport == "socket":
            self.handler = AsyncSocketModeHandler(app, app_token)
            await self.handler.connect_async()  # type: ignore[no-untyped-call]
            return

        async def posted(request: web.Request) -> web.Response:
            headers: dict[str, str | Sequence[str]] = dict(request.headers)
            asked = AsyncBoltRequest(body=(await request.read()).decode(), headers=headers)
            told = await app.async_dispatch(asked)
            sort = told.headers.get("content-type", ["text/plain"])[0].partition(";")[0]
            return web.Response(status=told.status, text=told.body, content_type=sort)

        room = web.Application()
        room.router.add_post("/slack/events", posted)
        self.runner = web.AppRunner(room)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self.handler is not None:
            await self.handler.close_async()  # type: ignore[no-untyped-call]
        if self.runner is not None:
            await self.runner.cleanup()
