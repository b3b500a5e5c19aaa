"""How a member of a space wants it: their time zone, reminders at an hour of theirs, or quiet.

Knows no store, no words and no time-zone database. Each step takes settings and gives new ones.
Invariant: who wants to be left alone is not reminded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

HOURS: Final = (8, 12, 16, 18, 20)
"""The hours of the day to choose from; nobody is written to at night."""

USUAL_HOUR: Final = 18


@dataclass(frozen=True, slots=True)
class Settings:
    """`zone` is the one they chose, `told` the one that the platform named, "" for none."""

    zone: str = ""
    told: str = ""
    reminders: bool = False
    hour: int = USUAL_HOUR
    alone: bool = False

    def zone_or(self, otherwise: str) -> str:
        """The zone of their clock; `otherwise` where neither they nor the platform named one."""
        return self.zone or self.told or otherwise


def told(settings: Settings, zone: str) -> Settings:
    """The platform names a zone; one that it names no more stays the one it named last."""
    return replace(settings, told=zone) if zone else settings


def in_zone(settings: Settings, zone: str, otherwise: str) -> Settings:
    """They name a zone. The one that would be theirs anyway is no choice: it goes on following."""
    follows = zone == replace(settings, zone="").zone_or(otherwise)
    return replace(settings, zone="" if follows else zone)


def remind(settings: Settings, *, on: bool, hour: int | None = None) -> Settings:
    """Who wants to be reminded no longer wants to be left alone."""
    return replace(
        settings,
        reminders=on,
        hour=settings.hour if hour is None else hour,
        alone=settings.alone and not on,
    )


def leave_alone(settings: Settings, *, alone: bool) -> Settings:
    """Being left alone ends reminders; its end does not bring them back."""
    return replace(settings, alone=alone, reminders=settings.reminders and not alone)
