"""Bulk runs: which file is scored into which, and how many of its articles are done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from leitmotif.errors import OutputExists, RunInProgress, RunNotFound
from leitmotif.ledger.connection import Database

UNFINISHED = frozenset({"queued", "running"})
RECENT_SECONDS = 60.0
"""The time over which the pace of a run is measured: long enough for a few batches of every worker."""

_RUNS = sa.table("bulk_runs", *(sa.column(name) for name in ("id", "created", "status", "output", "cancel", "body")))
_BATCHES = sa.table(
    "bulk_batches",
    *(sa.column(name) for name in ("run_id", "batch", "worker", "begun", "done", "articles", "errors")),
)


@dataclass(frozen=True, slots=True)
class BulkRun:
    """A bulk run. `created` and `updated` are ISO 8601 in UTC, `began` and `ended` seconds since 1970.

    Attributes:
        status: `queued`, `running`, `succeeded`, `failed` or `cancelled`.
        stage: `queued`, `reading`, `scoring`, `joining`, `cleaning` or `finished`.
        format: of the output, `jsonl` or `parquet`.
        version: the model version that scores every article of the run.
        batch_size: articles in a batch.
        articles: rows of the input, once it is read.
        batches: how many batches they make.
        began: when a worker took it on.
        attempt: 1, and one more each time it is resumed.
        worker: id of the process that looks after it.
        confined: whether it may only touch what lies below the roots of the settings.
        durable: whether a worker takes it up again when the process that looks after it dies.
    """

    id: str
    status: str
    stage: str
    input: str
    output: str
    format: str
    version: str
    batch_size: int
    created: str
    updated: str
    articles: int | None = None
    batches: int | None = None
    began: float | None = None
    ended: float | None = None
    error: str | None = None
    attempt: int = 1
    who: str = "local"
    worker: str = ""
    confined: bool = True
    durable: bool = True

    @property
    def unfinished(self) -> bool:
        return self.status in UNFINISHED

    @property
    def workflow_id(self) -> str:
        """Each attempt is a workflow of its own."""
        return f"{self.id}-{self.attempt}"

    def batch_workflow_id(self, batch: int) -> str:
        return f"{self.workflow_id}-{batch:05}"


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """How far a run has come.

    Attributes:
        batches: how many are done.
        articles: how many rows these hold.
        errors: how many of those could not be analysed.
        recent: articles of the batches that were done in the last minute.
        workers: ids of those at work on a batch now, the dead among them.
    """

    batches: int
    articles: int
    errors: int
    recent: int
    workers: tuple[str, ...]


class BulkTable:
    """The bulk runs of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run: BulkRun) -> None:
        """Record a new run.

        Raises:
            OutputExists: a run that is under way writes to the same place.
        """
        with self._database.write() as connection:
            same = sa.select(_RUNS.c.id).where(_RUNS.c.output == run.output, _RUNS.c.status.in_(sorted(UNFINISHED)))
            other = connection.execute(same).scalar()
            if other is not None:
                raise OutputExists(f"Bulk run {other} is under way and writes to {run.output}: choose another output.")
            connection.execute(_RUNS.insert().values(id=run.id, created=run.created, cancel=0, **_columns(run)))

    def change(self, run_id: str, change: Callable[[BulkRun], BulkRun]) -> BulkRun:
        """Replace a run by what `change` makes of it, with nobody in between.

        Raises:
            RunNotFound: no run has this id.
        """
        with self._database.write() as connection:
            run = change(_get(connection, run_id))
            connection.execute(_RUNS.update().where(_RUNS.c.id == run_id).values(**_columns(run)))
        return run

    def reopen(self, run_id: str, *, updated: str, durable: bool, worker: str = "") -> BulkRun:
        """Queue a failed run again, as its next attempt; what is scored stays scored.

        Raises:
            RunNotFound: no run has this id.
            RunInProgress: it has not failed.
        """

        def again(run: BulkRun) -> BulkRun:
            if run.status != "failed":
                raise RunInProgress(f"Bulk run {run_id} has {run.status}; only a failed one resumes.")
            told = {"updated": updated, "error": None, "ended": None}
            return replace(
                run, status="queued", attempt=run.attempt + 1, durable=durable, worker=worker, **told  # type: ignore[arg-type]
            )  # fmt: skip

        return self.change(run_id, again)

    def get(self, run_id: str) -> BulkRun:
        """The run.

        Raises:
            RunNotFound: no run has this id.
        """
        with self._database.read() as connection:
            return _get(connection, run_id)

    def unfinished(self) -> list[BulkRun]:
        """Runs that are queued or running, oldest first."""
        found = sa.select(_RUNS.c.body).where(_RUNS.c.status.in_(sorted(UNFINISHED))).order_by(_RUNS.c.created)
        with self._database.read() as connection:
            return [_record(body) for body in connection.execute(found).scalars()]

    def list(self, *, limit: int) -> list[BulkRun]:
        """Runs, newest first."""
        newest = sa.select(_RUNS.c.body).order_by(_RUNS.c.created.desc(), _RUNS.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [_record(body) for body in connection.execute(newest).scalars()]

    def ask_to_cancel(self, run_id: str) -> None:
        """Leave word that a run is to stop; whoever works on it looks for that."""
        with self._database.write() as connection:
            connection.execute(_RUNS.update().where(_RUNS.c.id == run_id).values(cancel=1))

    def stop_asked(self, run_id: str) -> bool:
        """Whether nobody needs more of this run: it is over, or somebody has asked to cancel it."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_RUNS.c.cancel, _RUNS.c.status).where(_RUNS.c.id == run_id)).one()
        return bool(row.cancel) or row.status not in UNFINISHED

    def begin_batch(self, run_id: str, batch: int, worker: str) -> None:
        """Note who works on a batch now; one that is done stays so."""
        with self._database.write() as connection:
            found = connection.execute(sa.select(_BATCHES.c.done).where(_this(run_id, batch))).one_or_none()
            if found is not None and found.done is not None:
                return
            _put(connection, run_id, batch, worker=worker, begun=time.time(), done=None, articles=0, errors=0)

    def finish_batch(self, run_id: str, batch: int, worker: str, *, articles: int, errors: int) -> None:
        """Note that a batch is done; counted once, however often it is noted."""
        with self._database.write() as connection:
            found = connection.execute(sa.select(_BATCHES).where(_this(run_id, batch))).one_or_none()
            if found is not None and found.done is not None:
                return
            begun, done = found.begun if found is not None else time.time(), time.time()
            _put(
                connection, run_id, batch, worker=worker, begun=begun, done=done, articles=articles, errors=errors
            )  # fmt: skip

    def progress(self, run_id: str) -> BulkProgress:
        """How far a run has come."""
        recent = sa.case((_BATCHES.c.done > time.time() - RECENT_SECONDS, _BATCHES.c.articles), else_=0)
        sums = sa.select(
            sa.func.count(_BATCHES.c.done),
            *(sa.func.coalesce(sa.func.sum(c), 0) for c in (_BATCHES.c.articles, _BATCHES.c.errors, recent)),
        ).where(_BATCHES.c.run_id == run_id)
        busy = sa.select(_BATCHES.c.worker).where(_BATCHES.c.run_id == run_id, _BATCHES.c.done.is_(None)).distinct()
        with self._database.read() as connection:
            batches, articles, errors, late = map(int, connection.execute(sums).one())
            workers = tuple(sorted(connection.execute(busy).scalars()))
        return BulkProgress(batches, articles, errors, late, workers)


def _columns(run: BulkRun) -> dict[str, str]:
    body = json.dumps(asdict(run), ensure_ascii=False, sort_keys=True)
    return {"status": run.status, "output": run.output, "body": body}


def _record(body: str) -> BulkRun:
    return BulkRun(**json.loads(body))


def _get(connection: sa.Connection, run_id: str) -> BulkRun:
    body = connection.execute(sa.select(_RUNS.c.body).where(_RUNS.c.id == run_id)).scalar()
    if body is None:
        raise RunNotFound(f"There is no bulk run {run_id!r}.")
    return _record(body)


def _this(run_id: str, batch: int) -> sa.ColumnElement[bool]:
    return sa.and_(_BATCHES.c.run_id == run_id, _BATCHES.c.batch == batch)


def _put(connection: sa.Connection, run_id: str, batch: int, **values: Any) -> None:
    connection.execute(_BATCHES.delete().where(_this(run_id, batch)))
    connection.execute(_BATCHES.insert().values(run_id=run_id, batch=batch, **values))
