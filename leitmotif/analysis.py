"""The analyser: `classify` an article, `check` a claim."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leitmotif.classifier.model import NarrativeModel, TextScores
from leitmotif.domain import (
    Analysis,
    Article,
    CaseFilter,
    ClaimCheck,
    Language,
    NarrativeScore,
    NearestCase,
    Outcome,
    Sentence,
    Span,
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


class Analyser:
    """Puts the parts together for one text; holds no state of its own, safe to share between threads."""

    def __init__(
        self,
        live: ModelSource,
        library: Library,
        detector: LanguageDetector,
        settings: Settings,
    ) -> None:
        self._live = live
        self._library = library
        self._detector = detector
        self._settings = settings
        self._evidence = EvidenceFinder(library, settings.max_evidence_per_narrative)

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
        self._check_length("text", article.text, self._settings.max_text_characters)
        return self._classify(self._live.current(), article, neighbours, evidence)

    def _classify(self, live: LoadedVersion, article: Article, neighbours: int, evidence: bool) -> Analysis:
        model = live.model
        language = self._detector.detect(article.text, article.language)
        sentences = split_sentences(article.text, language.code)
        if not sentences:
            raise TextEmpty("text: there is no sentence in it; send the article's text.")
        scores = model.score(article.text, sentences)
        reading = Reading(article.text, sentences, scores, model)
        outcome, warnings = _outcome(model, scores, language, article.text)
        return Analysis(
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

    def check(self, claim: str, where: CaseFilter, *, limit: int = 5) -> ClaimCheck:
        """Look whether a claim is one that a known case answers.

        Raises:
            TextEmpty: there is no word in it.
            TextTooLong: it is longer than the limit.
            NoLiveModel: no model is live.
        """
        self._check_length("claim", claim, self._settings.max_claim_characters)
        live = self._live.current()
        analysis = self._classify(live, Article(claim), neighbours=0, evidence=False)
        result = live.matcher.check(claim, where, limit=limit)
        return ClaimCheck(
            verdict=result.verdict,
            matches=result.matches,
            match_threshold=live.matcher.match_threshold,
            possible_threshold=live.matcher.possible_threshold,
            narratives=analysis.scores[:3],
            model_version=analysis.model_version,
            encoder=analysis.encoder,
            warnings=(*result.warnings, *analysis.warnings),
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
