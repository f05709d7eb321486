"""A pool of connections to PostgreSQL, and its errors in our words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from pgvector.psycopg import register_vector
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from leitmotif.errors import ConfigurationError, StoreUnavailable
from leitmotif.outage import outage
from leitmotif.store.postgres.locks import Lock, take
from leitmotif.store.postgres.schema import migrate

Connection = psycopg.Connection[tuple[Any, ...]]

_ASK_AFTER_SECONDS, _WAIT_SECONDS = 1.0, 30.0
_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 5,
    "application_name": "leitmotif",
    # A server that vanished without a word is noticed within a minute, not within libpq's two hours.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_ADVICE = (
    (r"password|authentication|role .* does not exist", "Check the user and the password in LEITMOTIF_DATABASE_URL."),
    (r"database .* does not exist", "Create it first: createdb -E UTF8 -T template0 NAME."),
    (r"too many (clients|connections)|connection slots", "Lower LEITMOTIF_DATABASE_CONNECTIONS or raise its limit."),
    (r"", "Check LEITMOTIF_DATABASE_URL and that the server runs."),
)


class Database:
    """The database behind `url`; `read` and `write` lend a connection of at most `connections`."""

    def __init__(self, url: str, connections: int) -> None:
        self._conninfo, self._place = _address(url)
        with self._named_errors(), self._connect() as connection:
            migrate(connection, self._place)
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            self._conninfo,
            kwargs={"autocommit": True},
            min_size=0,
            max_size=connections,
            # Short, so that callers who come after an outage try anew instead of waiting for a backoff to end.
            reconnect_timeout=_ASK_AFTER_SECONDS,
            check=ConnectionPool.check_connection,
            configure=register_vector,
            open=True,
        )

    @property
    def place(self) -> str:
        """Host, port and database, without user and password."""
        return self._place

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; every statement sees what was committed before it."""
        with self._named_errors():
            connection = self._lend()
            try:
                yield connection
            finally:
                self._pool.putconn(connection)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction for reading, in which settings hold for its end (`SET LOCAL`)."""
        with self.read() as connection, connection.transaction():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed whole at the end, rolled back whole on any error. Writers take turns."""
        with self.read() as connection, connection.transaction():
            take(connection, Lock.WRITE)
            yield connection

    def close(self) -> None:
        """Close every connection, for good."""
        self._pool.close()

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except PoolClosed as error:
            raise StoreUnavailable(f"The database {self._place} is closed.") from error
        except PoolTimeout as error:
            raise StoreUnavailable(
                f"All connections of this process to the database {self._place} are in use: "
                "raise LEITMOTIF_DATABASE_CONNECTIONS."
            ) from error
        except psycopg.errors.LockNotAvailable as error:
            raise StoreUnavailable(
                f"The database {self._place} is busy with another long write: try again later."
            ) from error
        except psycopg.Error as error:
            raise outage(self._place, error) from error

    def _connect(self) -> Connection:
        try:
            return psycopg.connect(self._conninfo)
        except psycopg.OperationalError as error:
            raise StoreUnavailable(_refusal(self._place, error)) from error

    def _lend(self) -> Connection:
        try:
            return self._pool.getconn(_ASK_AFTER_SECONDS)
        except PoolTimeout:
            # Either the server is gone, which a connection of our own tells with the reason, or all are in use.
            self._connect().close()
            return self._pool.getconn(_WAIT_SECONDS)


def _address(url: str) -> tuple[str, str]:
    """The connection string with our defaults, and the name of the place that messages may show."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # The cause would show the URL and so the password.
        raise ConfigurationError(
            "LEITMOTIF_DATABASE_URL cannot be read: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
            "special characters in it percent-encoded."
        ) from None
    place = f"{parts.get('host') or 'localhost'}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}"
    return make_conninfo(**(_DEFAULTS | parts)), place


def _refusal(place: str, error: psycopg.Error) -> str:
    reason = _first_line(error)
    advice = next(advice for pattern, advice in _ADVICE if re.search(pattern, reason))
    return f"The database {place} cannot be opened: {reason}. {advice}"


def _first_line(error: psycopg.Error) -> str:
    """The server's words, without the lines that quote our SQL."""
    message = error.diag.message_primary or str(error)
    return message.strip().split("\n")[0].rstrip(".")
