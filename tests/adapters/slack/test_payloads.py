"""The checker of what is sent to Slack finds every fault that is planted, and nothing else.

Knows no adapter: the bodies are made here.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.rigs.slack_limits import NAMES, Worst, allowed, side_by_side
from tests.rigs.slack_payloads import faults
from tests.rigs.slack_schema import manifest_faults
from tests.rigs.specs import needs_specs

Body = dict[str, Any]


@pytest.fixture(autouse=True)
def references() -> None:
    needs_specs()


def plain(text: str) -> Body:
    return {"type": "plain_text", "text": text, "emoji": False}


def mrkdwn(text: str, **more: Any) -> Body:
    return {"type": "mrkdwn", "text": text, **more}


def option(n: int, text: str = "It halves") -> Body:
    return {"text": plain(text), "value": f"o{n}"}


def button(n: int = 0, **more: Any) -> Body:
    return {"type": "button", "text": plain("Join"), "action_id": f"b{n}", "value": "1", **more}


def select(**more: Any) -> Body:
    options = [option(n) for n in range(3)]
    chosen = {"placeholder": plain("Choose"), "initial_option": options[0]}
    return {"type": "static_select", "action_id": "s", "options": options, **chosen, **more}


def message() -> Body:
    said = [
        {"type": "text", "text": "ln 7", "style": {"code": True}},
        {"type": "link", "url": "https://a.example", "text": "here"},
    ]
    section = {"type": "rich_text_section", "elements": said}
    listed = {"type": "rich_text_list", "style": "bullet", "elements": [section], "indent": 1}
    file = {"slack_file": {"id": "F1"}, "title": plain("Loss")}
    return {
        "channel": "C1",
        "text": "Week 1 &amp; more: 1 &lt; 2",
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "studyhall_delivery", "event_payload": {"id": "0" * 24}},
        "blocks": [
            {"type": "header", "block_id": "h", "text": plain("Week 1 & more")},
            {"type": "section", "text": mrkdwn("*A* &amp; <https://a.example|b>, <#C1|study>")},
            {"type": "section", "fields": [mrkdwn("> quoted")], "accessory": select()},
            {"type": "rich_text", "elements": [section, listed]},
            {"type": "image", "alt_text": "Loss over 600 steps.", **file},
            {"type": "actions", "block_id": "a", "elements": [button(n) for n in range(4)]},
            {"type": "context", "elements": [mrkdwn("12 votes"), plain("so far")]},
            {"type": "divider"},
        ],
    }


def modal() -> Body:
    typed = {"type": "plain_text_input", "action_id": "n", "max_length": 40}
    chosen = {"type": "radio_buttons", "action_id": "r", "options": [option(n) for n in range(4)]}
    ticked = {"type": "checkboxes", "action_id": "c", "options": [option(n) for n in range(4)]}
    inputs = [
        {"type": "input", "block_id": f"i{n}", "label": plain("Which?"), "element": element}
        for n, element in enumerate((typed, chosen, ticked, select()))
    ]
    return {
        "trigger_id": "1.2.3",
        "view": {
            "type": "modal",
            "callback_id": "answer",
            "private_metadata": "{}",
            "title": plain("1 of 4"),
            "submit": plain("Answer"),
            "close": plain("Close"),
            "blocks": [{"type": "section", "text": mrkdwn("What loss?")}, *inputs],
        },
    }


def home() -> Body:
    return {
        "user_id": "U1",
        "view": {
            "type": "home",
            "blocks": [
                {"type": "header", "text": plain("My runs")},
                {"type": "actions", "elements": [button()]},
            ],
        },
    }


BODIES: dict[str, Callable[[], Body]] = {
    "chat.postMessage": message,
    "views.open": modal,
    "views.publish": home,
}


@pytest.mark.parametrize("method", BODIES)
def test_a_body_as_it_should_be_has_no_fault(method: str) -> None:
    assert faults(method, BODIES[method]()) == []


def test_the_other_methods_take_their_bodies() -> None:
    said = {"text": "Locked in", "blocks": message()["blocks"]}
    view = modal()["view"]

    assert faults("chat.update", {"channel": "C1", "ts": "1.2", **said}) == []
    assert faults("chat.postEphemeral", {"channel": "C1", "user": "U1", **said}) == []
    assert faults("response_url", {"response_type": "ephemeral", **said}) == []
    assert faults("response_url", {"delete_original": True}) == []
    assert faults("views.update", {"view_id": "V1", "hash": "1.2", "view": view}) == []
    assert faults("views.push", {"trigger_id": "1.2.3", "view": view}) == []
    assert faults("response_action", {"response_action": "update", "view": view}) == []
    assert faults("response_action", {"response_action": "errors", "errors": {"i0": "A"}}) == []
    assert faults("response_action", {"response_action": "clear"}) == []
    assert faults("options", {"options": [option(1)]}) == []


def the(*path: str | int) -> Callable[[Body], tuple[Any, str | int]]:
    def found(body: Body) -> tuple[Any, str | int]:
        inside: Any = body
        for step in path[:-1]:
            inside = inside[step]
        return inside, path[-1]

    return found


def rich(element: Body) -> Body:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


def many(number: int, one: Body) -> list[Body]:
    return [copy.deepcopy(one) for _ in range(number)]


GONE = object()
DIVIDER = {"type": "divider"}
SECTION, FIELDS, PICTURE, ROW, CONTEXT = (("blocks", n) for n in (1, 2, 4, 5, 6))
CHOSEN = (*FIELDS, "accessory")
VIEW = ("view",)
INPUT = (*VIEW, "blocks", 1)
RADIO, CHECKS, SELECT = ((*VIEW, "blocks", n, "element") for n in (2, 3, 4))
LONG = "W" * 3_001
ASK = {"title": plain("Sure?"), "text": mrkdwn("It goes."), "confirm": plain("Yes")}

PLANTED: list[tuple[str, tuple[str | int, ...], Any, str]] = [
    # method, where, what is put there, what has to be said
    ("chat.postMessage", ("text",), GONE, "text: chat.postMessage needs it"),
    ("chat.postMessage", ("text",), "  ", "text: it is empty"),
    ("chat.postMessage", ("text",), "W" * 4_001, "the text beside them: 4001"),
    ("chat.postMessage", ("channel",), GONE, "channel: chat.postMessage needs it"),
    ("chat.postMessage", ("link_names",), True, "link_names: chat.postMessage has no such key"),
    ("chat.postMessage", ("attachments",), [], "attachments: chat.postMessage has no such key"),
    ("chat.postMessage", ("unfurl_links",), True, "unfurl_links: it is not false"),
    ("chat.postMessage", ("unfurl_links",), GONE, "unfurl_links: it is not false"),
    ("chat.postMessage", ("unfurl_media",), GONE, "unfurl_media: it is not false"),
    ("chat.postMessage", ("metadata",), {"event_type": "x"}, "'event_payload' is a required"),
    ("chat.postMessage", ("blocks",), many(51, DIVIDER), "blocks in a message: 51"),
    (
        "chat.postMessage",
        ("blocks",),
        many(5, {"type": "section", "text": mrkdwn("W" * 2_000)}),
        "characters of a message's blocks: 10000",
    ),
    ("chat.postMessage", ("blocks", 5, "block_id"), "h", "two blocks with the block_id h"),
    ("chat.postMessage", ("blocks", 5, "block_id"), "W" * 256, "block_id: 256"),
    ("chat.postMessage", ("blocks", 7), {"type": "map"}, "'map' can't be here"),
    ("chat.postMessage", ("blocks", 7, "color"), "red", "'color' was unexpected"),
    ("chat.postMessage", ("blocks", 0, "text"), mrkdwn("Week 1"), "it has to be plain_text"),
    ("chat.postMessage", ("blocks", 0, "text"), plain("W" * 151), "header: 151"),
    ("chat.postMessage", ("blocks", 0, "text", "emoji"), GONE, "whether :colons: are emoji"),
    ("chat.postMessage", (*SECTION, "text", "emoji"), False, "only plain_text has emoji"),
    ("chat.postMessage", (*SECTION, "text"), GONE, "a section without text"),
    ("chat.postMessage", (*SECTION, "text", "text"), "", "text of a section: 0"),
    ("chat.postMessage", (*SECTION, "text", "text"), " ", "text: it is empty"),
    ("chat.postMessage", (*SECTION, "text", "text"), LONG, "text of a section: 3001"),
    ("chat.postMessage", (*FIELDS, "fields"), [], "fields of a section: 0"),
    ("chat.postMessage", (*FIELDS, "fields"), many(11, mrkdwn("a")), "fields of a section: 11"),
    ("chat.postMessage", (*FIELDS, "fields"), [mrkdwn("W" * 2_001)], "text of a field: 2001"),
    ("chat.postMessage", (*CHOSEN, "options"), [], "options of a select: 0"),
    ("chat.postMessage", (*CHOSEN, "option_groups"), [], "either options or option_groups"),
    ("chat.postMessage", (*CHOSEN, "placeholder"), plain("W" * 151), "placeholder: 151"),
    ("chat.postMessage", (*CHOSEN, "initial_option"), option(7), "none of the options"),
    ("chat.postMessage", (*PICTURE, "alt_text"), GONE, "alt text: 0"),
    ("chat.postMessage", (*PICTURE, "alt_text"), " ", "alt text: 0"),
    ("chat.postMessage", (*PICTURE, "alt_text"), "W" * 2_001, "alt text: 2001"),
    ("chat.postMessage", (*PICTURE, "image_url"), "https://a.example", "an address or a file"),
    ("chat.postMessage", (*PICTURE, "slack_file"), GONE, "an address or a file"),
    ("chat.postMessage", (*PICTURE, "title"), plain("W" * 2_001), "title of a picture: 2001"),
    ("chat.postMessage", (*ROW, "elements"), [], "elements in a row: 0"),
    ("chat.postMessage", (*ROW, "elements"), [button(n) for n in range(26)], "in a row: 26"),
    ("chat.postMessage", (*ROW, "elements"), [button(), button()], "one action_id"),
    ("chat.postMessage", (*ROW, "elements", 0, "action_id"), GONE, "without an action_id"),
    ("chat.postMessage", (*ROW, "elements", 0, "action_id"), "W" * 256, "action_id: 256"),
    ("chat.postMessage", (*ROW, "elements", 0, "text"), mrkdwn("Join"), "has to be plain_text"),
    ("chat.postMessage", (*ROW, "elements", 0, "text"), plain("W" * 76), "of a button: 76"),
    ("chat.postMessage", (*ROW, "elements", 0, "value"), "W" * 2_001, "of a button: 2001"),
    ("chat.postMessage", (*ROW, "elements", 0, "url"), LONG, "address of a button: 3001"),
    ("chat.postMessage", (*ROW, "elements", 0, "style"), "blue", "'blue'"),
    (
        "chat.postMessage",
        (*ROW, "elements", 0, "accessibility_label"),
        "W" * 76,
        "accessibility label: 76",
    ),
    ("chat.postMessage", (*ROW, "elements", 0, "confirm"), ASK, "confirm/deny: it has to be"),
    (
        "chat.postMessage",
        (*ROW, "elements", 0, "confirm"),
        {**ASK, "deny": plain("W" * 31)},
        "no of a question back: 31",
    ),
    ("chat.postMessage", (*CONTEXT, "elements"), [], "elements of a context: 0"),
    ("chat.postMessage", (*CONTEXT, "elements"), many(11, mrkdwn("a")), "of a context: 11"),
    ("chat.postMessage", (*CONTEXT, "elements"), [mrkdwn(LONG)], "text in a context: 3001"),
    ("chat.postMessage", (*CONTEXT, "elements"), [button()], "'button' can't be here"),
    # what Slack would read as its own signs
    ("chat.postMessage", ("text",), "1 < 2", "'<' is not escaped"),
    ("chat.postMessage", ("text",), "2 > 1", "'>' is not escaped"),
    ("chat.postMessage", ("text",), "Q&A", "'&' is not escaped"),
    ("chat.postMessage", ("text",), "<!channel>", "<!channel> pings"),
    ("chat.postMessage", (*SECTION, "text", "text"), "hi <@U1>", "<@U1> pings"),
    ("chat.postMessage", (*SECTION, "text", "text"), "<!subteam^S1|x>", "pings"),
    ("chat.postMessage", (*SECTION, "text", "text"), "<javascript:x|y>", "'<' is not escaped"),
    ("chat.postMessage", (*SECTION, "text", "text"), "<https://a.example|Q&A>", "'&' is not"),
    ("chat.postMessage", (*SECTION, "text", "text"), "ask @here", "['@here'] may be parsed"),
    ("chat.postMessage", (*FIELDS, "fields", 0, "text"), "<!here>", "<!here> pings"),
    ("chat.postMessage", (*CONTEXT, "elements", 0, "text"), "<@U1>", "<@U1> pings"),
    ("chat.postMessage", ("blocks", 3), rich({"type": "user", "user_id": "U1"}), "user element"),
    ("chat.postMessage", ("blocks", 3), rich({"type": "broadcast", "range": "here"}), "pings"),
    ("chat.postMessage", ("blocks", 3), rich({"type": "usergroup", "usergroup_id": "S"}), "pings"),
    ("chat.postMessage", ("blocks", 3), rich({"type": "text", "text": ""}), "an empty text"),
    ("chat.postMessage", ("blocks", 3), rich({"type": "link", "url": "/a"}), "the address '/a'"),
    ("chat.postMessage", ("blocks", 3), rich({"type": "code", "text": "a"}), "can't be here"),
    ("chat.postMessage", ("blocks", 3, "elements"), [], "an empty rich_text"),
    ("chat.postMessage", ("blocks", 3, "elements", 1, "elements"), [], "an empty rich_text_list"),
    ("chat.postMessage", ("blocks", 3, "elements", 1, "indent"), 9, "indent of a list: 9"),
    # markdown and tables
    (
        "chat.postMessage",
        ("blocks",),
        many(2, {"type": "markdown", "text": "W" * 6_001}),
        "characters of all markdown blocks: 12002",
    ),
    (
        "chat.postMessage",
        ("blocks",),
        many(2, {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}),
        "a message has one table",
    ),
    (
        "chat.postMessage",
        ("blocks", 7),
        {"type": "table", "rows": many(101, {})},
        "rows of a table: 101",
    ),
    (
        "chat.postMessage",
        ("blocks", 7),
        {"type": "table", "rows": [many(21, {"type": "raw_text", "text": "a"})]},
        "columns of a table: 21",
    ),
    # views
    ("views.open", ("trigger_id",), GONE, "trigger_id: views.open needs it"),
    ("views.open", ("clear",), True, "clear: views.open has no such key"),
    ("views.open", (*VIEW, "colour"), "red", "'colour' was unexpected"),
    ("views.open", (*VIEW, "type"), "home", "view/type: views.open takes a modal"),
    ("views.open", (*VIEW, "blocks"), [], "blocks in a view: 0"),
    ("views.open", (*VIEW, "blocks"), many(101, DIVIDER), "blocks in a view: 101"),
    ("views.open", (*VIEW, "title"), GONE, "'title' is a required property"),
    ("views.open", (*VIEW, "title"), plain("W" * 25), "title of a view: 25"),
    ("views.open", (*VIEW, "submit"), plain("W" * 25), "submit of a view: 25"),
    ("views.open", (*VIEW, "submit"), mrkdwn("Go"), "view/submit: it has to be plain_text"),
    ("views.open", (*VIEW, "submit"), GONE, "a modal with inputs needs it"),
    ("views.open", (*VIEW, "close"), plain("W" * 25), "close of a view: 25"),
    ("views.open", (*VIEW, "callback_id"), "W" * 256, "callback_id: 256"),
    ("views.open", (*VIEW, "private_metadata"), LONG, "private_metadata: 3001"),
    ("views.open", (*VIEW, "blocks", 0), {"type": "markdown", "text": "a"}, "markdown can't be"),
    ("views.open", (*VIEW, "blocks", 0), {"type": "table", "rows": [[]]}, "table can't be in"),
    ("views.open", (*VIEW, "blocks", 0), {"type": "video"}, "video can't be in a view"),
    ("views.open", (*INPUT, "block_id"), GONE, "can't be found without block_id"),
    ("views.open", (*INPUT, "element", "action_id"), GONE, "can't be found without block_id"),
    ("views.open", (*INPUT, "label"), plain("W" * 2_001), "label of an input: 2001"),
    ("views.open", (*INPUT, "label"), mrkdwn("Which?"), "label: it has to be plain_text"),
    ("views.open", (*INPUT, "hint"), plain("W" * 2_001), "hint of an input: 2001"),
    ("views.open", (*INPUT, "element"), button(), "'button' can't be here"),
    ("views.open", (*INPUT, "element", "max_length"), 3_001, "characters to type in: 3001"),
    ("views.open", (*INPUT, "element", "initial_value"), "W" * 41, "max_length is less"),
    ("views.open", (*INPUT, "element", "min_length"), 41, "max_length is less"),
    ("views.open", (*RADIO, "options"), [option(n) for n in range(11)], "radio buttons: 11"),
    ("views.open", (*RADIO, "options", 0, "text"), plain("W" * 76), "text of an option: 76"),
    ("views.open", (*RADIO, "options", 0, "text"), mrkdwn("a & b"), "'&' is not escaped"),
    ("views.open", (*CHECKS, "options"), [option(n) for n in range(11)], "checkboxes: 11"),
    ("views.open", (*CHECKS, "initial_options"), [option(7)], "none of the options"),
    ("views.open", (*SELECT, "options"), [option(n) for n in range(101)], "of a select: 101"),
    ("views.open", (*SELECT, "options", 0, "text"), mrkdwn("a"), "has to be plain_text"),
    ("views.open", (*SELECT, "options", 0, "value"), "W" * 151, "value of an option: 151"),
    ("views.open", (*SELECT, "options", 0, "value"), "", "value of an option: 0"),
    ("views.open", (*SELECT, "options", 0, "value"), "o1", "two options with one value"),
    (
        "views.open",
        (*SELECT, "options", 0, "description"),
        plain("W" * 76),
        "description of an option: 76",
    ),
    ("views.publish", ("user_id",), GONE, "user_id: views.publish needs it"),
    ("views.publish", (*VIEW, "type"), "modal", "view/type: views.publish takes a home"),
    ("views.publish", (*VIEW, "title"), plain("Home"), "'title' was unexpected"),
]


@pytest.mark.parametrize(
    ("method", "place", "put", "said"),
    [pytest.param(*one, id=f"{n}-{one[3]}"[:60]) for n, one in enumerate(PLANTED)],
)
def test_a_planted_fault_is_found(
    method: str, place: tuple[str | int, ...], put: Any, said: str
) -> None:
    body = BODIES[method]()
    inside, last = the(*place)(body)
    if put is GONE:
        del inside[last]
    else:
        inside[last] = copy.deepcopy(put)

    assert any(said in fault for fault in faults(method, body)), faults(method, body)


def test_what_answers_a_request_is_looked_at_as_well() -> None:
    assert faults("response_action", {"response_action": "shut"}) == ["response_action: shut"]
    assert "errors: it does not" in faults("response_action", {"response_action": "errors"})[0]
    assert "suggestions: 101" in faults("options", {"options": [option(n) for n in range(101)]})[0]
    assert "response_type: all" in faults("response_url", {"text": "a", "response_type": "all"})[0]
    assert "view_id" in faults("views.update", {"view": modal()["view"]})[0]
    assert faults("chat.meMessage", {}) == ["nothing is known of chat.meMessage"]


def test_a_view_is_measured_as_a_whole() -> None:
    body = modal()
    body["view"]["blocks"] = many(90, {"type": "section", "text": mrkdwn("W" * 2_900)})
    assert any("bytes of a view" in fault for fault in faults("views.open", body))

    body = modal()
    for n in (1, 2):
        body["view"]["blocks"][n]["element"]["focus_on_load"] = True
    assert any("focus_on_load" in fault for fault in faults("views.open", body))


def test_who_is_expected_may_be_mentioned() -> None:
    body = message()
    body["text"] = "<@U1> and <!subteam^S1|mods> and <!date^1^{date}|today>"
    body["blocks"][3] = rich({"type": "user", "user_id": "U1"})

    assert faults("chat.postMessage", body, expected=("U1", "S1")) == []
    assert len(faults("chat.postMessage", body)) == 3


def test_a_body_that_was_sent_as_a_form_is_read() -> None:
    body = message() | {"unfurl_links": "false", "unfurl_media": "0", "token": "xoxb-1"}
    sent = {k: json.dumps(v) if k in ("blocks", "metadata") else v for k, v in body.items()}
    assert faults("chat.postMessage", sent) == []


def test_a_complaint_says_where_it_is() -> None:
    body = message()
    body["blocks"][5]["elements"][2]["text"] = plain("")
    assert "blocks/5/elements/2/text: label of a button: 0, allowed are 1 to 75" in faults(
        "chat.postMessage", body
    )


def test_the_worst_is_kept_with_where_it_was() -> None:
    shipped, worst = Worst(), Worst()
    faults("chat.postMessage", message(), shipped, where="chapter 1")
    body = message()
    body["blocks"][0]["text"] = plain("W" * 150)
    faults("chat.postMessage", message(), worst, where="chapter 1")
    faults("chat.postMessage", body, worst, where="chapter 2")

    assert (worst.seen["header"], worst.where["header"]) == (150, "chapter 2 blocks/0/text")
    table = side_by_side(shipped=shipped, worst=worst)
    row = next(line for line in table.splitlines() if line.startswith("header "))
    assert row.split() == ["header", "150", "13", "150", "chapter", "2", "blocks/0/text"]
    assert set(worst.seen) <= set(NAMES) == set(allowed())


def test_a_message_is_checked_in_a_few_milliseconds() -> None:
    body = message()
    faults("chat.postMessage", body)
    began = time.perf_counter()
    for _ in range(20):
        faults("chat.postMessage", body)
    spent = (time.perf_counter() - began) / 20
    print(f"a message of {len(body['blocks'])} blocks: {spent * 1_000:.2f} ms")
    assert spent < 0.05


def test_a_manifest_is_held_against_its_schema() -> None:
    told = {
        "display_information": {"name": "Studyhall"},
        "features": {"bot_user": {"display_name": "studyhall", "always_online": True}},
        "settings": {"socket_mode_enabled": True},
    }
    assert manifest_faults(told) == []
    assert manifest_faults({"features": {}}) == ["it: 'display_information' is a required property"]
    wrong = manifest_faults({**told, "settings": {"socket_mode": True}})
    assert "settings: " in wrong[0]
    assert "'socket_mode' was unexpected" in wrong[0]
