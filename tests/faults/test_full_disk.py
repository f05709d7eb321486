"""A disk that is full: what cannot be written is refused whole with the reason, and works once there is space."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from leitmotif.errors import LeitmotifError
from leitmotif.ledger import open_ledger
from leitmotif.ledger.runs import RunRecord
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from leitmotif.store import open_store
from service.jobs import execute, new_run, reopen
from service.main import create_app
from tests.faults.disk import filled, may_mount, mount_small_disk
from tests.faults.kill import do
from tests.service.conftest import DATA, build_with_doubles
from tests.service.support import CASE, OTHER, assert_problem, publish
from training.stages import Workshop

pytestmark = pytest.mark.skipif(not may_mount(), reason="this user may not mount a disk to fill")

_MEGABYTES = 24
_MANY = [OTHER | {"id": f"many-{number}", "summary": "The market was full. " * 400} for number in range(40)]


def serve_on_full_disk(settings: Settings, disk: Path) -> None:
    mount_small_disk(disk, _MEGABYTES)
    registry = Registry(settings.models_dir)
    first, second = publish(registry), publish(registry)
    registry.activate(first)
    with TestClient(create_app(settings, build=build_with_doubles), raise_server_exceptions=False) as client:
        assert client.post("/v1/cases", json=CASE).status_code == 201
        with filled(disk):
            said = assert_problem(client.post("/v1/cases", json=_MANY), 507, "disk-full")
            assert "free space" in said["detail"]
            assert_problem(client.post("/v1/training-runs"), 507, "disk-full")
            said = assert_problem(client.post(f"/v1/models/{second}/activate"), 503, "storage-unavailable")
            assert "free space" in said["detail"]
            # What only reads goes on.
            assert client.get("/v1/cases").json()["total"] == 1
            assert client.get("/readyz").json()["model"] == first == registry.live()
            assert client.get("/v1/training-runs").json()["runs"] == []
        assert client.post("/v1/cases", json=_MANY).status_code == 201
        assert client.get("/v1/cases").json()["total"] == 1 + len(_MANY)
        assert client.post("/v1/training-runs").status_code == 202
        assert client.post(f"/v1/models/{second}/activate").json()["live"]
    assert not list(settings.models_dir.glob(".current-*"))


def train_on_full_disk(settings: Settings, disk: Path, database_too: bool) -> None:
    """Training, with the disk full from the start, and then while the version is written."""
    mount_small_disk(disk, _MEGABYTES)
    if database_too:
        settings = settings.model_copy(update={"database_url": f"sqlite:///{disk}/leitmotif.db"})
    registry = Registry(settings.models_dir)
    with open_ledger(settings.database_url) as ledger:
        run = new_run(ledger, durable=False, worker="gone")
        shop = Workshop(settings, open_store(settings.database_url), ledger, run.id)
        with filled(disk), pytest.raises(LeitmotifError, match="free space"):
            execute(shop, run, "gone")
        with pytest.raises(LeitmotifError, match="free space"), _full_at("publish", shop, disk):
            execute(shop, reopen(ledger, run.id, durable=False, worker="gone"), "gone")
        assert registry.versions() == []
        assert not list(settings.models_dir.glob("versions/.staging*"))
        done = execute(shop, reopen(ledger, run.id, durable=False, worker="gone"), "gone")
        shop.store.close()
        assert ledger.runs.list(limit=1)[0].status == "succeeded"
    assert registry.live() == done.version == registry.verify(done.version).version


@contextmanager
def _full_at(stage: str, shop: Workshop, disk: Path) -> Iterator[None]:
    """The disk is full from the moment that a stage is reported."""
    with ExitStack() as until_the_end:
        save = shop.ledger.runs.save

        def watched(run: RunRecord) -> bool:
            asked = save(run)
            if run.stage == stage and run.status == "running":
                until_the_end.enter_context(filled(disk))
            return asked

        shop.ledger.runs.save = watched  # type: ignore[method-assign]
        until_the_end.callback(setattr, shop.ledger.runs, "save", save)
        yield


def test_the_service_on_a_full_disk(tmp_path: Path, tiny_settings: Settings) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    shutil.copy(DATA / "narratives.yaml", tiny_settings.data_dir)
    changes = {"database_url": f"sqlite:///{disk}/leitmotif.db", "models_dir": disk / "models"}
    do(serve_on_full_disk, tiny_settings.model_copy(update=changes), disk)


@pytest.mark.parametrize("database_too", [False, True], ids=["models", "models and database"])
def test_training_on_a_full_disk(tmp_path: Path, tiny_settings: Settings, database_too: bool) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    do(train_on_full_disk, tiny_settings.model_copy(update={"models_dir": disk / "models"}), disk, database_too)
