"""What members see of their settings, the form for them, and what it came back with.

Knows no store and no time-zone database. Invariant: a field that was left empty changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lessons import actions
from lessons.document import Document, Listing
from lessons.fields import ChoiceField, Raw, TextField
from lessons.fields import shown as lettered
from lessons.posts import Control, FieldError, Form, Reply, control
from lessons.replies.voice import Voice, heading, post, private
from lessons.settings import HOURS, Settings

ZONE: Final = "zone"
REMINDERS: Final = "reminders"
HOUR: Final = "hour"
LONGEST: Final = 60
"""So much of what was typed is repeated."""


def shown(voice: Voice, mine: Settings, zone: str, first: str = "") -> Reply:
    """How it is now, each with its button; `first` says what has just been changed."""
    said = Document() if not first else voice.say(first)
    said += heading(voice.label("settings_title"), level=3)
    lines = [_zone(voice, mine, zone), _reminders(voice, mine)]
    if mine.alone:
        lines.append(voice.say("settings_alone"))
    said += Document((Listing(tuple(line.blocks for line in lines)),))
    return private(said, *_buttons(voice, mine), edit=bool(first))


def _zone(voice: Voice, mine: Settings, zone: str) -> Document:
    whose = "own" if mine.zone else "told" if mine.told else "series"
    return voice.say(f"settings_zone_{whose}", zone=zone)


def _reminders(voice: Voice, mine: Settings) -> Document:
    if not mine.reminders:
        return voice.say("settings_reminders_off")
    return voice.say("settings_reminders_on", hour=_clock(mine.hour))


def _buttons(voice: Voice, mine: Settings) -> list[Control]:
    alone = actions.LeaveAlone(not mine.alone)
    remind = actions.Remind(not mine.reminders)
    return [
        voice.button("change", actions.AskSettings(), "primary"),
        voice.button("stop_reminders" if mine.reminders else "remind_me", remind),
        voice.button("alone_no_more" if mine.alone else "leave_me_alone", alone),
        voice.button("privacy_button", actions.ShowPrivacy()),
    ]


def _clock(hour: int) -> str:
    return f"{hour}:00"


# -- the form --------------------------------------------------------------------------------------


def form(voice: Voice, mine: Settings, zone: str) -> Reply:
    """Zone, reminders and their hour, filled in as they are now."""
    submit = control(voice.space, voice.label("save"), actions.ChangeSettings())
    title, intro = voice.label("settings_form"), voice.say("settings_intro")
    return Reply(form=Form(submit, title, intro, _fields(voice, mine, zone)))


def _fields(voice: Voice, mine: Settings, zone: str) -> tuple[TextField, ChoiceField, ChoiceField]:
    answers = lettered((voice.label("reminders_no"), voice.label("reminders_yes")))
    hours = _hours(mine)
    clocks = lettered(tuple(map(_clock, hours)))
    now = answers[int(mine.reminders)].letter
    at = clocks[hours.index(mine.hour)].letter
    return (
        TextField(ZONE, voice.label("field_zone"), zone),
        ChoiceField(REMINDERS, voice.label("field_reminders"), answers, chosen=now),
        ChoiceField(HOUR, voice.label("field_hour"), clocks, chosen=at),
    )


def _hours(mine: Settings) -> tuple[int, ...]:
    return tuple(sorted({*HOURS, mine.hour}))


def form_again(voice: Voice, mine: Settings, zone: str, errors: tuple[FieldError, ...]) -> Reply:
    """The same form with what is wrong in it; where a form is gone, the words stand alone."""
    said = Document()
    for error in errors:
        said += error.words
    below = post(said + voice.say("settings_kept"), *_buttons(voice, mine))
    return Reply(below, form(voice, mine, zone).form, edit=True, errors=errors)


def bad_zone(voice: Voice, named: str, nearest: Sequence[str]) -> FieldError:
    """No time zone is called that; these were probably meant."""
    given = named if len(named) <= LONGEST else named[:LONGEST] + "…"
    return FieldError(ZONE, voice.say("bad_zone", given=given, choices=", ".join(nearest)))


@dataclass(frozen=True, slots=True)
class Given:
    """What the form came back with; `zone` as it was typed, "" if nothing was."""

    zone: str
    reminders: bool
    hour: int
    errors: tuple[FieldError, ...] = ()


def read(voice: Voice, mine: Settings, raw: Raw) -> Given:
    """The fields, by letter or by word; what is empty is as it was."""
    _, *choices = _fields(voice, mine, "")
    chosen = [_chosen(voice, field, raw) for field in choices]
    errors = tuple(one for one in chosen if isinstance(one, FieldError))
    reminders, hour = (0 if isinstance(one, FieldError) else one for one in chosen)
    return Given(_text(raw, ZONE), bool(reminders), _hours(mine)[hour], errors)


def _chosen(voice: Voice, field: ChoiceField, raw: Raw) -> int | FieldError:
    """Which of the options, from 0."""
    given = _text(raw, field.id) or field.chosen
    for place, one in enumerate(field.options):
        if given.casefold() in (one.letter, one.text.casefold()):
            return place
    return FieldError(field.id, voice.say("format_choice_unknown", given=given[:LONGEST]))


def _text(raw: Raw, field: str) -> str:
    given = raw.get(field, "")
    return (given if isinstance(given, str) else " ".join(given)).strip()
