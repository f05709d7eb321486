"""Kills a process at a chosen step of what it does. The process is real, and so is the signal.

A step is the start or the end of a call, to Python or to C, that code of the named files makes. So every SQL statement
and every write of a file has a point before it and one after it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

# One process imports what is heavy, once; every other one is forked from it.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["tests.service.workers", "sentence_transformers", "sklearn.feature_extraction.text", "training.curves"]
)
_SECONDS = 120

Task = Callable[..., object]


@dataclass(frozen=True)
class Steps:
    """Which calls count: those of these functions (all, if none is named) by code in these files."""

    files: tuple[str, ...]
    functions: Collection[str] = ()


class _Killer:
    """A profiler that counts steps, and kills this process at the one that is wanted."""

    def __init__(self, steps: Steps, wanted: int) -> None:
        self.count = 0
        self._steps = steps
        self._wanted = wanted
        self._is_ours = cache(self._look)

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        caller = frame if event.startswith("c_") else frame.f_back
        if caller is None or not self._is_ours(caller.f_code.co_filename):
            return
        name = argument.__name__ if event.startswith("c_") else frame.f_code.co_name
        if self._steps.functions and name not in self._steps.functions:
            return
        self.count += 1
        if self.count == self._wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    def _look(self, file: str) -> bool:
        return any(part in file for part in self._steps.files)


def count_steps(task: Task, *arguments: object, steps: Steps) -> int:
    """Do the task in a process of its own, to its end; returns how many steps it took."""
    mine, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_run, args=(task, arguments, steps, 0, theirs), daemon=True)
    process.start()
    process.join(_SECONDS)
    assert process.exitcode == 0
    return int(mine.recv())


def kill_at(number: int, task: Task, *arguments: object, steps: Steps) -> None:
    """Do the task in a process of its own, which is killed at this step, counted from 1."""
    process = _CONTEXT.Process(target=_run, args=(task, arguments, steps, number, None), daemon=True)
    process.start()
    process.join(_SECONDS)
    assert process.exitcode == -signal.SIGKILL, f"it ended with {process.exitcode} before step {number}"


def do(task: Task, *arguments: object) -> None:
    """Do the task in a process of its own, undisturbed."""
    count_steps(task, *arguments, steps=Steps(("no file",)))


def spread(total: int, points: int) -> list[int]:
    """So many steps of `total`, the first and the last among them."""
    return sorted({1 + round(number * (total - 1) / (points - 1)) for number in range(points)})


def _run(task: Task, arguments: Sequence[object], steps: Steps, wanted: int, counted: Connection | None) -> None:
    killer = _Killer(steps, wanted)
    sys.setprofile(killer)
    try:
        task(*arguments)
    finally:
        sys.setprofile(None)
    if counted is not None:
        counted.send(killer.count)
