"""Every sentence a person can read, in English. Markdown; `{name}` is filled by the caller.

Knows no logic. Plain, warm, short, never cute twice; what happened, what was kept, what to do.
Invariant: the same keys and places stand in the table of every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_BUTTONS = {
    "join": "Join",
    "what_is_this": "What is this?",
    "read_cards": "Read the cards",
    "my_challenges": "My challenges",
    "my_progress": "My progress",
    "catch_up": "Catch up on this week",
    "back": "Back",
    "next": "Next",
    "leave_yes": "Leave",
    "stay": "Stay",
    "hunch": "Just a hunch",
    "fairly": "Fairly",
    "certain": "Certain",
    "show_reveal": "Show me what happened",
    "answer": "Answer",
    "try_again": "Try again",
    "hint_of": "Hint ({number} of {hints})",
    "skip": "Skip",
    "submit": "Send",
    "next_challenge": "Next challenge",
    "another_one": "Another one, new numbers",
    "again_with_new": "Challenge {place}, new numbers",
    "again": "Challenge {place} again",
    "start": "Start",
    "cancel": "Cancel",
    "preview_number": "Preview chapter {number}",
    "status": "Status",
    "post_now": "Post now",
    "pause": "Pause",
    "resume": "Resume",
    "skip_number": "Skip chapter {number}",
    "stop": "Stop for good",
    "check_again": "Check again",
    "it_is_there": "It's there",
    "post_again": "Post again",
    "remove_number": "Remove number {number}",
    "remove_yes": "Stop moderating",
    "tell_me": "Tell me as well",
    "what_is_due": "What is due",
    "read": "Read",
    "settings": "Settings",
    "privacy_button": "Privacy",
    "show_kept": "Show what you keep",
    "export": "Export",
    "delete_mine": "Delete everything about me",
    "delete_yes": "Delete it all",
    "keep_it": "Keep it",
    "change": "Change",
    "remind_me": "Remind me",
    "stop_reminders": "Stop reminders",
    "leave_me_alone": "Leave me alone",
    "alone_no_more": "You may write to me",
}

_WORDS = {
    "tries_one": "1 try",
    "tries_many": "{number} tries",
    "hints_one": "1 hint",
    "hints_many": "{number} hints",
    "votes_one": "1 vote",
    "votes_many": "{number} votes",
    "voters_one": "1 person",
    "voters_many": "{number} people",
    "chapters_one": "1 week",
    "chapters_many": "{number} weeks",
    "pace_one": "One chapter, and that is all for now",
    "pace_many": "A chapter a week for {number} weeks",
    "hours_one": "one hour",
    "hours_many": "{number} hours",
    "less_than_an_hour": "less than an hour",
    "slots_one": "One slot",
    "slots_many": "{number} slots",
    "challenges_one": "one challenge",
    "challenges_many": "{number} challenges",
    "more_one": "There is one more if you like.",
    "more_many": "There are {number} more if you like.",
    "messages_one": "1 message was",
    "messages_many": "{number} messages were",
    "beat_start": "the invitation",
    "beat_chapter": "week {number}",
    "beat_discuss": "the vote of week {number}",
    "beat_recap": "the recap of week {number}",
    "level_hunch": "it's just a hunch",
    "level_fairly": "you are fairly sure",
    "level_certain": "you are certain",
    "posts_one": "1 post is",
    "posts_many": "{number} posts are",
    "answers_one": "1 answer",
    "answers_many": "{number} answers",
    "chapters_done_one": "1 chapter done",
    "chapters_done_many": "{number} chapters done",
    "letters_one": "1 private message",
    "letters_many": "{number} private messages",
    "records_one": "1 half-filled form",
    "records_many": "{number} pieces of half-filled forms",
    "series_one": "one series",
    "series_many": "{number} series",
    "voted_yes": "voted",
    "voted_no": "not voted",
    "mode_timed": "posts come by themselves",
    "mode_hand": "you press the button for each post",
}

_COMMANDS = {
    "group_study": "your chapters, challenges and progress",
    "group_series": "for moderators: a series in this channel",
    "option_chapter": "its number or its short name",
    "option_series": "which series",
    "option_day": "the day of the week on which a chapter comes",
    "option_time": "the time of day, such as 17:00",
    "option_zone": "the time zone, such as Europe/Berlin",
    "option_mode": "whether posts come by themselves",
    "option_first_chapter": "the chapter to begin with",
    "option_channel": "the channel or forum; this one if you leave it out",
    "option_role": "one role that is told of each chapter",
    "option_member": "who shall moderate the series as well",
    "day_choice_monday": "Monday",
    "day_choice_tuesday": "Tuesday",
    "day_choice_wednesday": "Wednesday",
    "day_choice_thursday": "Thursday",
    "day_choice_friday": "Friday",
    "day_choice_saturday": "Saturday",
    "day_choice_sunday": "Sunday",
    "mode_choice_timed": "by itself",
    "mode_choice_hand": "by hand: I press a button for each post",
    "command_study_join": "take part in this channel's series",
    "command_study_leave": "stop taking part; your progress stays",
    "command_study_next": "the one thing that is due for you now",
    "command_study_lesson": "read a chapter, card by card",
    "command_study_challenge": "your challenges, with your own numbers",
    "command_study_progress": "how far you are",
    "command_study_home": "your series, how far you are, and what is due",
    "command_study_settings": "your time zone, reminders, or to be left alone",
    "command_study_privacy": "what is kept of you: see it, take it along, delete it",
    "command_study_help": "this list",
    "command_series_start": "start a series in this channel",
    "command_series_status": "where the series is and what comes next",
    "command_series_preview": "see a chapter as it will be posted",
    "command_series_post-now": "post what comes next without waiting",
    "command_series_resend": "post a chapter once more",
    "command_series_pause": "hold the series; nothing is lost",
    "command_series_resume": "go on where it stopped",
    "command_series_skip": "leave out the next chapter here",
    "command_series_move": "go on in another channel",
    "command_series_moderators": "see who moderates the series, and name somebody",
    "command_series_stop": "end the series in this channel",
}

_MEMBERSHIP = {
    "joined": "**You're in.** I'll keep quiet unless you ask me for something.",
    "in_already": "You're in already, and nothing has changed.",
    "welcome_back": "**Welcome back.** Everything you did in {series} is still here.",
    "newest_is": "Week {number} is out: **{title}**. It takes about ten minutes.",
    "first_comes": "The first chapter comes {when}.",
    "no_date_yet": "The first chapter has no date yet; it will be posted in the channel.",
    "next_comes": "The next chapter comes {when}. You can join at any time.",
    "leave_sure": "Leave **{series}**? Your progress stays, and you can come back any time.",
    "left": (
        "You have left **{series}**. Your progress is kept, and what has been posted stays open to"
        " you, cards and challenges. Join again whenever you like."
    ),
    "not_in": "For that you need to be part of **{series}**. One click, and no one is told.",
    "explain": (
        "**{series}**\n\n{blurb}\n\n"
        "Every week: a chapter of a few short cards, one question that all vote on before the"
        " answer is shown, and four small challenges with numbers of your own. Only you see"
        " your answers. A chapter counts as done with two of the four."
    ),
    "progress_title": "Your progress in {series}",
    "progress_none": "No chapter of **{series}** has been posted yet, so there is nothing to show.",
    "progress_sum": "Chapters done: {done} of {posted} posted so far.",
    "row_done": (
        "**Week {number}, {title}**: done. {passed} of {challenges} challenges, {tries}, {hints},"
        " {voted}."
    ),
    "row_open": (
        "**Week {number}, {title}**: begun. {passed} of {challenges} challenges, {tries}, {hints},"
        " {voted}."
    ),
    "row_voted": "**Week {number}, {title}**: voted; no challenge tried yet.",
    "row_new": "**Week {number}, {title}**: still ahead of you.",
    "nothing_due": "Nothing is due. Enjoy the quiet.",
    "nothing_due_until": "Nothing is due. The next chapter comes {when}.",
    "help": "What you can type here; what stands in [brackets] may be left out:",
    "help_start": (
        "A start with everything said: {example}. The mode is timed (posts come by themselves) or"
        " hand (you press a button for each)."
    ),
}

_HOME = {
    "home_title": "Your series here",
    "home_vote": "Week {number}, **{title}**: the question waits for your guess.",
    "home_over": "It has come to its end. Cards and challenges stay open to you.",
    "home_gone": "I can't find its texts at the moment. Nothing is lost.",
    "home_more": "And {series} more. In their channels, the same commands are about them.",
    "home_join": "You take part in no series here yet. There is:",
    "home_empty": "No series is running here yet. As soon as one starts, you can join it.",
    "home_figure": "Your progress",
    "bar_unit": "of {challenges}",
    "bar_told": "week {number}: {passed} of {challenges} challenges passed, {voted}",
}

_SETTINGS = {
    "settings_title": "Your settings here",
    "settings_zone_own": "Time zone: **{zone}**, as you set it.",
    "settings_zone_told": "Time zone: **{zone}**, as your profile says.",
    "settings_zone_series": "Time zone: **{zone}**, as the series has it.",
    "settings_reminders_on": (
        "Reminders: **on**. At most one a week and series, at {hour} on the day before the recap,"
        " and only if the chapter is not done."
    ),
    "settings_reminders_off": "Reminders: **off**.",
    "settings_alone": (
        "You are **left alone**: I say nothing unless you ask me. You can take part as before."
        " Only what a series that you started or moderate needs of you still reaches you."
    ),
    "settings_saved": "Saved.",
    "reminders_begin": "All right, I remind you. One press ends it.",
    "reminders_end": "All right, no more reminders.",
    "alone_begin": "All right, I leave you alone.",
    "alone_end": "Thank you. I still keep quiet; reminders come only if you ask for them.",
    "reminder": (
        "You asked me to remind you: week {number} of **{series}**, **{title}**, has {challenges}"
        " to go, about ten minutes. This week's recap comes {when}; whatever you miss stays open."
    ),
    "settings_form": "Your settings here",
    "settings_intro": (
        "Only you see these. A time zone is called like a city, such as Europe/Berlin. What you"
        " leave as it is stays as it is."
    ),
    "settings_kept": "*Nothing was changed.*",
    "field_zone": "Time zone",
    "field_reminders": "Reminders",
    "field_hour": "At what hour",
    "reminders_no": "No reminders",
    "reminders_yes": "At most one a week",
    "save": "Save",
}

_PRIVACY = {
    "privacy_title": "What I keep of you here",
    "privacy": (
        "Your id, which series you take part in, your votes, your answers and hints, how far you"
        " are, and your settings. No name and none of your messages. Nobody else is shown your"
        " answers; what is posted in a channel counts people and names nobody."
    ),
    "kept": "This is what I keep of you here:",
    "kept_run": (
        "**{series}** in {channel}: {votes}, {challenges} with your numbers, {answers}, {done},"
        " {letters}."
    ),
    "kept_since": "You joined on {when}.",
    "kept_left": "You left on {when}.",
    "kept_started": "**{series}** in {channel}: that you started it.",
    "kept_started_too": "You started it.",
    "kept_moderates": "You are named as one who moderates it.",
    "kept_settings": "Your settings: time zone, reminders and their hour, being left alone.",
    "kept_records": "On the way: {records}.",
    "kept_nothing": "I keep nothing of you here.",
    "exported": (
        "Everything that I keep of you here, for a machine to read (JSON). If it comes in several"
        " parts, they belong together in this order."
    ),
    "delete_sure": (
        "Delete **everything** that I keep of you here: your part in every series, votes, answers,"
        " progress, settings? It can't be brought back. The series goes on for the others, and you"
        " can join again from the beginning."
    ),
    "delete_started": (
        "You started {series}. That it was you stays, because I have to write to somebody when it"
        " needs something, until somebody else takes over."
    ),
    "deleted": (
        "Everything that I kept of you here is deleted. The daily copies that guard against a"
        " broken disk still have it for up to seven days. What this place itself shows or keeps,"
        " such as my answers to you, is not mine to delete."
    ),
}

_UNCLEAR = {
    "which_run": "Several series are running here. Which one do you mean?",
    "no_run": "No series is running in this channel. A moderator can start one with {start}.",
    "no_run_moderator": "No series is running in this channel. Start one with {start}.",
    "typed_like": "I can't read that. It is typed like this: {usage}.",
    "not_understood": "I don't know {typed}. {help} shows what I can do.",
    "did_you_mean": "I don't know {typed} like that. Did you mean {nearest}?",
    "shows_it_all": "{help} shows it all.",
    "moderators_only": "That one is for moderators. Nothing was changed.",
    "moved_on": "That one has moved on. Here is where you are now.",
    "never_mind": "All right, nothing was changed.",
    "series_gone": (
        "I can't find the texts of **{series}** at the moment. Nothing is lost. Please tell a"
        " moderator; the log says why."
    ),
    "went_wrong": (
        "Something went wrong on my side. Nothing was counted and nothing is lost;"
        " please try once more."
    ),
}

_READING = {
    "announcement": (
        "**{series}** starts {when}.\n\n{blurb}\n\n"
        "{pace}. Join, and you get challenges with numbers of your own;"
        " only you see your answers."
    ),
    "chapter_title": "Week {number} · {title}",
    "chapter_summary": "Week {number}: {title}. Vote before you read on.",
    "thread_name": "Week {number}: {title}",
    "thread_opener": (
        "The place to talk about week {number}, **{title}**. Say what you guessed and why;"
        " being wrong out loud is the exercise. No spoilers before the vote is shown, please."
    ),
    "late": "*({hours} late)*",
    "before_you_read": "**Before you read on**\n\n{prompt}",
    "votes_so_far": "*{votes} so far. What you choose stays between us.*",
    "card_of": "*Card {number} of {cards}*",
    "vote_opens_this": (
        "This card opens once you have voted. Guess first, even wildly:"
        " a guess is what makes the answer stick."
    ),
    "takeaway": "**To carry away:** {takeaway}",
    "further": "If you want more:",
    "follows": "The part of the blog that this week follows",
    "not_posted": "That chapter has not been posted here yet.",
    "not_posted_until": "That chapter has not been posted here yet. The next one comes {when}.",
    "vote_locked": 'Locked in: **"{option}"**. How sure are you?',
    "vote_changed": 'Changed to **"{option}"**. How sure are you this time?',
    "vote_until": "*You can change it until you look at what happened.*",
    "sure": 'Noted: **"{option}"**, and {level}. Now you may look.',
    "vote_first": "First a guess, then the answer.\n\n{prompt}",
    "vote_over": "What happened has been shown, so that vote stays as it is.",
    "reveal_right": 'You said **"{option}"**, and that is what happened.',
    "reveal_wrong": 'You said **"{option}"**. What happened: **"{happened}"**.',
    "discuss_title": "Week {number} · How you voted",
    "discuss_few": "{votes} so far, too few to show who leans where. Here is what happened.",
    "discuss_explain": (
        "{votes}, and {share} of them saw it coming. A hard one. Here is what happened."
    ),
    "discuss_talk": (
        "{votes}, and you are split. **Talk for two minutes in the thread, then vote again.**"
    ),
    "discuss_known": "{votes}, and {share} saw it coming. Here is what happened.",
    "discuss_prompt": "**For the thread**\n\n{prompt}",
    "vote_figure": "How you voted",
    "recap_title": "Week {number} in short · {title}",
    "recap_votes": "First vote: {share} right, {votes}.",
    "recap_votes_few": "{voters} voted.",
    "recap_second": "After the talk: {share} right.",
    "recap_own": "On your own numbers: {share} of the challenges tried were passed.",
    "recap_here_one": "{active} of {enrolled} was here this week.",
    "recap_here_many": "{active} of {enrolled} were here this week.",
    "week_figure": "The week in a picture: right answers",
    "week_first": "First vote",
    "week_second": "After the talk",
    "week_own": "On your own numbers",
    "recap_fooled": "The one that fooled most:",
    "recap_next": "Next, {when}: **{title}**.",
    "recap_next_open": "Next, once the series goes on: **{title}**.",
    "recap_last": "That was the last chapter. Cards and challenges stay open to you.",
}

_CHALLENGES = {
    "challenge_title": "Challenge {place} of {challenges}",
    "form_title": "Challenge {place}",
    "passed_before": "*You have passed this one already; trying again can't take that away.*",
    "hint": "**Hint {number}.**",
    "yes": "**Yes.**",
    "partly": "**Not quite yet: {percent} % of it is right.**",
    "not_yet": "**Not yet.**",
    "one_to_go": "*One more, and this week is done.*",
    "some_to_go": "*{number} more, and this week is done.*",
    "chapter_done": "**Week {number} is done.** {more}",
    "chapter_all": "**Week {number}: every challenge passed.**",
    "due": "Week {number}, **{title}**: {challenges} to go, and it is done.",
    "all_passed": "You have passed every challenge of week {number}, **{title}**.",
    "being_posed": "One moment, I'm working it out.",
    "did_not_count": "*That did not count as a try.*",
    "format_number_missing": "I need a number here, like 1.95.",
    "format_not_a_number": "I need a number, like 1.95; I can't read {given} as one.",
    "format_number_ambiguous": (
        "{given} can be read in two ways. Write it without separators for thousands, like 1234.5."
    ),
    "format_number_percent": "Please write it without the percent sign.",
    "format_number_formula": "Please work it out and give me the number itself, like 1.95.",
    "format_number_by_zero": "That divides by zero. Give me a number, like 1.95.",
    "format_number_out_of_range": "{given} is larger than anything that makes sense here.",
    "format_choice_missing": "Nothing is chosen yet.",
    "format_choice_unknown": "{given} is not one of the options.",
    "format_choice_too_many": "Choose only one of the options.",
    "format_order_repeats": "{given} stands there twice. Name each letter once.",
    "format_order_incomplete": "Name every letter once, from first to last.",
    "format_match_incomplete": "Give one letter for each item, in order.",
    "format_match_too_many": "Those are more letters than there are items.",
}

_MODERATING = {
    "proposal": (
        "**Start a series here?**\n\n"
        "{series} · {chapters} · posts in {channel} · {zone} · {mode}\n\nThis is what comes:"
    ),
    "proposal_role": "The role you chose is told of each chapter; nobody else is.",
    "date_chapter": "{when}: chapter {number}",
    "date_discuss": "{when}: how the vote went",
    "date_recap": "{when}: recap",
    "which_series": "Which series? There is: {choices}.",
    "which_chapter": "Which chapter? There is: {choices}.",
    "choose_series": "Which series shall it be? There are: {titles}.",
    "bad_series": "I have no series called {given}. There is: {choices}.",
    "bad_day": "{given} is no weekday I know. Use one of: {choices}.",
    "bad_time": "{given} is no time I can read. Write it like {choices}.",
    "bad_zone": "I know no time zone {given}. Did you mean: {choices}?",
    "bad_mode": "{given} is no way of posting. Use one of: {choices}.",
    "bad_chapter": "There is no chapter {given}. There is: {choices}.",
    "cannot_start": (
        "I can't start here yet: in {channel} I'm missing **{missing}**."
        " Give my role what is missing, then try again."
    ),
    "cannot_move": (
        "I can't post in {channel}: I'm missing **{missing}** there, so the series stays where it"
        " is. Give my role that right and try again."
    ),
    "cannot_move_gone": "I know no channel {channel}, so the series stays where it is.",
    "cannot_start_gone": (
        "I can't start in {channel}: I see no channel there that posts and threads can stand in."
    ),
    "could_not_look": (
        "I couldn't look at {channel} just now, so I changed nothing. Please try again in a moment."
    ),
    "could_not_ask": (
        "I couldn't find out just now whether that is yours to do, so I changed nothing. Please"
        " try again in a moment."
    ),
    "already_running": (
        "**{series}** is running in {channel} already, and a channel has one series at a time."
    ),
    "started": "**{series}** is set. The first chapter comes {when}.",
    "status_active": "**{series}** is running in {channel}.",
    "status_paused": "**{series}** is paused in {channel}. Nothing is lost.",
    "status_blocked": "**{series}** can't post in {channel} at the moment. Nothing is lost.",
    "status_finished": "**{series}** has come to its end in {channel}.",
    "status_stopped": "**{series}** was stopped in {channel}.",
    "status_position": "Chapters behind you: {past} of {chapters}.",
    "status_people": "{enrolled} taking part, {active} of them active in the last seven days.",
    "status_posts": "Posts: {sent} sent, {waiting} waiting, {uncertain} in doubt.",
    "status_failed": "{posts} not taken by the platform; the log says why.",
    "status_gone": (
        "I can't find the texts at the moment: put the series' folder back, or mend its mistakes."
    ),
    "status_missed": "{slots} passed without a post.",
    "status_next": "Next:",
    "preview": "*A preview, only for you. The buttons come with the real post.*",
    "paused": "**{series}** is paused. No chapter is lost: it goes on where it stopped.",
    "resumed": "**{series}** goes on.",
    "skipped": "Left out in the channel; members can still open it.",
    "moved": "From the next post on, **{series}** is in {channel}.",
    "stopped": "**{series}** has ended in {channel}. Members keep all they have.",
    "next_post": "The next post comes {when}.",
    "nothing_to_skip": "No chapter of **{series}** is left to leave out.",
    "skip_sure": (
        "Leave out week {number}, **{title}**, in the channel? Members can still open it, and the"
        " next chapter takes its place."
    ),
    "stop_sure": "End **{series}** here for good? To stop for a while, use {pause}.",
    "not_now_active": "Nothing was changed: **{series}** is running.",
    "not_now_paused": "Nothing was changed: **{series}** is paused.",
    "not_now_blocked": (
        "Nothing was changed: **{series}** can't post at the moment, and nothing goes out until"
        " you press [Check again]."
    ),
    "not_now_finished": "Nothing was changed: **{series}** has come to its end.",
    "not_now_stopped": "Nothing was changed: **{series}** was stopped.",
    "posted_now": "On its way to {channel}: {post}.",
    "resent": "On its way to {channel} once more: {post}.",
    "offer": "Ready for {channel}, as soon as you say so: {post}.",
    "too_late": (
        "I was away when {post} was due in {channel} ({planned}), and too long to post it by"
        " myself now. {slots} passed without a post. No chapter is lost: post it now, or let the"
        " series go on from where it stopped."
    ),
    "restored": (
        "I was restored from an older copy of what I know. Since then {slots} of {channel} came,"
        " the last one for {post} ({planned}). Please look: if it isn't there, post it now."
    ),
    "restored_chapter": (
        "If it is there, press [Skip chapter {number}]: members can open it all the same, and the"
        " next chapter comes in its turn."
    ),
    "blocked_missing": (
        "I can't post **{series}** in {channel}: I'm missing **{missing}** there. {waiting}"
        " waiting and nothing is lost. Give my role that right, then press the button."
    ),
    "blocked_gone": (
        "{channel} is gone, so **{series}** is waiting; nothing is lost. Move it with {move}."
    ),
    "blocked": (
        "I can't post **{series}** in {channel} at the moment. {waiting} waiting and nothing is"
        " lost. Press the button when it's mended."
    ),
    "here_again": (
        "I was removed and am here again. **{series}** in {channel} has waited: {waiting} waiting"
        " and nothing is lost. Press the button and it goes on."
    ),
    "still_missing": "Not yet: in {channel} I'm still missing **{missing}**.",
    "still_gone": "{channel} is still gone. Move the series with {move}.",
    "uncertain_start": (
        "I can't tell whether the invitation reached {channel}: the message was taken, but no"
        " answer came back. Would you look?"
    ),
    "uncertain": (
        "I can't tell whether week {number} reached {channel}: the message was taken, but no"
        " answer came back. Would you look?"
    ),
    "failed": (
        "{channel} did not get {post}: the message was not taken, and trying again by myself"
        " would not help. The log says why; nothing is lost. Once that is mended, press the"
        " button."
    ),
    "stuck_gone": (
        "It is time for a post of **{series}** in {channel} ({planned}), and I can't find its"
        " texts. Nothing is lost: I keep looking. Put the series' folder back, or mend the"
        " mistakes that the log names."
    ),
    "stuck": (
        "It is time for a post of **{series}** in {channel} ({planned}), and I can't make it."
        " Nothing is lost: I keep trying. The log says what is wrong."
    ),
    "settled_there": "Thank you. It counts as posted.",
    "settled_again": "Thank you. It goes out once more now.",
    "settled_before": "That has been settled already, thank you.",
}

_NAMING = {
    "named_are": "**{series}** in {channel} is moderated by:",
    "named_tell": "What comes up is told to them. Admins may do all of it as well.",
    "named_none": (
        "Nobody is named as a moderator of **{series}** in {channel}. Admins may do all of it, and"
        " what comes up is told to {starter}, who started it."
    ),
    "named_how": "Name somebody with {command}.",
    "named": "{member} moderates **{series}** from now on. I'm telling them so.",
    "named_you": "You moderate **{series}** from now on.",
    "named_told": "What comes up is told to those who are named, and you are not among them.",
    "named_already": "{member} moderates **{series}** already, so nothing was changed.",
    "named_unknown": (
        "I know nobody here called {given}, so nobody was named. Choose a person, or give me the"
        " name that I show for them."
    ),
    "named_enough": (
        "**{series}** has {number} moderators, and I can't keep more of them apart. Remove somebody"
        " first."
    ),
    "could_not_find": (
        "I couldn't look that person up just now, so nobody was named. Please try again in a"
        " moment."
    ),
    "removed": "{member} moderates **{series}** no more.",
    "removed_before": "{member} is not among the moderators of **{series}** any more.",
    "removed_you": "You moderate **{series}** no more. Thank you for having looked after it.",
    "remove_sure": (
        "Stop moderating **{series}**? Only another moderator or an admin can name you again."
    ),
    "you_are_named": (
        "You have been named a moderator of **{series}** in {channel}. You can see and do there"
        " what moderators do, and what comes up is told to you."
    ),
}

SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    _BUTTONS
    | _WORDS
    | _COMMANDS
    | _MEMBERSHIP
    | _HOME
    | _SETTINGS
    | _PRIVACY
    | _UNCLEAR
    | _READING
    | _CHALLENGES
    | _MODERATING
    | _NAMING
)
