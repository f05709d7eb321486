"""A service as a process of its own, and workers whose training and scoring can be made to wait."""

from __future__ import annotations

import multiprocessing
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

import httpx
import uvicorn

from leitmotif.settings import Settings
from service.main import create_app
from service.worker import run_until_stopped
from tests.bulk.workers import HauntedScorers, stop_worker
from tests.service.workers import haunted_workshop

_CONTEXT = multiprocessing.get_context("forkserver")
_START_SECONDS, _CALL_SECONDS = 120, 60


@contextmanager
def fleet(
    settings: Settings, services: int, workers: int
) -> Iterator[tuple[list[httpx.Client], list[ForkServerProcess]]]:
    """Clients of so many services, and so many workers."""
    pipes = [_CONTEXT.Pipe(duplex=False) for _ in range(services)]
    serving = [_CONTEXT.Process(target=_serve, args=(settings, theirs), daemon=True) for _, theirs in pipes]
    working = [_CONTEXT.Process(target=_work, args=(settings,), daemon=True) for _ in range(workers)]
    for process in (*serving, *working):
        process.start()
    clients = []
    try:
        for mine, _ in pipes:
            assert mine.poll(_START_SECONDS)
            clients.append(httpx.Client(base_url=f"http://127.0.0.1:{mine.recv()}", timeout=_CALL_SECONDS))
        yield clients, working
    finally:
        for client in clients:
            client.close()
        for process in (*serving, *working):
            stop_worker(process)


def _serve(settings: Settings, port: Connection) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="warning"))
    threading.Thread(target=_tell, args=(server, listening, port), daemon=True).start()
    server.run(sockets=[listening])


def _tell(server: uvicorn.Server, listening: socket.socket, port: Connection) -> None:
    """The port, once the service answers on it."""
    while not server.started:
        threading.Event().wait(0.05)
    port.send(listening.getsockname()[1])


def _work(settings: Settings) -> None:
    run_until_stopped(settings, threading.Event(), haunted_workshop, HauntedScorers)
