"""What is said of who moderates a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lessons import actions
from lessons.document import plain
from lessons.posts import Reply
from lessons.replies import naming
from lessons.replies.naming import NamingView
from lessons.replies.voice import Voice
from tests.rigs.hall import new_run

VOICE = Voice("en", "hall:1", "UTC")
RUN = new_run("study")
NOBODY = NamingView(RUN, "Reading maps", (), "mia")
BOTH = replace(NOBODY, named=("ada", "mia"))


def words(reply: Reply) -> str:
    assert reply.post is not None
    return plain(reply.post.document)


def wants(reply: Reply) -> list[object]:
    assert reply.post is not None
    return [control.want for control in reply.post.controls]


def test_who_moderates_stands_in_a_numbered_list_with_a_button_for_each() -> None:
    reply = naming.moderators(VOICE, BOTH)

    assert "1. @ada\n2. @mia" in words(reply)
    assert wants(reply) == [actions.RemoveModerator("study", who) for who in ("ada", "mia")]


def test_where_nobody_is_named_who_started_it_stands_there() -> None:
    reply = naming.moderators(VOICE, NOBODY)

    assert f"@{RUN.started_by}, who started it" in words(reply)
    assert "/series moderators" in words(reply)
    assert wants(reply) == []


def test_who_names_somebody_and_is_not_named_is_offered_to_be() -> None:
    alone = naming.named(VOICE, replace(NOBODY, named=("ada",)), "ada")
    both = naming.named(VOICE, BOTH, "ada")

    assert wants(alone)[0] == actions.Moderators("study", "mia")
    assert all(isinstance(want, actions.RemoveModerator) for want in wants(both))


@pytest.mark.parametrize("was", [True, False])
def test_whatever_became_of_a_removal_takes_the_place_of_the_list(was: bool) -> None:
    reply = naming.removed(VOICE, BOTH, "ben", was=was)

    assert reply.edit
    assert "@ben" in words(reply)
    assert len(wants(reply)) == 2


def test_who_removed_themself_is_shown_no_list_any_more() -> None:
    assert wants(naming.removed(VOICE, NOBODY, "mia", was=True)) == []


def test_who_removes_themself_is_asked_and_can_stay() -> None:
    sure, stay = wants(naming.confirm_remove(VOICE, BOTH))

    assert sure == actions.RemoveModerator("study", "mia", sure=True)
    assert stay == actions.Cancel()
