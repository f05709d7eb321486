"""Training runs: what was asked for, how far it has come and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from leitmotif.errors import RunInProgress, RunNotFound
from leitmotif.ledger.connection import Database

UNFINISHED = frozenset({"queued", "running"})
RESUMABLE = frozenset({"failed", "cancelled"})

_RUNS = sa.table("training_runs", *(sa.column(name) for name in ("id", "created", "status", "cancel", "body")))


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A training run. Times are ISO 8601 in UTC.

    Attributes:
        status: `queued`, `running`, `succeeded`, `skipped`, `failed` or `cancelled`.
        stage: what it is doing, or did last.
        progress: share done, in [0, 1].
        version: the version that it published, or found to be up to date already.
        activate: whether the version may go live at the end.
        force: whether to train although nothing has changed.
        attempt: 1, and one more each time it is resumed.
        who: who asked for it.
        worker: id of the process that works on it.
        seconds_left: an estimate, while it runs.
        gate: the verdict of the gate.
        durable: whether a worker takes it up again when the process that works on it dies.
    """

    id: str
    status: str
    stage: str
    progress: float
    created: str
    updated: str
    version: str | None = None
    metrics: Mapping[str, float] | None = None
    error: str | None = None
    activate: bool = True
    force: bool = False
    attempt: int = 1
    who: str = "local"
    worker: str = ""
    seconds_left: float | None = None
    gate: Mapping[str, Any] | None = None
    durable: bool = True

    @property
    def unfinished(self) -> bool:
        return self.status in UNFINISHED

    @property
    def workflow_id(self) -> str:
        """Each attempt is a workflow of its own."""
        return f"{self.id}-{self.attempt}"


class RunTable:
    """The training runs of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run: RunRecord) -> None:
        """Record a new run, if no other is under way.

        Raises:
            RunInProgress: another one is.
        """
        with self._database.write() as connection:
            _refuse_a_second(connection)
            connection.execute(_RUNS.insert().values(id=run.id, created=run.created, cancel=0, **_columns(run)))

    def reopen(self, run_id: str, *, updated: str, durable: bool = True, worker: str = "") -> RunRecord:
        """Queue a failed or cancelled run again, as its next attempt; for the workers, or for one process alone.

        Raises:
            RunNotFound: no run has this id.
            RunInProgress: this or another one is under way, or it ended well.
        """
        with self._database.write() as connection:
            run = _get(connection, run_id)
            if run is None:
                raise RunNotFound(f"There is no training run {run_id!r}.")
            _refuse_a_second(connection)
            if run.status not in RESUMABLE:
                raise RunInProgress(f"Training run {run_id} has {run.status}; only a failed or cancelled one resumes.")
            again = replace(run, status="queued", error=None, attempt=run.attempt + 1, updated=updated)
            again = replace(again, durable=durable, worker=worker)
            connection.execute(_RUNS.update().where(_RUNS.c.id == run_id).values(cancel=0, **_columns(again)))
        return again

    def save(self, run: RunRecord) -> bool:
        """Replace what is known of a run; True if somebody has asked to cancel it meanwhile."""
        with self._database.write() as connection:
            connection.execute(_RUNS.update().where(_RUNS.c.id == run.id).values(**_columns(run)))
            cancel = connection.execute(sa.select(_RUNS.c.cancel).where(_RUNS.c.id == run.id)).scalar()
        return bool(cancel)

    def ask_to_cancel(self, run_id: str) -> None:
        """Leave word that a run is to stop; whoever works on it looks for that."""
        with self._database.write() as connection:
            connection.execute(_RUNS.update().where(_RUNS.c.id == run_id).values(cancel=1))

    def cancel_asked(self, run_id: str) -> bool:
        """Whether somebody has asked to cancel it."""
        with self._database.read() as connection:
            return bool(connection.execute(sa.select(_RUNS.c.cancel).where(_RUNS.c.id == run_id)).scalar())

    def get(self, run_id: str) -> RunRecord | None:
        """The run, or None."""
        with self._database.read() as connection:
            return _get(connection, run_id)

    def list(self, *, limit: int) -> list[RunRecord]:
        """Runs, newest first."""
        newest = sa.select(_RUNS.c.body).order_by(_RUNS.c.created.desc(), _RUNS.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [_record(body) for body in connection.execute(newest).scalars()]

    def unfinished(self) -> RunRecord | None:
        """The run that is queued or running, or None."""
        with self._database.read() as connection:
            return _unfinished(connection)


def _columns(run: RunRecord) -> dict[str, str]:
    return {"status": run.status, "body": json.dumps(asdict(run), ensure_ascii=False, sort_keys=True)}


def _record(body: str) -> RunRecord:
    return RunRecord(**json.loads(body))


def _get(connection: sa.Connection, run_id: str) -> RunRecord | None:
    body = connection.execute(sa.select(_RUNS.c.body).where(_RUNS.c.id == run_id)).scalar()
    return None if body is None else _record(body)


def _unfinished(connection: sa.Connection) -> RunRecord | None:
    found = sa.select(_RUNS.c.body).where(_RUNS.c.status.in_(sorted(UNFINISHED))).limit(1)
    body = connection.execute(found).scalar()
    return None if body is None else _record(body)


def _refuse_a_second(connection: sa.Connection) -> None:
    other = _unfinished(connection)
    if other is not None:
        raise RunInProgress(f"Training run {other.id} is under way: wait until it has finished, or cancel it.")
