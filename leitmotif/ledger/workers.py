"""Which processes work on runs, and which of them are gone."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from leitmotif.errors import StoreUnavailable
from leitmotif.ledger.connection import Database

logger = logging.getLogger(__name__)

SILENT_SECONDS = 30.0
"""A worker on another machine that has not been seen for so long is gone."""

_SHELL = "shell-"
_REUSED_SECONDS = 600.0
"""One on this machine is there as long as its process is, unless it is silent for so long: numbers come again."""

_WORKERS = sa.table("workers", *(sa.column(name) for name in ("id", "host", "pid", "seen")))


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that works on runs. `id` is its own even where machine and process number come again."""

    id: str
    host: str
    pid: int


def this_process() -> Worker:
    """A new worker id for this process."""
    host, pid = socket.gethostname(), os.getpid()
    return Worker(f"{host}-{pid}-{secrets.token_hex(4)}", host, pid)


def this_shell() -> Worker:
    """A new worker id for this process, which does one run and takes none from the queue."""
    worker = this_process()
    return Worker(_SHELL + worker.id, worker.host, worker.pid)


class WorkerTable:
    """The workers of a database; each says every few seconds that it lives."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, worker: Worker) -> None:
        """Note that a worker lives."""
        with self._database.write() as connection:
            connection.execute(_WORKERS.delete().where(_WORKERS.c.id == worker.id))
            values = {"id": worker.id, "host": worker.host, "pid": worker.pid, "seen": time.time()}
            connection.execute(_WORKERS.insert().values(**values))

    def remove(self, worker_id: str) -> None:
        """Forget a worker that has stopped."""
        with self._database.write() as connection:
            connection.execute(_WORKERS.delete().where(_WORKERS.c.id == worker_id))

    @contextmanager
    def living(self, worker: Worker) -> Iterator[None]:
        """Says in the background that a worker lives, and forgets it at the end."""
        done = threading.Event()

        def say() -> None:
            while not done.wait(SILENT_SECONDS / 10):
                try:
                    self.seen(worker)
                except StoreUnavailable:
                    logger.warning("the database does not take note that %s lives", worker.id)

        self.seen(worker)
        thread = threading.Thread(target=say, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            self.remove(worker.id)

    def lives(self, worker_id: str) -> bool:
        """Whether a worker is still there, as far as this process can tell."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_WORKERS).where(_WORKERS.c.id == worker_id)).one_or_none()
        return row is not None and not _gone(row.host, row.pid, row.seen)

    def count(self) -> int:
        """How many workers live that take runs from the queue."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(_WORKERS)).all()
        return sum(not row.id.startswith(_SHELL) and not _gone(row.host, row.pid, row.seen) for row in rows)

    def any_here(self) -> bool:
        """Whether a worker that takes runs from the queue lives on this machine."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(_WORKERS).where(_WORKERS.c.host == socket.gethostname())).all()
        return any(not row.id.startswith(_SHELL) and not _gone(row.host, row.pid, row.seen) for row in rows)


def _gone(host: str, pid: int, seen: float) -> bool:
    silent = time.time() - seen
    if host == socket.gethostname():
        return silent > _REUSED_SECONDS or not _process_exists(pid)
    return silent > SILENT_SECONDS


def _process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
