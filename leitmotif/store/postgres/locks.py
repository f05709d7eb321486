"""Advisory locks: who may do what one process at a time, held until the end of the transaction."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import psycopg

_FAMILY = 0x4C656974  # "Leit": keeps our locks apart from those of others in the same database
_WAIT = "30s"


class Lock(IntEnum):
    """What is done by one at a time."""

    MIGRATE = 1
    WRITE = 2


def take(connection: psycopg.Connection[Any], lock: Lock) -> None:
    """Wait for the lock, at most half a minute, as SQLite's writers do.

    Raises:
        psycopg.errors.LockNotAvailable: another holds it for longer.
    """
    connection.execute("SELECT set_config('lock_timeout', %s, true)", (_WAIT,))
    connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_FAMILY, int(lock)))
