"""Publishing a version and switching to it: killed at any write, the version is whole or absent, and it ends once."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from leitmotif.ledger import open_ledger
from leitmotif.ledger.runs import RunRecord
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from leitmotif.store import open_store
from service.jobs import execute, new_run, reopen
from service.recorder import Recorder
from tests.faults.kill import Steps, count_steps, kill_at, spread
from tests.service.support import publish
from training.pipeline import STAGES, run_stage
from training.stages import Workshop

_POINTS = 7
_STEPS = Steps(
    ("leitmotif/registry.py", "training/publish.py", "training/promotion.py", "training/run_folder.py"),
    "mkdtemp mkstemp dump savez copyfile write_text write fsync rename replace rmtree mkdir add".split(),
)


@dataclass(frozen=True)
class Prepared:
    """A run of which all is done but to publish, and what was live before it."""

    settings: Settings
    run_id: str
    live: str

    def copy(self, folder: Path) -> Prepared:
        shutil.copytree(self.settings.models_dir.parent, folder)
        changed = {
            "models_dir": folder / "models",
            "data_dir": folder / "data",
            "database_url": f"sqlite:///{folder}/leitmotif.db",
        }
        return Prepared(self.settings.model_copy(update=changed), self.run_id, self.live)


@pytest.fixture
def prepared(tiny_settings: Settings, tmp_path: Path) -> Prepared:
    folder = tmp_path / "prepared"
    changes = {"models_dir": folder / "models", "database_url": f"sqlite:///{folder}/leitmotif.db"}
    settings = tiny_settings.model_copy(update=changes | {"data_dir": folder / "data"})
    shutil.copytree(tiny_settings.data_dir, settings.data_dir)
    live = publish(Registry(settings.models_dir))
    Registry(settings.models_dir).activate(live)
    with open_ledger(settings.database_url) as ledger:
        run = new_run(ledger, durable=False, worker="gone")
        shop = Workshop(settings, open_store(settings.database_url), ledger, run.id)
        for stage in list(STAGES)[: list(STAGES).index("publish")]:
            run_stage(shop, stage, Recorder(ledger, run))
        shop.store.close()
    return Prepared(settings, run.id, live)


def finish(prepared: Prepared) -> RunRecord:
    """Take the run up and end it, as `leitmotif train --resume` does."""
    settings = prepared.settings
    with open_ledger(settings.database_url) as ledger:
        run = reopen(ledger, prepared.run_id, durable=False, worker="gone")
        shop = Workshop(settings, open_store(settings.database_url), ledger, run.id)
        execute(shop, run, "gone")
        shop.store.close()
        return ledger.runs.list(limit=1)[0]


def check(prepared: Prepared) -> set[str]:
    """Every version is whole, one of them is live, and none was switched to twice; returns their names."""
    registry = Registry(prepared.settings.models_dir)
    names = {manifest.version for manifest in registry.versions()}
    assert {path.name for path in registry.folder(prepared.live).parent.glob("[!.]*")} == names
    assert all(registry.verify(name).version == name for name in names - {prepared.live})
    assert registry.live() in names
    with open_ledger(prepared.settings.database_url) as ledger:
        switches = [entry.subject for entry in ledger.audit.list(limit=9).entries]
    assert len(switches) == len(set(switches))
    assert set(switches) <= {registry.live()}
    return names


def test_killed_at_any_write_the_version_is_whole_or_absent(prepared: Prepared, tmp_path: Path) -> None:
    total = count_steps(finish, prepared.copy(tmp_path / "whole"), steps=_STEPS)
    seen = set()
    for number in spread(total, _POINTS):
        copy = prepared.copy(tmp_path / f"copy-{number}")
        kill_at(number, finish, copy, steps=_STEPS)
        registry = Registry(copy.settings.models_dir)
        seen.add((len(check(copy)), registry.live() == copy.live))
        run = finish(copy)
        assert check(copy) == {copy.live, run.version}
        assert (run.status in {"succeeded", "skipped"}, registry.live()) == (True, run.version)
        assert not list(copy.settings.models_dir.glob("versions/.staging*"))
        assert not (copy.settings.models_dir / "runs").exists()
    # Nothing published yet, published and not live, live.
    assert seen == {(1, True), (2, True), (2, False)}
