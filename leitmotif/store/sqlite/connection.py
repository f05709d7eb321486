"""Opens the SQLite file, one connection a thread, and brings its schema up to date."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from leitmotif.errors import SchemaTooNew, StoreUnavailable
from leitmotif.outage import outage

_BUSY_SECONDS = 30
_PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -65536")
_NUMBER = re.compile(r"(\d{4})_.*\.sql")


class Database:
    """The file behind `path`; `read` and `write` hand out this thread's connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[sqlite3.Connection] = []
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(
                f"{path.parent} cannot be made: {error.strerror}. Set LEITMOTIF_DATABASE_URL."
            ) from error
        try:
            with self.write() as connection:
                _migrate(connection)
        except BaseException:
            self.close()
            raise

    @property
    def path(self) -> Path:
        return self._path

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading; every statement sees what was committed before it."""
        with self._named_errors():
            yield self._connection()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed whole at the end, rolled back whole on any error."""
        with self._named_errors():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close every thread's connection, for good."""
        with self._lock:
            self._closed = True
            for connection in self._open:
                connection.close()
            self._open.clear()
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            with self._lock:
                if self._closed:
                    raise StoreUnavailable(f"The database {self._path} is closed.")
                connection = sqlite3.connect(
                    self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
                )
                self._open.append(connection)
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            self._local.connection = connection
        return connection

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
            raise outage(str(self._path), error) from error


def _migrate(connection: sqlite3.Connection) -> None:
    """Apply the migrations that the file lacks, in the caller's transaction."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    steps = _migrations()
    if version > len(steps):
        raise SchemaTooNew(f"The database has schema {version}, this Leitmotif knows {len(steps)}: upgrade Leitmotif.")
    for number, script in list(enumerate(steps, 1))[version:]:
        for statement in _statements(script):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")


def _migrations() -> list[str]:
    folder = resources.files("leitmotif.store.sqlite") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if _NUMBER.fullmatch(entry.name))
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def _statements(script: str) -> Iterator[str]:
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
