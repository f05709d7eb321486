"""Evidence: which sentences are shown for a narrative, what they resemble, and why a narrative was not assigned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from leitmotif.classifier.model import Scores, TextScores
from leitmotif.domain import Case, CaseFilter, Sentence, Stance
from leitmotif.encoder import SentenceEncoder
from leitmotif.evidence import EvidenceFinder, Reading, carrying, stance_of
from leitmotif.library import Library
from leitmotif.store import open_store
from leitmotif.text.sentences import split_sentences

TEXT = "The war was planned in the west. “We were surrounded,” Orlov said. It rained in the city."
ASSERTED, ATTRIBUTED, REFUTED = np.eye(3, dtype=np.float32)


@dataclass(frozen=True)
class FixedModel:
    """A `NarrativeModel` that was told its scores."""

    scores: TextScores
    version: str = "fixed"
    labels: tuple[str, ...] = ("encirclement", "moral_decay")
    unsure_margin: float = 0.6
    evidence_threshold: float = 0.4

    @property
    def thresholds(self) -> Scores:
        return np.full(2, 0.5, np.float32)

    def score(self, text: str, sentences: list[Sentence]) -> TextScores:
        return self.scores


@pytest.fixture
def library(tmp_path: Path, tiny_encoder_folder: Path) -> Iterator[Library]:
    store = open_store(f"sqlite:///{tmp_path}/cases.db")
    library = Library(store, SentenceEncoder(tiny_encoder_folder, "tiny"))
    library.put(
        [
            Case("war", "The war was planned in the west", narratives=("encirclement",)),
            Case("rain", "The war was planned in the west, too", narratives=("moral_decay",)),
        ]
    )
    yield library
    store.close()


def reading(library: Library, chances: list[float], stances: list[Scores], probability: float = 0.9) -> Reading:
    sentences = split_sentences(TEXT)
    vectors = library._encoder.encode_passages([sentence.text for sentence in sentences])
    scores = TextScores(
        narratives=np.array([probability, 0.01], np.float32),
        sentences=np.array([[chance, 0.01] for chance in chances], np.float32),
        stances=np.stack(stances),
        vectors=vectors,
    )
    return Reading(TEXT, sentences, scores, FixedModel(scores))


def test_sentences_above_the_threshold_are_shown_strongest_first(library: Library) -> None:
    found = EvidenceFinder(library, 5).of_assigned(
        reading(library, [0.6, 0.9, 0.1], [ASSERTED, ATTRIBUTED, ASSERTED]), 0
    )
    assert [TEXT[e.start : e.end] for e in found] == [e.exact for e in found]
    assert [e.stance for e in found] == [Stance.ATTRIBUTED, Stance.ASSERTED]
    assert found[0].speaker == "Orlov"


def test_the_strongest_sentence_is_shown_where_none_is_strong(library: Library) -> None:
    found = EvidenceFinder(library, 5).of_assigned(reading(library, [0.1, 0.2, 0.3], [ASSERTED] * 3), 0)
    assert [e.exact for e in found] == ["It rained in the city."]


def test_evidence_resembles_a_case_of_the_same_narrative(library: Library) -> None:
    read = reading(library, [0.9, 0.1, 0.1], [ASSERTED] * 3)
    (found,) = EvidenceFinder(library, 5).of_assigned(read, 0)
    assert found.resembles is not None
    assert found.resembles.case_id == "war"


def test_stance_of_a_text_weighs_its_evidence(library: Library) -> None:
    assert stance_of(reading(library, [0.9, 0.5, 0.1], [ASSERTED, ATTRIBUTED, ATTRIBUTED]), 0) is Stance.ASSERTED
    assert stance_of(reading(library, [0.3, 0.9, 0.1], [ASSERTED, ATTRIBUTED, ASSERTED]), 0) is Stance.ATTRIBUTED


@pytest.mark.parametrize(
    ("chance", "stance", "said"),
    [(0.9, REFUTED, "refutes"), (0.2, ASSERTED, "No single"), (0.9, ASSERTED, "as a whole")],
)
def test_a_narrative_just_below_its_threshold_is_explained(
    library: Library, chance: float, stance: Scores, said: str
) -> None:
    read = reading(library, [chance, 0.1, 0.1], [stance, ASSERTED, ASSERTED], probability=0.4)
    why, evidence = EvidenceFinder(library, 5).why_not(read, 0)
    assert said in why
    assert [e.exact for e in evidence] == ["The war was planned in the west."]


def test_nothing_is_explained_of_a_narrative_far_from_its_threshold(library: Library) -> None:
    read = reading(library, [0.9, 0.1, 0.1], [ASSERTED] * 3, probability=0.1)
    assert EvidenceFinder(library, 5).why_not(read, 0) == ("", ())


def test_carrying_keeps_at_least_one_sentence(library: Library) -> None:
    read = reading(library, [0.1, 0.2, 0.3], [ASSERTED] * 3)
    assert carrying(read, 0) == [2]


def test_cases_are_found_by_words_alone(library: Library) -> None:
    library.put([replace(Case("owl", "Сова судит лес"), narratives=("moral_decay",))])
    found = library.nearest_by_words("Вчера сова опять судит весь лес в городе.", CaseFilter(), limit=2)
    assert [one.case.id for one in found] == ["owl"]
    assert found[0].similarity == 1.0
