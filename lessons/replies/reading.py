"""What the channel and the reader see of a chapter: announcement, post, cards, vote, reveal, recap.

Knows no store and no slot. Invariant: nothing here shows which option is right before the
member has voted, except in the discuss and recap posts, which close the vote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from lessons import actions
from lessons.actions import Confidence, RunId
from lessons.challenge import ChosenKey, Option, Variant
from lessons.curriculum import Chapter, Series
from lessons.document import Document, Link, Listing, Paragraph, Quote, Text
from lessons.figure import Bars, Figure, Panel
from lessons.markdown import blocks
from lessons.posts import Control, Post, Reply
from lessons.replies.membership import count
from lessons.replies.voice import Voice, heading, plot, post, private
from lessons.votes import ENOUGH_VOTERS, Ballot, Tally, course


@dataclass(frozen=True, slots=True)
class Week:
    """What a recap tells. Shares are 0 to 1, None where nobody did it; `fooled` is Markdown."""

    active: int
    enrolled: int
    first: Tally
    second: Tally | None
    own_right: float | None
    fooled: str


def announcement(voice: Voice, run: RunId, series: Series, first_at: datetime) -> Post:
    """The first post of a run, before its first chapter."""
    return post(
        voice.say(
            "announcement",
            series=series.title,
            when=voice.moment(first_at),
            pace=count(voice, "pace", len(series.chapters)),
            blurb=series.blurb,
        ),
        voice.button("join", actions.Join(run), "primary"),
        voice.button("what_is_this", actions.Explain(run)),
    )


def chapter_title(voice: Voice, chapter: Chapter) -> str:
    return voice.label("chapter_title", number=chapter.number, title=chapter.title)


def thread_name(voice: Voice, chapter: Chapter) -> str:
    """The name of the thread for the talk; at most 100 characters."""
    return voice.label("thread_name", number=chapter.number, title=chapter.title)[:100]


def chapter_post(
    voice: Voice,
    run: RunId,
    chapter: Chapter,
    question: Variant,
    *,
    hero: Figure | None,
    votes: int,
    late: timedelta = timedelta(0),
) -> Post:
    """The weekly post: three bullets, a picture, the question to vote on before reading on."""
    said = heading(chapter_title(voice, chapter))
    if late:
        said += voice.say("late", hours=late_words(voice, late))
    said += chapter.in_short + plot(hero)
    said += voice.say("before_you_read", prompt=blocks(question.prompt))
    if question.figure is not None:
        said += plot(question.figure)
    said += voice.say("votes_so_far", votes=count(voice, "votes", votes))
    figures = tuple(figure for figure in (hero, question.figure) if figure is not None)
    return Post(
        said,
        voice.label("chapter_summary", number=chapter.number, title=chapter.title),
        (
            *_ballot_buttons(voice, run, chapter, question, 1),
            voice.button("read_cards", actions.ReadLesson(run, chapter.slug)),
            voice.button("my_challenges", actions.Challenges(run, chapter.slug)),
        ),
        figures,
    )


def hero_card(chapter: Chapter, question: Variant) -> int | None:
    """Which card lends the post its picture, if the question has none: no reveal gives it away."""
    if question.figure is not None:
        return None
    shown = (i for i, card in enumerate(chapter.cards) if card.figure and not card.reveal)
    return next(shown, None)


def late_words(voice: Voice, late: timedelta) -> str:
    """ "two hours", rounded to what people would say."""
    hours = round(late.total_seconds() / 3600)
    return count(voice, "hours", hours) if hours else voice.label("less_than_an_hour")


def _ballot_buttons(
    voice: Voice, run: RunId, chapter: Chapter, question: Variant, of_round: int
) -> tuple[Control, ...]:
    return tuple(
        voice.named(option.text, actions.Vote(run, chapter.slug, option.id, of_round), "choice")
        for option in question.options
    )


def thread_opener(voice: Voice, chapter: Chapter) -> Post:
    """What stands first in the thread for the talk."""
    return post(voice.say("thread_opener", number=chapter.number, title=chapter.title))


def thread_card(chapter: Chapter, index: int, figure: Figure | None) -> Post:
    """A card for the chapter's thread, where whoever likes reads along without a press."""
    shown = chapter.cards[index]
    said = heading(shown.title, level=3) + shown.body + plot(figure)
    return Post(said, shown.title, (), () if figure is None else (figure,))


# -- cards -----------------------------------------------------------------------------------------


def card(
    voice: Voice,
    run: RunId,
    chapter: Chapter,
    index: int,
    figure: Figure | None,
    revealed: bool,
    *,
    turned: bool = False,
) -> Reply:
    """Card `index` (from 0) with its pager; past either end the nearest card is shown.

    A reveal card stays shut for who has not voted, and says what opens it. `turned`: it takes
    the place of another card.
    """
    last = len(chapter.cards) - 1
    index = min(max(index, 0), last)
    shown = chapter.cards[index]
    shut = shown.reveal and not revealed
    said = voice.say("card_of", number=index + 1, cards=last + 1) + heading(shown.title, level=3)
    said += voice.say("vote_opens_this") if shut else shown.body + plot(figure)
    if index == last and not shut:
        said += _farewell(voice, chapter)
    controls = []
    if index > 0:
        back = actions.ReadLesson(run, chapter.slug, index - 1, turned=True)
        controls.append(voice.button("back", back))
    if index < last:
        onward = actions.ReadLesson(run, chapter.slug, index + 1, turned=True)
        controls.append(voice.button("next", onward, "primary"))
    else:
        mine = actions.Challenges(run, chapter.slug)
        controls.append(voice.button("my_challenges", mine, "primary"))
    figures = (figure,) if figure is not None and not shut else ()
    return private(said, *controls, edit=turned, figures=figures)


def _farewell(voice: Voice, chapter: Chapter) -> Document:
    said = voice.say("takeaway", takeaway=chapter.takeaway)
    links = [
        (Paragraph((Link((Text(further.title),), further.url),)),) for further in chapter.further
    ]
    if chapter.follows:
        follows = Link((Text(voice.label("follows")),), chapter.follows)
        links.insert(0, (Paragraph((follows,)),))
    return said + voice.say("further") + Document((Listing(tuple(links)),)) if links else said


def not_posted(voice: Voice, starts: datetime | None) -> Reply:
    """No chapter has been posted yet, or not that one."""
    if starts is None:
        return private(voice.say("not_posted"))
    return private(voice.say("not_posted_until", when=voice.moment(starts)))


# -- the vote --------------------------------------------------------------------------------------


def locked_in(
    voice: Voice, run: RunId, chapter: Chapter, option: Option, ballot: Ballot, changed: bool
) -> Reply:
    """The private answer to a vote; asks how sure."""
    key = "vote_changed" if changed else "vote_locked"
    until = voice.say("vote_until") if ballot.round == 1 else Document()
    return private(
        voice.say(key, option=option.text) + until,
        *(
            voice.button(level, actions.BeSure(run, chapter.slug, level, ballot.round))
            for level in ("hunch", "fairly", "certain")
        ),
    )


def sure(voice: Voice, run: RunId, chapter: Chapter, option: Option, level: Confidence) -> Reply:
    return private(
        voice.say("sure", option=option.text, level=voice.label(f"level_{level}")),
        voice.button("show_reveal", actions.Reveal(run, chapter.slug), "primary"),
        voice.button("read_cards", actions.ReadLesson(run, chapter.slug)),
        edit=True,
    )


def vote_first(
    voice: Voice, run: RunId, chapter: Chapter, question: Variant, of_round: int = 1
) -> Reply:
    """For who asks what happened before voting."""
    return private(
        voice.say("vote_first", prompt=blocks(question.prompt)) + plot(question.figure),
        *_ballot_buttons(voice, run, chapter, question, of_round),
        figures=() if question.figure is None else (question.figure,),
    )


def vote_over(voice: Voice, run: RunId, chapter: Chapter) -> Reply:
    return private(
        voice.say("vote_over"),
        voice.button("show_reveal", actions.Reveal(run, chapter.slug), "primary"),
    )


def reveal(
    voice: Voice, run: RunId, chapter: Chapter, question: Variant, ballot: Ballot | None
) -> Reply:
    """What really happened, measured against the member's own vote if they gave one."""
    said = Document() if ballot is None else _own_vote(voice, question, ballot)
    said += blocks(question.explanation) + plot(question.reveal)
    return private(
        said,
        voice.button("my_challenges", actions.Challenges(run, chapter.slug), "primary"),
        figures=() if question.reveal is None else (question.reveal,),
    )


def _own_vote(voice: Voice, question: Variant, ballot: Ballot) -> Document:
    mine = _option(question, ballot.option)
    happened = question.key.option if isinstance(question.key, ChosenKey) else ballot.option
    if happened == ballot.option:
        said = voice.say("reveal_right", option=mine.text)
    else:
        said = voice.say(
            "reveal_wrong", option=mine.text, happened=_option(question, happened).text
        )
    return said + blocks(mine.feedback) if mine.feedback else said


def _option(question: Variant, name: str) -> Option:
    return next((o for o in question.options if o.id == name), Option(name, name))


# -- the beats after the chapter -----------------------------------------------------------------


def discuss_post(
    voice: Voice,
    run: RunId,
    chapter: Chapter,
    question: Variant,
    first: Tally,
    late: timedelta = timedelta(0),
) -> Post:
    """How the group voted, and what follows from it (see `lessons.votes.course`)."""
    said = heading(voice.label("discuss_title", number=chapter.number))
    if late:
        said += voice.say("late", hours=late_words(voice, late))
    figures: list[Figure] = []
    controls: list[Control] = []
    way = course(first)
    if way != "few":
        bars = vote_figure(voice, question, first)
        figures.append(bars)
        said += plot(bars)
    said += voice.say(
        f"discuss_{way}",
        votes=_votes(voice, first),
        share=percent(first.share_right),
    )
    if way == "talk":
        controls += _ballot_buttons(voice, run, chapter, question, 2)
    else:
        said += blocks(question.explanation) + plot(question.reveal)
        if question.reveal is not None:
            figures.append(question.reveal)
    said += voice.say("discuss_prompt", prompt=blocks(chapter.discuss))
    controls.append(voice.button("my_challenges", actions.Challenges(run, chapter.slug)))
    return post(said, *controls, figures=tuple(figures))


def vote_figure(voice: Voice, question: Variant, votes: Tally) -> Figure:
    """Bars of how many chose what; says nothing of who, nor of which is right."""
    texts = tuple(_option(question, name).text for name, _ in votes.counts)
    numbers = tuple(float(number) for _, number in votes.counts)
    alt = "; ".join(f"{t}: {int(n)}" for t, n in zip(texts, numbers, strict=True))
    title = voice.label("vote_figure")
    return Figure(title, f"{title}: {alt}.", (Panel((Bars(texts, numbers),)),))


def percent(share: float) -> str:
    return f"{round(100 * share)} %"


def recap_post(
    voice: Voice,
    run: RunId,
    chapter: Chapter,
    question: Variant,
    week: Week,
    upcoming: tuple[Chapter, datetime | None] | None,
    late: timedelta = timedelta(0),
) -> Post:
    """The week in a few lines: votes, own numbers, who was here, what fooled most, what is next.

    `upcoming` is None after the last chapter; its date is None while the run waits for none.
    """
    said = heading(voice.label("recap_title", number=chapter.number, title=chapter.title))
    if late:
        said += voice.say("late", hours=late_words(voice, late))
    lines = _week_lines(voice, week)
    if lines:
        said += Document((Listing(tuple(line.blocks for line in lines)),))
    drawn = week_figure(voice, week)
    said += plot(drawn)
    if week.fooled and week.active >= ENOUGH_VOTERS:
        said += voice.say("recap_fooled") + Document((Quote(blocks(week.fooled).blocks),))
    reveal = None
    if course(week.first) == "talk":  # otherwise the discuss post has told it
        reveal = question.reveal
        said += blocks(question.explanation) + plot(reveal)
    said += voice.say("takeaway", takeaway=chapter.takeaway) + _what_comes(voice, upcoming)
    return post(
        said,
        voice.button("catch_up", actions.ReadLesson(run, chapter.slug)),
        voice.button("my_challenges", actions.Challenges(run, chapter.slug)),
        voice.button("join", actions.Join(run)),
        figures=tuple(one for one in (drawn, reveal) if one is not None),
    )


def _shares(week: Week) -> dict[str, float]:
    """How much was right, at each of the three looks. Among few a share would tell who was not."""
    shares = {}
    if course(week.first) != "few":
        shares["first"] = week.first.share_right
    if week.second is not None and week.second.voters:  # asked only where enough had voted
        shares["second"] = week.second.share_right
    if week.own_right is not None and week.active >= ENOUGH_VOTERS:
        shares["own"] = week.own_right
    return shares


def week_figure(voice: Voice, week: Week) -> Figure | None:
    """Bars of the shares that were right, from the first vote on; None where one stands alone."""
    shares = _shares(week)
    if len(shares) < 2:
        return None
    texts = tuple(voice.label(f"week_{name}") for name in shares)
    title = voice.label("week_figure")
    told = "; ".join(f"{t}: {percent(s)}" for t, s in zip(texts, shares.values(), strict=True))
    numbers = tuple(float(round(100 * share)) for share in shares.values())
    bars = Bars(texts, numbers, unit=" %", full=100.0)
    return Figure(title, f"{title}. {told}.", (Panel((bars,)),))


def _week_lines(voice: Voice, week: Week) -> list[Document]:
    """The numbers of the week."""
    shares = {name: percent(share) for name, share in _shares(week).items()}
    lines = []
    if "first" in shares:
        votes = _votes(voice, week.first)
        lines.append(voice.say("recap_votes", votes=votes, share=shares["first"]))
    elif week.first.voters:
        people = count(voice, "voters", week.first.voters)
        lines.append(voice.say("recap_votes_few", voters=people))
    if "second" in shares:
        lines.append(voice.say("recap_second", share=shares["second"]))
    if "own" in shares:
        lines.append(voice.say("recap_own", share=shares["own"]))
    if week.active:
        key = "recap_here_one" if week.active == 1 else "recap_here_many"
        lines.append(voice.say(key, active=week.active, enrolled=week.enrolled))
    return lines


def _votes(voice: Voice, votes: Tally) -> str:
    return count(voice, "votes", votes.voters)


def _what_comes(voice: Voice, upcoming: tuple[Chapter, datetime | None] | None) -> Document:
    if upcoming is None:
        return voice.say("recap_last")
    chapter, at = upcoming
    if at is None:
        return voice.say("recap_next_open", title=chapter.title)
    return voice.say("recap_next", when=voice.moment(at), title=chapter.title)
