"""A narrative is taught and taken back while somebody keeps asking: the whole way over HTTP, with the real model.

    python -m benchmarks.story [--out benchmarks/results/story.json]

Works on copies of the database and of the live model, which `make prepare` makes. Twenty cases on a narrative that is
not in the codebook stand in `benchmarks/story.json`. Two clients ask once a second; every answer but 200 is a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from leitmotif.settings import Settings

_CLIENTS = 2
_PAUSE_SECONDS = 1.0
"""Between two requests of a client. Without it they would take all cores, and training, which yields to them, none."""
_PATIENCE_SECONDS = 3600


@dataclass
class Load:
    """Somebody who keeps asking."""

    address: str
    text: str
    served: int = 0
    versions: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        with httpx.Client(base_url=self.address, timeout=120) as client:
            while not stop.wait(_PAUSE_SECONDS):
                answer = client.post("/v1/classify", json={"text": self.text, "neighbours": 3})
                if answer.status_code == 200:
                    self.served += 1
                    self.versions.add(answer.json()["model"]["version"])
                else:
                    self.failures.append(answer.text[:300])


def main() -> None:
    """Tell the story, print and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/story.json"))
    arguments = parser.parse_args()
    story = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder, _service(Path(folder)) as client:
        loads = [Load(str(client.base_url), story["before"]) for _ in range(_CLIENTS)]
        stop = threading.Event()
        threads = [threading.Thread(target=load.run, args=(stop,)) for load in loads]
        for thread in threads:
            thread.start()
        try:
            told = _tell(client, story)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    told["requests_served"] = sum(load.served for load in loads)
    told["requests_failed"] = sum(len(load.failures) for load in loads)
    told["versions_that_answered"] = len(set().union(*(load.versions for load in loads)))
    print(json.dumps(told, indent=1))
    arguments.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _tell(client: httpx.Client, story: dict[str, Any]) -> dict[str, Any]:
    text, narrative = story["before"], dict(story["narrative"])
    name = narrative.pop("id")
    old = client.get("/v1/models").json()["live"]
    told: dict[str, Any] = {"old": _seen(client, text, name)}
    client.put(f"/v1/narratives/{name}", json=narrative).raise_for_status()
    client.post("/v1/cases", json=story["cases"]).raise_for_status()
    started = time.monotonic()
    run = _trained(client)
    told["training_minutes"] = round((time.monotonic() - started) / 60, 1)
    told["gate"] = run["gate"]
    new = str(run["version"])
    if not run["gate"]["promoted"]:
        client.post(f"/v1/models/{new}/activate").raise_for_status()
    for step, version in (("new", new), ("rolled_back", old), ("again", new)):
        client.post(f"/v1/models/{version}/activate").raise_for_status()
        _until(lambda version=version: _answering(client, text) == version)  # type: ignore[misc]
        told[step] = _seen(client, text, name)
    return told


def _seen(client: httpx.Client, text: str, narrative: str) -> dict[str, Any]:
    """What the live model says of the text, and of the new narrative in it."""
    answer = client.post("/v1/classify", json={"text": text}).raise_for_status().json()
    score = next((s for s in answer["scores"] if s["narrative"] == narrative), None)
    found = None if score is None else {"probability": score["probability"], "threshold": score["threshold"]}
    return {"outcome": answer["outcome"], "labels": answer["labels"], narrative: found}


def _trained(client: httpx.Client) -> dict[str, Any]:
    address = client.post("/v1/training-runs", json={}).raise_for_status().headers["Location"]
    _until(lambda: client.get(address).json()["status"] not in {"queued", "running"})
    run: dict[str, Any] = client.get(address).json()
    if run["status"] != "succeeded":
        raise SystemExit(f"The run ended as {run['status']}: {run.get('error')}")
    return run


def _answering(client: httpx.Client, text: str) -> str:
    return str(client.post("/v1/classify", json={"text": text}).json()["model"]["version"])


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise SystemExit("It did not come about in an hour.")
        time.sleep(0.5)


@contextmanager
def _service(folder: Path) -> Iterator[httpx.Client]:
    """A service with its worker on copies, as `leitmotif serve` starts them."""
    environment = os.environ | _copied(Settings(), folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from service.cli import main; main()", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            _until(lambda: _ready(client))
            yield client
    finally:
        process.terminate()
        process.wait(60)


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _copied(settings: Settings, folder: Path) -> dict[str, str]:
    """Settings of an installation that the story may change."""
    shutil.copytree(settings.models_dir, folder / "models", ignore=shutil.ignore_patterns("cache-bench", "runs", ".*"))
    source = sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))
    copy = sqlite3.connect(folder / "leitmotif.db")
    with source, copy:
        source.backup(copy)
    source.close()
    copy.close()
    return {
        "LEITMOTIF_MODELS_DIR": str(folder / "models"),
        "LEITMOTIF_DATABASE_URL": f"sqlite:///{folder / 'leitmotif.db'}",
        "LEITMOTIF_MODEL_POLL_SECONDS": "1",
    }


if __name__ == "__main__":
    main()
