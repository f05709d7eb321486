"""The last stage: score the candidate and the live version on the hold-out, and make the candidate live if it may."""

from __future__ import annotations

from typing import Any

from leitmotif.classifier.loading import load_model
from leitmotif.errors import LeitmotifError
from leitmotif.registry import Manifest, Registry
from training.gate import GateRule, HeldOutText, Scoring, held_out_texts, judge, score
from training.holdout import RULE
from training.run_folder import Note
from training.stages import Report, Workshop


def gate_stage(shop: Workshop, report: Report) -> Note:
    """Judge the version that was published."""
    published = shop.folder.note("publish") or {}
    version = str(published["version"])
    texts = held_out_texts(shop.collected.held_out, shop.settings.encoder_languages)
    candidate = _score(shop, version, texts)
    report(0.5)
    live, note = _score_live(shop, version, texts)
    verdict = judge(candidate, live, GateRule.of(shop.settings), note)
    gate = {
        "promoted": verdict.promoted,
        "reasons": list(verdict.reasons),
        "new_narratives": list(verdict.new_narratives),
        "waiting": list(shop.collected.waiting),
        "candidate": candidate.as_json(),
        "live": live.as_json() if live else None,
    }
    shop.folder.save("gate", gate)
    return gate


def switch_stage(shop: Workshop, gate: Note, *, who: str, activate: bool) -> bool:
    """Make a promoted version live and note it, once however often this is called; True if it was ever made live."""
    version = str(gate["candidate"]["version"])
    audit, key = shop.ledger.audit, f"gate:{shop.run_id}:{version}"
    if not audit.has(key):
        before = shop.registry.live_or_none()
        if gate["promoted"] and activate and before != version:
            shop.registry.activate(version)
        act = "model.switch" if gate["promoted"] and activate else "model.candidate"
        audit.add(who, act, version, _details(shop, gate, before), key=key)
    return bool(gate["promoted"] and activate)


def _details(shop: Workshop, gate: Note, before: str | None) -> dict[str, Any]:
    previous = gate["live"]["version"] if gate["live"] else before
    return {"from": previous, "why": "gate", "run": shop.run_id, "reasons": gate["reasons"], "gate": dict(gate)}


def _score(shop: Workshop, version: str, texts: list[HeldOutText]) -> Scoring:
    return score(load_model(shop.registry, version, shop.encoder), texts)


def _score_live(shop: Workshop, candidate: str, texts: list[HeldOutText]) -> tuple[Scoring | None, str]:
    """The live version's scoring, or None and why it cannot be compared with."""
    live = shop.registry.live_or_none()
    if live is None or live == candidate:
        return None, "It is the first version."
    fault = _incomparable(shop.registry, live)
    if fault:
        return None, fault
    try:
        return _score(shop, live, texts), ""
    except LeitmotifError as error:
        return None, f"The live version {live} cannot be scored: {error}"


def _incomparable(registry: Registry, live: str) -> str:
    try:
        manifest: Manifest = registry.manifest(live)
    except LeitmotifError as error:
        return f"The live version {live} cannot be read: {error}"
    if manifest.holdout != RULE:
        return f"The live version {live} was trained on texts of the hold-out, so the two cannot be compared on it."
    return ""
