"""Documents of the corpus with the passages that the model will score in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from leitmotif.classifier.units import Units, make_units
from leitmotif.domain import Stance
from leitmotif.text.sentences import split_sentences
from training.corpus import Corpus, LabelledArticle, SentenceLabel
from training.dataset import NEUTRAL, Example, is_covered

_STEPS = {"case": 3, "response": 3}
"""Without a branch, one in so many is enough to learn how such texts pool."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text as users send it, with what it carries.

    Attributes:
        text: the whole text.
        carried: narratives that it asserts or relays.
        stance: one of `STANCE_NAMES`, the strongest in it.
        group: as in `Example`.
        source: `case`, `response`, `contrast`, `article` or `none`.
        register: finer kind.
        language: ISO 639-1.
        units: its passages.
        labels: for an article, the labels of each of its sentences as split; else empty.
    """

    text: str
    carried: tuple[str, ...]
    stance: str
    group: str
    source: str
    register: str
    language: str
    units: Units
    labels: tuple[tuple[SentenceLabel, ...], ...] = ()


def build_documents(
    corpus: Corpus,
    examples: Sequence[Example],
    tuned_on: frozenset[str] = frozenset(),
    languages: Sequence[str] = ("en",),
) -> list[Document]:
    """Every article and every example that is a text of its own, in the languages given, but none that the tuned branch
    has learned from."""
    covered = [example for example in examples if is_covered(example.language, languages)]
    documents = []
    for source in ("case", "response", "contrast", "passage", "none"):
        some = [e for e in covered if e.source == source and e.group not in tuned_on]
        some = some if tuned_on else some[:: _STEPS.get(source, 1)]
        documents += [_document(e.text, e.carried, e.stance, e.group, e.source, e.register, e.language) for e in some]
    documents += [_of_article(article) for article in corpus.articles if is_covered(article.language, languages)]
    return [document for document in documents if document.units.texts]


def unit_index(documents: Sequence[Document]) -> tuple[list[str], list[NDArray[np.int64]]]:
    """All distinct unit texts, and for each document the places of its units' texts among them."""
    places: dict[str, int] = {}
    index = [
        np.array([places.setdefault(text, len(places)) for text in document.units.texts], np.int64)
        for document in documents
    ]
    return list(places), index


def _of_article(article: LabelledArticle) -> Document:
    stances = [label.stance for sentence in article.sentences for label in sentence.labels]
    strongest = next((stance.value for stance in Stance if stance in stances), NEUTRAL)
    document = _document(
        article.text, article.narratives, strongest, article.id, "article", article.genre, article.language
    )
    return replace(document, labels=_aligned(article))


def _aligned(article: LabelledArticle) -> tuple[tuple[SentenceLabel, ...], ...]:
    """Labels of the sentences as the splitter cuts them: those of the written sentence that covers most of each."""
    written: list[tuple[int, int, tuple[SentenceLabel, ...]]] = []
    position = 0
    for sentence in article.sentences:
        start = article.text.index(sentence.text, position)
        position = start + len(sentence.text)
        written.append((start, position, sentence.labels))
    return tuple(
        max(written, key=lambda w: min(cut.end, w[1]) - max(cut.start, w[0]))[2] if cut.end > written[0][0] else ()
        for cut in split_sentences(article.text)
    )


def _document(
    text: str, carried: tuple[str, ...], stance: str, group: str, source: str, register: str, language: str
) -> Document:
    return Document(text, carried, stance, group, source, register, language, make_units(split_sentences(text)))
