"""`/v1/audit`: who did what to models and codebook."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from service.routes.common import PartsDep, problems
from service.schemas_audit import AuditPageBody, AuditQuery

router = APIRouter(prefix="/audit", tags=["operation"])


@router.get("", responses=problems(422))
def list_audit(query: Annotated[AuditQuery, Query()], parts: PartsDep) -> AuditPageBody:
    """Acts, newest first: switches of the live model with who, from which version and why; runs; narratives."""
    page = parts.ledger.audit.list(limit=query.limit, cursor=query.cursor, act=query.act, subject=query.subject)
    return AuditPageBody.model_validate(page)
