"""Two services and two workers on one PostgreSQL, each a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from leitmotif.registry import Registry
from leitmotif.settings import Settings
from tests.bulk.articles import articles, ids, read, write
from tests.bulk.replicas import fleet

_SECONDS = 120
_FOLLOW_SECONDS = 10
_OVER = {"succeeded", "failed", "cancelled", "skipped"}
_CASE = {"id": "owls", "title": "Owls spy on every garden of the western bank", "narratives": ["bee_spies"]}


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_two_services_and_two_workers_are_one_installation(settings: Settings) -> None:
    models = settings.models_dir
    changed = settings.model_copy(update={"model_poll_seconds": 0.2, "gate_false_label_rise": 1.0})
    with fleet(changed, services=2, workers=2) as ((one, two), workers):
        # A case that one has taken is found by the other at once.
        assert one.post("/v1/cases", json=_CASE).status_code == 201
        assert two.get("/v1/cases", params={"q": "owls garden"}).json()["cases"][0]["id"] == "owls"
        assert two.post("/v1/claims/check", json={"claim": _CASE["title"]}).json()["matches"][0]["case"]["id"] == "owls"

        # A run that one was asked for is watched and cancelled through the other.
        (models / "wait-at-embed").touch()
        run = one.post("/v1/training-runs", json={"force": True}).headers["location"]
        until(lambda: two.get(run).json()["stage"] == "embed")
        assert two.post(f"{run}/cancel").status_code == 200
        (models / "wait-at-embed").unlink()
        assert ended(one, run)["status"] == "cancelled"

        # Both follow the version that it makes when it goes on.
        before = Registry(models).live()
        assert two.post(f"{run}/resume").status_code == 202
        done = ended(one, run)
        assert (done["status"], done["gate"]["promoted"], done["version"] == before) == ("succeeded", True, False)
        text = {"text": articles(1)[0]["text"]}
        for client in (one, two):
            until(
                lambda c=client: c.post("/v1/classify", json=text).json()["model"]["version"] == done["version"],
                _FOLLOW_SECONDS,
            )

        # Both workers score, one is killed, and each article comes out once.
        made = articles(40)
        bulk = Path(settings.bulk_roots[0])
        body = {"input": str(write(bulk / "in.jsonl", made)), "output": str(bulk / "out.jsonl")}
        (models / "wait-scoring").touch()
        run = one.post("/v1/bulk-runs", json=body).headers["location"]
        until(lambda: two.get(run).json()["workers"] == 2)
        (models / "wait-scoring").unlink()
        until(lambda: two.get(run).json()["done"] >= 10)
        workers[0].kill()
        done = ended(two, run)
        assert (done["status"], done["done"], done["errors"]) == ("succeeded", 40, 0)
        assert ids(read(bulk / "out.jsonl")) == ids(made)


def ended(client: httpx.Client, run: str) -> dict[str, Any]:
    """The run, once it is over."""
    until(lambda: client.get(run).json()["status"] in _OVER)
    body: dict[str, Any] = client.get(run).json()
    return body


def until(wanted: Callable[[], bool], seconds: float = _SECONDS) -> None:
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.05)
