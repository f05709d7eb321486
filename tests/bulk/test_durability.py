"""Bulk runs over real workers that are killed, on real databases."""

from __future__ import annotations

from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from leitmotif.registry import Registry
from leitmotif.settings import Settings
from service.bulk.runs import BulkRuns, Files
from tests.bulk.articles import articles, ids, read, write
from tests.bulk.workers import DEADLY, ended, start_worker, until
from tests.service.support import publish

Workers = list[ForkServerProcess]


@pytest.fixture
def bulk(settings: Settings) -> Path:
    return Path(settings.bulk_roots[0])


def start(runs: BulkRuns, bulk: Path, count: int, name: str = "scores.parquet") -> tuple[str, list[str]]:
    """A run over `count` articles: its id, and their ids."""
    made = articles(count)
    source = write(bulk / f"{name}.articles.jsonl", made)
    return runs.start(Files(str(source), str(bulk / name))).id, ids(made)


def hold(settings: Settings) -> Path:
    """Makes whoever scores wait, until the file is removed."""
    file = settings.models_dir / "wait-scoring"
    file.touch()
    return file


def test_one_of_two_workers_is_killed_half_way(
    settings: Settings, runs: BulkRuns, workers: Workers, bulk: Path
) -> None:
    workers += [start_worker(settings), start_worker(settings)]
    held = hold(settings)
    run_id, wanted = start(runs, bulk, 60)
    busy = until(runs, run_id, lambda s: s.workers == 2)
    assert (busy.run.status, busy.run.stage, busy.run.articles) == ("running", "scoring", 60)
    held.unlink()
    until(runs, run_id, lambda s: s.progress.batches >= 4)
    # The one that looks after the run as a whole.
    killed = next(p for p in workers if f"-{p.pid}-" in busy.run.worker)
    killed.kill()
    killed.join()
    done = until(runs, run_id, ended)
    assert (done.run.status, done.run.error) == ("succeeded", None)
    assert ids(read(done.run.output)) == wanted
    assert (done.progress.articles, done.progress.errors, done.workers) == (60, 0, 0)
    assert done.articles_a_second
    assert [p.name for p in bulk.iterdir() if "bulk-" in p.name] == []


def test_it_goes_on_after_all_workers_were_killed(
    settings: Settings, runs: BulkRuns, workers: Workers, bulk: Path
) -> None:
    workers += [start_worker(settings), start_worker(settings)]
    run_id, wanted = start(runs, bulk, 60)
    until(runs, run_id, lambda s: s.progress.batches >= 3)
    for worker in workers:
        worker.kill()
        worker.join()
    left = runs.get(run_id)
    assert left.run.status == "running"
    assert left.workers == 0
    workers.append(start_worker(settings))
    done = until(runs, run_id, ended)
    assert done.run.status == "succeeded"
    results = read(done.run.output)
    assert ids(results) == wanted
    assert [result["row"] for result in results] == list(range(1, 61))


def test_the_version_that_was_live_at_the_start_scores_the_whole_run(
    settings: Settings, runs: BulkRuns, workers: Workers, bulk: Path
) -> None:
    registry = Registry(settings.models_dir)
    first = registry.live()
    held = hold(settings)
    workers.append(start_worker(settings))
    run_id, _ = start(runs, bulk, 12)
    until(runs, run_id, lambda s: s.workers == 1)
    registry.activate(publish(registry))
    held.unlink()
    done = until(runs, run_id, ended)
    assert {result["model"] for result in read(done.run.output)} == {first} == {done.run.version}


def test_two_runs_at_once(settings: Settings, runs: BulkRuns, workers: Workers, bulk: Path) -> None:
    workers += [start_worker(settings), start_worker(settings)]
    first, wanted = start(runs, bulk, 30, "one.jsonl")
    second, others = start(runs, bulk, 20, "two.jsonl")
    for run_id, expected in ((first, wanted), (second, others)):
        done = until(runs, run_id, ended)
        assert done.run.status == "succeeded"
        assert ids(read(done.run.output)) == expected


def test_a_run_is_cancelled_and_leaves_nothing(
    settings: Settings, runs: BulkRuns, workers: Workers, bulk: Path
) -> None:
    held = hold(settings)
    workers += [start_worker(settings), start_worker(settings)]
    run_id, _ = start(runs, bulk, 60)
    until(runs, run_id, lambda s: s.workers == 2)
    assert runs.cancel(run_id).run.unfinished
    stopped = until(runs, run_id, ended)
    held.unlink()
    assert (stopped.run.status, stopped.run.error) == ("cancelled", "The run was cancelled.")
    # Whoever was at it is free for the next run.
    again, wanted = start(runs, bulk, 10, "next.jsonl")
    assert ids(read(until(runs, again, ended).run.output)) == wanted
    assert sorted(p.name for p in bulk.iterdir()) == [
        "next.jsonl",
        "next.jsonl.articles.jsonl",
        "scores.parquet.articles.jsonl",
    ]


def test_a_run_that_waits_is_cancelled_at_once(
    settings: Settings, runs: BulkRuns, workers: Workers, bulk: Path
) -> None:
    run_id, _ = start(runs, bulk, 10)
    assert runs.cancel(run_id).run.status == "cancelled"
    workers.append(start_worker(settings))
    again, _ = start(runs, bulk, 10)
    assert until(runs, again, ended).run.status == "succeeded"
    assert runs.get(run_id).run.status == "cancelled"


def test_a_text_that_kills_every_worker_does_not_sink_the_file(
    settings: Settings, runs: BulkRuns, workers: Workers, bulk: Path
) -> None:
    made = articles(12)
    made[7]["text"] += f" {DEADLY}."
    source = write(bulk / "articles.jsonl", made)
    run_id = runs.start(Files(str(source), str(bulk / "scores.jsonl"))).id
    while runs.get(run_id).run.unfinished:
        workers.append(start_worker(settings))
        until(runs, run_id, lambda s: ended(s) or not workers[-1].is_alive())
    results = read(runs.get(run_id).run.output)
    assert ids(results) == ids(made)
    assert [result["error"] is not None for result in results] == [5 <= row < 10 for row in range(12)]
    assert "died" in results[5]["error"]


def test_a_failed_run_is_resumed_and_keeps_what_is_scored(
    settings: Settings, runs: BulkRuns, workers: Workers, bulk: Path
) -> None:
    folder = settings.models_dir / "versions" / Registry(settings.models_dir).live()
    hidden = folder.rename(settings.models_dir / "hidden")
    workers.append(start_worker(settings))
    made = articles(8)
    made[0] = {"id": "bad"}
    source = write(bulk / "articles.jsonl", made)
    run_id = runs.start(Files(str(source), str(bulk / "scores.jsonl"))).id
    failed = until(runs, run_id, ended)
    assert failed.run.status == "failed"
    assert "model version" in str(failed.run.error)
    hidden.rename(folder)
    assert runs.resume(run_id).attempt == 2
    done = until(runs, run_id, ended)
    assert (done.run.status, done.progress.articles, done.progress.errors) == ("succeeded", 8, 1)


def test_a_run_that_was_never_queued_is_found(settings: Settings, runs: BulkRuns, workers: Workers, bulk: Path) -> None:
    source = write(bulk / "articles.jsonl", articles(3))
    run = runs.record(Files(str(source), str(bulk / "scores.jsonl")))
    workers.append(start_worker(settings))
    assert until(runs, run.id, ended).run.status == "succeeded"
