"""Stand-ins for what takes a training to make. Everything else in these tests is the real part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leitmotif.classifier.model import Scores, TextScores
from leitmotif.domain import Sentence
from leitmotif.encoder import Encoder
from leitmotif.live import LoadedVersion
from leitmotif.matching import FEATURES, ClaimMatcher, MatchWeights
from service.parts import Foundations

PLANTED = {"biolab": "bioweapons", "staged": "false_flag"}
"""Words that make the double find a narrative."""

COEFFICIENTS = {
    "sentence_cosine": 1.0,
    "query_coverage": 10.0,
    "title_coverage": 2.0,
    "name_overlap": 1.0,
    "number_conflict": -1.0,
    "negation_conflict": -1.0,
}
"""Weights of the matcher's double: words decide, for the tiny encoder has learned nothing."""

BREAKING_WORD = "unexpectedness"


@dataclass(frozen=True)
class KeywordModelDouble:
    """A `NarrativeModel` that finds a narrative where a planted word stands. Quotation marks make it attributed."""

    version: str
    labels: tuple[str, ...]
    encoder: Encoder
    unsure_margin: float = 0.7
    evidence_threshold: float = 0.5

    @property
    def thresholds(self) -> Scores:
        return np.full(len(self.labels), 0.5, np.float32)

    def score(self, text: str, sentences: Sequence[Sentence]) -> TextScores:
        if BREAKING_WORD in text:
            raise RuntimeError("secret internals")
        found = np.full((len(sentences), len(self.labels)), 0.02, np.float32)
        for row, sentence in enumerate(sentences):
            for word, narrative in PLANTED.items():
                if word in sentence.text.lower():
                    found[row, self.labels.index(narrative)] = 0.9
        quoted = np.array([["“" in sentence.text] for sentence in sentences])
        stances = np.where(quoted, [[0.1, 0.8, 0.1]], [[0.8, 0.1, 0.1]]).astype(np.float32)
        vectors = self.encoder.encode_passages([sentence.text for sentence in sentences])
        return TextScores(narratives=found.max(axis=0), sentences=found, stances=stances, vectors=vectors)


def load_double(base: Foundations, version: str) -> LoadedVersion:
    """Loads a published version (its files verified, as the real loader does) as the double."""
    base.registry.verify(version)
    weights = MatchWeights(
        coefficients=tuple(COEFFICIENTS.get(name, 0.0) for name in FEATURES),
        intercept=-7.0,
        match_threshold=0.9,
        possible_threshold=0.6,
    )
    model = KeywordModelDouble(version, base.codebook.ids, base.encoder)
    return LoadedVersion(model, ClaimMatcher(base.store, base.encoder, weights), base.codebook)
