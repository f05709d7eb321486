"""What the ledger promises on every kind of database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from leitmotif.codebook import parse_codebook
from leitmotif.domain import Narrative
from leitmotif.errors import (
    ConfigurationError,
    InvalidCursor,
    RunInProgress,
    RunNotFound,
    SchemaTooNew,
    StoreUnavailable,
)
from leitmotif.ledger import Ledger, open_ledger
from leitmotif.ledger.connection import Database
from leitmotif.ledger.narratives import CurrentCodebook
from leitmotif.ledger.runs import RunRecord
from leitmotif.ledger.workers import Worker, this_process

_FIRST = RunRecord("r1", "queued", "queued", 0.0, "2024-01-01T00:00:00Z", "2024-01-01T00:00:01Z")
_DONE = replace(_FIRST, status="succeeded", version="v1", metrics={"map": 0.7}, gate={"promoted": True})


def test_runs_are_kept_and_listed_newest_first(ledger: Ledger) -> None:
    ledger.runs.add(_FIRST)
    assert ledger.runs.unfinished() == _FIRST
    ledger.runs.save(_DONE)
    assert ledger.runs.get("r1") == _DONE
    second = replace(_FIRST, id="r2", created="2024-01-02T00:00:00Z")
    ledger.runs.add(second)
    assert ledger.runs.list(limit=5) == [second, _DONE]
    assert ledger.runs.list(limit=1) == [second]
    assert ledger.runs.get("r3") is None


def test_of_many_starts_at_once_one_wins(ledger: Ledger, ledger_url: str) -> None:
    other, gate = open_ledger(ledger_url), threading.Barrier(8)

    def start(number: int) -> bool:
        gate.wait()
        try:
            (ledger, other)[number % 2].runs.add(replace(_FIRST, id=f"r{number}"))
        except RunInProgress:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(start, range(8))) == 1
    other.close()


def test_a_run_under_way_stands_in_the_way_of_another(ledger: Ledger) -> None:
    ledger.runs.add(_FIRST)
    ledger.runs.save(replace(_FIRST, status="running"))
    with pytest.raises(RunInProgress, match="r1"):
        ledger.runs.add(replace(_FIRST, id="r2"))


def test_a_request_to_cancel_reaches_whoever_saves_progress(ledger: Ledger) -> None:
    ledger.runs.add(_FIRST)
    running = replace(_FIRST, status="running", progress=0.5)
    assert ledger.runs.save(running) is False
    ledger.runs.ask_to_cancel("r1")
    assert ledger.runs.cancel_asked("r1")
    assert ledger.runs.save(running) is True


def test_a_failed_run_is_queued_again_as_its_next_attempt(ledger: Ledger) -> None:
    ledger.runs.add(_FIRST)
    with pytest.raises(RunInProgress):
        ledger.runs.reopen("r1", updated="later")
    ledger.runs.ask_to_cancel("r1")
    ledger.runs.save(replace(_FIRST, status="cancelled", error="x", progress=0.4))
    again = ledger.runs.reopen("r1", updated="later")
    assert (again.status, again.attempt, again.error, again.workflow_id) == ("queued", 2, None, "r1-2")
    assert not ledger.runs.cancel_asked("r1")
    ledger.runs.save(_DONE)
    with pytest.raises(RunInProgress, match="succeeded"):
        ledger.runs.reopen("r1", updated="later")
    with pytest.raises(RunNotFound):
        ledger.runs.reopen("r9", updated="later")


def test_the_audit_log_is_paged_newest_first(ledger: Ledger) -> None:
    for number in range(5):
        assert ledger.audit.add("anna", "model.switch", f"v{number}", {"from": number})
    first = ledger.audit.list(limit=2)
    assert [entry.subject for entry in first.entries] == ["v4", "v3"]
    ledger.audit.add("ben", "narrative.put", "moon", {"ä": "ö"})
    second = ledger.audit.list(limit=2, cursor=first.cursor)
    assert [entry.subject for entry in second.entries] == ["v2", "v1"]
    last = ledger.audit.list(limit=2, cursor=second.cursor)
    assert ([entry.subject for entry in last.entries], last.cursor) == (["v0"], None)
    assert [e.details for e in ledger.audit.list(limit=5, act="narrative.put").entries] == [{"ä": "ö"}]
    assert [e.who for e in ledger.audit.list(limit=5, subject="v2").entries] == ["anna"]


@pytest.mark.parametrize("cursor", ["x", "-1", "1 OR 1", "９", "9" * 40])
def test_a_foreign_cursor_is_refused(ledger: Ledger, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        ledger.audit.list(limit=2, cursor=cursor)


def test_an_entry_with_a_key_is_added_once(ledger: Ledger) -> None:
    assert ledger.audit.add("local", "model.switch", "v1", {}, key="run-1") is True
    assert ledger.audit.add("local", "model.switch", "v1", {}, key="run-1") is False
    assert (ledger.audit.has("run-1"), ledger.audit.has("run-2")) == (True, False)
    assert len(ledger.audit.list(limit=5).entries) == 1


def test_workers_live_until_they_go(ledger: Ledger) -> None:
    here = this_process()
    assert not ledger.workers.lives(here.id)
    ledger.workers.seen(here)
    ledger.workers.seen(here)
    assert (ledger.workers.lives(here.id), ledger.workers.count()) == (True, 1)
    ledger.workers.seen(Worker("gone", here.host, 2**22 + 1))
    assert not ledger.workers.lives("gone")
    ledger.workers.seen(Worker("elsewhere", "another-machine", 1))
    assert ledger.workers.lives("elsewhere")
    ledger.workers.remove(here.id)
    assert (ledger.workers.lives(here.id), ledger.workers.count()) == (False, 1)


def test_narratives_extend_the_file(ledger: Ledger) -> None:
    entry = {"theme": "west", "name": "Moon", "definition": "A base."}
    file = parse_codebook({"version": 1, "themes": {"west": "The West"}, "narratives": {"moon": entry}})
    codebook = CurrentCodebook(file, ledger.narratives)
    assert codebook.read() == file
    bees = Narrative("bees", "west", "Bees", "Bees spy.", keywords=("bee",))
    moon = Narrative("moon", "west", "The moon", "A base there.")
    for narrative in (bees, moon, bees):
        ledger.narratives.put(narrative)
    assert codebook.read().narratives == (moon, bees)
    assert ledger.narratives.delete("bees")
    assert not ledger.narratives.delete("bees")
    assert codebook.read().ids == ("moon",)


def test_opening_again_keeps_everything(ledger: Ledger, ledger_url: str) -> None:
    ledger.runs.add(_FIRST)
    again = open_ledger(ledger_url)
    assert again.runs.get("r1") == _FIRST
    again.close()


def test_many_open_an_empty_database_at_once(ledger_url: str) -> None:
    gate = threading.Barrier(4)

    def opened(_: int) -> Ledger:
        gate.wait()
        return open_ledger(ledger_url)

    with ThreadPoolExecutor(4) as pool:
        for ledger in pool.map(opened, range(4)):
            ledger.close()


def test_a_write_that_fails_leaves_nothing(ledger_url: str) -> None:
    database = Database(ledger_url)

    def fail() -> None:
        with database.write() as connection:
            connection.execute(sa.text("INSERT INTO narratives (id, body) VALUES ('a', '{}')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM narratives")).scalar() == 0
    database.close()


def test_a_newer_schema_is_refused(ledger: Ledger, ledger_url: str) -> None:
    database = Database(ledger_url)
    with database.write() as connection:
        connection.execute(sa.text("INSERT INTO ledger_schema (version) VALUES (1000)"))
    database.close()
    with pytest.raises(SchemaTooNew, match="upgrade"):
        open_ledger(ledger_url)


@pytest.mark.parametrize(
    "use", [lambda x: x.runs.list(limit=1), lambda x: x.runs.add(_FIRST), lambda x: x.audit.has("a")]
)
def test_a_database_that_is_broken_is_unavailable(
    ledger: Ledger, ledger_url: str, use: Callable[[Ledger], object]
) -> None:
    database = Database(ledger_url)
    with database.write() as connection:
        for table in ("training_runs", "audit"):
            connection.execute(sa.text(f"DROP TABLE {table}"))
    database.close()
    with pytest.raises(StoreUnavailable, match="does not work"):
        use(ledger)


def test_only_known_kinds_of_database() -> None:
    with pytest.raises(ConfigurationError, match="postgresql") as caught:
        open_ledger("mysql://user:secret@host/base")
    assert "secret" not in str(caught.value)
