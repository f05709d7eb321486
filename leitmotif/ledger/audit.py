"""The audit log: who did what to the models and the codebook, and when. Entries are only ever added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from leitmotif.errors import InvalidCursor
from leitmotif.ledger.clock import now
from leitmotif.ledger.connection import Database

_COLUMNS = ("seq", "at", "who", "act", "subject", "key", "details")
_AUDIT = sa.table("audit", *(sa.column(name) for name in _COLUMNS))


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act.

    Attributes:
        seq: grows by time.
        at: ISO 8601 in UTC.
        who: the name of an API key, or `local` for the command line.
        act: e.g. `model.switch`.
        subject: what it was done to, e.g. the name of a version.
        details: what else there is to say, by name.
    """

    seq: int
    at: str
    who: str
    act: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first; `cursor` opens the next page."""

    entries: tuple[AuditEntry, ...]
    cursor: str | None


class AuditLog:
    """The acts on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, who: str, act: str, subject: str, details: Mapping[str, Any], *, key: str | None = None) -> bool:
        """Add an entry; with a `key` that an entry has already, add none. True if it was added."""
        with self._database.write() as connection:
            if key is not None and _has(connection, key):
                return False
            body = json.dumps(dict(details), ensure_ascii=False, sort_keys=True)
            values = {"at": now(), "who": who, "act": act, "subject": subject, "key": key, "details": body}
            connection.execute(_AUDIT.insert().values(**values))
        return True

    def has(self, key: str) -> bool:
        """Whether an entry has this key."""
        with self._database.read() as connection:
            return _has(connection, key)

    def list(
        self, *, limit: int, cursor: str | None = None, act: str | None = None, subject: str | None = None
    ) -> AuditPage:
        """Entries newest first, by keyset pages.

        Raises:
            InvalidCursor: the cursor is not one of ours.
        """
        wanted = sa.select(*(_AUDIT.c[name] for name in _COLUMNS)).order_by(_AUDIT.c.seq.desc()).limit(limit + 1)
        if cursor:
            wanted = wanted.where(_AUDIT.c.seq < _position(cursor))
        if act:
            wanted = wanted.where(_AUDIT.c.act == act)
        if subject:
            wanted = wanted.where(_AUDIT.c.subject == subject)
        with self._database.read() as connection:
            entries = [_entry(row) for row in connection.execute(wanted)]
        more = len(entries) > limit
        return AuditPage(tuple(entries[:limit]), str(entries[limit - 1].seq) if more else None)


def _has(connection: sa.Connection, key: str) -> bool:
    return connection.execute(sa.select(_AUDIT.c.seq).where(_AUDIT.c.key == key)).scalar() is not None


def _entry(row: sa.Row[Any]) -> AuditEntry:
    return AuditEntry(row.seq, row.at, row.who, row.act, row.subject, json.loads(row.details))


def _position(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
        raise InvalidCursor("cursor: take it from `cursor` of the page before; this is none of ours.")
    return int(cursor)
