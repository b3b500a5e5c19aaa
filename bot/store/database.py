"""Runs plain functions as transactions on the database's own thread, many to a commit.

Knows no table and no query; opening and checking the file is sqlite_file.py's.
Invariant: a function ran whole and is on the disk before its caller is told, or left nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path
from time import monotonic
from types import CoroutineType, TracebackType
from typing import Any, Final, Protocol, Self, TypeAlias, TypeVar

import aiosqlite
from aiosqlite.core import _STOP_RUNNING_SENTINEL

from bot.store import backups
from bot.store.errors import CommitFailed, DatabaseClosed, Misuse, StoreError
from bot.store.sql import Query
from bot.store.sqlite_file import LockedConnection, batch_error, open_file, statement_error

T = TypeVar("T")

Value: TypeAlias = int | float | str | bytes | None
"""What a column can hold. Instants are integer milliseconds UTC, JSON is str."""

BATCH_CALLS: Final = 256
BATCH_S: Final = 0.010
"""A batch takes no further function after so many, or so long: nobody waits for strangers."""


class Row(Protocol):
    """One row, by column name; `dict(row)` works. Its types are the schema's (STRICT)."""

    def __getitem__(self, column: str, /) -> Any: ...
    def keys(self) -> Iterable[str]: ...


class Transaction:
    """What a function given to `Database.run` may do; it is of no use after that function ends.

    After a statement has failed, nothing more can be run and the function is undone, even if it
    swallows the error: it must not be able to keep half of what it meant to do.
    """

    __slots__ = ("_connection", "_cursor", "_failure", "_over", "wrote")

    def __init__(self, connection: LockedConnection, cursor: sqlite3.Cursor) -> None:
        self._connection = connection
        self._cursor = cursor
        self._failure: StoreError | None = None
        self._over = False
        self.wrote = False

    def one(self, query: Query, /, **values: Value) -> Row | None:
        """The only row of `query`, or None. Raises Misuse if there are more."""
        rows = self._execute(query, values)
        if not rows:
            return None
        if len(rows) > 1:
            raise self._fail(Misuse(f"Query {query.name} gave {len(rows)} rows to one()."))
        return rows[0]

    def all(self, query: Query, /, **values: Value) -> list[Row]:
        """Every row of `query`, in its order."""
        return self._execute(query, values)

    def run(self, query: Query, /, **values: Value) -> int:
        """Run a writing query and say how many rows it touched."""
        self._must_write(query)
        self._execute(query, values)
        return self._cursor.rowcount

    def many(self, query: Query, rows: Iterable[Mapping[str, Value]], /) -> int:
        """Run a writing query once for each of `rows` and say how many rows they touched."""
        self._must_write(query)
        batch = list(rows)
        for values in batch:
            self._check(query, values)
        if not batch:
            return 0
        with self._translated(query):
            self._save()
            self._cursor.executemany(query.text, batch)
        return self._cursor.rowcount

    # -- for Database ---------------------------------------------------------------------------

    def finish(self) -> None:
        """Keep what was done. Raises what a statement raised, should the function not have."""
        if self._failure is not None:
            raise self._failure
        self._over = True
        if self.wrote:
            try:
                self._cursor.execute("RELEASE one")
            except sqlite3.Error as wrong:
                raise batch_error(wrong) from wrong

    def undo(self) -> None:
        """Drop what was done, and only that; if SQLite can't, drop the whole batch."""
        self._over = True
        if self.wrote and self._connection.in_transaction:
            try:
                self._cursor.execute("ROLLBACK TO one")
                self._cursor.execute("RELEASE one")
            except sqlite3.Error:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.rollback()

    # -- within ---------------------------------------------------------------------------------

    def _execute(self, query: Query, values: Mapping[str, Value]) -> list[Row]:
        self._check(query, values)
        try:
            if query.writes:
                self._save()
            # Every row is fetched at once: an unfinished statement would hold up the commit.
            return self._cursor.execute(query.text, values).fetchall()
        except (sqlite3.Error, OverflowError, UnicodeError) as wrong:
            raise self._failed(query, wrong) from wrong

    def _save(self) -> None:
        """Only who writes needs a savepoint; two statements less for all who only read."""
        if not self.wrote:
            self._cursor.execute("SAVEPOINT one")
            self.wrote = True

    def _check(self, query: Query, values: Mapping[str, Value]) -> None:
        if self._over:
            raise Misuse("A transaction was used after its function had ended.")
        if self._failure is not None:
            raise self._failure
        if values.keys() != query.parameters:
            missing = ", ".join(sorted(query.parameters - values.keys())) or "none"
            unknown = ", ".join(sorted(values.keys() - query.parameters)) or "none"
            raise self._fail(
                Misuse(
                    f"Query {query.name} got other values: missing {missing}, unknown {unknown}."
                )
            )

    def _must_write(self, query: Query) -> None:
        if not query.writes:
            raise self._fail(Misuse(f"Query {query.name} only reads; use one() or all()."))

    @contextlib.contextmanager
    def _translated(self, query: Query) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OverflowError, UnicodeError) as wrong:
            raise self._failed(query, wrong) from wrong

    def _failed(self, query: Query, wrong: Exception) -> StoreError:
        return self._fail(statement_error(self._connection.path, query.name, wrong))

    def _fail(self, failure: StoreError) -> StoreError:
        self._failure = failure
        return failure


_Call: TypeAlias = tuple["asyncio.Future[Any]", Callable[[Transaction], Any]]
_Answer: TypeAlias = tuple["asyncio.Future[Any]", Any, BaseException | None]


class _Thread(aiosqlite.Connection):
    """aiosqlite's thread and its queue, entered once per batch instead of once per statement.

    aiosqlite's own calls are not used: they leave a traceback when the loop ends before they do.
    """

    def __init__(self, opening: Callable[[], LockedConnection]) -> None:
        super().__init__(opening, iter_chunk_size=64)
        self._opening = opening
        self._opened: LockedConnection | None = None
        # A database that nobody closed must not keep the interpreter from ending. What a dying
        # process leaves unfinished was not acknowledged, and SQLite undoes it.
        self._thread.daemon = True

    async def start(self) -> LockedConnection:
        """Start the thread and open the file on it."""
        self._thread.start()
        try:
            self._connection = connection = await self.ask(self._open)
        except BaseException:
            self.stop()
            raise
        return connection

    def post(self, work: Callable[[], object]) -> None:
        """Have `work`, which must not raise, done on the thread after all that was posted."""
        self._tx.put_nowait((None, work))

    def ask(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Have `work` done on the thread; its result."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def answer() -> None:
            try:
                result = work()
            except BaseException as wrong:
                _tell(loop, [(future, None, wrong)])
            else:
                _tell(loop, [(future, result, None)])

        self.post(answer)
        return future

    def end(self) -> asyncio.Future[None]:
        """Close the file and end the thread, after all that was posted before."""
        self._connection = None  # or aiosqlite warns that it was left open
        closed = self.ask(self._close)
        self.stop()
        return closed

    def stop(self) -> None:
        """As `end`, for when nobody waits: an opening was cancelled, or aiosqlite's `__del__`."""

        def last() -> object:
            with contextlib.suppress(sqlite3.Error):
                self._close()
            return _STOP_RUNNING_SENTINEL

        self.post(last)

    def _open(self) -> LockedConnection:
        self._opened = self._opening()
        return self._opened

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.close()


class Database:
    """An open store. Belongs to the event loop that opened it."""

    def __init__(self, thread: _Thread, connection: LockedConnection) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = thread
        self._connection = connection
        self._cursor: sqlite3.Cursor | None = None
        self._waiting: deque[_Call] = deque()
        self._awake = False
        self._closing: asyncio.Future[None] | None = None

    @classmethod
    async def open(cls, path: Path, migrations: Traversable, *, now_ms: Callable[[], int]) -> Self:
        """Open the file at `path`, making or migrating it with the folder `migrations`.

        Checks the whole file first (about a second per few hundred megabytes), on the thread.

        Raises what `open_file` raises; then, and when cancelled, the file is left free.
        """
        thread = _Thread(partial(open_file, path, migrations, now_ms()))
        return cls(thread, await thread.start())

    @property
    def restored(self) -> bool:
        """Whether this is a backup that was put back, and nobody has taken that up yet."""
        return self._connection.restored

    async def take_up(self) -> None:
        """What follows from a restore is done and committed: this is the database again."""

        def mark() -> None:
            backups.take_up(self._connection)
            self._connection.restored = False

        await self._thread.ask(mark)

    def run(self, fn: Callable[[Transaction], T]) -> asyncio.Future[T]:
        """Run `fn` as one transaction on the database's thread; its result, once it is on the disk.

        `fn` is plain code: no await, no other `run`, nothing slow, for everybody waits while it
        runs. Functions run whole, one after another, in the order of the calls to `run`. What it
        raises undoes it alone and is raised here. A caller cancelled before its turn leaves
        nothing; cancelled later, its function is run and kept, and only the answer is dropped.

        Raises, beside what `fn` and its Transaction raise: DiskFull or CommitFailed (nothing of
        it was kept), DatabaseClosed, Misuse (called within a function, or from another loop).
        """
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is not self._loop:
            raise Misuse("run() belongs to the event loop; inside a function use its Transaction.")
        if self._closing is not None:
            raise DatabaseClosed
        answer: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append((answer, fn))
        # The thread lowers the flag before it looks for work, so no call is left unseen.
        if not self._awake:
            self._awake = True
            self._thread.post(self._drain)
        return answer

    async def close(self) -> None:
        """Run what is waiting, write everything into the main file and free it. May be repeated."""
        if self._closing is None:
            self._closing = self._thread.end()
        await asyncio.shield(self._closing)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # -- on the database's thread -----------------------------------------------------------------

    def _drain(self) -> None:
        self._awake = False
        while self._waiting:
            _tell(self._loop, self._batch())

    def _batch(self) -> list[_Answer]:
        """One transaction for the functions that wait now; their answers, true only after it."""
        if self._cursor is None:
            self._cursor = self._connection.cursor()
        cursor, waiting, connection = self._cursor, self._waiting, self._connection
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as wrong:
            return self._refused(wrong)
        answers: list[_Answer] = []
        certain: int | None = None  # how many answers saw and left nothing but committed rows
        lost: BaseException | None = None
        until = monotonic() + BATCH_S
        while waiting and len(answers) < BATCH_CALLS and monotonic() < until:
            future, fn = waiting.popleft()
            if future.cancelled():
                continue
            transaction = Transaction(connection, cursor)
            answer = _one(transaction, future, fn)
            if transaction.wrote and certain is None:
                certain = len(answers)
            answers.append(answer)
            if not connection.in_transaction:  # on a full disk SQLite rolls everything back
                lost = answer[2] or CommitFailed("a function ended the transaction")
                break
        else:
            try:
                cursor.execute("COMMIT")
            except sqlite3.Error as wrong:
                lost = wrong
                self._rollback()
        if lost is None or certain is None:
            return answers
        return answers[:certain] + [
            (future, None, error or batch_error(lost)) for future, _, error in answers[certain:]
        ]

    def _refused(self, wrong: sqlite3.Error) -> list[_Answer]:
        """Nothing could be begun, so what waits is answered without being run."""
        self._rollback()
        count = min(len(self._waiting), BATCH_CALLS)
        return [(self._waiting.popleft()[0], None, batch_error(wrong)) for _ in range(count)]

    def _rollback(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.rollback()


def _one(
    transaction: Transaction, future: asyncio.Future[Any], fn: Callable[[Transaction], Any]
) -> _Answer:
    try:
        result = fn(transaction)
        if type(result) is CoroutineType:
            result.close()
            raise Misuse("run() takes a plain function, not a coroutine function.")
        transaction.finish()
    except BaseException as wrong:
        transaction.undo()
        # A future refuses StopIteration, which would take everybody's answers with it.
        if isinstance(wrong, StopIteration):
            stopped = RuntimeError("a transaction function raised StopIteration")
            stopped.__cause__ = wrong
            return future, None, stopped
        return future, None, wrong
    return future, result, None


def _tell(loop: asyncio.AbstractEventLoop, answers: list[_Answer]) -> None:
    """Wake the loop once for all `answers`; when it is closed, nobody waits for them any more."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(_settle, answers)


def _settle(answers: list[_Answer]) -> None:
    for future, result, error in answers:
        if future.done():  # cancelled meanwhile
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
