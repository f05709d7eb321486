"""The whole story on real processes, over HTTP: a narrative that the model does not know is taught, and taken back."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from leitmotif.settings import Settings
from tests.service.running import Load, serving, until
from tests.training.tiny import case_of, sentence

_SECONDS = 300
_NEW = "owl_court"


@pytest.fixture
def service(tiny_settings: Settings, tmp_path: Path) -> Iterator[httpx.Client]:
    given = {f"LEITMOTIF_{name.upper()}": str(value) for name, value in _plain(tiny_settings).items()}
    with (
        (tmp_path / "serve.log").open("wb") as log,
        serving(given | {"LEITMOTIF_MODEL_POLL_SECONDS": "0.5"}, log, _SECONDS) as client,
    ):
        yield client


def test_a_narrative_is_taught_and_taken_back_under_load(service: httpx.Client) -> None:
    old = train(service)
    random_ = random.Random(5)
    text = f"{sentence(random_, _NEW, 9)}. {sentence(random_, _NEW, 9)}."
    assert _NEW not in known(service, text)

    stop, load = threading.Event(), Load(service, text)
    asking = threading.Thread(target=load.run, args=(stop,))
    asking.start()
    try:
        new = teach(service, random_)
        assert top(service, text) == _NEW
        service.post(f"/v1/models/{old}/activate").raise_for_status()
        assert _NEW not in known(service, text)
        service.post(f"/v1/models/{new}/activate").raise_for_status()
        assert top(service, text) == _NEW
    finally:
        stop.set()
        asking.join()
    assert load.failures == []
    assert load.served > 20
    assert load.versions == {old, new}
    switches = service.get("/v1/audit", params={"act": "model.switch"}).json()["entries"]
    assert [entry["subject"] for entry in switches][:3] == [new, old, new]


def teach(service: httpx.Client, random_: random.Random) -> str:
    """Add the narrative and twenty cases, and train; the new version's name."""
    entry = {"theme": "west", "name": "Owl court", "definition": "Owls bribe the judges of the forest court."}
    service.put(f"/v1/narratives/{_NEW}", json=entry).raise_for_status()
    cases = [case_of(random_, _NEW, f"owl-{i}") for i in range(20)]
    service.post("/v1/cases", json=cases).raise_for_status()
    return train(service)


def train(service: httpx.Client) -> str:
    started = service.post("/v1/training-runs", json={})
    assert started.status_code == 202, started.text
    address = started.headers["Location"]
    until(lambda: service.get(address).json()["status"] not in {"queued", "running"}, _SECONDS)
    run = service.get(address).json()
    assert run["status"] == "succeeded", run
    assert run["gate"]["promoted"], run["gate"]
    version = str(run["version"])
    until(lambda: service.get("/v1/models").json()["live"] == version, _SECONDS)
    until(lambda: version in service.post("/v1/classify", json={"text": "Bees in the garden."}).text, _SECONDS)
    return version


def known(service: httpx.Client, text: str) -> list[str]:
    """Narratives of the answer, most probable first."""
    scores = service.post("/v1/classify", json={"text": text}).raise_for_status().json()["scores"]
    return [score["narrative"] for score in scores]


def top(service: httpx.Client, text: str) -> str:
    return known(service, text)[0]


def _plain(settings: Settings) -> dict[str, object]:
    names = ("database_url", "data_dir", "models_dir", "encoder", "encoder_precision")
    return {name: getattr(settings, name) for name in names}
