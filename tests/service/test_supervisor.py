"""The worker beside the service: started again when it dies, gone when the service goes."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from leitmotif.settings import Settings
from service import supervisor
from service.supervisor import Supervisor

_CHILD = "import pathlib, sys; pathlib.Path({path!r}).write_text(sys.stdin.readline()); sys.stdin.read()"


def until(wanted: Callable[[], bool]) -> None:
    for _ in range(600):
        if wanted():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to that")


def test_a_worker_that_dies_is_started_again_and_one_that_is_not_needed_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE_SECONDS", 0.05)
    settings = Settings(_env_file=None, api_keys=("secret",))
    kept = Supervisor(settings, (sys.executable, "-c", _CHILD.format(path=str(tmp_path / "settings"))))
    kept.start()
    until(lambda: (tmp_path / "settings").exists() and (tmp_path / "settings").read_text().endswith("\n"))
    assert Settings.model_validate_json((tmp_path / "settings").read_text()).api_keys == ("secret",)
    first = kept.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: kept.pid not in {None, first})
    second = kept.pid
    assert second is not None
    kept.stop()
    until(lambda: kept.pid is None)
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)
