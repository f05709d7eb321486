"""Bulk runs over HTTP; no worker is about."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from leitmotif.ledger import open_ledger
from leitmotif.ledger.workers import this_process
from leitmotif.settings import Settings
from tests.service.conftest import Serve
from tests.service.support import assert_problem

RUNS = "/v1/bulk-runs"


@pytest.fixture
def bulk(tmp_path: Path) -> Path:
    folder = tmp_path / "bulk"
    folder.mkdir()
    (folder / "articles.jsonl").write_text('{"text": "a"}\n' * 12)
    return folder


@pytest.fixture
def bulk_client(serve: Serve, live_version: str, bulk: Path) -> TestClient:
    return serve(bulk_roots=(str(bulk),), bulk_batch=5)


def wanted(bulk: Path, **changes: Any) -> dict[str, Any]:
    return {"input": str(bulk / "articles.jsonl"), "output": str(bulk / "scores.parquet")} | changes


def test_a_run_is_queued_and_followed(
    bulk_client: TestClient, settings: Settings, bulk: Path, live_version: str
) -> None:
    response = bulk_client.post(RUNS, json=wanted(bulk))
    assert response.status_code == 202, response.json()
    run = response.json()
    assert (run["status"], run["model"], run["format"], run["articles"]) == ("queued", live_version, "parquet", None)
    ledger, here = open_ledger(settings.database_url), this_process()
    ledger.workers.seen(here)
    changes: dict[str, Any] = {"status": "running", "stage": "scoring", "articles": 12, "batches": 3}
    ledger.bulk.change(run["id"], lambda r: replace(r, worker=here.id, began=time.time() - 10, **changes))
    ledger.bulk.begin_batch(run["id"], 0, here.id)
    ledger.bulk.finish_batch(run["id"], 0, here.id, articles=5, errors=1)
    ledger.bulk.begin_batch(run["id"], 1, here.id)
    ledger.bulk.begin_batch(run["id"], 2, "gone")
    run = bulk_client.get(response.headers["location"]).json()
    assert (run["done"], run["articles"], run["errors"], run["workers"]) == (5, 12, 1, 1)
    assert run["articles_a_second"] == pytest.approx(0.5, rel=0.2)
    assert run["seconds_left"] == pytest.approx(14, rel=0.2)
    ledger.bulk.finish_batch(run["id"], 1, here.id, articles=5, errors=0)
    ended = {"status": "succeeded", "stage": "finished"}
    ledger.bulk.change(run["id"], lambda r: replace(r, ended=r.began + 20, **ended))
    run = bulk_client.get(response.headers["location"]).json()
    assert (run["articles_a_second"], run["seconds_left"], run["workers"]) == (0.5, None, 0)
    assert bulk_client.get(RUNS).json() == {"runs": [run], "workers": 1}
    ledger.close()


def test_cancel_and_resume(bulk_client: TestClient, settings: Settings, bulk: Path) -> None:
    path = bulk_client.post(RUNS, json=wanted(bulk)).headers["location"]
    assert_problem(bulk_client.post(f"{path}/resume"), 409, "run-in-progress")
    assert bulk_client.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert_problem(bulk_client.post(f"{path}/resume"), 409, "run-in-progress")
    path = bulk_client.post(RUNS, json=wanted(bulk)).headers["location"]
    ledger, run_id = open_ledger(settings.database_url), path.rpartition("/")[2]
    ledger.bulk.change(run_id, lambda r: replace(r, status="failed", error="the disk is full", ended=1.0))
    assert bulk_client.post(f"{path}/cancel").json()["error"] == "the disk is full"
    again = bulk_client.post(f"{path}/resume")
    assert (again.status_code, again.headers["location"]) == (202, path)
    assert (again.json()["attempt"], again.json()["status"], again.json()["error"]) == (2, "queued", None)
    here = this_process()
    ledger.workers.seen(here)
    ledger.bulk.change(run_id, lambda r: replace(r, status="running", worker=here.id))
    assert bulk_client.post(f"{path}/cancel").json()["status"] == "running"
    assert ledger.bulk.stop_asked(run_id)
    ledger.close()


def test_nothing_is_touched_outside_the_roots(bulk_client: TestClient, tmp_path: Path, bulk: Path) -> None:
    secret = tmp_path / "secret.jsonl"
    secret.write_text('{"text": "a"}')
    (bulk / "link.jsonl").symlink_to(secret)
    for name in (str(secret), str(bulk / "link.jsonl"), f"{bulk}/../secret.jsonl", "http://127.0.0.1/a.jsonl"):
        assert_problem(bulk_client.post(RUNS, json=wanted(bulk, input=name)), 422, "invalid-request", "input")
    for name in (str(tmp_path / "new.jsonl"), "s3://bucket/new.jsonl"):
        assert_problem(bulk_client.post(RUNS, json=wanted(bulk, output=name)), 422, "invalid-request", "output")
    assert bulk_client.get(RUNS).json()["runs"] == []


def test_by_default_there_are_no_roots(client: TestClient, bulk: Path) -> None:
    body = assert_problem(client.post(RUNS, json=wanted(bulk)), 422, "invalid-request", "input")
    assert "LEITMOTIF_BULK_ROOTS" in body["detail"]


def test_files_that_will_not_do(bulk_client: TestClient, bulk: Path) -> None:
    def send(**changes: Any) -> Any:
        return bulk_client.post(RUNS, json=wanted(bulk, **changes))

    assert_problem(send(input=str(bulk / "none.csv")), 422, "invalid-request", "input")
    assert_problem(send(input=str(bulk / "articles.docx")), 415, "unsupported-format")
    assert_problem(send(output=str(bulk / "scores.xlsx")), 415, "unsupported-format")
    assert send(output=str(bulk / "scores.out"), format="jsonl").status_code == 202
    (bulk / "there.jsonl").touch()
    assert_problem(send(output=str(bulk / "there.jsonl")), 409, "output-exists")
    assert send().status_code == 202
    assert_problem(send(), 409, "output-exists")
    assert_problem(bulk_client.get(f"{RUNS}/bulk-none"), 404, "not-found")


def test_without_a_live_model_nothing_is_queued(serve: Serve, bulk: Path) -> None:
    client = serve(bulk_roots=(str(bulk),))
    assert_problem(client.post(RUNS, json=wanted(bulk)), 503, "no-live-model")
    assert client.get(RUNS).json()["runs"] == []
