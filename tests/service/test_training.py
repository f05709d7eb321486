"""Training runs and model versions over HTTP."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from leitmotif.registry import Registry
from leitmotif.settings import Settings
from leitmotif.store.opening import open_store
from leitmotif.store.protocol import RunRecord
from tests.service.conftest import Serve
from tests.service.support import ARTICLE, assert_problem, publish

RUNS = "/v1/training-runs"


def finished(client: TestClient, path: str) -> dict[str, Any]:
    for _ in range(600):
        run: dict[str, Any] = client.get(path).json()
        if run["status"] in {"succeeded", "failed"}:
            return run
        time.sleep(0.05)
    raise AssertionError(run)


def test_a_run_publishes_and_goes_live_without_restart(client: TestClient, live_version: str) -> None:
    response = client.post(RUNS)
    assert response.status_code == 202
    events = client.get(f"{response.headers['location']}/events")
    assert events.headers["content-type"].startswith("text/event-stream")
    last = json.loads(events.text.strip().split("\n\n")[-1].removeprefix("event: end\ndata: "))
    assert last["status"] == "succeeded", last
    assert last["progress"] == 1.0
    assert last["metrics"] == {"macro_f1": 0.5}
    assert client.get(RUNS).json()["runs"][0]["id"] == last["id"]
    for _ in range(100):
        answer = client.post("/v1/classify", json={"text": ARTICLE}).json()
        if answer["model"]["version"] == last["version"]:
            break
        time.sleep(0.05)
    assert answer["model"]["version"] == last["version"] != live_version


def test_one_run_at_a_time(serve: Serve, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_TRAINING", "wait")
    client = serve()
    first = client.post(RUNS, json={"activate": False})
    assert_problem(client.post(RUNS), 409, "run-in-progress")
    settings.models_dir.mkdir(exist_ok=True)
    (settings.models_dir / "go").touch()
    assert finished(client, first.headers["location"])["status"] == "succeeded"
    assert client.get("/v1/models").json()["live"] is None


@pytest.mark.parametrize(("ending", "message"), [("refuse", "3 labelled cases"), ("die", "code 9")])
def test_a_run_that_fails_says_why(serve: Serve, monkeypatch: pytest.MonkeyPatch, ending: str, message: str) -> None:
    monkeypatch.setenv("FAKE_TRAINING", ending)
    client = serve()
    run = finished(client, client.post(RUNS).headers["location"])
    assert run["status"] == "failed"
    # Whoever looks first says it: the watcher, or the next reader.
    assert message in run["error"] or "process is gone" in run["error"]


def test_runs_whose_process_is_gone_are_failed(serve: Serve, settings: Settings) -> None:
    store = open_store(settings.database_url)
    store.save_run(RunRecord("run-1", "running", "fit", 0.4, "2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"))
    store.close()
    run = serve().get(f"{RUNS}/run-1").json()
    assert run["status"] == "failed"
    assert "start a new run" in run["error"]


def test_unknown_runs(client: TestClient) -> None:
    assert_problem(client.get(f"{RUNS}/nonsense"), 404, "not-found")
    assert_problem(client.get(f"{RUNS}/nonsense/events"), 404, "not-found")
    assert_problem(client.post(RUNS, json={"activte": True}), 422, "invalid-request", "activte")


def test_models_are_listed_and_shown_with_their_card(client: TestClient, live_version: str) -> None:
    listed = client.get("/v1/models").json()
    assert listed["live"] == live_version
    detail = client.get(f"/v1/models/{live_version}").json()
    assert (detail["live"], detail["card"]) == (True, "# Card\n")
    assert_problem(client.get("/v1/models/nonsense"), 404, "not-found")


def test_activate_and_roll_back(client: TestClient, settings: Settings, live_version: str) -> None:
    newer = publish(Registry(settings.models_dir))
    for version in (newer, live_version):
        assert client.post(f"/v1/models/{version}/activate").json()["live"]
        answer = client.post("/v1/classify", json={"text": ARTICLE}).json()
        assert answer["model"]["version"] == version


def test_a_broken_version_does_not_go_live(client: TestClient, settings: Settings, live_version: str) -> None:
    registry = Registry(settings.models_dir)
    broken = publish(registry)
    (registry.folder(broken) / "card.md").write_text("changed", encoding="utf-8")
    assert_problem(client.post(f"/v1/models/{broken}/activate"), 409, "conflict")
    assert client.get("/v1/models").json()["live"] == live_version
    assert_problem(client.post("/v1/models/nonsense/activate"), 404, "not-found")
