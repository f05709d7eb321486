"""An installation with a tiny model that is live, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from leitmotif.ledger import Ledger, open_ledger
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from leitmotif.store import open_store
from service.bulk.runs import BulkRuns
from service.bulk.workflows import enqueue_run
from service.jobs import execute, new_run
from tests.bulk.articles import write_stances
from tests.bulk.workers import stop_worker
from tests.training.conftest import spread_encoder_folder
from tests.training.tiny import write_tiny_corpus
from training.stages import Workshop

__all__ = ["spread_encoder_folder"]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, spread_encoder_folder: Path) -> Path:
    """A folder with `data` and `models`, a version of the tiny model live among them."""
    folder = tmp_path_factory.mktemp("trained")
    settings = _settings(folder, spread_encoder_folder, f"sqlite:///{folder}/training.db")
    write_tiny_corpus(settings.data_dir)
    write_stances(settings.data_dir / "articles/stances.jsonl")
    store, ledger = open_store(settings.database_url), open_ledger(settings.database_url)
    run = new_run(ledger, durable=False)
    execute(Workshop(settings, store, ledger, run.id), run, "")
    store.close()
    ledger.close()
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, trained: Path, spread_encoder_folder: Path) -> Settings:
    """Settings of an installation whose bulk runs may use `tmp_path/bulk`."""
    for name in ("data", "models"):
        shutil.copytree(trained / name, tmp_path / name)
    (tmp_path / "bulk").mkdir()
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/leitmotif.db" if on_sqlite else request.getfixturevalue("postgres_url")
    return _settings(tmp_path, spread_encoder_folder, url)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    opened = open_ledger(settings.database_url)
    yield opened
    opened.close()


@pytest.fixture
def runs(ledger: Ledger, settings: Settings) -> BulkRuns:
    return BulkRuns(ledger, settings, Registry(settings.models_dir), enqueue_run)


@pytest.fixture
def workers() -> Iterator[list[ForkServerProcess]]:
    started: list[ForkServerProcess] = []
    yield started
    for process in started:
        stop_worker(process)


def _settings(folder: Path, encoder: Path, url: str) -> Settings:
    return Settings(
        _env_file=None,
        database_url=url,
        data_dir=folder / "data",
        models_dir=folder / "models",
        encoder=str(encoder),
        encoder_precision="float32",
        bulk_roots=(str(folder / "bulk"),),
        bulk_batch=5,
    )
