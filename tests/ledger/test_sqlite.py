"""What concerns the ledger in an SQLite file only."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from leitmotif.errors import StoreUnavailable
from leitmotif.ledger import open_ledger
from leitmotif.ledger.runs import RunRecord
from leitmotif.store import open_store

_OLD = {
    "id": "r1",
    "status": "succeeded",
    "stage": "finished",
    "progress": 1.0,
    "version": "v1",
    "metrics": {"map": 0.5},
}
_OLD |= {"created": "2024-01-01T00:00:00Z", "updated": "2024-01-01T00:10:00Z", "error": None}


def test_runs_of_version_0_1_are_carried_over(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "leitmotif.db")
    connection.execute("CREATE TABLE runs (id TEXT PRIMARY KEY, created TEXT NOT NULL, body TEXT NOT NULL)")
    connection.execute("INSERT INTO runs VALUES ('r1', ?, ?)", (_OLD["created"], json.dumps(_OLD)))
    connection.commit()
    for _ in range(2):
        ledger = open_ledger(f"sqlite:///{tmp_path}/leitmotif.db")
        assert ledger.runs.list(limit=5) == [RunRecord(**_OLD)]  # type: ignore[arg-type]
        ledger.close()
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'runs'").fetchone() == (0,)
    connection.close()


def test_store_and_ledger_share_a_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/leitmotif.db"
    for first, second in ((open_ledger, open_store), (open_store, open_ledger)):
        one, other = first(url), second(url)
        one.close()
        other.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="LEITMOTIF_DATABASE_URL"):
        open_ledger(f"sqlite:///{tmp_path}/file/leitmotif.db")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "leitmotif.db").write_text("this is no database at all, however long it may be")
    with pytest.raises(StoreUnavailable, match="not a database"):
        open_ledger(f"sqlite:///{tmp_path}/leitmotif.db")
