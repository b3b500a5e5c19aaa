"""How a member wants it: each step changes what it is about and nothing else."""

from __future__ import annotations

from lessons.settings import Settings, in_zone, leave_alone, remind, told


def test_a_member_s_own_zone_comes_before_the_platform_s_and_that_before_the_series() -> None:
    assert Settings("Asia/Tokyo", "Europe/Paris").zone_or("UTC") == "Asia/Tokyo"
    assert Settings("", "Europe/Paris").zone_or("UTC") == "Europe/Paris"
    assert Settings().zone_or("UTC") == "UTC"


def test_the_zone_that_is_theirs_anyway_is_no_choice_and_goes_on_following() -> None:
    followed = told(Settings(), "Europe/Paris")
    assert in_zone(followed, "Europe/Paris", "UTC") == followed
    chosen = in_zone(followed, "Asia/Tokyo", "UTC")
    assert chosen == Settings("Asia/Tokyo", "Europe/Paris")
    assert in_zone(chosen, "Europe/Paris", "UTC") == followed
    assert in_zone(Settings(), "UTC", "UTC") == Settings()


def test_a_platform_that_names_no_zone_any_more_takes_none_away() -> None:
    assert told(Settings("", "Europe/Paris"), "") == Settings("", "Europe/Paris")


def test_who_asks_for_reminders_is_no_longer_left_alone() -> None:
    assert remind(Settings(alone=True), on=True, hour=8) == Settings(reminders=True, hour=8)
    assert remind(Settings(alone=True), on=False) == Settings(alone=True)
    assert remind(Settings(hour=8), on=True).hour == 8


def test_being_left_alone_ends_reminders_and_its_end_brings_none() -> None:
    alone = leave_alone(Settings(reminders=True, hour=20), alone=True)
    assert alone == Settings(hour=20, alone=True)
    assert leave_alone(alone, alone=False) == Settings(hour=20)
