"""`/v1/review-queue`: texts to label, the most useful first."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import SkipValidation, ValidationError

from leitmotif.domain import Article
from leitmotif.errors import InvalidRecord, ItemNotFound, LeitmotifError, Problem, TooMany
from leitmotif.ledger.review_items import ReviewItem
from leitmotif.review.ranking import Ranked
from service.errors import validation_faults
from service.parts import Parts
from service.routes.common import ActorDep, PartsDep, problems
from service.schemas_feedback import (
    ReviewAdded,
    ReviewItemBody,
    ReviewQuery,
    ReviewQueueBody,
    ReviewRankedBody,
    ReviewText,
)

router = APIRouter(prefix="/review-queue", tags=["feedback"])

OneOrMany = Annotated[SkipValidation[ReviewText | list[ReviewText]], Body()]


@router.get("", responses=problems(422, 503))
async def review_queue(query: Annotated[ReviewQuery, Query()], parts: PartsDep) -> ReviewQueueBody:
    """What to label next. Items that are handed out come to nobody else for a while, judged ones never again.

    By default texts are ranked by the model's uncertainty, and so that they differ from labelled ones and each other.
    """
    return await parts.pool.run(partial(_next, parts, query))


@router.post("", status_code=201, responses=problems(413, 422, 503))
async def add_to_queue(texts: OneOrMany, parts: PartsDep, who: ActorDep) -> ReviewAdded:
    """Put a text, or a list of them, into the queue, all or none; each text is kept once."""
    raw: Any = texts
    wanted = _validated(raw, parts)
    items = []
    for position, text in enumerate(wanted):
        article = Article(text.text, text.title, text.url, text.language)
        items.append(await parts.pool.run(partial(_examined, parts, article, who, position), patient=position > 0))
    return await parts.pool.run(partial(_put, parts, items), patient=True)


@router.get("/{item_id}", responses=problems(404))
def get_review_item(item_id: str, parts: PartsDep) -> ReviewItemBody:
    """One text of the queue."""
    return ReviewItemBody.model_validate(parts.ledger.review.get(item_id))


@router.delete("/{item_id}", status_code=204, responses=problems(404))
def delete_review_item(item_id: str, parts: PartsDep) -> None:
    """Forget a text of the queue."""
    if not parts.ledger.review.delete(item_id):
        raise ItemNotFound(f"There is no review item {item_id!r}.")


def ranked_body(item: ReviewItem, place: Ranked) -> ReviewRankedBody:
    """An item with the reasons for its place."""
    fields = ReviewItemBody.model_validate(item).model_dump()
    return ReviewRankedBody(**fields, value=place.value, reasons=dict(place.reasons))


def _next(parts: Parts, query: ReviewQuery) -> ReviewQueueBody:
    found = parts.review.next(query.limit, strategy=query.strategy, lease=query.lease)
    return ReviewQueueBody(
        items=[ranked_body(item, place) for item, place in found],
        strategy=query.strategy,
        leased_seconds=parts.review.lease_seconds if query.lease and found else 0.0,
        counts=parts.ledger.review.counts(),
    )


def _put(parts: Parts, items: list[Any]) -> ReviewAdded:
    new = parts.review.put(items)
    ids = [waiting.item.id for waiting in items]
    return ReviewAdded(added=len(new), known=len(set(ids)) - len(new), ids=ids)


def _examined(parts: Parts, article: Article, who: str, position: int) -> Any:
    try:
        return parts.review.examine(article, who)
    except LeitmotifError as error:
        error.args = (f"text {position + 1}: {error}",)
        raise


def _validated(raw: Any, parts: Parts) -> list[ReviewText]:
    """Every text, or every fault of every one."""
    raws = raw if isinstance(raw, list) else [raw]
    if len(raws) > parts.settings.max_batch:
        raise TooMany(f"{len(raws)} texts are too many, the limit is {parts.settings.max_batch}.")
    texts, faults = [], []
    for number, one in enumerate(raws, 1):
        try:
            texts.append(ReviewText.model_validate(one))
        except ValidationError as error:
            faults += [Problem(f"text {number}, {f.where}", f.message) for f in validation_faults(error.errors())]
    if faults or not raws:
        raise InvalidRecord("; ".join(map(str, faults)) or "There is no text in the list.", faults)
    return texts
