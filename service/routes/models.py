"""`/v1/models`: versions, their cards, and which one is live."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from leitmotif.errors import Conflict, ModelCorrupt, ModelIncompatible, ModelNotFound
from leitmotif.ledger import Ledger
from leitmotif.registry import Manifest, Registry
from service.parts import Parts
from service.routes.common import ActorDep, PartsDep, problems
from service.schemas_library import ModelBody, ModelDetail, ModelListBody

router = APIRouter(prefix="/models", tags=["models"])

CARD = "card.md"
REPORT = "report.html"
_ENTRIES = 500
"""Switches of one version that are looked through for the one that the gate made."""


@router.get("")
def list_models(parts: PartsDep) -> ModelListBody:
    """All model versions, newest first."""
    live = parts.registry.live_or_none()
    return ModelListBody(live=live, models=[model_body(found, live) for found in parts.registry.versions()])


@router.get("/{version}", responses=problems(404, 503))
def get_model(version: str, parts: PartsDep) -> ModelDetail:
    """One version, with its metrics, its card and what the gate said of it."""
    return model_detail(parts.registry, version, parts.ledger)


@router.get("/{version}/report", responses=problems(404, 503))
def get_report(version: str, parts: PartsDep) -> HTMLResponse:
    """The report of a version as a page: curves, calibration, confusion and the hardest errors with their texts."""
    path = parts.registry.folder(version) / REPORT
    if not path.is_file():
        raise ModelNotFound(f"Model version {version!r} has no report: it was made by an older Leitmotif.")
    return HTMLResponse(path.read_text(encoding="utf-8"))


@router.post("/{version}/activate", responses=problems(404, 409))
def activate_model(version: str, parts: PartsDep, who: ActorDep) -> ModelDetail:
    """Make a version live without a pause; an older one, too: that is how to roll back. Replicas follow in seconds.

    Its files are verified and loaded first. If anything is wrong with it, 409, and the live one stays.
    """
    try:
        switch(parts, version, who=who, why="manual")
    except (ModelCorrupt, ModelIncompatible) as error:
        raise Conflict(f"{version} cannot go live: {error}") from error
    return model_detail(parts.registry, version, parts.ledger)


def switch(parts: Parts, version: str, *, who: str, why: str) -> None:
    """Make a version live and note it in the audit log; `why` becomes `rollback` for one that was live before."""
    before = parts.registry.live_or_none()
    been_live = any(entry["version"] == version for entry in parts.registry.activations())
    parts.live.activate(version)
    why = "rollback" if been_live and version != before else why
    parts.ledger.audit.add(who, "model.switch", version, {"from": before, "why": why})


def model_body(manifest: Manifest, live: str | None) -> ModelBody:
    return ModelBody(live=manifest.version == live, **manifest.model_dump(include=set(ModelBody.model_fields)))


def model_detail(registry: Registry, version: str, ledger: Ledger) -> ModelDetail:
    """A version as it is shown.

    Raises:
        ModelNotFound: there is no such version.
    """
    manifest = registry.manifest(version)
    path = registry.folder(version) / CARD
    card = path.read_text(encoding="utf-8") if path.is_file() else ""
    body = model_body(manifest, registry.live_or_none())
    return ModelDetail(card=card, libraries=manifest.libraries, gate=_gate(ledger, version), **body.model_dump())


def _gate(ledger: Ledger, version: str) -> dict[str, Any] | None:
    """The last verdict of the gate on a version, from the audit log."""
    entries = ledger.audit.list(limit=_ENTRIES, subject=version).entries
    return next((entry.details["gate"] for entry in entries if "gate" in entry.details), None)
