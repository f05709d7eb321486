"""What is SQLite's own: files that cannot be used, newer schemas, and power cuts."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import resources
from pathlib import Path

import pytest

from leitmotif.domain import CaseFilter
from leitmotif.errors import ConfigurationError, SchemaTooNew, StoreUnavailable
from leitmotif.store import Store, open_store
from tests.store.support import ENCODER, case, put, unit

_BATCH = 400
_WRITER = f"""
import sys
from leitmotif.store import open_store
from tests.store.support import case, vectors_of
store = open_store(sys.argv[1])
print("open", flush=True)
for number in range(10_000):
    cases = [case(f"b{{number}}-{{i}}", title=f"batch{{number}} {{i}}", countries=("UA",)) for i in range({_BATCH})]
    store.put_cases(cases, vectors_of(cases))
    print(number, flush=True)
"""


def opened(path: Path) -> Store:
    return open_store(f"sqlite:///{path}")


def test_kill_in_the_middle_of_a_put_leaves_nothing_half_written(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, f"sqlite:///{path}"], stdout=subprocess.PIPE, env=environment
    ) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if line.strip() == b"1":
                break
        time.sleep(0.02)
        writer.send_signal(signal.SIGKILL)
    store = opened(path)
    try:
        total = store.count_cases()
        assert total >= 2 * _BATCH
        assert total % _BATCH == 0
        ukraine = CaseFilter(countries=("UA",))
        assert store.count_cases(ukraine) == total
        assert len(store.search_vectors(unit(1), ENCODER, "title", ukraine, limit=10**5)) == total
        for number in range(total // _BATCH):
            assert len(store.search_words(f"batch{number}", ukraine, limit=10**5)) == _BATCH
        put(store, case("after"))
        assert store.count_cases() == total + 1
    finally:
        store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    opened(path).close()
    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute(f"PRAGMA user_version = {version + 1}")
    with pytest.raises(SchemaTooNew, match="upgrade"):
        opened(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (version + 1,)
    connection.close()


def test_an_interrupted_first_opening_leaves_no_half_schema(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE vectors (x)")
    connection.commit()
    with pytest.raises(StoreUnavailable, match="vectors"):
        opened(path)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert tables == [("vectors",)]
    connection.close()


def test_opening_again_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "cases.db"
    store = opened(path)
    put(store, case("a"))
    store.close()
    again = opened(path)
    assert again.get_case("a") == case("a")
    again.close()


def test_vectors_of_the_first_schema_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    first = resources.files("leitmotif.store.sqlite") / "migrations" / "0001_initial.sql"
    with sqlite3.connect(path) as connection:
        connection.executescript(first.read_text(encoding="utf-8"))
        connection.execute("INSERT INTO cases (id, date, digest, body) VALUES ('old', '', '', '{}')")
        connection.executemany(
            "INSERT INTO vectors (encoder, field, row, vector) VALUES (?, ?, 1, ?)",
            [(ENCODER, field, unit(seed).tobytes()) for seed, field in enumerate(("title", "claim"))],
        )
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with closing(opened(path)) as store:
        kept = store.get_vectors(["old"], ENCODER)["old"]
        assert {field: vector.tolist() for field, vector in kept.items()} == {
            "title": unit(0).tolist(),
            "claim": unit(1).tolist(),
        }
        assert store.search_vectors(unit(1), ENCODER, "claim", CaseFilter(), limit=1)[0].case_id == "old"


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    def open_and_write(number: int) -> int:
        store = opened(tmp_path / "cases.db")
        try:
            put(store, case(f"c{number}"))
            return store.count_cases()
        finally:
            store.close()

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(open_and_write, range(8))) == 8


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"This is no database. " * 500)
    for path, named in [
        (folder, "folder"),
        (garbage, "garbage"),
        (garbage / "below.db", "garbage"),
        (Path("/proc/nowhere/cases.db"), "nowhere"),
    ]:
        with pytest.raises(StoreUnavailable, match=named):
            opened(path)


def test_a_damaged_file_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    store = opened(path)
    put(store, *(case(f"c{i}") for i in range(200)))
    store.close()
    body = path.read_bytes()
    path.write_bytes(body[:4096] + b"\xff" * (len(body) - 4096))
    with pytest.raises(StoreUnavailable):
        opened(path).check()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    opened(path).close()
    path.chmod(0o400)
    with pytest.raises(StoreUnavailable):
        opened(path)


def test_a_full_disk_is_unavailable_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    store = opened(path)
    put(store, case("a"))
    with store._database.read() as connection:  # type: ignore[attr-defined]
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    many = [case(f"c{i}", summary="x" * 5_000) for i in range(50)]
    with pytest.raises(StoreUnavailable, match="full"):
        put(store, *many)
    assert [c.id for c in store.iter_cases()] == ["a"]
    store.close()


@pytest.mark.parametrize("url", ["", "cases.db", "mysql://user:secret@host/db", "sqlite:cases.db"])
def test_an_address_of_no_known_kind(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)
    assert "secret" not in str(caught.value)
