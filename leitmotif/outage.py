"""What a database's driver says when it cannot go on, in our words and with the way to mend it."""

from __future__ import annotations

import sqlite3

from leitmotif.errors import DatabaseFull, StoreUnavailable

_FULL = {sqlite3.SQLITE_FULL, "53100"}
_ADVICE: dict[int | str, str] = {
    sqlite3.SQLITE_BUSY: "Another process has been writing for half a minute: try again later.",
    sqlite3.SQLITE_LOCKED: "Another process has been writing for half a minute: try again later.",
    sqlite3.SQLITE_READONLY: "Let this user write the file and its folder.",
    sqlite3.SQLITE_CANTOPEN: "Let this user read and write the file and its folder.",
    sqlite3.SQLITE_PERM: "Let this user read and write the file and its folder.",
    sqlite3.SQLITE_IOERR: "Look whether its disk is full or damaged.",
    sqlite3.SQLITE_CORRUPT: "Restore the file from a backup.",
    sqlite3.SQLITE_NOTADB: "LEITMOTIF_DATABASE_URL names a file of another kind.",
}


def outage(place: str, error: BaseException) -> StoreUnavailable:
    """The error to raise for a driver's.

    Args:
        place: which database, without a password.
        error: of `sqlite3` or of `psycopg`.
    """
    code = _code(error)
    if code in _FULL:
        return DatabaseFull(
            f"The disk of the database {place} is full, so nothing of this was written: free space and do it again."
        )
    # Lines after the first quote our SQL.
    reason = str(error).strip().split("\n")[0].rstrip(".")
    return StoreUnavailable(f"The database {place} does not work: {reason}. {_ADVICE.get(code, '')}".rstrip())


def _code(error: BaseException) -> int | str:
    """SQLite's primary result code, or the server's SQLSTATE."""
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF
    return str(getattr(error, "sqlstate", None) or "")
