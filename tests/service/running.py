"""A service with its worker in processes of their own, as `leitmotif serve` starts them, and who keeps asking it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

import httpx

_SERVE = "from service.cli import main; main()"


@contextmanager
def serving(environment: Mapping[str, str], log: IO[bytes] | int, seconds: float) -> Iterator[httpx.Client]:
    """A client of a service with these settings, once it is ready; `seconds` is how long to wait for that."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", _SERVE, "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            until(lambda: _answers(client), seconds)
            yield client
    finally:
        process.terminate()
        process.wait(60)


@dataclass
class Load:
    """Somebody who keeps asking, and notes every answer that is not 200; `pause` seconds lie between two requests."""

    client: httpx.Client
    text: str
    pause: float = 0.0
    served: int = 0
    versions: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self.pause):
            answer = self.client.post("/v1/classify", json={"text": self.text, "neighbours": 1})
            if answer.status_code == 200:
                self.served += 1
                self.versions.add(answer.json()["model"]["version"])
            else:
                self.failures.append(answer.text)


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait for it; fail where it has not come about in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/livez").status_code == 200
    except httpx.TransportError:
        return False
