"""An import that is killed leaves all of the file or none of it, and the same command again finishes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from leitmotif.encoder import open_encoder
from leitmotif.formats import read_cases
from leitmotif.library import Library
from leitmotif.settings import Settings
from leitmotif.store.opening import open_settled_store
from service.cli import main
from tests.faults.installation import Databases, Held, held
from tests.faults.kill import Steps, count_steps, kill_at, spread

_POINTS = 8
_STORED, _SENT, _SHARED = 12, 24, 6
_STEPS = Steps(("leitmotif/library.py", "leitmotif/store/"))
_KNOWN = ("moon_base", "salt_tax")
_CARRIED = ("data_dir", "models_dir", "encoder", "encoder_precision", "database_url")


def record(number: int, edition: str) -> dict[str, Any]:
    """A case; two editions differ in every way that is indexed."""
    spring = edition == "spring"
    return {
        "id": f"case-{number}",
        "title": f"The owl court number {number} judges in {edition}",
        "summary": f"Feathers fall on jury {number}.",
        "narratives": ["moon_base" if spring else "salt_tax"],
        "countries": ["UA" if spring else "LT"],
    }


def write(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def put_file(settings: Settings, file: Path) -> None:
    """What an import does, without the command around it."""
    store = open_settled_store(settings)
    cases = read_cases(file.read_bytes(), "jsonl", _KNOWN).cases
    Library(store, open_encoder(settings)).put(cases)
    store.close()


def test_killed_at_any_point_it_left_all_or_nothing(
    databases: Databases, tiny_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few that PostgreSQL builds its indexes within the import.
    settings = tiny_settings.model_copy(update={"exact_search_up_to": 15, "database_url": databases.url})
    encoder = open_encoder(settings).name

    def there(url: str) -> Held:
        return held(url, encoder, "spring", "autumn", "feathers")

    put_file(settings, write(tmp_path / "stored.jsonl", [record(i, "spring") for i in range(_STORED)]))
    first = _STORED - _SHARED
    file = write(tmp_path / "sent.jsonl", [record(i, "autumn") for i in range(first, first + _SENT)])
    before, whole = there(databases.url), settings.model_copy(update={"database_url": databases.copy()})
    total = count_steps(put_file, whole, file, steps=_STEPS)
    after = there(whole.database_url)
    assert (before.total, after.total, len(after.vectors)) == (_STORED, _STORED - _SHARED + _SENT, after.total)
    assert len(after.words["autumn"]) == _SENT
    copies = [settings.model_copy(update={"database_url": databases.copy()}) for _ in range(_POINTS)]
    for number, copy in zip(spread(total, _POINTS), copies, strict=True):
        kill_at(number, put_file, copy, file, steps=_STEPS)
    left = [there(copy.database_url) for copy in copies]
    assert all(found in (before, after) for found in left)
    assert (left[0], left[-1]) == (before, after)
    for copy in copies[1:]:
        put_file(copy, file)
        assert there(copy.database_url) == after
    for name in _CARRIED:
        monkeypatch.setenv(f"LEITMOTIF_{name.upper()}", str(getattr(copies[0], name)))
    assert main(["cases", "import", str(file)]) == 0
    assert there(copies[0].database_url) == after
