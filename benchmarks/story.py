"""A narrative is taught and taken back while somebody keeps asking: the whole way over HTTP, with the real model.

    python -m benchmarks.story [--out benchmarks/results/story.json]

Works on copies of the database and of the live model, which `make prepare` makes. Twenty cases on a narrative that is
not in the codebook stand in `benchmarks/story.json`. Two clients ask once a second; every answer but 200 is a failure.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from leitmotif.settings import Settings
from tests.service.running import Load, serving, until

_CLIENTS = 2
_PAUSE_SECONDS = 1.0
"""Between two requests of a client. Without it they would take all cores, and training, which yields to them, none."""
_PATIENCE_SECONDS = 3600


def main() -> None:
    """Tell the story, print and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/story.json"))
    arguments = parser.parse_args()
    story = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(_copied(Settings(), Path(folder)), subprocess.DEVNULL, _PATIENCE_SECONDS) as client,
    ):
        loads = [Load(client, story["before"], _PAUSE_SECONDS) for _ in range(_CLIENTS)]
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
    for step, version in (("new", new), ("rolled_back", old), ("again", new)):
        _switch(client, text, version)
        told[step] = _seen(client, text, name)
    return told


def _switch(client: httpx.Client, text: str, version: str) -> None:
    """Make a version live and wait until it answers."""
    client.post(f"/v1/models/{version}/activate").raise_for_status()
    until(lambda: _answering(client, text) == version, _PATIENCE_SECONDS)


def _seen(client: httpx.Client, text: str, narrative: str) -> dict[str, Any]:
    """What the live model says of the text, and of the new narrative in it."""
    answer = client.post("/v1/classify", json={"text": text}).raise_for_status().json()
    score = next((s for s in answer["scores"] if s["narrative"] == narrative), None)
    found = None if score is None else {"probability": score["probability"], "threshold": score["threshold"]}
    return {"outcome": answer["outcome"], "labels": answer["labels"], narrative: found}


def _trained(client: httpx.Client) -> dict[str, Any]:
    address = client.post("/v1/training-runs", json={}).raise_for_status().headers["Location"]
    until(lambda: client.get(address).json()["status"] not in {"queued", "running"}, _PATIENCE_SECONDS)
    run: dict[str, Any] = client.get(address).json()
    if run["status"] != "succeeded":
        raise SystemExit(f"The run ended as {run['status']}: {run.get('error')}")
    return run


def _answering(client: httpx.Client, text: str) -> str:
    return str(client.post("/v1/classify", json={"text": text}).json()["model"]["version"])


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
