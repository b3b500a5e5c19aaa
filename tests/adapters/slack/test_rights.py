"""Who moderates, who may start something, and what keeps the app out of a channel."""

from __future__ import annotations

import pytest

from adapters.slack.markdown import Json
from adapters.slack.rights import missing, of_person
from adapters.slack.words import RIGHTS

ADA = {"id": "U1", "name": "ada", "real_name": "Ada L.", "tz": "Europe/Berlin"}


def test_a_member_starts_and_moderates_what_they_started_alone() -> None:
    facts = of_person(ADA, "T1")
    assert (facts.exists, facts.moderates, facts.may_start) == (True, False, True)
    assert (facts.name, facts.zone) == ("Ada L.", "Europe/Berlin")


@pytest.mark.parametrize("what", ["is_admin", "is_owner", "is_primary_owner"])
def test_who_runs_the_workspace_moderates_everything(what: str) -> None:
    assert of_person({**ADA, what: True}, "T1").moderates


@pytest.mark.parametrize(
    "what", ["deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger"]
)
def test_guests_strangers_and_apps_moderate_and_start_nothing(what: str) -> None:
    facts = of_person({**ADA, "is_admin": True, what: True}, "T1")
    assert (facts.moderates, facts.may_start) == (False, False)
    assert facts.exists is (what not in ("deleted", "is_bot"))


@pytest.mark.parametrize("elsewhere", [{}, {"enterprise_user": {"teams": ["T2", "T3"]}}])
def test_who_a_channel_is_shared_with_moderates_and_starts_nothing(elsewhere: Json) -> None:
    """An admin there is none here, and Slack calls nobody a stranger who is in such a channel."""
    cleo = {**ADA, "team_id": "T2", "is_admin": True, "is_stranger": False, **elsewhere}
    facts = of_person(cleo, "T1")
    assert (facts.exists, facts.moderates, facts.may_start) == (True, False, False)


@pytest.mark.parametrize(
    "own", [{"team_id": "T1"}, {"team_id": "E1", "enterprise_user": {"teams": ["T2", "T1"]}}]
)
def test_who_belongs_to_the_workspace_moderates_it(own: Json) -> None:
    assert of_person({**ADA, **own, "is_admin": True}, "T1").moderates


def test_people_are_called_as_they_want_to_be() -> None:
    assert of_person({**ADA, "profile": {"display_name": "adal"}}, "T1").name == "adal"
    assert of_person({**ADA, "profile": {"display_name": ""}, "real_name": ""}, "T1").name == "ada"
    assert of_person({"id": "U1"}, "T1").name == "U1"


def test_a_channel_says_what_keeps_the_app_out() -> None:
    assert missing({"is_archived": True, "is_member": False}) == (RIGHTS["archived"],)
    assert missing({"is_member": False}) == (RIGHTS["member"],)
    assert missing({"is_member": True}) == missing({}) == ()
