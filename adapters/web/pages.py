"""The page and its pieces as HTML: the channel, what only one person sees, the moderator's panel.

Knows no request and decides nothing. Invariant: a message of the channel looks the same to
everybody, so it is drawn once; what belongs to a person is drawn for that person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten

import htpy as h
from htpy import Element, Node

from adapters.local.transcript import Message, Said, Thread
from adapters.web import assets, commands, controls
from adapters.web.pane import Entry
from adapters.web.render import Drawing, one_line
from adapters.web.words import word
from lessons.document import Document, Heading, plain_inline
from lessons.posts import Part

SAID: int = 2_000
"""Characters that a person may write in a thread at once."""

SPOKEN: int = 60
"""Characters of the name that a screen reader says for an answer; the whole of it stands inside."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is looking at what. `base` is where this person's pages are; `token` proves a form."""

    person: str
    name: str
    moderator: bool
    channel: str
    base: str
    token: str

    @property
    def here(self) -> str:
        """The address of this channel for this person."""
        return f"{self.base}/{self.channel}"


@dataclass(frozen=True, slots=True)
class Hands:
    """What the clock of a try-out shows: where it stands and when the next slot comes."""

    now: datetime
    due: datetime | None
    zone: str


@dataclass(frozen=True, slots=True)
class View:
    """Everything that one page shows."""

    visit: Visit
    channels: Sequence[str]
    people: Mapping[str, str]
    moderators: frozenset[str]
    feed: Sequence[Node]
    earlier: bool
    entries: Sequence[Node]
    panel: Node
    hands: Hands | None
    version: str


# -- the whole page -------------------------------------------------------------------------------


def page(view: View, draw: Drawing) -> str:
    """The channel as one person sees it."""
    visit = view.visit
    body = [
        h.a(".skip", href="#newest")[word("skip_link")],
        h.a(".skip", href="#pane")[word("skip_pane")],
        h.form(id=controls.ACT, method="post", action=f"{visit.here}/act")[
            h.input(type="hidden", name="token", value=visit.token)
        ],
        _top(view, draw),
        h.main[_channel(view), _pane(view)],
        h.a(".to-pane", id="to-pane", href="#pane")[word("pane_open")],
    ]
    return document_page(
        word("title", channel=visit.channel),
        body,
        data_version=view.version,
        data_stream=f"{visit.here}/events",
        data_token=visit.token,
    )


def document_page(title: str, body: Node, script: str = "page.js", **attributes: str) -> str:
    """The whole HTML around a body, with what the script may say."""
    return str(
        h.html(lang="en")[
            h.head[
                h.meta(charset="utf-8"),
                h.meta(name="viewport", content="width=device-width, initial-scale=1"),
                h.meta(name="color-scheme", content="light dark"),
                h.title[one_line(title)],
                h.link(rel="icon", href=assets.address("icon.svg"), type="image/svg+xml"),
                h.link(rel="stylesheet", href=assets.address("page.css")),
                h.script(src=assets.address(script), defer=True) if script else None,
            ],
            h.body(
                {f"data-say-{key.replace('_', '-')}": word(key) for key in _SCRIPT_SAYS},
                **attributes,
            )[body],
        ]
    )


_SCRIPT_SAYS = ("live", "offline", "stale", "not_sent")


def _top(view: View, draw: Drawing) -> Element:
    visit = view.visit
    return h.header(".top")[
        h.p(".brand")[
            h.img(src=assets.address("icon.svg"), alt="", width=24, height=24), word("brand")
        ],
        h.nav(".channels", aria_label=word("channels"))[
            [
                h.a(
                    href=f"{visit.base}/{channel}",
                    aria_current="page" if channel == visit.channel else None,
                )[f"#{one_line(channel)}"]
                for channel in view.channels
            ]
        ],
        h.p(".state", id="state", role="status")[word("connecting")],
        _people(view) if view.hands is not None else _me(visit),
        clock(visit, view.hands, draw) if view.hands is not None else None,
    ]


def _me(visit: Visit) -> Element:
    return h.p(".me")[word("you_are", who=one_line(visit.name))]


def _people(view: View) -> Element:
    visit = view.visit
    return h.nav(".people", aria_label=word("people"))[
        [
            h.a(
                href=f"/as/{person}/{visit.channel}",
                aria_current="true" if person == visit.person else None,
            )[
                one_line(name),
                h.small[word("moderates")] if person in view.moderators else None,
            ]
            for person, name in view.people.items()
        ]
    ]


def clock(visit: Visit, hands: Hands, draw: Drawing) -> Element:
    """Where the clock stands, and the buttons that move it."""
    due = hands.due
    return h.form(
        ".clock", id="clock", method="post", action=f"{visit.here}/clock", title=word("clock_hint")
    )[
        h.input(type="hidden", name="token", value=visit.token),
        h.span(".now")[
            h.span(".hidden")[word("clock_is"), " "],
            draw.moment(_ms(hands.now), hands.zone, readers=True),
        ],
        h.button(".primary", name="move", value="next", disabled=due is None)[
            [word("clock_next"), h.small[draw.moment(_ms(due), hands.zone, readers=True)]]
            if due is not None
            else [word("clock_next"), h.small[word("clock_none")]]
        ],
        h.button(name="move", value="3600")[word("clock_hour")],
        h.button(name="move", value="86400")[word("clock_day")],
    ]


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


# -- the channel ----------------------------------------------------------------------------------


def _channel(view: View) -> Element:
    visit = view.visit
    return h.section(".channel", aria_labelledby="channel-name")[
        h.h1(id="channel-name")[h.span[f"#{one_line(visit.channel)}"]],
        h.p(".earlier")[h.a(href=f"{visit.here}?all=1")[word("earlier_posts")]]
        if view.earlier
        else None,
        h.div(id="feed")[view.feed],
        _empty(visit, there=bool(view.feed)),
        h.a(".new-below", id="new-below", href="#newest", hidden=True)[word("new_below")],
        h.span(id="newest", tabindex="-1"),
    ]


def _empty(visit: Visit, *, there: bool) -> Element:
    hint = word("empty_moderator" if visit.moderator else "empty_member")
    return h.div(".empty", id="empty", hidden=there)[h.p[h.strong[word("empty")]], h.p[hint]]


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of the channel with the thread under it."""

    message: Message
    version: int
    pinned: bool
    thread: Thread | None
    talk: Sequence[Message | Said]


def message(posted: Posted, draw: Drawing, zone: str, names: Mapping[str, str]) -> Element:
    """One message of the channel."""
    said = posted.message
    return h.article(
        ".message", id=said.id, data_rev=str(posted.version), aria_label=one_line(said.part.text)
    )[
        h.p(".by")[
            h.strong[word("posted_by")],
            " ",
            draw.moment(said.at_ms, zone, readers=True),
            h.span(".pinned")[word("pinned")] if posted.pinned else None,
        ],
        h.div(".words")[draw.document(said.part.document)],
        controls.buttons(said.part.controls, said.id),
        _thread(posted.thread, posted.talk, draw, zone, names) if posted.thread else None,
    ]


def _thread(
    thread: Thread,
    talk: Sequence[Message | Said],
    draw: Drawing,
    zone: str,
    names: Mapping[str, str],
) -> Element:
    count = len(talk)
    told = (
        word("thread_none") if not count
        else word("thread_one") if count == 1
        else word("thread_many", number=count)
    )  # fmt: skip
    write = f"say-{thread.id}"
    return h.details(".thread", id=thread.id)[
        h.summary[word("thread", name=one_line(thread.name)), " ", h.small[told]],
        h.ol[[h.li(id=one.id)[_spoken(one, draw, zone, names)] for one in talk]],
        h.div(".say")[
            h.label(".hidden", for_=write)[word("say")],
            h.textarea(
                id=write,
                name=f"words.{thread.id}",
                form=controls.ACT,
                rows="2",
                maxlength=str(SAID),
                placeholder=word("say"),
            ),
            h.button(form=controls.ACT, name="say", value=thread.id)[word("say_button")],
        ],
    ]


def _spoken(one: Message | Said, draw: Drawing, zone: str, names: Mapping[str, str]) -> Node:
    match one:
        case Said(_, _, member, text, at_ms):
            who = one_line(names.get(member, member))
            lines = [h.p[line] for line in _lines(text)]
            return [
                h.p(".by")[h.bdi[h.strong[who]], " ", draw.moment(at_ms, zone, readers=True)],
                lines,
            ]
        case Message(name, _, part, _, at_ms):
            return [
                h.p(".by")[
                    h.strong[word("posted_by")], " ", draw.moment(at_ms, zone, readers=True)
                ],
                h.div(".words")[draw.document(part.document)],
                controls.buttons(part.controls, name),
            ]


def _lines(text: str) -> list[str]:
    return [one_line(line) for line in text.splitlines() if line.strip()]


# -- what only one person sees --------------------------------------------------------------------


def _pane(view: View) -> Element:
    visit = view.visit
    return h.aside(id="pane", aria_labelledby="pane-name", tabindex="-1")[
        h.div(".pane-top")[
            h.h2(id="pane-name")[word("pane")],
            h.a(".back", id="back", href=f"#{controls.ACT}")[
                word("pane_back", channel=one_line(visit.channel))
            ],
        ],
        h.p(".hint")[word("pane_hint")],
        h.div(".controls.commands", role="group", aria_label=word("week"))[commands.week()],
        commands.line(visit.here, visit.token),
        view.panel,
        h.div(id="entries")[view.entries],
    ]


def entry(one: Entry, visit: Visit, draw: Drawing, *, first: bool) -> Element:
    """An answer that only this person sees, with its buttons or the form that lies open in it."""
    opened = one.opened
    below: Node = controls.buttons(one.part.controls, one.id)
    if opened is not None:
        below = controls.form(
            opened.form,
            one.id,
            draw,
            action=f"{visit.here}/act",
            token=visit.token,
            values=opened.values,
            locked=opened.locked,
            errors=opened.errors,
        )
    return _entry(one.id, str(one.rev), one.part, below, draw, first=first)


def letter(said: Message, version: int, draw: Drawing, *, first: bool) -> Element:
    """Something the service wrote to one person by itself."""
    below = controls.buttons(said.part.controls, said.id)
    return _entry(said.id, str(version), said.part, below, draw, first=first)


def _entry(name: str, rev: str, part: Part, below: Node, draw: Drawing, *, first: bool) -> Element:
    """A heading becomes the line that stays when the entry is folded; else its first words do."""
    match part.document.blocks:
        case (Heading(_, title), *rest):
            what, said = one_line(plain_inline(title)), Document(tuple(rest))
            line = h.strong[what]
        case _:
            what, said = one_line(part.text) or word("pane"), part.document
            line = h.span(".echo")[_short(what)]
    what = _short(what)
    return h.section(".entry", id=name, data_rev=rev, aria_label=what, tabindex="-1")[
        h.details(open=first)[h.summary[line], h.div(".words")[draw.document(said)], below],
        h.button(
            ".away",
            form=controls.ACT,
            name="away",
            value=name,
            title=word("away"),
            aria_label=word("away_what", what=what),
        )["✕"],
    ]


def _short(text: str) -> str:
    return shorten(text, SPOKEN, placeholder=" ...")


def panel(visit: Visit, status: Part, known: commands.Known, draw: Drawing) -> Element:
    """Where the series is and what a moderator can do; a start comes first where nothing runs."""
    running = bool(status.controls)
    return h.section(".panel", id="panel", aria_labelledby="panel-name")[
        h.h3(id="panel-name")[word("panel")],
        h.div(".words")[draw.document(status.document)],
        controls.buttons(status.controls, "panel"),
        None if running else commands.start(visit.here, visit.token, known),
        h.details(id="panel-more")[
            h.summary[word("panel_more")],
            commands.moderation(visit.here, visit.token, known, started=running),
        ],
    ]


# -- other pages ----------------------------------------------------------------------------------


def refusal(title: str, words: str, onward: str = "") -> str:
    """A request was not taken, and why."""
    return document_page(
        title,
        h.main(".alone")[
            h.h1[title],
            h.p[words],
            h.p[h.a(".button", href=onward)[word("to_channel")]] if onward else None,
        ],
        script="",
    )


def door(action: str, token: str, wrong: str = "") -> str:
    """Where somebody who has a key says what to call them."""
    return document_page(
        word("door_title"),
        h.main(".alone")[
            h.h1[word("door_title")],
            h.form(".answer", method="post", action=action)[
                h.input(type="hidden", name="token", value=token),
                h.div({"class": "field invalid" if wrong else "field"})[
                    h.label(for_="name")[word("door")],
                    h.p(".wrong", id="name-wrong")[wrong] if wrong else None,
                    h.input(
                        type="text",
                        id="name",
                        name="name",
                        maxlength="40",
                        required=True,
                        autocomplete="nickname",
                        aria_describedby="name-wrong" if wrong else "name-hint",
                        aria_invalid="true" if wrong else None,
                    ),
                    h.p(".hint", id="name-hint")[word("door_hint")],
                ],
                h.div(".controls")[h.button(".primary")[word("door_go")]],
            ],
        ],
        script="",
    )
