"""A whole run on a small corpus, stage by stage, in this process."""

from __future__ import annotations

import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leitmotif.codebook import read_version_codebook
from leitmotif.domain import LabelSource, Narrative
from leitmotif.encoder import open_encoder
from leitmotif.errors import LeitmotifError
from leitmotif.formats.record import read_record
from leitmotif.ledger import open_ledger
from leitmotif.library import Library
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from leitmotif.store import open_store
from tests.training.tiny import case_of, write_tiny_corpus
from training.holdout import is_held_out
from training.pipeline import STAGES, Outcome, run_stage, run_stages
from training.stages import Workshop


@contextmanager
def workshop(settings: Settings, run_id: str = "run-1") -> Iterator[Workshop]:
    store, ledger = open_store(settings.database_url), open_ledger(settings.database_url)
    try:
        yield Workshop(settings, store, ledger, run_id)
    finally:
        store.close()
        ledger.close()


def train(settings: Settings, *, force: bool = False, activate: bool = True) -> Outcome:
    with workshop(settings) as shop:
        outcome = run_stages(
            shop,
            lambda name: run_stage(shop, name, lambda stage, done: None),
            who="anna",
            activate=activate,
            force=force,
        )
        shop.folder.remove()
    return outcome


def add_cases(settings: Settings, records: list[dict[str, object]], known: tuple[str, ...]) -> None:
    store = open_store(settings.database_url)
    cases = [read_record(record, known)[0] for record in records]
    Library(store, open_encoder(settings)).put([case for case in cases if case])
    store.close()


def test_a_first_run_goes_live_and_a_second_finds_nothing_to_do(tiny_settings: Settings) -> None:
    first = train(tiny_settings)
    registry = Registry(tiny_settings.models_dir)
    assert (first.live, first.skipped, registry.live()) == (True, False, first.version)
    assert first.gate["reasons"] == ["It is the first version."]
    codebook = read_version_codebook(registry.folder(first.version))
    assert codebook is not None
    assert codebook.ids == ("moon_base", "bee_spies", "salt_tax")
    again = train(tiny_settings)
    assert (again.skipped, again.version) == (True, first.version)
    forced = train(tiny_settings, force=True)
    assert (forced.skipped, len(registry.versions())) == (False, 2)
    assert forced.live
    assert not list((tiny_settings.models_dir).glob("runs/*"))
    with workshop(tiny_settings) as shop:
        entries = shop.ledger.audit.list(limit=9).entries
    assert [(e.who, e.act, e.subject, e.details["from"]) for e in entries] == [
        ("anna", "model.switch", forced.version, first.version),
        ("anna", "model.switch", first.version, None),
    ]


def test_a_worse_candidate_stays_a_candidate(tiny_settings: Settings) -> None:
    good = train(tiny_settings)
    write_tiny_corpus(tiny_settings.data_dir, wrong=True)
    bad = train(tiny_settings)
    registry = Registry(tiny_settings.models_dir)
    assert (bad.live, bad.gate["promoted"], registry.live()) == (False, False, good.version)
    assert "Macro-F1 on the hold-out falls" in bad.gate["reasons"][0]
    assert train(tiny_settings).skipped


def test_cases_and_narratives_of_the_database_are_trained_on(tiny_settings: Settings) -> None:
    first, random_ = train(tiny_settings), random.Random(3)
    with workshop(tiny_settings) as shop:
        shop.ledger.narratives.put(Narrative("owl_court", "sky", "Owl court", "Owls rule the courts at night."))
    few = [case_of(random_, "owl_court", f"owl-{i}") for i in range(3)]
    add_cases(tiny_settings, few, ("owl_court",))
    waiting = train(tiny_settings, force=True)
    assert waiting.gate["waiting"] == ["owl_court"]
    add_cases(tiny_settings, [case_of(random_, "owl_court", f"owl-{i}") for i in range(3, 20)], ("owl_court",))
    second = train(tiny_settings)
    registry = Registry(tiny_settings.models_dir)
    assert registry.manifest(second.version).labels == ["moon_base", "bee_spies", "salt_tax", "owl_court"]
    assert second.gate["new_narratives"] == ["owl_court"]
    assert registry.manifest(first.version).labels == ["moon_base", "bee_spies", "salt_tax"]
    assert train(tiny_settings).skipped


def test_weak_labels_never_train(tiny_settings: Settings) -> None:
    train(tiny_settings)
    record = case_of(random.Random(4), "moon_base", "weak-1") | {"label_source": LabelSource.WEAK.value}
    add_cases(tiny_settings, [record], ("moon_base",))
    assert train(tiny_settings).skipped


def test_nothing_held_out_is_trained_on(tiny_settings: Settings) -> None:
    with workshop(tiny_settings) as shop:
        run_stage(shop, "collect", lambda stage, done: None)
        found = shop.collected
    assert found.held_out.cases
    assert all(is_held_out(case.id) for case in found.held_out.cases)
    assert not any(is_held_out(record.id) for record in (*found.corpus.cases, *found.corpus.contrast_sets))
    held = {case.id for case in found.held_out.cases}
    assert not held & {pair.case for pair in found.corpus.claim_pairs}


def test_about_one_in_twelve_is_held_out() -> None:
    share = sum(is_held_out(f"case-{i}") for i in range(20_000)) / 20_000
    assert 0.075 < share < 0.085
    assert is_held_out("case-1") == is_held_out("case-1")


def test_a_stage_that_is_done_is_not_done_again(tiny_settings: Settings) -> None:
    seen: list[str] = []
    with workshop(tiny_settings) as shop:
        for name in list(STAGES)[:3]:
            run_stage(shop, name, lambda stage, done: None)
    with workshop(tiny_settings) as shop:
        for name in STAGES:
            run_stage(shop, name, lambda stage, done: seen.append(stage))
    assert set(seen) == {"calibrate", "evaluate", "publish", "gate"}


def test_a_version_that_was_renamed_before_the_end_is_not_published_twice(tiny_settings: Settings) -> None:
    with workshop(tiny_settings) as shop:
        notes = {name: run_stage(shop, name, lambda stage, done: None) for name in list(STAGES)[:6]}
        # As if the process had died between the rename and the note of it.
        for file in (tiny_settings.models_dir / "runs/run-1/publish").iterdir():
            file.unlink()
        assert run_stage(shop, "publish", lambda stage, done: None) == notes["publish"]
    assert [m.version for m in Registry(tiny_settings.models_dir).versions()] == [notes["publish"]["version"]]


def test_a_damaged_result_is_named(tiny_settings: Settings) -> None:
    with workshop(tiny_settings) as shop:
        run_stage(shop, "collect", lambda stage, done: None)
        (Path(tiny_settings.models_dir) / "runs/run-1/collect/tree.json").write_text("{")
        with pytest.raises(Exception, match="delete that folder and resume"):
            run_stage(shop, "embed", lambda stage, done: None)


def test_a_full_disk_is_named_and_the_stage_is_done_when_there_is_room(tiny_settings: Settings) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with workshop(tiny_settings) as shop:
        for name in ("collect", "embed"):
            run_stage(shop, name, lambda stage, done: None)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
        try:
            with pytest.raises(LeitmotifError, match="free space; then resume"):
                run_stage(shop, "fit", lambda stage, done: None)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        left = [path.name for path in (tiny_settings.models_dir / "runs/run-1").iterdir()]
        assert sorted(left) == ["collect", "embed"]
        assert run_stage(shop, "fit", lambda stage, done: None)["examples"] > 0
