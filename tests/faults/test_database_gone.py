"""The database is gone for a while, or somebody else has it: the service says so and goes on by itself."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

import leitmotif.ledger.connection as ledger_connection
import leitmotif.store.sqlite.connection as sqlite_connection
from leitmotif.settings import Settings
from tests.postgres import Server, postgres_server
from tests.service.conftest import Serve, live_version, serve, settings
from tests.service.encoders import tiny_encoder_folder
from tests.service.support import CASE, OTHER, assert_problem
from tests.service.workers import start_worker, stop_worker

__all__ = ["live_version", "serve", "settings", "tiny_encoder_folder"]

_SECONDS = 60
RUNS = "/v1/training-runs"
TOLD = {"id": "owls", "title": "Owls rule every court of the land", "narratives": ["moon_base"]}


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of our own, to be stopped."""
    with postgres_server() as started:
        yield started


def test_postgresql_is_stopped_and_started_while_a_service_and_a_worker_run(
    server: Server, serve: Serve, tiny_settings: Settings, live_version: str
) -> None:
    installation = tiny_settings.model_copy(update={"database_url": server.new_database()})
    client = serve(database_url=installation.database_url)
    assert client.post("/v1/cases", json=TOLD).status_code == 201
    (installation.models_dir / "wait-at-embed").touch()
    worker = start_worker(installation)
    try:
        run = client.post(RUNS).headers["location"]
        until(lambda: client.get(run).json()["stage"] == "embed")
        server.kill()
        expect_503(client)
        time.sleep(3)
        server.start()
        until(lambda: client.get("/readyz").status_code == 200)
        assert client.get("/v1/cases").json()["total"] == 1
        assert client.post("/v1/cases", json=TOLD | {"id": "other"}).status_code == 201
        assert client.post("/v1/claims/check", json={"claim": TOLD["title"]}).json()["verdict"] == "match"
        (installation.models_dir / "wait-at-embed").unlink()
        until(lambda: client.get(run).json()["status"] not in {"queued", "running"})
        assert (client.get(run).json()["status"], client.get(run).json()["error"]) == ("succeeded", None)
        assert worker.is_alive()
    finally:
        stop_worker(worker)


def expect_503(client: TestClient) -> None:
    calls: list[Any] = [
        lambda: client.get("/v1/cases"),
        lambda: client.post("/v1/cases", json=TOLD | {"id": "other"}),
        lambda: client.post("/v1/claims/check", json={"claim": TOLD["title"]}),
        lambda: client.post(RUNS),
        lambda: client.get("/v1/audit"),
    ]
    for call in calls:
        response = call()
        said = assert_problem(response, 503, "database-unavailable")
        assert "database" in said["detail"]
        assert "\n" not in said["detail"]
        assert int(response.headers["retry-after"]) > 0
    assert_problem(client.get("/readyz"), 503, "not-ready", "database")
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/metrics").status_code == 200


def test_a_file_that_another_process_keeps_to_itself(
    serve: Serve, live_version: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_connection, "_BUSY_SECONDS", 0.2)
    monkeypatch.setattr(ledger_connection, "_BUSY_MILLISECONDS", 200)
    client = serve()
    assert client.post("/v1/cases", json=CASE).status_code == 201
    other = sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))
    other.execute("BEGIN IMMEDIATE")
    for path, body in (("/v1/cases", OTHER), (RUNS, {})):
        said = assert_problem(client.post(path, json=body), 503, "database-unavailable")
        assert "Another process" in said["detail"]
    assert client.get("/v1/cases").json()["total"] == 1
    other.close()
    assert client.post("/v1/cases", json=OTHER).status_code == 201
    assert client.post(RUNS).status_code == 202


def until(wanted: Any) -> None:
    end = time.monotonic() + _SECONDS
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.1)
