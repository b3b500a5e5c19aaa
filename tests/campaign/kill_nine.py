"""kill -9, again and again, while eight members answer and the weeks pass; then the books.

Knows the service only from outside: a process, a database file, the hall's transcript, a clock.
Invariant: what is checked was read from copies of the files, as the kill had left them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BEGIN = datetime(2026, 9, 4, 9, tzinfo=UTC)
"""A Friday; the first chapter is posted on the Monday after it, at 17:00 UTC."""

SLOT_DAYS = (0, 3, 6)
SLOT_HOUR = 17
CHAPTERS = 99
PATIENCE_S = 120.0
LEASE = timedelta(minutes=3)
"""So much passes on the hall's clock before the next process starts: a lease has ended by then."""

SERIES = """title = "Drill"
blurb = "A series to be killed over."
license = "CC BY 4.0"
attribution = "Written for the campaign."
"""


def chapter(number: int) -> str:
    """A chapter with a question and two challenges; 250 is right, 1 and 2 are not."""
    challenges = "\n".join(
        f"""```challenge
id = "metres-{number}-{which}"
kind = "numeric"
prompt = "On a map of 1 : 25 000, how many metres is a centimetre? ({which})"
answer = 250
tolerance = {{ absolute = 0.5 }}
explanation = "25 000 centimetres are 250 metres."
```
"""
        for which in ("a", "b")
    )
    return f"""+++
title = "Week {number}"
takeaway = "A map is what somebody left over."
discuss = "What did you look for first?"
+++
**In short**
- A map leaves things out.
- Somebody chose.
- Ask who.

## First card
Nearly everything is gone.

## Second card
Somebody chose.

## After the vote {{reveal}}
A map at full size is no use.

```question
id = "better-map-{number}"
kind = "choice"
prompt = "Is the fuller map the better one?"
answer = "It depends"
explanation = "More on it is harder to read."
[[options]]
text = "Yes"
feedback = "Only if you looked for what was added."
[[options]]
text = "It depends"
```

{challenges}"""


@dataclass(slots=True)
class Books:
    """What was acknowledged so far, and what the campaign has seen."""

    answers: dict[tuple[str, int], str] = field(default_factory=dict)
    votes: set[tuple[str, str, int]] = field(default_factory=set)
    clock: datetime = BEGIN
    fewest_between_kills: int = sys.maxsize
    kills: int = 0
    posts: int = 0
    retried: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, line: bytes) -> bool:
        """Take in a line of the process; True if it acknowledges something a member did."""
        match json.loads(line):
            case {"answer": [variant, number, given]}:
                self.answers[variant, number] = given
                return True
            case {"vote": [chapter, member, _, of_round]}:
                self.votes.add((chapter, member, of_round))
                return True
            case {"clock": at}:
                self.clock = max(self.clock, datetime.fromisoformat(at))
        return False


# -- the process ----------------------------------------------------------------------------------


class Process:
    """One life of the service."""

    def __init__(self, home: Path, begin: datetime, *last: str) -> None:
        self._log = home / "process.log"
        program = str(ROOT / "tests" / "campaign" / "hall_process.py")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, program, str(home), begin.isoformat(), *last],
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        assert self._process.stdout is not None
        self._out = self._process.stdout.fileno()
        os.set_blocking(self._out, False)
        self._torn = b""

    def lines(self, wait_s: float) -> list[bytes]:
        """The whole lines that have come by now; waits up to `wait_s` for the first."""
        select.select([self._out], [], [], wait_s)
        try:
            self._torn += os.read(self._out, 1 << 20)
        except BlockingIOError:
            return []
        *whole, self._torn = self._torn.split(b"\n")
        return whole

    def rest(self) -> Iterator[bytes]:
        """What a process that is dead by now had still told."""
        while lines := self.lines(0):
            yield from lines

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        if not self.ended:
            self.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()

    @property
    def ended_well(self) -> bool:
        return self._process.poll() == 0

    def complaint(self) -> str:
        """Why it ended by itself, as far as its log says."""
        return f"exit {self._process.returncode}: {self._log.read_text()[-1_500:]}"


@contextmanager
def life(home: Path, begin: datetime, *last: str) -> Iterator[Process]:
    process = Process(home, begin, *last)
    try:
        yield process
    finally:
        process.close()


def live_and_be_killed(home: Path, books: Books, chance: random.Random, least: int) -> None:
    """A process lives until `least` things were acknowledged and then some time; then SIGKILL.

    Half of the kills come as soon as something is written into the hall: in the middle of a post.
    """
    acknowledged = 0
    with life(home, books.clock + LEASE) as process:
        give_up = time.monotonic() + PATIENCE_S
        in_posting = chance.random() < 0.5
        while acknowledged < least:
            acknowledged += sum([books.note(line) for line in process.lines(0.2)])
            if process.ended or time.monotonic() > give_up:
                return books.wrong.append(f"no {least} answers came. {process.complaint()}")
        hall, until = home / "hall" / "transcript.jsonl", time.monotonic() + chance.uniform(0, 0.6)
        seen = size(hall)
        while time.monotonic() < until and not (in_posting and size(hall) > seen):
            acknowledged += sum([books.note(line) for line in process.lines(0.0005)])
        time.sleep(chance.uniform(0, 0.008))
        if process.ended:
            return books.wrong.append(f"it ended by itself. {process.complaint()}")
        process.kill()
        acknowledged += sum([books.note(line) for line in process.rest()])
    books.kills += 1
    books.fewest_between_kills = min(books.fewest_between_kills, acknowledged)
    return None


def size(path: Path) -> int:
    """In bytes; 0 for a file that is not there yet."""
    return path.stat().st_size if path.exists() else 0


def live_to_the_end(home: Path, books: Books) -> None:
    """A last process sends what is still owed and ends by itself."""
    with life(home, books.clock + LEASE, "last") as process:
        give_up = time.monotonic() + PATIENCE_S
        while not process.ended and time.monotonic() < give_up:
            for line in process.lines(0.2):
                books.note(line)
        for line in process.rest():
            books.note(line)
        if not process.ended_well:
            books.wrong.append(f"the last process did not come to its end. {process.complaint()}")


# -- the books ------------------------------------------------------------------------------------


def check(home: Path, books: Books, *, at_the_end: bool) -> None:
    """Compare what was acknowledged with the database and the transcript as they lie there."""
    with copied(home) as copy:
        carried = keys_in_transcript(copy / "transcript.jsonl")
        books.wrong += [f"doubled: {key}" for key, n in carried.items() if n > 1]
        with closing(sqlite3.connect(copy / "studyhall.sqlite3")) as db:
            damage = damage_of(db)
            if damage:
                return books.wrong.append(f"the database is damaged: {damage}")
            check_answers(db, books)
            check_posts(db, books, carried, at_the_end=at_the_end)
    return None


def damage_of(db: sqlite3.Connection) -> str:
    """What SQLite itself finds wrong with the file, "" if nothing."""
    try:
        found = [row[0] for row in db.execute("PRAGMA integrity_check")]
        found += [f"{row} refers to nothing" for row in db.execute("PRAGMA foreign_key_check")]
    except sqlite3.DatabaseError as broken:
        return str(broken)
    return "" if found == ["ok"] else "; ".join(map(str, found[:5]))


@contextmanager
def copied(home: Path) -> Iterator[Path]:
    """Copies of the files: to look at the real ones would already mend them."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for path in [*home.glob("studyhall.sqlite3*"), *(home / "hall").glob("transcript.jsonl")]:
            if not path.name.endswith(("-shm", ".lock")):
                shutil.copyfile(path, copy / path.name)
        yield copy


def keys_in_transcript(path: Path) -> Counter[str]:
    """How many messages and threads carry each delivery's marker; a torn last line is none."""
    whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
    records = [json.loads(line) for line in whole.splitlines()]
    return Counter(record["key"] for record in records if record["type"] in ("Message", "Thread"))


def check_answers(db: sqlite3.Connection, books: Books) -> None:
    """Each acknowledged answer is there as it was given, and the counts follow from the answers."""
    rows = db.execute("SELECT variant, number, answer FROM attempt").fetchall()
    stored = {(variant, number): answer for variant, number, answer in rows}
    for try_of, given in books.answers.items():
        if try_of not in stored:
            books.wrong.append(f"lost: answer {given} to {try_of}")
        elif given not in stored[try_of]:
            books.wrong.append(f"changed: answer {given} to {try_of} is {stored[try_of]}")
    cast = set(db.execute("SELECT chapter, member, round FROM vote").fetchall())
    books.wrong += [f"lost: vote {vote}" for vote in books.votes - cast]
    torn = db.execute(
        "SELECT variant FROM variant WHERE tries <> (SELECT COUNT(*) FROM attempt"
        " WHERE attempt.space = variant.space AND attempt.variant = variant.variant)"
    ).fetchall()
    books.wrong += [f"half an answer: {variant}" for (variant,) in torn]


def check_posts(
    db: sqlite3.Connection, books: Books, carried: Counter[str], *, at_the_end: bool
) -> None:
    """What the ledger calls sent is in the hall; at the end that is everything, for every slot."""
    rows = db.execute("SELECT delivery, purpose, part, state, tries, body FROM delivery").fetchall()
    for key, purpose, part, state, _, _ in rows:
        if state == "sent" and not carried[key]:
            books.wrong.append(f"missing: {purpose} {part} ({key}) counts as sent")
        if at_the_end and state != "sent":
            books.wrong.append(f"not sent at the end: {purpose} {part} ({key}) is {state}")
    strangers = carried.keys() - {row[0] for row in rows}
    books.wrong += [f"posted without being planned: {key}" for key in strangers]
    books.posts = sum(carried.values())
    books.retried = sum(1 for row in rows if row[4] > 1)
    if at_the_end:
        told = Counter(
            db.execute(
                "SELECT chapter, beat FROM delivery WHERE purpose = 'post' AND part = 0"
            ).fetchall()
        )
        if told.total() != slots_until(books.clock) or max(told.values(), default=0) > 1:
            books.wrong.append(f"{slots_until(books.clock)} slots passed, told were {told}")
        [(missed,)] = db.execute("SELECT SUM(missed) FROM run").fetchall()
        if missed:
            books.wrong.append(f"{missed} slots were missed")


def slots_until(clock: datetime) -> int:
    """How many slots the run has had, counted on a calendar, until its chapters ran out."""
    days = (BEGIN.date() + timedelta(days=3 + n) for n in range((clock - BEGIN).days + 2))
    slots = [day for day in days if day.weekday() in SLOT_DAYS]
    passed = [d for d in slots if datetime(d.year, d.month, d.day, SLOT_HOUR, tzinfo=UTC) <= clock]
    return min(len(passed), CHAPTERS * len(SLOT_DAYS))


# -- the campaign ---------------------------------------------------------------------------------


def campaign(home: Path, kills: int, seed: int, least: int = 50, *, loud: bool = False) -> Books:
    """Kill `kills` processes on the hall in `home`; stops at the first thing that is wrong."""
    chance = random.Random(seed)
    books = Books()
    series = home / "series" / "drill"
    series.mkdir(parents=True)
    (series / "series.toml").write_text(SERIES)
    for number in range(1, CHAPTERS + 1):
        (series / f"{number:02}-week-{number}.md").write_text(chapter(number))
    for number in range(1, kills + 1):
        live_and_be_killed(home, books, chance, least)
        check(home, books, at_the_end=False)
        if books.wrong:
            return books
        if loud:
            acknowledged = len(books.answers) + len(books.votes)
            print(f"kill {number}: {acknowledged} acknowledged, {books.posts} posts", flush=True)
    live_to_the_end(home, books)
    check(home, books, at_the_end=True)
    return books


def closing_line(books: Books, seed: int) -> str:
    """The figures, or what is wrong."""
    if books.wrong:
        return "\n".join([f"WRONG (--seed {seed}), after {books.kills} kills:", *books.wrong[:20]])
    return (
        f"{books.kills} kills, at least {books.fewest_between_kills} acknowledged between two: "
        f"{len(books.answers)} answers and {len(books.votes)} votes, 0 lost; "
        f"{books.posts} posts for {slots_until(books.clock)} slots, 0 doubled, 0 missing, "
        f"{books.retried} after a second look; database intact (--seed {seed})"
    )


def main() -> int:
    """0 if nothing was lost, doubled, missing or damaged."""
    options = argparse.ArgumentParser(description="kill -9 while members answer; then the books")
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="studyhall-campaign-") as home:
        books = campaign(Path(home), asked.kills, asked.seed, loud=True)
    print(closing_line(books, asked.seed))
    return 1 if books.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
