"""What comes from Slack, through Bolt: acknowledged at once, then given to the intake.

Knows no transport. Invariant: what Slack may send twice is taken once.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from adapters.port import TryLater, Unreachable
from adapters.slack.controls import INPUT
from adapters.slack.manifest import CHANNEL_EVENTS, SHORTCUT
from adapters.slack.responder import At
from adapters.slack.views import Memory, saying
from adapters.slack.words import word

if TYPE_CHECKING:
    from adapters.slack.messenger import SlackAdapter

log = logging.getLogger(__name__)

COMMANDS: Final = re.compile(r"^/(study|series)$")
ANY: Final = re.compile("")

Ack: TypeAlias = Callable[..., Awaitable[Any]]
Body: TypeAlias = Mapping[str, Any]

MOST_SENT: Final = 500
"""So many forms' answers are kept, for when Slack sends a form a second time."""


def bolt_app(adapter: SlackAdapter) -> AsyncApp:
    """The app as Bolt knows it: the same for Socket Mode and for HTTP."""

    async def authorize(
        enterprise_id: str | None, team_id: str | None, user_id: str | None
    ) -> AuthorizeResult | None:
        team = team_id or ""
        try:
            # No token: Bolt sends nothing by itself, and one that is being renewed takes its time.
            bot_user = await adapter.workspaces.bot_user(team)
        except (Unreachable, TryLater) as failed:
            log.warning("something came from a workspace that I can't answer in: %s", failed)
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            user_id=user_id,
            bot_user_id=bot_user,
        )

    app = AsyncApp(
        name="studyhall",
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        # Who posts over HTTP is checked by the endpoint, before anything is read.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
        user_facing_authorize_error_message=word("no_way_in"),
        authorize=authorize,  # type: ignore[arg-type]  # None says that it is not installed
        client=adapter.wire.client(""),
    )
    listeners = _Listeners(adapter)
    app.action(ANY)(listeners.pressed)
    app.view(ANY)(listeners.submitted)
    app.command(COMMANDS)(listeners.typed)
    app.shortcut(SHORTCUT)(listeners.asked)
    app.event("app_home_opened")(listeners.home)
    app.event("app_uninstalled")(listeners.uninstalled)
    app.event("tokens_revoked")(listeners.revoked)
    for event in CHANNEL_EVENTS:
        app.event(event)(listeners.channel_gone)
    app.error(_failed)
    return app


async def _failed(error: Exception, body: Body) -> BoltResponse:
    """What can't be read, and what nobody listens to, is acknowledged all the same: Bolt would
    take that back with a 500 or a 404, and Slack would send it again and again."""
    if isinstance(error, BoltUnhandledRequestError):
        log.info("something came from Slack that nothing follows from: %s", body.get("type"))
    else:
        log.error("something from Slack could not be read", exc_info=error)
    if body.get("type") != "view_submission":
        return BoltResponse(status=200, body="")
    view = saying(word("went_wrong"), Memory())
    return BoltResponse(status=200, body={"response_action": "update", "view": view})


class _Listeners:
    """One for each thing that Slack sends."""

    def __init__(self, adapter: SlackAdapter) -> None:
        self._adapter = adapter
        self._intake = adapter.intake
        self._sent: OrderedDict[str, asyncio.Future[Any]] = OrderedDict()

    async def typed(self, ack: Ack, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        at = At(
            str(context.team_id),
            str(body["user_id"]),
            str(body["channel_id"]),
            hook=str(body.get("response_url", "")),
            trigger=str(body.get("trigger_id", "")),
        )
        if self._intake.first_time(f"typed {at.trigger}"):
            command = self._intake.command(at, str(body["command"]), str(body.get("text") or ""))
            self._intake.begin(command, at.trigger)

    async def pressed(self, ack: Ack, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        at, action = _at(body, context), body["actions"][0]
        name = str(action.get("action_id", ""))
        once = f"pressed {at.trigger} {action.get('action_ts', '')}"
        if name == INPUT or not self._intake.first_time(once):
            return
        pressed = self._intake.pressed(at, name, edits=at.private, view=body.get("view"))
        self._intake.begin(pressed, at.trigger)

    async def submitted(self, ack: Ack, body: Body, context: AsyncBoltContext) -> None:
        """What becomes of the window is said at once, and said again if it is sent again."""
        at, view = _at(body, context), body["view"]
        once = at.trigger or f"{view.get('id')} {view.get('hash')}"
        if once not in self._sent:
            sent = self._intake.submitted(at, view)
            self._sent[once] = asyncio.ensure_future(sent)
            if len(self._sent) > MOST_SENT:
                self._sent.popitem(last=False)
        await ack(**await asyncio.shield(self._sent[once]))

    async def asked(self, ack: Ack, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        at = _at(body, context)
        if self._intake.first_time(f"asked {at.trigger}"):
            self._intake.begin(self._intake.menu(at), at.trigger)

    async def home(self, ack: Ack, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        event = body["event"]
        if event.get("user") and event.get("tab", "home") == "home" and self._new(body):
            at = At(str(context.team_id), str(event["user"]))
            self._intake.begin(self._intake.home(at), str(body.get("event_id")))

    async def uninstalled(self, ack: Ack, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        if self._new(body):
            self._removed(body, context)

    async def revoked(self, ack: Ack, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        if (body["event"].get("tokens") or {}).get("bot") and self._new(body):
            self._removed(body, context)

    def _removed(self, body: Body, context: AsyncBoltContext) -> None:
        at = body.get("event_time")
        since = float(at) if isinstance(at, int) else None
        told = self._adapter.told_removed(str(context.team_id), since)
        self._intake.begin(told, str(body.get("event_id")))

    async def channel_gone(self, ack: Ack, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        channel = body["event"].get("channel")
        if channel and self._new(body):
            gone = self._adapter.channel_deleted(str(context.team_id), str(channel))
            self._intake.begin(gone, str(body.get("event_id")))

    def _new(self, body: Body) -> bool:
        return self._intake.first_time(f"event {body.get('event_id', '')}")


def _at(body: Body, context: AsyncBoltContext) -> At:
    container = body.get("container") or {}
    message = body.get("message") or {}
    channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    thread = str(container.get("thread_ts") or message.get("thread_ts") or "")
    if thread == container.get("message_ts"):
        thread = ""  # the message stands in the channel, and has answers
    return At(
        str(context.team_id),
        str(body["user"]["id"]),
        channel,
        thread=thread,
        hook=str(body.get("response_url") or ""),
        trigger=str(body.get("trigger_id") or ""),
        private=bool(container.get("is_ephemeral")) or channel.startswith("D"),
    )
