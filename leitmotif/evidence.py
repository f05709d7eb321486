"""Why a narrative is assigned, and why not: the sentences that carry it, their stance, and the cases they resemble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leitmotif.classifier.model import STANCES, NarrativeModel, TextScores
from leitmotif.domain import CaseFilter, Evidence, Resemblance, Sentence, Stance
from leitmotif.library import Library
from leitmotif.text.attribution import find_speaker

NEAR = 0.5
"""Share of its threshold from which an unassigned narrative is explained."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with its sentences and what the model says of them."""

    text: str
    sentences: Sequence[Sentence]
    scores: TextScores
    model: NarrativeModel


class EvidenceFinder:
    """Picks the evidence of one narrative, given by its column in the model's scores."""

    def __init__(self, library: Library, most: int) -> None:
        self._library = library
        self._most = most

    def of_assigned(self, reading: Reading, column: int) -> tuple[Evidence, ...]:
        """The sentences that carry the narrative, strongest first; at least the strongest one."""
        kept = carrying(reading, column)[: self._most]
        return tuple(self._evidence(reading, i, column, refuted=False) for i in kept)

    def why_not(self, reading: Reading, column: int) -> tuple[str, tuple[Evidence, ...]]:
        """What keeps a narrative near its threshold from being assigned, with the sentence that came nearest.

        Nothing is said of a narrative that is far from its threshold.
        """
        probability = float(reading.scores.narratives[column])
        threshold = float(reading.model.thresholds[column])
        if not NEAR * threshold <= probability < threshold:
            return "", ()
        nearest = int(np.argmax(reading.scores.sentences[:, column]))
        found = self._evidence(reading, nearest, column, refuted=True)
        if found.stance is Stance.REFUTED:
            return "The sentence that comes nearest refutes it.", (found,)
        if found.probability < reading.model.evidence_threshold:
            return "No single sentence carries it clearly.", (found,)
        return "One sentence may carry it, but the text as a whole does not reach the threshold.", (found,)

    def _evidence(self, reading: Reading, index: int, column: int, *, refuted: bool) -> Evidence:
        sentence = reading.sentences[index]
        stances = reading.scores.stances[index, : None if refuted else STANCES.index(Stance.REFUTED)]
        stance = STANCES[int(np.argmax(stances))]
        attributed = stance is Stance.ATTRIBUTED
        return Evidence(
            start=sentence.start,
            end=sentence.end,
            exact=sentence.text,
            probability=float(reading.scores.sentences[index, column]),
            stance=stance,
            speaker=find_speaker(reading.text, reading.sentences, index) if attributed else None,
            resembles=self._resembles(reading, index, column),
        )

    def _resembles(self, reading: Reading, index: int, column: int) -> Resemblance | None:
        where = CaseFilter(narratives=(reading.model.labels[column],))
        found = self._library.nearest(reading.scores.vectors[index], where, limit=1)
        if not found:
            return None
        return Resemblance(found[0].case.id, found[0].case.title, found[0].similarity)


def carrying(reading: Reading, column: int) -> list[int]:
    """The sentences that carry a narrative, strongest first; at least the strongest one."""
    chances = reading.scores.sentences[:, column]
    order = [int(i) for i in np.argsort(-chances, kind="stable")]
    return [i for i in order if chances[i] >= reading.model.evidence_threshold] or order[:1]


def stance_of(reading: Reading, column: int) -> Stance:
    """`asserted` if the author asserts it with more weight than others are quoted with, else `attributed`."""
    sentences = carrying(reading, column)
    chances = reading.scores.sentences[sentences, column]
    asserted, attributed = (chances[:, None] * reading.scores.stances[sentences, :2]).sum(axis=0)
    return Stance.ASSERTED if asserted >= attributed else Stance.ATTRIBUTED
