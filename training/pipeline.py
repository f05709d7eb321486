"""A training run from the corpus to a version that has passed the gate, or has not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from leitmotif.errors import LeitmotifError
from training import stages
from training.promotion import gate_stage, switch_stage
from training.run_folder import Note
from training.stages import Report, Workshop

Progress = Callable[[str, float], None]
Stage = Callable[[Workshop, Report], Note]

STAGES: Mapping[str, Stage] = MappingProxyType(
    {
        "collect": stages.collect_stage,
        "embed": stages.embed_stage,
        "fit": stages.fit_stage,
        "calibrate": stages.calibrate_stage,
        "evaluate": stages.evaluate_stage,
        "publish": stages.publish_stage,
        "gate": gate_stage,
    }
)
"""In their order."""

_SHARES = {"collect": 0.02, "embed": 0.43, "fit": 0.35, "calibrate": 0.03, "evaluate": 0.07, "publish": 0.02}
_SHARES |= {"gate": 0.08}
"""How much of a run each stage is, roughly, where every text has to be encoded."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        version: the version that it published, or the one that is up to date already.
        skipped: nothing had changed, so nothing was trained.
        live: the version was made live by this run.
        gate: the verdict with the scores of both versions; empty if skipped.
    """

    version: str
    metrics: dict[str, float] = field(default_factory=dict)
    skipped: bool = False
    live: bool = False
    gate: dict[str, Any] = field(default_factory=dict)


def run_stage(shop: Workshop, name: str, progress: Progress) -> dict[str, Any]:
    """Do a stage, unless its result is there already; returns its note."""
    done = shop.folder.note(name)
    if done is not None:
        return done
    start = sum(_SHARES[earlier] for earlier in list(STAGES)[: list(STAGES).index(name)])
    progress(name, start)
    try:
        return dict(STAGES[name](shop, lambda share: progress(name, start + _SHARES[name] * share)))
    except OSError as error:
        raise LeitmotifError(_disk_fault(name, error)) from error


def run_stages(
    shop: Workshop, do: Callable[[str], Mapping[str, Any]], *, who: str, activate: bool, force: bool
) -> Outcome:
    """All stages in their order.

    Args:
        do: runs the stage of a name and returns its note.
        who: who asked for the run, for the audit log.
        activate: whether a promoted version goes live.
        force: train although nothing has changed.
    """
    unchanged = do("collect")["unchanged"]
    if unchanged and not force:
        return Outcome(unchanged, dict(shop.registry.manifest(unchanged).metrics), skipped=True)
    notes = {name: do(name) for name in list(STAGES)[1:]}
    live = switch_stage(shop, notes["gate"], who=who, activate=activate)
    return Outcome(notes["publish"]["version"], dict(notes["publish"]["metrics"]), live=live, gate=dict(notes["gate"]))


def _disk_fault(stage: str, error: OSError) -> str:
    return (
        f"Stage {stage} cannot write or read a file ({error.strerror or error}: {error.filename or 'no name'}). "
        "If the disk is full, free space; then resume the run, which goes on with this stage."
    )
