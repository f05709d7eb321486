"""Training runs, model versions and the audit log over HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from leitmotif.ledger import open_ledger
from leitmotif.ledger.runs import RunRecord
from leitmotif.ledger.workers import this_process
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from tests.service.conftest import Serve
from tests.service.support import ARTICLE, CASE, assert_problem, publish

RUNS = "/v1/training-runs"


def save(settings: Settings, **changes: Any) -> RunRecord:
    """Change the run that is queued, as a worker would."""
    ledger = open_ledger(settings.database_url)
    run = replace(ledger.runs.list(limit=1)[0], **changes)
    ledger.runs.save(run)
    ledger.close()
    return run


def test_a_run_is_queued_followed_and_finished(client: TestClient, settings: Settings) -> None:
    response = client.post(RUNS, json={"activate": False, "force": True})
    assert response.status_code == 202
    run = response.json()
    assert (run["status"], run["attempt"], run["who"]) == ("queued", 1, "anonymous")
    assert client.get(response.headers["location"]).json() == run
    gate = {"promoted": True, "reasons": ["It is the first version."]}
    save(settings, status="succeeded", stage="finished", progress=1.0, version="v1", metrics={"map": 0.5}, gate=gate)
    events = client.get(f"{response.headers['location']}/events")
    assert events.headers["content-type"].startswith("text/event-stream")
    last = events.text.strip().split("\n\n")[-1]
    assert last.splitlines()[0].startswith("id: ")
    body = json.loads(last.splitlines()[2].removeprefix("data: "))
    assert last.splitlines()[1] == "event: end"
    assert (body["status"], body["version"], body["metrics"], body["gate"]) == ("succeeded", "v1", {"map": 0.5}, gate)
    listed = client.get(RUNS).json()
    assert (listed["runs"][0], listed["workers"]) == (body, 0)


def test_one_run_at_a_time(client: TestClient, settings: Settings) -> None:
    client.post(RUNS)
    assert_problem(client.post(RUNS), 409, "run-in-progress")
    save(settings, status="running", stage="fit")
    assert_problem(client.post(RUNS), 409, "run-in-progress")
    save(settings, status="failed", error="no data")
    assert client.post(RUNS).status_code == 202


def test_cancel_and_resume(client: TestClient, settings: Settings) -> None:
    path = client.post(RUNS).headers["location"]
    assert_problem(client.post(f"{path}/resume"), 409, "run-in-progress")
    assert client.post(f"{path}/cancel").json()["status"] == "cancelled"
    again = client.post(f"{path}/resume")
    assert (again.status_code, again.json()["attempt"], again.json()["error"]) == (202, 2, None)
    ledger, here = open_ledger(settings.database_url), this_process()
    ledger.workers.seen(here)
    save(settings, status="running", stage="fit", worker=here.id)
    assert client.post(f"{path}/cancel").json()["status"] == "running"
    assert ledger.runs.cancel_asked(path.rpartition("/")[2])
    ledger.close()
    acts = [entry["act"] for entry in client.get("/v1/audit").json()["entries"]]
    assert acts == ["run.cancel", "run.resume", "run.cancel"]


def test_a_run_of_a_shell_that_is_gone_has_failed(serve: Serve, settings: Settings) -> None:
    ledger = open_ledger(settings.database_url)
    here = this_process()
    run = RunRecord("run-1", "running", "fit", 0.4, "2024-01-01", "2024-01-01", durable=False, worker=here.id)
    ledger.runs.add(run)
    ledger.workers.seen(here)
    client = serve()
    assert client.get(f"{RUNS}/run-1").json()["status"] == "running"
    ledger.workers.remove(here.id)
    ledger.close()
    run_body = client.get(f"{RUNS}/run-1").json()
    assert (run_body["status"], "is gone" in run_body["error"]) == ("failed", True)


def test_unknown_runs(client: TestClient) -> None:
    for call in (client.get, client.post):
        assert call(f"{RUNS}/nonsense").status_code in {404, 405}
    assert_problem(client.get(f"{RUNS}/nonsense/events"), 404, "not-found")
    assert_problem(client.post(f"{RUNS}/nonsense/cancel"), 404, "not-found")
    assert_problem(client.post(f"{RUNS}/nonsense/resume"), 404, "not-found")
    assert_problem(client.post(RUNS, json={"activte": True}), 422, "invalid-request", "activte")


def test_models_are_listed_and_shown_with_their_card(client: TestClient, live_version: str) -> None:
    listed = client.get("/v1/models").json()
    assert listed["live"] == live_version
    detail = client.get(f"/v1/models/{live_version}").json()
    assert (detail["live"], detail["card"], detail["gate"]) == (True, "# Card\n", None)
    assert_problem(client.get("/v1/models/nonsense"), 404, "not-found")


def test_activate_and_roll_back_with_who_and_why(serve: Serve, settings: Settings, live_version: str) -> None:
    newer = publish(Registry(settings.models_dir))
    client = serve(api_keys=("anna:one", "two"))
    for version, key in ((newer, "one"), (live_version, "two")):
        client.headers["X-API-Key"] = key
        assert client.post(f"/v1/models/{version}/activate").json()["live"]
        answer = client.post("/v1/classify", json={"text": ARTICLE}).json()
        assert answer["model"]["version"] == version
    client.headers["X-API-Key"] = "anna:one"
    assert_problem(client.get("/v1/audit"), 401, "unauthorised")
    client.headers["X-API-Key"] = "one"
    page = client.get("/v1/audit", params={"limit": 1}).json()
    older = client.get("/v1/audit", params={"cursor": page["cursor"]}).json()
    (back,), (forth,) = page["entries"], older["entries"]
    assert (forth["who"], forth["subject"], forth["details"]) == (
        "anna",
        newer,
        {"from": live_version, "why": "manual"},
    )
    assert back["who"].startswith("key-")
    assert "two" not in back["who"]
    assert older["cursor"] is None
    assert_problem(client.get("/v1/audit", params={"cursor": "x"}), 422, "invalid-cursor")


def test_replicas_follow_a_switch(serve: Serve, settings: Settings, live_version: str) -> None:
    one, other = serve(), serve()
    newer = publish(Registry(settings.models_dir))
    one.post(f"/v1/models/{newer}/activate")
    for _ in range(200):
        answer = other.post("/v1/classify", json={"text": ARTICLE}).json()
        if answer["model"]["version"] == newer:
            break
    assert answer["model"]["version"] == newer


def test_a_broken_version_does_not_go_live(client: TestClient, settings: Settings, live_version: str) -> None:
    registry = Registry(settings.models_dir)
    broken = publish(registry)
    (registry.folder(broken) / "card.md").write_text("changed", encoding="utf-8")
    assert_problem(client.post(f"/v1/models/{broken}/activate"), 409, "conflict")
    assert client.get("/v1/models").json()["live"] == live_version
    assert client.get("/v1/audit").json()["entries"] == []
    assert_problem(client.post("/v1/models/nonsense/activate"), 404, "not-found")


@pytest.fixture
def owl() -> dict[str, Any]:
    return {"theme": "hostile_west", "name": "Owl court", "definition": "Owls rule the courts.", "keywords": ["owl"]}


def test_a_narrative_is_added_used_and_removed(client: TestClient, owl: dict[str, Any]) -> None:
    path = "/v1/narratives/owl_court"
    case = CASE | {"id": "owl-1", "narratives": ["owl_court"]}
    assert_problem(client.post("/v1/cases", json=case), 422, "invalid-record", "narratives")
    added = client.put(path, json=owl)
    assert (added.status_code, added.json()["cases"]) == (201, 0)
    assert client.post("/v1/cases", json=case).status_code == 201
    assert client.get("/v1/cases", params={"narratives": "owl_court"}).json()["total"] == 1
    assert client.put(path, json=owl | {"name": "Court of owls"}).status_code == 200
    assert [n["name"] for n in client.get("/v1/narratives").json()["narratives"]][-1] == "Court of owls"
    assert client.get(path).json()["cases"] == 1
    assert_problem(client.delete(path), 409, "conflict")
    client.delete("/v1/cases/owl-1")
    assert client.delete(path).status_code == 204
    assert_problem(client.get(path), 404, "not-found")
    acts = [(entry["act"], entry["subject"]) for entry in client.get("/v1/audit").json()["entries"]]
    assert acts == [("narrative.delete", "owl_court")] + [("narrative.put", "owl_court")] * 2


def test_narratives_of_the_file_change_but_stay(client: TestClient, owl: dict[str, Any]) -> None:
    changed = client.put("/v1/narratives/false_flag", json=owl)
    assert (changed.status_code, changed.json()["name"]) == (200, "Owl court")
    assert_problem(client.delete("/v1/narratives/false_flag"), 409, "conflict")
    assert_problem(client.delete("/v1/narratives/nonsense"), 404, "not-found")


def test_wrong_narratives_are_refused_by_field(client: TestClient, owl: dict[str, Any]) -> None:
    assert_problem(client.put("/v1/narratives/Owl-Court", json=owl), 422, "invalid-record", "id")
    assert_problem(client.put("/v1/narratives/owl", json=owl | {"theme": "x"}), 422, "invalid-record", "theme")
    assert_problem(client.put("/v1/narratives/owl", json=owl | {"name": " "}), 422, "invalid-record", "name")
    assert_problem(client.put("/v1/narratives/owl", json=owl | {"nmae": "x"}), 422, "invalid-request", "nmae")
