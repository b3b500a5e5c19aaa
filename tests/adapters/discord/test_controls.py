"""Buttons, forms and drafts as Discord's components, and back."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.discord import commands, controls
from adapters.discord.controls import Pick, Press, Send
from adapters.discord.markdown import JOINER, Inlines, code_block, code_span, escaped
from adapters.discord.render import Drawing, Image, Words
from lessons.actions import Join, Try, Typed
from lessons.commands import COMMANDS, Command, Option
from lessons.document import CodeSpan, CommandName, Document, Emphasis, Moment, Strong, Text
from lessons.fields import ChoiceField, MatchField, NumberField, OrderField, TextField, shown
from lessons.markdown import blocks
from lessons.posts import Form, control
from tests.rigs.discord_reader import read

ABC = shown(("Pea", "Plum", "Pumpkin"))
SUBMIT = control("discord:1", "Submit", Try("v", 1))
STEPS = (ChoiceField("a", "First?", ABC), ChoiceField("b", "Then?", ABC, after="a"))


def form(*fields: Any) -> Form:
    return Form(SUBMIT, "Challenge 1", blocks("What?"), fields)


# -- ids ------------------------------------------------------------------------------------------


def test_a_button_is_read_back_with_its_mark_and_its_server() -> None:
    join = control("discord:1", "Join", Join("r"))
    for mark, guild in (("", ""), ("a" * 24, ""), ("", "123"), ("b" * 24, "9" * 20)):
        (row,) = controls.rows([join], mark, guild)
        custom_id = row["components"][0]["custom_id"]
        assert controls.read(custom_id) == Press(join.id, "message", guild)
        assert controls.mark_in(custom_id) == mark


def test_one_want_offered_twice_makes_two_buttons_that_mean_the_same() -> None:
    join = control("discord:1", "Join", Join("r"))
    (row,) = controls.rows([join, join])
    ids = [one["custom_id"] for one in row["components"]]
    assert len(set(ids)) == 2
    assert {controls.read(one) for one in ids} == {Press(join.id, "message")}


@pytest.mark.parametrize(
    "custom_id", ["", "x", "s:p:m:1", "s:p:q:" + "a" * 24, "s:k:é", "s:d::a:1"]
)
def test_what_is_none_of_ours_is_read_as_nothing(custom_id: str) -> None:
    assert controls.read(custom_id) is None
    assert controls.mark_in(custom_id) == ""


# -- forms ----------------------------------------------------------------------------------------


def test_what_can_be_typed_opens_and_what_is_put_in_order_stands_in_a_message() -> None:
    assert controls.opens(form(NumberField("n", "Your number")))
    assert controls.opens(form(ChoiceField("c", "Which?", ABC)))
    assert not controls.opens(form(OrderField("o", "From small", ABC)))
    assert not controls.opens(form(MatchField("m", "Pairs", ("x", "y"), ABC)))
    assert not controls.opens(form(*STEPS))
    assert not controls.opens(form(*(NumberField(str(n), "n") for n in range(6))))


def test_what_stands_in_a_form_already_is_there_as_it_opens() -> None:
    zone = TextField("zone", "Time zone", "Europe/Berlin")
    modal = controls.modal(
        form(zone, ChoiceField("c", "Which?", ABC, chosen="b")), Drawing(Inlines({}))
    )
    typed, ticked = (one["component"] for one in modal["components"][1:])

    assert typed["value"] == "Europe/Berlin"
    assert [one.get("default", False) for one in ticked["options"]] == [False, True, False]


def test_a_draft_is_read_back_as_the_answers_of_a_form() -> None:
    kept = {
        controls.draft_key(Pick("c", "o", "1")): controls.kept_letters(["b"]),
        controls.draft_key(Pick("c", "o", "0")): controls.kept_letters(["a"]),
        controls.draft_key(Pick("c", "one", "-")): controls.kept_letters(["c"]),
        controls.draft_key(Pick("c", "many", "*")): controls.kept_letters(["a", "c"]),
        controls.draft_key(Pick("c", "gap", "2")): controls.kept_letters(["a"]),
    }
    assert controls.answers_so_far(controls.draft_of(kept)) == {
        "o": ("a", "b"),
        "one": "c",
        "many": ("a", "c"),
        "gap": ("", "", "a"),
    }


def test_steps_come_one_after_the_other_and_what_was_answered_is_locked() -> None:
    asked = form(*STEPS)
    assert controls.turn(asked, {}) == ((), (STEPS[0],))
    assert controls.turn(asked, {("a", "-"): ("b",)}) == ((STEPS[0],), (STEPS[1],))
    first = controls.standing(asked, {}, Drawing())
    second = controls.standing(asked, {("a", "-"): ("b",)}, Drawing())
    assert [one["label"] for one in first[-1]["components"]] == ["Lock in"]
    assert [one["label"] for one in second[-1]["components"]] == ["Submit"]
    assert "First? **Plum**" in second[0]["content"]
    picks = [one["components"][0]["custom_id"] for one in second if one["type"] == 1]
    assert controls.fields_shown(picks) == frozenset({"b"})
    assert controls.read(picks[-1]) == Send(SUBMIT.id)


def test_what_is_locked_is_repeated_in_brief_where_there_is_no_room() -> None:
    asked = form(ChoiceField("a", "W" * 900, shown(("Pea", "Plum"))), STEPS[1])
    whole = controls.standing(asked, {("a", "-"): ("b",)}, Drawing())
    brief = controls.standing(asked, {("a", "-"): ("b",)}, Drawing(), brief=True)
    assert len(whole[0]["content"]) > 900
    assert len(brief[0]["content"]) < 200
    assert "Plum" in brief[0]["content"]
    assert whole[1:] == brief[1:]


def test_a_modal_gives_back_what_stands_in_its_fields() -> None:
    came = [
        {"type": 10, "content": "What?"},
        {"type": 18, "component": {"type": 4, "custom_id": "f:n", "value": "1,95"}},
        {"type": 18, "component": {"type": 21, "custom_id": "f:c", "value": "b"}},
        {"type": 18, "component": {"type": 22, "custom_id": "f:m", "values": ["a", "c"]}},
        {"type": 18, "component": {"type": 21, "custom_id": "f:none", "value": None}},
        {"type": 1, "components": [{"type": 4, "custom_id": "f:old", "value": "x"}]},
        {"type": 18, "component": {"type": 4, "custom_id": "other", "value": "x"}},
    ]
    assert controls.answers(came) == {
        "n": "1,95",
        "c": "b",
        "m": ("a", "c"),
        "none": "",
        "old": "x",
    }


# -- commands -------------------------------------------------------------------------------------


def test_every_command_of_the_table_is_registered_with_every_option() -> None:
    told = {
        (group["name"], one["name"]): [option["name"] for option in one["options"]]
        for group in commands.payload()
        for one in group["options"]
    }
    assert told.keys() == {(c.group, c.name) for c in COMMANDS}
    for command in COMMANDS:
        assert set(told[command.group, command.name]) == {o.name for o in command.options}


def test_only_who_manages_the_server_is_offered_the_moderators_commands() -> None:
    study, series = commands.payload()
    assert "default_member_permissions" not in study
    assert series["default_member_permissions"] == 1 << 5
    assert study["contexts"] == series["contexts"] == [0]


def test_who_is_named_a_moderator_is_picked_and_comes_as_an_id() -> None:
    _, series = commands.payload()
    (command,) = [one for one in series["options"] if one["name"] == "moderators"]
    (option,) = command["options"]
    assert (option["name"], option["type"], option["required"]) == ("member", 6, False)
    assert "autocomplete" not in option
    picked = {"name": "moderators", "type": 1, "options": [{**option, "value": "42"}]}
    came = {"name": "series", "options": [picked]}
    assert commands.typed(came) == Typed("series", "moderators", (), {"member": "42"})


def test_a_required_option_comes_first_and_a_table_that_changed_has_another_print() -> None:
    both = (Option("day", "weekday"), Option("channel", "channel", required=True))
    changed = [Command("study", "join", Join, both)]
    (group,) = commands.payload(changed)
    assert [option["name"] for option in group["options"][0]["options"]] == ["channel", "day"]
    assert commands.fingerprint(commands.payload()) == commands.fingerprint(commands.payload())
    assert commands.fingerprint([group]) != commands.fingerprint(commands.payload())


def test_descriptions_are_told_in_every_language_that_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from lessons.wording import phrase

    german = {key: f"DE {words}" for key, words in phrase.LANGUAGES["en"].items()}
    both = {**phrase.LANGUAGES, "de": german}
    monkeypatch.setattr(phrase, "LANGUAGES", both)
    monkeypatch.setattr(commands, "LANGUAGES", both)
    study, series = commands.payload()
    assert study["description_localizations"] == {"de": f"DE {study['description']}"}
    start = next(one for one in series["options"] if one["name"] == "start")
    day = next(one for one in start["options"] if one["name"] == "day")
    assert day["choices"][0] == {
        "name": "Monday",
        "name_localizations": {"de": "DE Monday"},
        "value": "monday",
    }


def test_options_are_taken_by_name_and_numbers_as_they_are_written() -> None:
    options = [{"name": "chapter", "type": 3, "value": 2}]
    given = {"name": "study", "options": [{"name": "lesson", "type": 1, "options": options}]}
    assert commands.typed(given) == Typed("study", "lesson", (), {"chapter": "2"})
    assert commands.typed({"name": "study"}) == Typed("study", "", (), {})


# -- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "@everyone and @here",
        "<@123456789012345678> <@&123456789012345678> <#123456789012345678> </a:1>",
        "# no heading",
        "-# no small print",
        "- no list",
        "+ no list",
        "12. no list",
        "> no quote",
        "*not slanted* _either_ **nor** ~~gone~~ ||hidden||",
        "[no](https://example.org) link",
        "`no code` ```nor this```",
        "\\* a backslash",
    ],
)
def test_text_formats_nothing_and_pings_nobody(text: str) -> None:
    written = Inlines().line((Text(text),))

    assert read(written) == text
    assert "@everyone" not in written
    assert "@here" not in written
    assert not written.startswith(("#", "-", "+", ">", "12. "))
    for sign in ("<@1", "<@&1", "<#1", "</a"):
        assert sign not in written.replace("\\<", "")


def test_an_address_in_the_text_stays_as_it_is() -> None:
    assert escaped("see https://example.org/a_b_c, *now*") == (
        "see https://example.org/a_b_c, \\*now\\*"
    )
    # To Discord all of it is the address, so a backslash in it would be a part of it.
    assert escaped("https://example.org/a*b|c`d *e*") == "https://example.org/a*b|c`d \\*e\\*"


def test_emphasis_leaves_out_code_with_stars_which_would_end_it() -> None:
    product, power = CodeSpan("a * b"), CodeSpan("x**2")
    assert Inlines().line((Strong((Text("so "), power, Text(" grows"))),)) == (
        "**so** `x**2` **grows**"
    )
    assert Inlines().line((Emphasis((Text("not"), Strong((product,)))),)) == (
        f"*not*{JOINER}`a * b`"
    )
    assert Inlines().line((Strong((CodeSpan("plain"),)),)) == "**`plain`**"


@pytest.mark.parametrize("text", ["x", "a`b", "``", "`", "a``b", " "])
def test_code_in_a_line_is_read_as_it_was_written(text: str) -> None:
    assert read(code_span(text)).strip() == text.strip()


@pytest.mark.parametrize(
    "text", ["x", "x\n", "```", "a```b\n```", "`", "> no quote\n- no list", ""]
)
def test_a_block_of_code_is_read_as_it_was_written(text: str) -> None:
    assert read(code_block(text)).strip("\n") == text.strip("\n")


def test_a_moment_is_shown_in_the_readers_zone_and_a_command_can_be_clicked() -> None:
    line = Inlines({"/study next": "42"}).line
    assert line((Moment(1_790_607_600_000, "Europe/Berlin"),)) == "<t:1790607600:F>"
    assert line((CommandName("/study next"),)) == "</study next:42>"
    assert line((CommandName("/study help"),)) == "`/study help`"


def test_a_long_alt_text_is_told_whole() -> None:
    alt = "It falls and falls. " * 80
    picture = Image("figure", "d", alt)
    assert len(picture.description) <= 1_024
    told = picture.description.removesuffix(" (goes on below the picture)")
    assert f"{told} {picture.rest}".split() == alt.split()


def test_lists_have_no_blank_line_which_would_end_them() -> None:
    (words,) = Drawing().pieces(blocks("- One\n\n  and more\n\n  - below\n- Two"))
    assert isinstance(words, Words)
    assert words.text == "- One\n  and more\n  - below\n- Two"


def test_a_tag_is_no_heading_so_that_paragraphs_stay_apart() -> None:
    (words,) = Drawing().pieces(blocks("One.\n\n#two of them."))
    assert isinstance(words, Words)
    assert words.text == "One.\n\n#two of them."


def test_pictures_stand_between_the_words_around_them() -> None:
    document = blocks("Before.\n\n![Falling.](images/a.png)\n\nAfter.")
    kinds = [type(piece) for piece in Drawing().pieces(document)]
    assert kinds == [Words, Image, Words]
    assert Drawing().pieces(Document()) == []
