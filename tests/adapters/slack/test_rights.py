"""Who moderates, who may start something, and what keeps the app out of a channel."""

from __future__ import annotations

import pytest

from adapters.slack.rights import missing, of_person
from adapters.slack.words import RIGHTS

ADA = {"id": "U1", "name": "ada", "real_name": "Ada L.", "tz": "Europe/Berlin"}


def test_a_member_starts_and_moderates_what_they_started_alone() -> None:
    facts = of_person(ADA)
    assert (facts.exists, facts.moderates, facts.may_start) == (True, False, True)
    assert (facts.name, facts.zone) == ("Ada L.", "Europe/Berlin")


@pytest.mark.parametrize("what", ["is_admin", "is_owner", "is_primary_owner"])
def test_who_runs_the_workspace_moderates_everything(what: str) -> None:
    assert of_person({**ADA, what: True}).moderates


@pytest.mark.parametrize(
    "what", ["deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger"]
)
def test_guests_strangers_and_apps_moderate_and_start_nothing(what: str) -> None:
    facts = of_person({**ADA, "is_admin": True, what: True})
    assert (facts.moderates, facts.may_start) == (False, False)
    assert facts.exists is (what != "deleted")


def test_people_are_called_as_they_want_to_be() -> None:
    assert of_person({**ADA, "profile": {"display_name": "adal"}}).name == "adal"
    assert of_person({**ADA, "profile": {"display_name": ""}, "real_name": ""}).name == "ada"
    assert of_person({"id": "U1"}).name == "U1"


def test_a_channel_says_what_keeps_the_app_out() -> None:
    assert missing({"is_archived": True, "is_member": False}) == (RIGHTS["archived"],)
    assert missing({"is_member": False}) == (RIGHTS["member"],)
    assert missing({"is_member": True}) == missing({}) == ()
