"""Workers that are killed, told to stop and started again. Every process here is real, and so is every signal."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import ForkServerProcess

import pytest

from leitmotif.errors import RunInProgress
from leitmotif.ledger import Ledger, open_ledger
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from service.jobs import TrainingRuns
from tests.service.support import publish
from tests.service.workers import ended, start_worker, stop_worker, until
from tests.training.tiny import write_tiny_corpus

_DEATHS = ("before-collect", "before-embed", "before-fit", "after-fit", "before-calibrate", "before-evaluate")
_DEATHS += ("before-name", "after-name", "before-publish", "after-publish", "before-gate", "after-gate")


@pytest.fixture
def ledger(tiny_settings: Settings) -> Iterator[Ledger]:
    opened = open_ledger(tiny_settings.database_url)
    yield opened
    opened.close()


@pytest.fixture
def runs(ledger: Ledger, tiny_settings: Settings) -> TrainingRuns:
    return TrainingRuns(ledger, tiny_settings)


@pytest.fixture
def workers() -> Iterator[list[ForkServerProcess]]:
    started: list[ForkServerProcess] = []
    yield started
    for process in started:
        stop_worker(process)


@pytest.mark.parametrize("death", _DEATHS)
def test_a_run_survives_the_death_of_its_worker_at_every_stage(
    tiny_settings: Settings, runs: TrainingRuns, workers: list[ForkServerProcess], death: str
) -> None:
    registry = Registry(tiny_settings.models_dir)
    live = publish(registry)
    registry.activate(live)
    (tiny_settings.models_dir / f"die-{death}").touch()
    run = runs.start()
    workers.append(start_worker(tiny_settings))
    workers[0].join(240)
    assert workers[0].exitcode == -9
    assert (registry.live(), runs.get(run.id).status) == (live, "running")
    workers.append(start_worker(tiny_settings))
    done = until(tiny_settings, run.id, ended)
    assert (done.status, registry.live()) == ("succeeded", done.version)
    assert {manifest.version for manifest in registry.versions()} == {live, done.version}
    assert not (tiny_settings.models_dir / "runs").exists()
    assert not list(tiny_settings.models_dir.glob("versions/.staging*"))


def test_of_many_starts_at_once_one_is_queued(runs: TrainingRuns, ledger: Ledger) -> None:
    def start(_: int) -> bool:
        try:
            runs.start()
        except RunInProgress:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(start, range(4))) == 1
    assert len(ledger.runs.list(limit=9)) == 1


def test_two_workers_share_the_runs_and_one_at_a_time_trains(
    tiny_settings: Settings, runs: TrainingRuns, workers: list[ForkServerProcess]
) -> None:
    workers += [start_worker(tiny_settings), start_worker(tiny_settings)]
    (tiny_settings.models_dir / "wait-at-collect").touch()
    run = runs.start()
    busy = until(tiny_settings, run.id, lambda r: r.stage == "collect")
    killed = next(p for p in workers if f"-{p.pid}-" in busy.worker)
    killed.kill()
    killed.join()
    taken = until(tiny_settings, run.id, lambda r: r.worker != busy.worker)
    assert f"-{next(p for p in workers if p is not killed).pid}-" in taken.worker
    (tiny_settings.models_dir / "wait-at-collect").unlink()
    assert until(tiny_settings, run.id, ended).status == "succeeded"


def test_a_cancelled_run_stops_and_resumes_where_it_was(
    tiny_settings: Settings, runs: TrainingRuns, workers: list[ForkServerProcess], ledger: Ledger
) -> None:
    workers.append(start_worker(tiny_settings))
    (tiny_settings.models_dir / "wait-at-embed").touch()
    run = runs.start()
    until(tiny_settings, run.id, lambda r: r.stage == "embed")
    runs.cancel(run.id)
    (tiny_settings.models_dir / "wait-at-embed").unlink()
    stopped = until(tiny_settings, run.id, ended)
    assert (stopped.status, stopped.version) == ("cancelled", None)
    assert Registry(tiny_settings.models_dir).versions() == []
    assert (tiny_settings.models_dir / "runs" / run.id / "collect/note.json").is_file()
    again = runs.resume(run.id)
    assert (again.status, again.attempt) == ("queued", 2)
    assert until(tiny_settings, run.id, ended).status == "succeeded"
    with pytest.raises(RunInProgress, match="succeeded"):
        runs.resume(run.id)


def test_a_queued_run_is_cancelled_at_once(
    tiny_settings: Settings, runs: TrainingRuns, workers: list[ForkServerProcess]
) -> None:
    first = runs.start()
    assert runs.cancel(first.id).status == "cancelled"
    second = runs.start()
    workers.append(start_worker(tiny_settings))
    assert until(tiny_settings, second.id, ended).status == "succeeded"
    assert runs.get(first.id).status == "cancelled"


def test_a_failed_run_says_why_and_goes_on_when_that_is_mended(
    tiny_settings: Settings, runs: TrainingRuns, workers: list[ForkServerProcess]
) -> None:
    workers.append(start_worker(tiny_settings))
    write_tiny_corpus(tiny_settings.data_dir, cases=3)
    run = runs.start()
    failed = until(tiny_settings, run.id, ended)
    assert failed.status == "failed"
    assert "fewer than 20 claims" in str(failed.error)
    write_tiny_corpus(tiny_settings.data_dir)
    # What was collected is kept, so the run is begun anew.
    again = runs.start()
    done = until(tiny_settings, again.id, ended)
    assert done.status == "succeeded"
    assert runs.start().id != again.id


def test_a_run_that_was_never_queued_is_found(
    tiny_settings: Settings, ledger: Ledger, workers: list[ForkServerProcess]
) -> None:
    from service.jobs import new_run

    run = new_run(ledger)
    workers.append(start_worker(tiny_settings))
    assert until(tiny_settings, run.id, ended).status == "succeeded"
