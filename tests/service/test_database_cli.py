"""`leitmotif db`: a check of the database, and copies between the two kinds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from leitmotif.domain import Case, Narrative
from leitmotif.ledger import open_ledger
from leitmotif.store import CaseVectors, Store, open_store
from leitmotif.store.copying import BATCH
from service.cli import main
from tests.store.support import case, put, unit, vectors_of

ROOT = Path(__file__).parents[2]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command far from any `.env`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def start(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return start


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """An SQLite database of 1,203 cases: two encoders, some cases without vectors, texts of all sorts."""
    url = f"sqlite:///{tmp_path}/cases.db"
    store = open_store(url)
    cases = [case(f"c{i:04}", summary=f"gas {i % 50}", countries=("UA",) if i % 3 else ("LT",)) for i in range(1_200)]
    store.put_cases(cases, vectors_of(cases))
    later = [case("ärger:ёлка", title="Україна “café” \u2028 中文"), case("other"), case("bare", date="2021-03")]
    store.put_cases(later, [CaseVectors("other@3", {"title": np.eye(3, dtype=np.float32)[0]})] * 2 + [_NONE])
    store.close()
    return url


_NONE = CaseVectors("", {})


def everything(url: str) -> list[object]:
    """What a store holds, to the bit."""
    store = open_store(url)
    try:
        cases = list(store.iter_cases())
        ids = [c.id for c in cases]
        vectors = [
            (case_id, encoder, name, vector.tobytes())
            for encoder in sorted(store.describe().encoders)
            for case_id, fields in sorted(store.get_vectors(ids, encoder).items())
            for name, vector in sorted(fields.items())
        ]
        return [cases, vectors]
    finally:
        store.close()


def opened(url: str) -> Store:
    return open_store(url)


def test_check_of_both_kinds(run: Run, file_url: str, postgres_url: str) -> None:
    code, out, _ = run("db", "check", file_url, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["kind"].startswith("SQLite 3.")
    assert (found["cases"], found["encoders"]) == (1_203, {"test@1": 1_200, "other@3": 2})
    secret = postgres_url.replace("postgres@", "postgres:hunter2@")
    code, out, _ = run("db", "check", secret)
    assert code == 0
    assert "PostgreSQL" in out
    assert "pgvector 0." in out
    assert "hunter2" not in out


def test_check_uses_the_setting(run: Run, file_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEITMOTIF_DATABASE_URL", file_url)
    code, out, _ = run("db", "check")
    assert code == 0
    assert "1203" in out


def test_a_check_makes_no_file(run: Run, tmp_path: Path) -> None:
    code, _, err = run("db", "check", f"sqlite:///{tmp_path}/typo.db")
    assert code == 1
    assert "typo.db" in err
    assert not (tmp_path / "typo.db").exists()


def test_a_copy_is_the_same_and_copies_back(run: Run, file_url: str, postgres_url: str, tmp_path: Path) -> None:
    code, out, _ = run("db", "copy", file_url, postgres_url)
    assert code == 0
    assert "1203 added, 0 changed, 0 unchanged" in out
    assert "SHA-256" in out
    assert everything(postgres_url) == everything(file_url)
    back = f"sqlite:///{tmp_path}/back.db"
    code, out, _ = run("db", "copy", postgres_url, back, "--json")
    assert code == 0
    assert json.loads(out)["compared"] == json.loads(out)["cases"] == 1_203
    assert everything(back) == everything(file_url)


def test_copying_again_changes_nothing_and_follows_the_source(run: Run, file_url: str, postgres_url: str) -> None:
    run("db", "copy", file_url, postgres_url)
    source = opened(file_url)
    put(source, case("c0007", title="New title"), case("new"))
    source.put_vectors(["c0008"], [CaseVectors("test@1", {"title": unit(99)})])
    source.close()
    code, out, _ = run("db", "copy", file_url, postgres_url)
    assert code == 0
    assert "1 added, 1 changed, 1202 unchanged" in out
    assert everything(postgres_url) == everything(file_url)


def test_records_beside_the_cases_come_along(run: Run, file_url: str, postgres_url: str, tmp_path: Path) -> None:
    with open_ledger(file_url) as ledger:
        for number in range(3):
            ledger.audit.add("ann", "model.switch", f"v{number}", {"from": "ä"})
        ledger.narratives.put(Narrative("new_one", "theme", "Name", "Definition", keywords=("a", "b")))
    code, out, _ = run("db", "copy", file_url, postgres_url)
    assert code == 0
    assert "audit: 3 copied" in out
    with open_ledger(file_url) as one, open_ledger(postgres_url) as two:
        assert two.audit.list(limit=9) == one.audit.list(limit=9)
        assert two.narratives.list() == one.narratives.list()
        two.audit.add("bob", "model.switch", "v9", {})
        assert [entry.seq for entry in two.audit.list(limit=2).entries] == [4, 3]
    code, out, _ = run("db", "copy", file_url, postgres_url)
    assert "audit: left alone" in out
    back = f"sqlite:///{tmp_path}/back.db"
    assert run("db", "copy", postgres_url, back)[0] == 0
    with open_ledger(back) as three:
        assert [entry.who for entry in three.audit.list(limit=9).entries] == ["bob", "ann", "ann", "ann"]
        assert three.audit.add("eve", "model.switch", "v1", {})
        assert three.audit.list(limit=1).entries[0].seq == 5


def test_a_target_with_other_cases(run: Run, file_url: str, postgres_url: str) -> None:
    target = opened(postgres_url)
    put(target, case("mine"), case("c0001", title="Older"))
    target.close()
    code, _, err = run("db", "copy", file_url, postgres_url)
    assert code == 1
    assert "mine" in err
    assert "--merge" in err
    target = opened(postgres_url)
    assert target.count_cases() == 2
    target.close()
    code, out, err = run("db", "copy", file_url, postgres_url, "--merge")
    assert code == 0
    assert "1202 added, 1 changed" in out
    assert "1 cases more" in err
    target = opened(postgres_url)
    assert target.count_cases() == 1_204
    assert target.get_case("c0001") == Case("c0001", "Title of c0001", summary="gas 1", countries=("UA",))
    target.close()


def test_killed_half_way_and_run_again(run: Run, file_url: str, postgres_url: str) -> None:
    script = (
        "import sys\n"
        "from service.cli import main\n"
        "from leitmotif.store import copying\n"
        "put = copying._mend_vectors\n"
        "def told(target, vectors):\n"
        "    put(target, vectors)\n"
        "    print('batch', flush=True)\n"
        "    sys.stdin.readline()\n"
        "copying._mend_vectors = told\n"
        "main(['db', 'copy', *sys.argv[1:]])\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, file_url, postgres_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as copying:
        assert copying.stdout is not None
        assert copying.stdout.readline() == b"batch\n"
        copying.send_signal(signal.SIGKILL)
    target = opened(postgres_url)
    there = target.count_cases()
    target.close()
    assert there == BATCH
    code, out, _ = run("db", "copy", file_url, postgres_url)
    assert code == 0
    assert f"{1_203 - there} added, 0 changed, {there} unchanged" in out
    assert everything(postgres_url) == everything(file_url)


def test_a_copy_that_does_not_take_is_noticed(
    run: Run, file_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leitmotif.store.postgres.store import PostgresStore

    settle = PostgresStore.settle

    def lose_one(store: PostgresStore) -> None:
        settle(store)
        store.delete_case("c0500")
        store.put_vectors(["c0600"], [CaseVectors("test@1", {"title": unit(1)})])

    monkeypatch.setattr(PostgresStore, "settle", lose_one)
    code, _, err = run("db", "copy", file_url, postgres_url)
    assert code == 1
    assert "2 of 1203" in err
    assert "c0500, c0600" in err


def test_indexes_are_built_at_the_end(
    run: Run, file_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEITMOTIF_EXACT_SEARCH_UP_TO", "500")
    assert run("db", "copy", file_url, postgres_url)[0] == 0
    import psycopg

    with psycopg.connect(postgres_url) as connection:
        found = connection.execute("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%hnsw%'").fetchone()
    assert found == (2,)


def test_a_source_that_does_not_exist(run: Run, postgres_url: str, tmp_path: Path, file_url: str) -> None:
    code, _, err = run("db", "copy", f"sqlite:///{tmp_path}/typo.db", postgres_url)
    assert code == 1
    assert "typo.db" in err
    assert run("db", "copy", file_url, file_url)[0] == 1
    code, _, err = run("db", "copy", file_url, "postgresql://a:hunter2@127.0.0.1:1/db")
    assert code == 1
    assert "127.0.0.1:1/db" in err
    assert "hunter2" not in err
