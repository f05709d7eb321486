"""Writes a fitted model as a version folder."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
import numpy as np

from leitmotif.classifier.branch import Branch
from leitmotif.classifier.loading import (
    ARRAYS_FILE,
    BRANCH_FILE,
    HEADS_FILE,
    MATCHING_FILE,
    NETWORK_ARRAYS,
    PARAMETERS_FILE,
)
from leitmotif.codebook import write_codebook
from leitmotif.registry import Registry
from training.card import model_card
from training.corpus import Corpus
from training.fit import FitSettings
from training.holdout import RULE
from training.report import render_report

if TYPE_CHECKING:
    from training.stages import Fitted

_LIBRARIES = ("scikit-learn", "numpy", "scipy", "joblib", "sentence-transformers", "torch")


def publish(
    registry: Registry, corpus: Corpus, encoder: str, settings: FitSettings, fitted: Fitted, name: str = ""
) -> str:
    """Publish a version; returns its name. It exists whole or not at all, and is not live yet."""
    libraries = {name: metadata.version(name) for name in _LIBRARIES} | {"python": platform.python_version()}
    with registry.publishing(
        name,
        labels=list(fitted.labels),
        seed=settings.seed,
        libraries=libraries,
        metrics=fitted.evaluation.metrics,
        **fingerprints(corpus, encoder, settings, fitted.branch),
    ) as (version, folder):
        _write_parts(folder, fitted)
        write_codebook(folder, corpus.codebook)
        report = {"metrics": fitted.evaluation.metrics, **fitted.evaluation.details}
        (folder / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        live = registry.live_or_none()
        compared = registry.manifest(live).metrics if live else None
        page = render_report(version, fitted.evaluation, compared, live or "")
        (folder / "report.html").write_text(page, encoding="utf-8")
        (folder / "card.md").write_text(model_card(version, corpus, encoder, fitted.evaluation), encoding="utf-8")
    return version


def fingerprints(corpus: Corpus, encoder: str, settings: FitSettings, branch: Branch | None) -> dict[str, str]:
    """What makes a version what it is: two trainings with the same fingerprints give the same version."""
    return {
        "encoder": encoder,
        "codebook_sha256": _digest(json.dumps(asdict(corpus.codebook), sort_keys=True)),
        "data_sha256": corpus.digest,
        "settings_sha256": _digest(json.dumps([asdict(settings), branch.name if branch else ""], sort_keys=True)),
        "holdout": RULE,
    }


def _write_parts(folder: Path, fitted: Fitted) -> None:
    heads = fitted.heads
    parts = {
        "vectorisers": heads.vectorisers,
        "narrative_by_words": heads.narrative_by_words,
        "stance_by_words": heads.stance_by_words,
        "carry": fitted.fusion.carry,
        "stance": fitted.fusion.stance,
        "carry_tuned": fitted.fusion.carry_tuned,
        "pooling": fitted.pooling.regression,
        "evidence": fitted.reading.evidence,
        "reading_stance": fitted.reading.stance,
    }
    if fitted.branch:
        shutil.copyfile(fitted.branch.path, folder / BRANCH_FILE)
    joblib.dump(parts, folder / HEADS_FILE)
    np.savez(
        folder / ARRAYS_FILE,
        **{name: getattr(heads.network, name) for name in NETWORK_ARRAYS},
        definitions=heads.definitions,
        columns=heads.columns,
        scale=fitted.pooling.scale,
        offset=fitted.pooling.offset,
        thresholds=fitted.thresholds,
    )
    numbers = {"unsure_margin": fitted.unsure_margin, "evidence_threshold": fitted.evidence_threshold}
    (folder / PARAMETERS_FILE).write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    (folder / MATCHING_FILE).write_text(fitted.match_weights.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
