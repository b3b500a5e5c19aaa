"""The few words of the page itself: its headings, its own buttons, its states.

Knows no lesson; what the service says comes from `lessons.wording`.
Invariant: all of the page's own words stand here, also those that its script says.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "title": "#{channel} · Studyhall",
        "brand": "Studyhall",
        "skip_link": "To the newest post",
        "skip_pane": "To what only you see",
        "channels": "Channels",
        "channel": "Channel",
        "people": "Who are you?",
        "you_are": "You are {who}",
        "moderates": "moderator",
        "pane": "Only you",
        "pane_hint": "What you press is answered here. Nobody else sees it.",
        "pane_back": "Back to #{channel}",
        "pane_open": "Only you",
        "week": "Your week",
        "alt": "In words",
        "table": "Table",
        "code": "Code",
        "code_in": "Code, {language}",
        "pinned": "Pinned",
        "posted_by": "Studyhall",
        "buttons": "What you can do here",
        "choices": "Choose one",
        "command": "Or type a command",
        "command_go": "Go",
        "thread": "{name}",
        "thread_none": "no messages yet",
        "thread_one": "1 message",
        "thread_many": "{number} messages",
        "say": "Write in this thread",
        "say_button": "Send",
        "away": "Put away",
        "away_what": "Put away: {what}",
        "close_form": "Not now",
        "move_up": "Move up: {what}",
        "move_down": "Move down: {what}",
        "choose": "Choose ...",
        "match_item": "{item} goes with",
        "locked": "Locked in: {what}",
        "form_next": "Lock in, and on",
        "empty": "Nothing has been posted here yet.",
        "empty_member": "As soon as a moderator starts a series, it shows up right here.",
        "empty_moderator": "Start a series: choose a day and a time, and see the first dates.",
        "earlier_posts": "Show earlier posts",
        "panel": "Moderator",
        "panel_start": "Start a series here",
        "panel_dates": "Show me the dates",
        "panel_more": "More for moderators",
        "clock": "The hall's clock",
        "clock_is": "It is",
        "clock_next": "Next slot",
        "clock_hour": "+1 hour",
        "clock_day": "+1 day",
        "clock_none": "No post is coming.",
        "clock_hint": "Nothing here is real time: move the clock, and a week takes a minute.",
        "live": "Live",
        "connecting": "Connecting ...",
        "offline": "Reconnecting. Nothing is lost.",
        "stale": "This page was away for long. Load it again",
        "not_sent": "That did not reach the study hall. Nothing was counted; please try again.",
        "too_many": "Too many pages are open; this one does not update by itself.",
        "new_below": "New below",
        "door_title": "Come in",
        "door": "What shall the others call you?",
        "door_hint": "A first name will do. It is shown beside what you write in threads.",
        "door_go": "Come in",
        "door_name": "Please give a name of 1 to 40 characters.",
        "door_full": "The hall is full: no more than {number} people fit in.",
        "no_key_title": "A key is needed",
        "no_key": (
            "This study hall opens with the link that it printed when it was started. Ask whoever"
            " runs it, or look into its log."
        ),
        "refused_title": "That did not work",
        "wrong_host": (
            "This page answers only to the names it was told: {names}. Open it under one of them,"
            " or name this one in STUDYHALL_WEB_NAMES."
        ),
        "wrong_origin": "That came from another page, so nothing was done.",
        "stale_form": (
            "That page is older than this study hall, so nothing was done. Load the page again and"
            " press once more."
        ),
        "too_large": "That is far more than a page sends. Nothing was done.",
        "not_found_title": "Nothing here",
        "not_found": "There is no such page. The channel is this way.",
        "to_channel": "To the channel",
        "bad_request": "I can't read that. Nothing was done.",
        "said_empty": "There was nothing to send.",
        "said_long": "That is too long: {length} characters, and {most} fit.",
        "option_series": "Series",
        "option_day": "Day",
        "option_time": "Time",
        "option_zone": "Time zone",
        "option_mode": "How",
        "option_first_chapter": "First chapter",
        "option_chapter": "Chapter",
        "option_channel": "Channel",
        "option_member": "Who",
        "here": "here",
        "nobody_new": "nobody new: show me who they are",
        "mode_timed": "by itself",
        "mode_hand": "I press a button",
        "as_usual": "as usual",
        "study_next": "What's next?",
        "study_lesson": "Read",
        "study_challenge": "My challenges",
        "study_progress": "My progress",
        "study_join": "Join",
        "study_leave": "Leave",
        "study_home": "My series",
        "study_settings": "Settings",
        "study_privacy": "Privacy",
        "study_help": "Help",
        "series_start": "Start",
        "series_status": "Status",
        "series_preview": "Preview",
        "series_post-now": "Post now",
        "series_resend": "Post again",
        "series_pause": "Pause",
        "series_resume": "Resume",
        "series_skip": "Skip a chapter",
        "series_move": "Move",
        "series_moderators": "Moderators",
        "series_stop": "Stop",
        "preview_title": "Preview: {title}",
        "preview_live": "Save the file, and this page follows.",
        "preview_mistakes": "This has to be mended first",
    }
)


def word(key: str, **pieces: str | int) -> str:
    """The words of `key`, filled."""
    return WORDS[key].format(**pieces)
