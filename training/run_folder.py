"""The folder of a training run: what each stage has made, so that a run that was cut short goes on from there.

A stage's result is built under a hidden name and renamed when complete, so it is there whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leitmotif.errors import LeitmotifError
from training.parts import UNREADABLE, read_parts, write_parts

Note = Mapping[str, Any]
"""A few plain values that say what a stage did."""

_NOTE = "note.json"
_UNDER_WORK = ".part-"


class RunFolder:
    """`models/runs/RUN_ID`. One process at a time works in it."""

    def __init__(self, models: Path, run_id: str) -> None:
        self._runs = models / "runs"
        self._folder = self._runs / run_id

    def note(self, stage: str) -> dict[str, Any] | None:
        """The note of a stage that is done, else None."""
        try:
            note = json.loads((self._folder / stage / _NOTE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return note if isinstance(note, dict) else None

    def load(self, stage: str) -> Any:
        """What a stage made that is done.

        Raises:
            LeitmotifError: it cannot be read.
        """
        try:
            return read_parts(self._folder / stage)
        except UNREADABLE as error:
            raise LeitmotifError(
                f"{self._folder / stage} cannot be read ({error}): delete that folder and resume."
            ) from error

    def save(self, stage: str, note: Note, value: object = None) -> None:
        """Keep what a stage made, in one step."""
        building = self._folder / f"{_UNDER_WORK}{stage}"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        try:
            write_parts(building, value)
            (building / _NOTE).write_text(json.dumps(dict(note), ensure_ascii=False), encoding="utf-8")
            _sync(building)
            shutil.rmtree(self._folder / stage, ignore_errors=True)
            building.rename(self._folder / stage)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise

    def remove(self) -> None:
        """Remove the folder, and those of runs that failed before it: a later run has ended well."""
        shutil.rmtree(self._runs, ignore_errors=True)


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
