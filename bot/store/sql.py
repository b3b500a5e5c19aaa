"""Named queries, read from `.sql` files: a name, a reason, one statement with `:name` parameters.

Knows no database and no table; it never looks inside a statement further than its words.
Invariant: a Query is one reading or writing statement, never one that steers transactions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from types import MappingProxyType

from bot.store.errors import BadQueryFile

STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")

_HEAD = re.compile(r"--\s*name:\s*(\S*)\s*$")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NOT_CODE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_PARAMETER = re.compile(r"(?<!:):([a-zA-Z_]\w*)")
_FIRST_WORD = re.compile(r"\s*(\w*)")
_CHANGE = re.compile(r"\b(?:INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """One statement. `reason` says why it is as it is; the rest is read off the text.

    Raises ValueError if the text is not exactly one of the STATEMENTS.
    """

    name: str
    text: str
    reason: str
    parameters: frozenset[str] = field(init=False)
    writes: bool = field(init=False)

    def __post_init__(self) -> None:
        code = _NOT_CODE.sub(" ", self.text).strip().removesuffix(";")
        word = _FIRST_WORD.match(code)
        first = word[1].upper() if word else ""
        if first not in STATEMENTS:
            begins = f"begins with {first}" if first else "has no statement"
            raise ValueError(
                f"query {self.name} {begins}; write {', '.join(STATEMENTS[:-1])} or "
                f"{STATEMENTS[-1]} here (transactions are Database.run, tables are migrations)"
            )
        if ";" in code:
            raise ValueError(f"query {self.name} has several statements; give each its own name")
        object.__setattr__(self, "parameters", frozenset(_PARAMETER.findall(code)))
        object.__setattr__(self, "writes", first != "SELECT" and bool(_CHANGE.search(code)))


def load(folder: Traversable) -> Mapping[str, Query]:
    """All queries of the `.sql` files right in `folder`, by name; names are unique over all files.

    A file with a second dot (`claim.postgres.sql`) is another dialect's exception and not read.

    Raises BadQueryFile with every mistake in every file.
    """
    queries: dict[str, Query] = {}
    places: dict[str, str] = {}
    mistakes: list[str] = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".sql") or file.name.count(".") > 1:
            continue
        for line, name, reason, text in _sections(file.name, file.read_text("utf-8"), mistakes):
            place = f"{file.name}:{line}"
            if not _NAME.fullmatch(name):
                mistakes.append(
                    f"{place}: '{name}' is no name; use small letters, digits and _ as in "
                    "'-- name: save_vote'"
                )
            elif name in places:
                mistakes.append(
                    f"{place}: query {name} is already in {places[name]}; rename one of them"
                )
            elif not reason:
                mistakes.append(
                    f"{place}: query {name} has no reason; add a line '-- why it is needed' "
                    "under its name"
                )
            else:
                places[name] = place
                try:
                    queries[name] = Query(name, text, reason)
                except ValueError as wrong:
                    mistakes.append(f"{place}: {wrong}")
    if mistakes:
        raise BadQueryFile(tuple(mistakes))
    return MappingProxyType(queries)


def _sections(file: str, text: str, mistakes: list[str]) -> Iterator[tuple[int, str, str, str]]:
    """(line, name, reason, statement) of each query; before the first there may be comment only."""
    line, name = 0, ""
    reason: list[str] = []
    statement: list[str] = []
    for number, row in enumerate(text.splitlines(), start=1):
        head = _HEAD.match(row)
        if head:
            if line:
                yield line, name, " ".join(reason), "\n".join(statement).strip()
            line, name, reason, statement = number, head[1], [], []
        elif not line:
            if row.strip() and not row.startswith("--"):
                mistakes.append(
                    f"{file}:{number}: a statement without a name; put '-- name: ...' above it"
                )
        elif row.startswith("--") and not any(statement):
            reason.append(row.removeprefix("--").strip())
        else:
            statement.append(row)
    if line:
        yield line, name, " ".join(reason), "\n".join(statement).strip()
