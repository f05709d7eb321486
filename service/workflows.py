"""How training runs become durable workflows: the names and addresses that services and workers agree on.

DBOS keeps its own tables: beside an SQLite database in a file of their own, in PostgreSQL in a schema of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from dbos._serialization import Serializer

from leitmotif.errors import LeitmotifError
from leitmotif.ledger.runs import RunRecord
from leitmotif.ledger.workers import Worker
from leitmotif.outage import outage

QUEUE = "training"
WORKFLOW = "train"
MOST_RECOVERIES = 5
"""A run whose worker dies so often is given up: it would take down the next one, too."""

_APPLICATION = "leitmotif"
_APPLICATION_VERSION = "1"
"""Pinned. DBOS would derive it from the source, and leave a run that was begun by other code lying for ever."""

_SQLITE = "sqlite:///"
_ERROR = "error of a stage"


class JsonSerializer(Serializer):
    """What DBOS keeps is JSON: its default would unpickle what stands in the database."""

    def serialize(self, data: Any) -> str:
        return json.dumps(_plain(data))

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        return LeitmotifError(data[_ERROR]) if isinstance(data, dict) and set(data) == {_ERROR} else data

    def name(self) -> str:
        return "leitmotif_json"


def system_database_url(database_url: str) -> str:
    """Where DBOS keeps its tables."""
    if database_url.startswith(_SQLITE):
        path = Path(database_url.removeprefix(_SQLITE))
        return f"{_SQLITE}{path.with_name(f'{path.stem}.workflows.db')}"
    return database_url


def dbos_config(database_url: str, worker: Worker) -> DBOSConfig:
    """The configuration of a worker's DBOS."""
    return DBOSConfig(
        name=_APPLICATION,
        system_database_url=system_database_url(database_url),
        application_version=_APPLICATION_VERSION,
        executor_id=worker.id,
        serializer=JsonSerializer(),
        log_level="WARNING",
        enable_otlp=False,
    )


@contextmanager
def client(database_url: str) -> Iterator[DBOSClient]:
    """A client of the workflows, for processes that run none.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    try:
        DBOS.migrate(system_database_url(database_url))
        opened = DBOSClient(
            system_database_url=system_database_url(database_url),
            serializer=JsonSerializer(),
            application_name=_APPLICATION,
            retry_connection_errors=False,
        )
        try:
            yield opened
        finally:
            opened.destroy()
    except sa.exc.SQLAlchemyError as error:
        raise outage("of workflows", getattr(error, "orig", None) or error) from error


def enqueue(opened: DBOSClient, run: RunRecord) -> None:
    """Queue a run; once, however often this is called for one attempt."""
    enqueue_workflow(opened, QUEUE, WORKFLOW, run.workflow_id, run.id)


def enqueue_workflow(opened: DBOSClient, queue: str, workflow: str, workflow_id: str, *arguments: str) -> None:
    """Queue a workflow; once, however often this is called for one id."""
    options: EnqueueOptions = {
        "queue_name": queue,
        "workflow_name": workflow,
        "workflow_id": workflow_id,
        "app_version": _APPLICATION_VERSION,
    }
    opened.enqueue(options, *arguments)


def _plain(data: Any) -> Any:
    """The error of a step as its words; everything else is plain already."""
    if isinstance(data, BaseException):
        return {_ERROR: str(data) if isinstance(data, LeitmotifError) else f"{type(data).__name__}: {data}"}
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    return data
