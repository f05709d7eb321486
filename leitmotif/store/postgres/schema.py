"""Brings the schema of a PostgreSQL database up to date."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

import psycopg
from psycopg import sql

from leitmotif.errors import SchemaTooNew, StoreUnavailable
from leitmotif.store.postgres.locks import Lock, take

_NUMBER = re.compile(r"(\d{4})_.*\.sql")
_LEAST_PGVECTOR = (0, 8)


def migrate(connection: psycopg.Connection[Any], place: str) -> None:
    """Apply the migrations that the database lacks, all or none; processes that start together take turns.

    Raises:
        SchemaTooNew: it was written by a newer Leitmotif.
        StoreUnavailable: it is not in UTF-8, pgvector is missing or too old, or this user may not make tables.
    """
    with connection.transaction():
        take(connection, Lock.MIGRATE)
        _require_utf8(connection, place)
        _require_pgvector(connection, place)
        version, steps = schema_version(connection), _migrations()
        if version > len(steps):
            raise SchemaTooNew(
                f"The database {place} has schema {version}, this Leitmotif knows {len(steps)}: upgrade Leitmotif."
            )
        if version < len(steps):
            _apply(connection, steps, version, place)


def schema_version(connection: psycopg.Connection[Any]) -> int:
    """How many migrations were applied; 0 in an empty database."""
    # Asking for the table first: CREATE TABLE IF NOT EXISTS needs a right that reading does not.
    found = connection.execute("SELECT to_regclass('store_version')").fetchone()
    if not found or found[0] is None:
        return 0
    row = connection.execute("SELECT version FROM store_version").fetchone()
    return int(row[0]) if row else 0


def server_kind(connection: psycopg.Connection[Any]) -> str:
    """The server's and pgvector's versions."""
    number = connection.info.server_version
    return f"PostgreSQL {number // 10_000}.{number % 100} with pgvector {_pgvector(connection)}"


def _apply(connection: psycopg.Connection[Any], steps: list[bytes], version: int, place: str) -> None:
    try:
        if version == 0:
            connection.execute("CREATE TABLE store_version (version INTEGER NOT NULL)")
            connection.execute("INSERT INTO store_version VALUES (0)")
        for step in steps[version:]:
            connection.execute(step)
        connection.execute("UPDATE store_version SET version = %s", (len(steps),))
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreUnavailable(
            f"The user may not make tables in {place}: let its owner run GRANT CREATE ON SCHEMA public TO the user."
        ) from error


def _migrations() -> list[bytes]:
    folder = resources.files("leitmotif.store.postgres") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if _NUMBER.fullmatch(entry.name))
    return [(folder / name).read_bytes() for name in names]


def _require_utf8(connection: psycopg.Connection[Any], place: str) -> None:
    row = connection.execute("SHOW server_encoding").fetchone()
    if row and row[0] != "UTF8":
        raise StoreUnavailable(
            f"The database {place} is in {row[0]}, not in UTF-8: create it with createdb -E UTF8 -T template0 NAME."
        )


def _require_pgvector(connection: psycopg.Connection[Any], place: str) -> None:
    version = _pgvector(connection)
    if version is None:
        _create_pgvector(connection, place)
        version = _pgvector(connection)
    if version is None or tuple(map(int, version.split(".")[:2])) < _LEAST_PGVECTOR:
        raise StoreUnavailable(
            f"The database {place} has pgvector {version}, 0.8 is needed: install a newer one on the server and run "
            "ALTER EXTENSION vector UPDATE as a superuser."
        )


def _pgvector(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    return str(row[0]) if row else None


def _create_pgvector(connection: psycopg.Connection[Any], place: str) -> None:
    try:
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS vector"))
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreUnavailable(
            f"The database {place} lacks the extension pgvector and this user may not make it: "
            "let a superuser run CREATE EXTENSION vector in this database."
        ) from error
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile) as error:
        raise StoreUnavailable(
            f"The server of {place} has no pgvector: install it there (package postgresql-VERSION-pgvector, or the "
            "image pgvector/pgvector)."
        ) from error
