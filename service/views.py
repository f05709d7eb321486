"""The analyser's answers as response bodies."""

from __future__ import annotations

from leitmotif.domain import Analysis, ClaimCheck, NearestCase
from service.schemas import (
    AnalysedBody,
    CaseBody,
    CheckResponse,
    ClassifyResponse,
    LanguageBody,
    MatchBody,
    ModelRef,
    NearestBody,
    ScoreBody,
    SpanBody,
    ThresholdsBody,
)


def classify_body(
    analysis: Analysis, *, html_title: str | None = None, html_text: str | None = None
) -> ClassifyResponse:
    """An analysis as it is answered; for HTML also the text that was taken out of it."""
    return ClassifyResponse(
        model=ModelRef(version=analysis.model_version, encoder=analysis.encoder),
        language=LanguageBody.model_validate(analysis.language),
        outcome=analysis.outcome,
        labels=list(analysis.labels),
        scores=[ScoreBody.model_validate(score) for score in analysis.scores],
        nearest_cases=[_nearest_body(nearest) for nearest in analysis.nearest_cases],
        analysed=AnalysedBody(
            characters=analysis.characters, sentences=analysis.sentences, title=html_title, text=html_text
        ),
        warnings=list(analysis.warnings),
    )


def check_body(check: ClaimCheck) -> CheckResponse:
    """A claim check as it is answered."""
    return CheckResponse(
        verdict=check.verdict,
        matches=[MatchBody.model_validate(match) for match in check.matches],
        thresholds=ThresholdsBody(match=check.match_threshold, possible=check.possible_threshold),
        narratives=[ScoreBody.model_validate(score) for score in check.narratives],
        model=ModelRef(version=check.model_version, encoder=check.encoder),
        warnings=list(check.warnings),
    )


def _nearest_body(nearest: NearestCase) -> NearestBody:
    span = SpanBody(start=nearest.span.start, end=nearest.span.end, exact=nearest.exact)
    return NearestBody(case=CaseBody.model_validate(nearest.case), similarity=nearest.similarity, span=span)
