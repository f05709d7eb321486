"""The analyser: `classify` an article, `check` a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from leitmotif.classifier.model import NarrativeModel, TextScores
from leitmotif.domain import (
    Analysis,
    Article,
    CaseFilter,
    ClaimCheck,
    Language,
    Match,
    NarrativeScore,
    NearestCase,
    Outcome,
    Sentence,
    Span,
    Verdict,
)
from leitmotif.errors import TextEmpty, TextTooLong
from leitmotif.evidence import EvidenceFinder, Reading, stance_of
from leitmotif.library import Found, Library
from leitmotif.live import LoadedVersion, ModelSource
from leitmotif.settings import Settings
from leitmotif.text.language import LanguageDetector
from leitmotif.text.normalise import match_key
from leitmotif.text.sentences import split_sentences

_FEW_WORDS = 4
_PASSAGES_SEARCHED = 8


class RejectedMatches(Protocol):
    """Remembers which matches analysts have rejected."""

    def rejected_cases(self, claim: str) -> frozenset[str]:
        """Ids of cases that are not to be offered for this claim."""


@dataclass(frozen=True, slots=True)
class Examined:
    """An analysis with what review asks of the text.

    Attributes:
        vector: shape (dimension,): unit vector of the text, the mean of its sentences' vectors.
        parts: by name of a part of the model, what it says by itself: probabilities by narrative. Empty where unknown.
    """

    analysis: Analysis
    vector: NDArray[np.float32]
    parts: Mapping[str, Mapping[str, float]]


class Analyser:
    """Puts the parts together for one text; holds no state of its own, safe to share between threads."""

    def __init__(
        self,
        live: ModelSource,
        library: Library,
        detector: LanguageDetector,
        settings: Settings,
        rejected: RejectedMatches | None = None,
    ) -> None:
        self._live = live
        self._library = library
        self._detector = detector
        self._settings = settings
        self._evidence = EvidenceFinder(library, settings.max_evidence_per_narrative)
        self._rejected = rejected

    @property
    def version(self) -> str:
        """Name of the live version.

        Raises:
            NoLiveModel: no model is live.
        """
        return self._live.current().version

    def classify(self, article: Article, *, neighbours: int = 5, evidence: bool = True) -> Analysis:
        """Label an article with the narratives it carries.

        Args:
            article: the text, up to the settings' limit; the title helps if it is not part of the text.
            neighbours: how many of the nearest known cases to add, 0 for none.
            evidence: whether to list the sentences that carry each narrative.

        Raises:
            TextEmpty: there is no letter in it.
            TextTooLong: it is longer than the limit.
            NoLiveModel: no model is live.
        """
        return self.examine(article, neighbours=neighbours, evidence=evidence).analysis

    def examine(self, article: Article, *, neighbours: int = 5, evidence: bool = True) -> Examined:
        """As `classify`, with the text's vector."""
        self._check_length("text", article.text, self._settings.max_text_characters)
        return self._examine(self._live.current(), article, neighbours, evidence)

    def _examine(self, live: LoadedVersion, article: Article, neighbours: int, evidence: bool) -> Examined:
        model = live.model
        language = self._detector.detect(article.text, article.language)
        sentences = split_sentences(article.text, language.code)
        if not sentences:
            raise TextEmpty("text: there is no sentence in it; send the article's text.")
        scores = model.score(article.text, sentences)
        reading = Reading(article.text, sentences, scores, model)
        outcome, warnings = _outcome(model, scores, language, article.text)
        analysis = Analysis(
            model_version=model.version,
            encoder=self._library.encoder_name,
            language=language,
            outcome=outcome,
            scores=self._narrative_scores(live, reading, outcome, evidence),
            nearest_cases=self._nearest(reading, neighbours)
            if language.supported
            else self._by_words(reading, neighbours),
            characters=len(article.text),
            sentences=len(sentences),
            warnings=tuple(warnings),
        )
        parts = {
            name: dict(zip(model.labels, map(float, said), strict=True)) for name, said in (scores.parts or {}).items()
        }
        return Examined(analysis, _mean(scores.vectors), parts)

    def check(self, claim: str, where: CaseFilter, *, limit: int = 5) -> ClaimCheck:
        """Look whether a claim is one that a known case answers. Matches that were rejected for it stay away.

        Raises:
            TextEmpty: there is no word in it.
            TextTooLong: it is longer than the limit.
            NoLiveModel: no model is live.
        """
        self._check_length("claim", claim, self._settings.max_claim_characters)
        live = self._live.current()
        analysis = self._examine(live, Article(claim), neighbours=0, evidence=False).analysis
        rejected = self._rejected.rejected_cases(claim) if self._rejected else frozenset[str]()
        result = live.matcher.check(claim, where, limit=limit + len(rejected))
        left_out, matches = _without_rejected(result.matches, rejected)
        return ClaimCheck(
            verdict=_verdict(matches) if left_out else result.verdict,
            matches=matches[:limit],
            match_threshold=live.matcher.match_threshold,
            possible_threshold=live.matcher.possible_threshold,
            narratives=analysis.scores[:3],
            model_version=analysis.model_version,
            encoder=analysis.encoder,
            warnings=(*result.warnings, *left_out, *analysis.warnings),
        )

    def _check_length(self, field: str, text: str, limit: int) -> None:
        if not any(character.isalnum() for character in text):
            raise TextEmpty(f"{field}: it holds no word.")
        if len(text) > limit:
            raise TextTooLong(f"{field}: {len(text)} characters, the limit is {limit}; send it in parts.")

    def _narrative_scores(
        self, live: LoadedVersion, reading: Reading, outcome: Outcome, with_evidence: bool
    ) -> tuple[NarrativeScore, ...]:
        order = np.argsort(-reading.scores.narratives, kind="stable")
        return tuple(self._narrative_score(live, reading, outcome, int(column), with_evidence) for column in order)

    def _narrative_score(
        self, live: LoadedVersion, reading: Reading, outcome: Outcome, column: int, with_evidence: bool
    ) -> NarrativeScore:
        narrative = reading.model.labels[column]
        entry = live.codebook.find(narrative)
        probability, threshold = float(reading.scores.narratives[column]), float(reading.model.thresholds[column])
        assigned = outcome is Outcome.LABELLED and probability >= threshold
        why_not, evidence = "", self._evidence.of_assigned(reading, column) if assigned else ()
        stance = stance_of(reading, column) if assigned else None
        if with_evidence and not assigned:
            why_not, evidence = self._evidence.why_not(reading, column)
        return NarrativeScore(
            narrative=narrative,
            theme=entry.theme if entry else "",
            name=entry.name if entry else "",
            probability=probability,
            threshold=threshold,
            assigned=assigned,
            stance=stance,
            evidence=evidence if with_evidence else (),
            why_not=why_not,
        )

    def _nearest(self, reading: Reading, limit: int) -> tuple[NearestCase, ...]:
        """Nearest cases to the sentences that most carry any narrative, each case once, at its best sentence."""
        if limit <= 0:
            return ()
        scores, best = reading.scores, dict[str, NearestCase]()
        for i in np.argsort(-scores.sentences.max(axis=1), kind="stable")[:_PASSAGES_SEARCHED]:
            sentence = reading.sentences[i]
            for found in self._library.nearest(scores.vectors[i], CaseFilter(), limit=limit):
                known = best.get(found.case.id)
                if known is None or found.similarity > known.similarity:
                    span = Span(sentence.start, sentence.end)
                    best[found.case.id] = NearestCase(found.case, found.similarity, span, sentence.text)
        ranked = sorted(best.values(), key=lambda nearest: (-nearest.similarity, nearest.case.id))
        return tuple(ranked[:limit])

    def _by_words(self, reading: Reading, limit: int) -> tuple[NearestCase, ...]:
        """Cases that share words with the text, each beside the sentence with which it shares most."""
        found = self._library.nearest_by_words(reading.text, CaseFilter(), limit=limit) if limit > 0 else []
        return tuple(_beside(one, reading.sentences) for one in found if one.similarity > 0)


def _beside(found: Found, sentences: Sequence[Sentence]) -> NearestCase:
    words = set(match_key(found.case.claim_text).split())
    sentence = max(sentences, key=lambda s: len(words & set(match_key(s.text).split())))
    return NearestCase(found.case, found.similarity, Span(sentence.start, sentence.end), sentence.text)


def _without_rejected(matches: Sequence[Match], rejected: frozenset[str]) -> tuple[list[str], tuple[Match, ...]]:
    """A word on each match that is left out, and the others. The same text or address is never left out."""
    gone = [match for match in matches if match.case.id in rejected and not match.exact]
    notes = [f"Case {match.case.id} is left out: its match with this claim was rejected." for match in gone]
    return notes, tuple(match for match in matches if match not in gone)


def _verdict(matches: Sequence[Match]) -> Verdict:
    return matches[0].tier if matches else Verdict.NO_MATCH


def _mean(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shape (d,): unit vector of the mean of (n, d) vectors."""
    mean = vectors.mean(axis=0)
    unit: NDArray[np.float32] = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
    return unit


def _outcome(model: NarrativeModel, scores: TextScores, language: Language, text: str) -> tuple[Outcome, list[str]]:
    """The outcome, with the reason for every "unsure"."""
    ratios = scores.narratives / np.maximum(model.thresholds, 1e-6)
    reached = bool((ratios >= 1.0).any())
    if not language.supported:
        return Outcome.UNSURE, [
            f"The language looks like {language.code!r}, which the encoder does not cover: scores are unreliable, "
            "and the cases beside the text were found by words alone."
        ]
    if len(text.split()) < _FEW_WORDS:
        return Outcome.UNSURE, [f"The text has fewer than {_FEW_WORDS} words: too short to judge."]
    if reached:
        return Outcome.LABELLED, []
    if float(ratios.max()) >= model.unsure_margin:
        narrative = model.labels[int(np.argmax(ratios))]
        return Outcome.UNSURE, [f"No narrative is clear; {narrative} is the nearest to its threshold."]
    return Outcome.NONE, []
