"""`/v1/models`: versions, their cards, and which one is live."""

from __future__ import annotations

from fastapi import APIRouter

from leitmotif.errors import Conflict, ModelCorrupt, ModelIncompatible
from leitmotif.registry import Manifest, Registry
from service.routes.common import PartsDep, problems
from service.schemas_library import ModelBody, ModelDetail, ModelListBody

router = APIRouter(prefix="/models", tags=["models"])

CARD = "card.md"


@router.get("")
def list_models(parts: PartsDep) -> ModelListBody:
    """All model versions, newest first."""
    live = parts.registry.live_or_none()
    return ModelListBody(live=live, models=[model_body(found, live) for found in parts.registry.versions()])


@router.get("/{version}", responses=problems(404, 503))
def get_model(version: str, parts: PartsDep) -> ModelDetail:
    """One version, with its metrics and card."""
    return model_detail(parts.registry, version)


@router.post("/{version}/activate", responses=problems(404, 409))
def activate_model(version: str, parts: PartsDep) -> ModelDetail:
    """Make a version live without a pause; an older one, too: that is how to roll back. Replicas follow in seconds.

    Its files are verified and loaded first. If anything is wrong with it, 409, and the live one stays.
    """
    try:
        parts.live.activate(version)
    except (ModelCorrupt, ModelIncompatible) as error:
        raise Conflict(f"{version} cannot go live: {error}") from error
    return model_detail(parts.registry, version)


def model_body(manifest: Manifest, live: str | None) -> ModelBody:
    return ModelBody(live=manifest.version == live, **manifest.model_dump(include=set(ModelBody.model_fields)))


def model_detail(registry: Registry, version: str) -> ModelDetail:
    """A version as it is shown.

    Raises:
        ModelNotFound: there is no such version.
    """
    manifest = registry.manifest(version)
    path = registry.folder(version) / CARD
    card = path.read_text(encoding="utf-8") if path.is_file() else ""
    body = model_body(manifest, registry.live_or_none())
    return ModelDetail(card=card, libraries=manifest.libraries, **body.model_dump())
