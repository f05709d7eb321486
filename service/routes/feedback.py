"""`/v1/feedback`: confirm, reject and relabel; accept and dismiss."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from leitmotif.errors import InvalidRecord, Problem, TextTooLong
from leitmotif.ledger import Ledger
from leitmotif.ledger.clock import now
from leitmotif.ledger.feedback import (
    Feedback,
    FeedbackKind,
    FeedbackRecord,
    FeedbackStatus,
    FeedbackTarget,
    SentenceReference,
    check_feedback,
)
from service.parts import Parts
from service.routes.common import ActorDep, PartsDep, problems
from service.schemas_feedback import DecisionRequest, FeedbackBody, FeedbackPageBody, FeedbackQuery, FeedbackRequest

router = APIRouter(prefix="/feedback", tags=["feedback"])

_KNOWN: dict[int | str, dict[str, Any]] = {200: {"model": FeedbackBody, "description": "It was there already."}}
_COPIED = ("kind", "stances", "case", "item", "author", "note")


@router.post("", status_code=201, responses=problems(404, 409, 413, 422) | _KNOWN)
def give_feedback(wanted: FeedbackRequest, response: Response, parts: PartsDep, who: ActorDep) -> FeedbackBody:
    """Confirm, reject or relabel what the model said of a text or sentence; confirm or reject a claim's match.

    It is stored as `pending` and teaches nothing until it is accepted. A rejected match is not offered again for the
    same claim, unless text or address are the same.
    """
    feedback = feedback_of(wanted, parts, who)
    record, new = parts.ledger.feedback.add(feedback)
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/v1/feedback/{record.feedback.id}"
    return feedback_body(record)


@router.get("", responses=problems(422))
def list_feedback(query: Annotated[FeedbackQuery, Query()], parts: PartsDep) -> FeedbackPageBody:
    """Feedback, newest first."""
    page = parts.ledger.feedback.page(
        limit=query.limit, cursor=query.cursor, status=query.status, kind=query.kind, narrative=query.narrative
    )
    return FeedbackPageBody(feedback=[feedback_body(record) for record in page.records], cursor=page.cursor)


@router.get("/{feedback_id}", responses=problems(404))
def get_feedback(feedback_id: str, parts: PartsDep) -> FeedbackBody:
    """One piece of feedback."""
    return feedback_body(parts.ledger.feedback.get(feedback_id))


@router.post("/{feedback_id}/accept", responses=problems(404))
def accept_feedback(
    feedback_id: str, parts: PartsDep, who: ActorDep, wanted: DecisionRequest | None = None
) -> FeedbackBody:
    """Let the next training learn from it."""
    note = wanted.note if wanted else ""
    return feedback_body(decide(parts.ledger, feedback_id, FeedbackStatus.ACCEPTED, who=who, note=note)[0])


@router.post("/{feedback_id}/dismiss", responses=problems(404))
def dismiss_feedback(
    feedback_id: str, parts: PartsDep, who: ActorDep, wanted: DecisionRequest | None = None
) -> FeedbackBody:
    """Set it aside: the next training does not learn from it, and a rejected match is offered again."""
    note = wanted.note if wanted else ""
    return feedback_body(decide(parts.ledger, feedback_id, FeedbackStatus.DISMISSED, who=who, note=note)[0])


def feedback_of(wanted: FeedbackRequest, parts: Parts, who: str) -> Feedback:
    """Checked feedback, filled up with what is known of its review item.

    Raises:
        InvalidRecord: it makes no sense.
        TextTooLong: the text or claim is longer than the limit.
        NotFound: there is no such item or case.
    """
    values = {name: getattr(wanted, name) for name in _COPIED} | _subject(wanted, parts)
    sentence = SentenceReference(**wanted.sentence.model_dump()) if wanted.sentence else None
    feedback = Feedback(
        id=wanted.id or f"fb-{secrets.token_hex(8)}", created=now(), who=who, sentence=sentence, **values
    )
    check_feedback(feedback, parts.codebook.ids)
    if feedback.target is FeedbackTarget.MATCH:
        parts.library.get(feedback.case)
    return feedback


def _subject(wanted: FeedbackRequest, parts: Parts) -> dict[str, Any]:
    """What it is on, and what is said of it. To confirm or reject without naming narratives is to mean all labels."""
    text, limit = wanted.claim or wanted.text, parts.settings.max_text_characters
    if len(text) > limit:
        raise TextTooLong(f"{'claim' if wanted.claim else 'text'}: {len(text)} characters, the limit is {limit}.")
    item = parts.ledger.review.get(wanted.item) if wanted.item else None
    labels = wanted.labels
    if item and labels is None and not wanted.sentence:
        labels = list(item.labels)
    narratives = wanted.narratives
    if not narratives and wanted.kind is not FeedbackKind.RELABEL:
        narratives = labels or []
        if labels is None and not wanted.claim:
            fault = Problem("narratives", "name what you confirm or reject, or send the answer's `labels`")
            raise InvalidRecord(str(fault), [fault])
    return {
        "text": item.text if item else text,
        "target": _target(wanted),
        "narratives": tuple(narratives),
        "labels": tuple(narratives if labels is None else labels),
        "title": wanted.title or (item.title if item else ""),
        "url": wanted.url or (item.url if item else ""),
        "language": wanted.language or (item.language if item else ""),
        "version": wanted.version or (item.version if item else ""),
    }


def _target(wanted: FeedbackRequest) -> FeedbackTarget:
    if wanted.claim:
        return FeedbackTarget.MATCH
    return FeedbackTarget.SENTENCE if wanted.sentence else FeedbackTarget.TEXT


def decide(
    ledger: Ledger, feedback_id: str, status: FeedbackStatus, *, who: str, note: str
) -> tuple[FeedbackRecord, bool]:
    """Accept or dismiss feedback and note it in the audit log; False if it had this status already.

    Raises:
        FeedbackNotFound: no feedback has this id.
    """
    record, changed = ledger.feedback.decide(feedback_id, status, who=who, note=note)
    if changed:
        act = "feedback.accept" if status is FeedbackStatus.ACCEPTED else "feedback.dismiss"
        feedback = record.feedback
        details = {"kind": feedback.kind, "target": feedback.target, "narratives": feedback.narratives, "note": note}
        ledger.audit.add(who, act, feedback_id, details)
    return record, changed


def feedback_body(record: FeedbackRecord) -> FeedbackBody:
    """Feedback as it is answered."""
    fields = {
        name: getattr(record.feedback, name) for name in FeedbackBody.model_fields if name not in {"status", "decision"}
    }
    return FeedbackBody.model_validate(fields | {"status": record.status, "decision": record.decision})
