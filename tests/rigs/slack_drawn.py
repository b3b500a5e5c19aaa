"""Messages, windows and Homes of Slack as HTML, about as wide and as large as Slack draws them.

For looking at what people see where no Slack is: it draws what the project sends and nothing more.
Knows no server. Invariant: a block or element that is not drawn here is an error, not a gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from tests.rigs.slack_sight import Body, Message, View, options

Picture: TypeAlias = Callable[[str], str]
"""Where the picture with this file id is."""

BERLIN = ZoneInfo("Europe/Berlin")
"""Where the reader is."""

STYLE = """
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.47 Lato, "Noto Sans", "DejaVu Sans", sans-serif; color: #1d1c1d;
       background: #fff }
header { padding: 14px 20px; border-bottom: 1px solid #ddd; font-weight: 900; font-size: 18px }
main { padding: 12px 20px; width: 860px }
.message { display: grid; grid-template-columns: 36px 1fr; gap: 8px; padding: 8px 0 }
.face { width: 36px; height: 36px; border-radius: 8px; background: #4a154b; color: #fff;
        display: grid; place-items: center; font-weight: 900 }
.name { font-weight: 900 } .name small { color: #616061; font-weight: 400; padding-left: 6px }
.badge { background: #ddd; border-radius: 2px; font-size: 10px; padding: 1px 3px; margin-left: 4px }
.only { color: #616061; font-size: 12px }
.block { max-width: 680px; margin: 4px 0 8px; overflow-wrap: anywhere }
.header { font-size: 18px; font-weight: 900; margin-top: 12px }
.text { white-space: pre-wrap } ul, ol { margin: 0; padding-left: 28px }
pre, code { font: 12px/1.5 monospace; background: #f6f6f6; border: 1px solid #ddd;
            border-radius: 3px } pre { padding: 8px; white-space: pre-wrap; margin: 4px 0 }
code { color: #c01343; padding: 1px 3px }
blockquote { margin: 4px 0; padding-left: 12px; border-left: 4px solid #ddd; white-space: pre-wrap }
img { max-width: 100%; max-height: 360px; border-radius: 8px; display: block }
hr { border: 0; border-top: 1px solid #ddd } .date { border-bottom: 1px dotted #616061 }
.who { background: #e8f5fa; color: #1264a3; border-radius: 3px; padding: 0 2px }
.row { display: flex; flex-wrap: wrap; gap: 8px }
button { font: 700 13px/1 inherit; font-family: inherit; height: 32px; padding: 0 12px;
         border: 1px solid #bbb; border-radius: 4px; background: #fff; color: #1d1c1d;
         white-space: nowrap }
button.primary { background: #007a5a; color: #fff; border-color: #007a5a }
button.danger { background: #e01e5a; color: #fff; border-color: #e01e5a }
.beside { display: grid; grid-template-columns: 1fr auto; gap: 16px; align-items: start }
.label { font-weight: 700; margin-bottom: 4px } .hint { color: #616061; font-size: 13px }
.field { border: 1px solid #868686; border-radius: 4px; padding: 8px 12px; color: #616061;
         background: #fff } .field.typed { color: #1d1c1d }
.wrong .field { border-color: #e01e5a } .fault { color: #e01e5a; font-size: 13px; margin-top: 4px;
         white-space: pre-wrap }
.behind { background: #00000099; min-height: 100vh; padding: 24px 0; display: grid;
          place-items: start center }
.window { width: 520px; background: #fff; border-radius: 8px; overflow: hidden }
.window > div { padding: 16px 28px; max-height: none } .window h1 { font-size: 22px; margin: 0 }
.window footer { display: flex; justify-content: flex-end; gap: 12px; padding: 16px 28px;
                 border-top: 1px solid #ddd }
.home { width: 760px; margin: 0 auto; padding: 20px }
"""

Part: TypeAlias = Mapping[str, Any]


def page(inner: str) -> str:
    """A whole document."""
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><body>{inner}"


def channel(name: str, messages: Sequence[Message], picture: Picture) -> str:
    """Messages below each other."""
    said = "".join(_message(one, picture) for one in messages)
    return page(f"<header>{escape(name)}</header><main>{said}</main>")


def window(
    view: View, picture: Picture, errors: Mapping[str, str], typed: Mapping[str, str]
) -> str:
    """A modal, with what is typed in it and what is wrong with that."""
    body = view.body
    blocks = _blocks(view.blocks, picture, errors, typed)
    submit = body.get("submit")
    sends = f"<button class=primary>{escape(submit['text'])}</button>" if submit else ""
    return page(
        f"<div class=behind><div class=window><div><h1>{escape(view.title)}</h1></div>"
        f"<div>{blocks}</div><footer><button>{escape(body['close']['text'])}</button>{sends}"
        "</footer></div></div>"
    )


def home(view: View, picture: Picture) -> str:
    """The tab of the app."""
    return page(f"<header>Studyhall</header><div class=home>{_blocks(view.blocks, picture)}</div>")


def _message(one: Message, picture: Picture) -> str:
    only = "<div class=only>Only visible to you</div>" if one.only_for else ""
    return (
        f"<div class=message data-ts='{one.ts}'><div class=face>S</div><div>{only}"
        "<div class=name>Studyhall<span class=badge>APP</span><small>17:00</small></div>"
        f"{_blocks(one.blocks, picture)}</div></div>"
    )


def _blocks(
    blocks: Sequence[Body],
    picture: Picture,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    made = []
    for block in blocks:
        name = str(block.get("block_id", ""))
        made.append(_block(block, picture, (errors or {}).get(name, ""), (typed or {}).get(name)))
    return "".join(f"<div class=block>{one}</div>" for one in made)


def _block(block: Part, picture: Picture, wrong: str, typed: str | None) -> str:
    match block["type"]:
        case "header":
            return f"<div class=header>{escape(block['text']['text'])}</div>"
        case "divider":
            return "<hr>"
        case "rich_text":
            return "".join(map(_rich, block["elements"]))
        case "image":
            alt = escape(block["alt_text"], quote=True)
            return f'<img src="{picture(block["slack_file"]["id"])}" alt="{alt}">'
        case "actions":
            return f"<div class=row>{''.join(map(_element, block['elements']))}</div>"
        case "context":
            return "".join(f"<div class=hint>{_plain(one)}</div>" for one in block["elements"])
        case "section":
            said = f"<div class=text>{_plain(block['text'])}</div>" if "text" in block else ""
            said += "".join(
                f"<div class=text>{_plain(one)}</div>" for one in block.get("fields", ())
            )
            beside = _element(block["accessory"]) if "accessory" in block else ""
            return f"<div class=beside><div>{said}</div>{beside}</div>"
        case "input":
            optional = " <small>(optional)</small>" if block.get("optional") else ""
            label = f"<div class=label>{escape(block['label']['text'])}{optional}</div>"
            hint = f"<div class=hint>{_plain(block['hint'])}</div>" if "hint" in block else ""
            fault = f"<div class=fault>{escape(wrong)}</div>" if wrong else ""
            there = _element(block["element"], typed)
            return f"<div{' class=wrong' if wrong else ''}>{label}{there}{fault}{hint}</div>"
        case other:
            raise ValueError(f"no {other} is drawn here")


def _plain(said: Part) -> str:
    """Words; what stands between backticks in mrkdwn is code."""
    words = str(said["text"])
    if said.get("type") != "mrkdwn":
        return escape(words)
    return re.sub("`([^`]+)`", r"<code>\1</code>", words)


def _rich(part: Part) -> str:
    match part["type"]:
        case "rich_text_section":
            return f"<div class=text>{_runs(part)}</div>"
        case "rich_text_list":
            tag = "ol" if part["style"] == "ordered" else "ul"
            items = "".join(f"<li class=text>{_runs(one)}</li>" for one in part["elements"])
            return f"<{tag} style='margin-left:{28 * part.get('indent', 0)}px'>{items}</{tag}>"
        case "rich_text_preformatted":
            return f"<pre>{_runs(part)}</pre>"
        case "rich_text_quote":
            return f"<blockquote>{_runs(part)}</blockquote>"
        case other:
            raise ValueError(f"no {other} is drawn here")


def _runs(part: Part) -> str:
    return "".join(map(_run, part["elements"]))


def _run(one: Part) -> str:
    match one["type"]:
        case "text":
            said = escape(one["text"])
        case "link":
            said = f"<a href='#'>{escape(one.get('text', one['url']))}</a>"
        case "date":
            at = datetime.fromtimestamp(one["timestamp"], BERLIN)
            said = f"<span class=date>{at:%A, %B} {at.day}, {at:%H:%M}</span>"
        case "channel":
            said = f"<span class=who>#{escape(one['channel_id'].removeprefix('C0').lower())}</span>"
        case "user":
            said = f"<span class=who>@{escape(one['user_id'].removeprefix('U0').title())}</span>"
        case other:
            raise ValueError(f"no {other} is drawn here")
    for style, tag in (("bold", "b"), ("italic", "i"), ("strike", "s"), ("code", "code")):
        if one.get("style", {}).get(style):
            said = f"<{tag}>{said}</{tag}>"
    return said


def _element(one: Part, typed: str | None = None) -> str:
    match one["type"]:
        case "button":
            return f"<button class='{one.get('style', '')}'>{_plain(one['text'])}</button>"
        case "plain_text_input":
            value = typed if typed is not None else one.get("initial_value")
            if value is not None:
                return f"<div class='field typed'>{escape(value)}</div>"
            return f"<div class=field>{_plain(one.get('placeholder', {'text': ' '}))}</div>"
        case "radio_buttons" | "checkboxes":
            signs = "○●" if one["type"] == "radio_buttons" else "☐☑"
            chosen = [one.get("initial_option"), *one.get("initial_options", ())]
            return "".join(
                f"<div>{signs[o in chosen]} {_plain(o['text'])}</div>" for o in options(one)
            )
        case kind if kind.endswith("_select"):
            there = one.get("initial_option", {}).get("text")
            shown = _plain(there or one.get("placeholder", {"text": "Choose"}))
            return f"<div class=field>{shown} ▾</div>"
        case other:
            raise ValueError(f"no {other} is drawn here")
