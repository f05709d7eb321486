"""Opens the ledger's database, SQLite or PostgreSQL, and names its errors."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from leitmotif.errors import ConfigurationError, StoreUnavailable
from leitmotif.ledger.migrations import migrate
from leitmotif.outage import outage

_BUSY_MILLISECONDS = 30_000
_RETRY_SECONDS = 0.02
_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql://"
_WRITES = "ledger_writes"
_LOCK = 4_718_001
"""Key of PostgreSQL's advisory lock under which writers take turns, as they do on SQLite."""


class Database:
    """The ledger's tables; `read` and `write` hand out connections. Safe for many threads and processes."""

    def __init__(self, url: str) -> None:
        # What stands before is user and password; what comes behind may hold a password, too.
        self._name = url.split("@")[-1].split("?")[0]
        self._engine = _engine(url)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        try:
            with self.write() as connection:
                migrate(connection)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection for reading."""
        with self._named_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction, one at a time over all processes: committed whole at the end, rolled back on any error."""
        with self._named_errors(), self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            raise outage(self._name, getattr(error, "orig", None) or error) from error


def _engine(url: str) -> sa.Engine:
    if url.startswith(_SQLITE):
        return _sqlite_engine(Path(url.removeprefix(_SQLITE)))
    if url.startswith(_POSTGRESQL):
        return sa.create_engine(url.replace(_POSTGRESQL, "postgresql+psycopg://", 1), pool_pre_ping=True)
    raise ConfigurationError(
        f"LEITMOTIF_DATABASE_URL is {url.split('@')[-1]!r}: it must start with {_SQLITE} or {_POSTGRESQL}."
    )


def _sqlite_engine(path: Path) -> sa.Engine:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"{path.parent} cannot be made: {error.strerror}. Set LEITMOTIF_DATABASE_URL."
        ) from error
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN comes too late: two writers would read first and then find each other in the way.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    _into_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _into_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for others while the journal's mode changes, so this does."""
    end = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(_RETRY_SECONDS)
