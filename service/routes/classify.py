"""`POST /v1/classify` and `/v1/classify/batch`: texts in, narratives out."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError

from leitmotif.domain import Analysis, Article
from leitmotif.errors import LeitmotifError, TooMany, UnsupportedFormat
from leitmotif.formats.html import main_text
from service.errors import invalid, problem_of
from service.parts import Parts
from service.routes.common import PartsDep, body_schema, problems
from service.schemas import (
    ClassifyBatchItem,
    ClassifyBatchRequest,
    ClassifyBatchResponse,
    ClassifyOptions,
    ClassifyRequest,
    ClassifyResponse,
    ProblemBody,
)
from service.views import classify_body

router = APIRouter(tags=["analysis"])

KEPT = "classify"
"""Who put a text into the review queue, where nobody asked for it by name."""

_TEXT = {"type": "string"}
_BODY = body_schema(
    ("application/json", {"$ref": "#/components/schemas/ClassifyRequest"}), ("text/plain", _TEXT), ("text/html", _TEXT)
)


@router.post("/classify", responses=problems(413, 415, 422, 503), openapi_extra=_BODY)
async def classify(request: Request, options: Annotated[ClassifyOptions, Query()], parts: PartsDep) -> ClassifyResponse:
    """Label an article with the narratives it carries, with evidence and the nearest known cases.

    Send JSON, or the bare text as `text/plain`, or a page as `text/html`, whose main text is then taken out and
    returned as `analysed.text`. The query parameters are for the two bare kinds.
    """
    data = await request.body()
    kind, charset = _content_type(request)
    if kind == "application/json" or kind.endswith("+json"):
        return await parts.pool.run(partial(_classify, parts, _from_json(data)))
    text = _decoded(data, charset)
    if kind == "text/html":
        return await parts.pool.run(partial(_classify_page, parts, text, options))
    if kind == "text/plain":
        return await parts.pool.run(partial(_classify, parts, ClassifyRequest(text=text, **options.model_dump())))
    raise UnsupportedFormat(f"A body of type {kind!r} cannot be read: send application/json, text/plain or text/html.")


@router.post("/classify/batch", responses=problems(413, 422, 503))
async def classify_batch(batch: ClassifyBatchRequest, request: Request, parts: PartsDep) -> ClassifyBatchResponse:
    """Label several articles. Each gets its own status; a bad one does not sink the others."""
    articles: list[Any] = batch.articles
    if len(articles) > parts.settings.max_batch:
        raise TooMany(f"articles: {len(articles)} are too many, the limit is {parts.settings.max_batch}.")
    results = []
    for position, article in enumerate(articles):
        work = partial(_batch_item, parts, article, f"{request.url.path}#articles/{position}")
        results.append(await parts.pool.run(work, patient=position > 0))
    return ClassifyBatchResponse(results=results)


def _batch_item(parts: Parts, raw: object, instance: str) -> ClassifyBatchItem:
    try:
        return ClassifyBatchItem(status=200, result=_classify(parts, _validated(raw)))
    except LeitmotifError as error:
        body = ProblemBody.model_validate(problem_of(error, instance))
        return ClassifyBatchItem(status=body.status, problem=body)


def _classify(parts: Parts, wanted: ClassifyRequest) -> ClassifyResponse:
    article = Article(wanted.text, wanted.title, wanted.url, wanted.language)
    return classify_body(_analysed(parts, article, wanted.neighbours, wanted.evidence))


def _classify_page(parts: Parts, page: str, options: ClassifyOptions) -> ClassifyResponse:
    title, text = main_text(page)
    article = Article(text, options.title or title, options.url, options.language)
    analysis = _analysed(parts, article, options.neighbours, options.evidence)
    return classify_body(analysis, html_title=article.title, html_text=text)


def _analysed(parts: Parts, article: Article, neighbours: int, evidence: bool) -> Analysis:
    examined = parts.analyser.examine(article, neighbours=neighbours, evidence=evidence)
    if parts.settings.keep_for_review:
        parts.review.put([parts.review.waiting_item(article, examined, who=KEPT)])
    return examined.analysis


def _from_json(data: bytes) -> ClassifyRequest:
    try:
        return ClassifyRequest.model_validate_json(data)
    except ValidationError as error:
        raise invalid(error) from error


def _validated(raw: object) -> ClassifyRequest:
    try:
        return ClassifyRequest.model_validate(raw)
    except ValidationError as error:
        raise invalid(error) from error


def _content_type(request: Request) -> tuple[str, str]:
    """Media type and charset; a body without a type is taken for JSON."""
    kind, _, rest = request.headers.get("content-type", "application/json").partition(";")
    names = [part.split("=", 1)[1] for part in rest.split(";") if part.strip().lower().startswith("charset=")]
    return kind.strip().lower(), names[0].strip(" \"'") if names else "utf-8"


def _decoded(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset)
    except (UnicodeDecodeError, LookupError) as error:
        raise UnsupportedFormat(
            f"The body is not text in {charset}: {error}. Send UTF-8, or name its charset."
        ) from error
