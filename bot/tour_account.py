"""The account at the end of a tour: everything that week left in the store, read back.

Knows no scene. Invariant: nothing in it comes from memory; each figure is a row of the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import assert_never

from adapters.local.people import PEOPLE
from adapters.terminal.messenger import SPACE
from bot import ledger
from bot.delivery import Entry
from bot.hall import CHANNEL, Hall
from bot.store import runs
from bot.store.challenges import SHARED
from bot.store.database import Row, Transaction
from bot.store.queries import QUERIES
from lessons.challenge import (
    ChosenKey,
    ConfigKey,
    MatchKey,
    NumberKey,
    NumbersKey,
    OrderKey,
    SetKey,
    StepsKey,
    Variant,
    decode_variant,
)
from lessons.document import Document, Heading, Paragraph, Table, Text, inlines
from lessons.fields import LETTERS
from lessons.runs import Run


async def account(hall: Hall) -> None:
    """Print what is in the database now."""
    document = await hall.app.db.run(_read)
    hall.screen.scene("What the database kept, read back")
    hall.screen.document(document, {})


def _read(t: Transaction) -> Document:
    run = runs.run_in_channel(t, SPACE, CHANNEL)
    if run is None:
        return Document((Paragraph((Text("There is no run."),)),))
    rows = t.all(QUERIES["variants_of_run"], space=SPACE, run=run.id)
    posed = _table(
        "Challenges, with each member's own numbers and the key",
        ("who", "challenge", "numbers", "key"),
        map(_posed, rows),
    )
    tried = _table(
        "How they went",
        ("who", "challenge", "tries", "hints", "best", "passed"),
        (_tried(row) for row in rows if row["member"] != SHARED),
    )
    return posed + tried + _rest(t, run)


def _rest(t: Transaction, run: Run) -> Document:
    votes = _table(
        "Votes",
        ("who", "round", "choice", "how sure"),
        (
            (
                PEOPLE.get(row["member"], row["member"]),
                row["round"],
                row["choice"],
                row["confidence"],
            )
            for row in t.all(QUERIES["votes_of_run"], space=SPACE, run=run.id)
        ),
    )
    entries = {entry.delivery.id: entry for entry in ledger.entries_of_run(t, SPACE, run.id)}

    def turn(entry: Entry) -> tuple[datetime, int]:
        """What hangs on another delivery comes after it."""
        deep, after = 0, entry.delivery.after
        while after is not None:
            deep, after = deep + 1, entries[after].delivery.after
        return entry.delivery.planned, deep

    threads = sum(entry.delivery.purpose == "thread" for entry in entries.values())
    messages = len(entries) - threads
    return votes + _table(
        f"Ledger: {messages} messages and {threads} {'thread' if threads == 1 else 'threads'}",
        ("planned (UTC)", "what", "state", "tries", "message"),
        map(_delivery, sorted(entries.values(), key=turn)),
    )


def _delivery(entry: Entry) -> tuple[object, ...]:
    delivery = entry.delivery
    at = delivery.planned
    return (
        f"{at:%a} {at.day} {at:%b %H:%M}",
        f"{delivery.beat} {delivery.purpose} {delivery.part + 1 if delivery.part else ''}".strip(),
        entry.state,
        entry.tries,
        entry.ref.id if entry.ref else "",
    )


def _posed(row: Row) -> tuple[str, ...]:
    variant = decode_variant(row["body"])
    return (_who(row), _challenge(row), _numbers(variant), _key(variant))


def _tried(row: Row) -> tuple[object, ...]:
    passed = "yes" if row["passed_at_ms"] else "no"
    return (_who(row), _challenge(row), row["tries"], row["hints"], f"{row['best']:.2f}", passed)


def _who(row: Row) -> str:
    return "all" if row["member"] == SHARED else PEOPLE.get(row["member"], row["member"])


def _challenge(row: Row) -> str:
    return f"{row['challenge']} #{row['issue']}"


def _numbers(variant: Variant) -> str:
    left_out = {"draws"}
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in variant.params.items()
        if name not in left_out
    )


def _key(variant: Variant) -> str:
    """The right answer as that member would type it, and what it stands for."""
    key = variant.key
    match key:
        case ChosenKey(option):
            return f"{_letters(variant, (option,))}: {option}"
        case SetKey(options) | OrderKey(options) | MatchKey(options):
            return _letters(variant, options)
        case NumberKey(value):
            return f"{value:.4g}"
        case NumbersKey(_, numbers):
            return " ".join(f"{number.value:.3g}" for number in numbers)
        case StepsKey(steps):
            return " ".join(step.right for step in steps)
        case ConfigKey(_, _, _, goal):
            return f"at least {goal:.2f}"
        case _:
            assert_never(key)


def _letters(variant: Variant, options: Iterable[str]) -> str:
    letters = {option.id: letter for option, letter in zip(variant.options, LETTERS, strict=False)}
    return " ".join(letters[option] for option in options)


def _table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Document:
    return Document(
        (
            Heading(3, (Text(title),)),
            Table(
                tuple(inlines(name) for name in header),
                tuple(tuple(inlines(str(cell)) for cell in row) for row in rows),
            ),
        )
    )
