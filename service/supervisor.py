"""Runs a worker as a child of the service: started again when it dies, stopped with the service."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from leitmotif.settings import Settings

logger = logging.getLogger(__name__)

WORKER = (sys.executable, "-m", "service.worker")
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_HEALTHY_SECONDS = 60.0
_STOP_SECONDS = 10.0


class Supervisor:
    """Keeps one worker process alive."""

    def __init__(self, settings: Settings, command: Sequence[str] = WORKER) -> None:
        self._settings = settings
        self._command = tuple(command)
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker-supervisor", daemon=True)

    @property
    def pid(self) -> int | None:
        """Process number of the worker, or None while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop the worker; a run under way goes on when the next one starts."""
        self._stop.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(_STOP_SECONDS)

    def _keep(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stop.is_set():
            began = time.monotonic()
            code = self._run()
            if self._stop.is_set():
                return
            pause = _FIRST_PAUSE_SECONDS if time.monotonic() - began > _HEALTHY_SECONDS else pause
            logger.warning("the training worker ended with code %s; another starts in %.0f s", code, pause)
            self._stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _run(self) -> int:
        """One worker from start to end. Settings go by a pipe, for they hold keys; its end tells the worker to go."""
        process = subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True)
        self._process = process
        assert process.stdin is not None
        try:
            process.stdin.write(self._settings.model_dump_json().encode() + b"\n")
            process.stdin.flush()
            if self._stop.is_set():
                process.terminate()
        except OSError:
            logger.debug("the worker went before it had its settings")
        code = process.wait()
        try:
            process.stdin.close()
        except OSError:
            logger.debug("the worker's input was closed already")
        return code


@contextmanager
def embedded_worker(settings: Settings) -> Iterator[None]:
    """A worker beside the service, where the settings ask for one."""
    supervisor = Supervisor(settings)
    if settings.embedded_worker:
        supervisor.start()
    try:
        yield
    finally:
        if settings.embedded_worker:
            supervisor.stop()
