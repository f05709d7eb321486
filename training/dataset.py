"""The corpus as training examples: texts with the narratives they touch and how they stand to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leitmotif.domain import Case, LabelSource, Stance
from training.corpus import ContrastSet, Corpus, LabelledArticle, LabelledSentence

STANCE_NAMES = (*(stance.value for stance in Stance), "neutral")
"""Classes of the stance head; `neutral` is a text that touches no narrative."""

NEUTRAL = "neutral"
WINDOW = 3
"""Sentences in a window: a sentence with one neighbour on each side."""

_WEIGHTS = {"case": 0.4, "response": 0.3, "passage": 1.5, "none": 1.5}
"""How much a text counts for stance, by source. Most claims are terse and asserted and most prose is responses: left
as they are, every terse text would look asserted and all prose like a refutation."""

_FEWEST_WORDS = 3
_WRITTEN_IN = re.compile(r"lm-([a-z]{2})-")


@dataclass(frozen=True, slots=True)
class Example:
    """One text to learn from.

    Attributes:
        text: what is read.
        narratives: what it touches, whatever its stance.
        stance: one of `STANCE_NAMES`.
        group: examples of one group never stand on two sides of a split.
        source: `case`, `response`, `contrast`, `passage`, `article`, `window` or `none`.
        register: finer kind, for the report.
    """

    text: str
    narratives: tuple[str, ...]
    stance: str
    group: str
    source: str
    register: str
    language: str = "en"

    @property
    def carried(self) -> tuple[str, ...]:
        """Narratives that a text of this stance carries."""
        return self.narratives if self.stance in {Stance.ASSERTED, Stance.ATTRIBUTED} else ()


def build_examples(corpus: Corpus) -> list[Example]:
    """All examples of the corpus, in a fixed order, each text once."""
    found: dict[str, Example] = {}
    for example in _all(corpus):
        if len(example.text.split()) >= _FEWEST_WORDS:
            found.setdefault(example.text, example)
    return list(found.values())


def is_covered(language: str, languages: Sequence[str]) -> bool:
    """Whether a text of this language is learned from in full; `*` among the languages stands for all."""
    return "*" in languages or language in languages


def carry_matrix(examples: Sequence[Example], labels: Sequence[str]) -> NDArray[np.bool_]:
    """Shape (len(examples), len(labels)): which narratives each text carries."""
    return np.array([[label in example.carried for label in labels] for example in examples], bool)


def touch_matrix(examples: Sequence[Example], labels: Sequence[str]) -> NDArray[np.bool_]:
    """Shape (len(examples), len(labels)): which narratives each text touches, refuted ones included."""
    return np.array([[label in example.narratives for label in labels] for example in examples], bool)


def stance_codes(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Shape (len(examples),): index into `STANCE_NAMES`."""
    return np.array([STANCE_NAMES.index(example.stance) for example in examples], np.int64)


def stance_weights(examples: Sequence[Example]) -> NDArray[np.float32]:
    """Shape (len(examples),): how much each text counts where stance is learned."""
    return np.array([_WEIGHTS.get(example.source, 1.0) for example in examples], np.float32)


def _all(corpus: Corpus) -> Iterator[Example]:
    for case in corpus.cases:
        yield from _of_case(case)
    for contrast in corpus.contrast_sets:
        yield from _of_contrast(contrast)
    for article in corpus.articles:
        yield from _of_article(article)
    for passage in corpus.passages:
        yield Example(
            passage.text,
            passage.narratives,
            passage.stance.value,
            passage.id,
            "passage",
            passage.register_,
            passage.language,
        )
    for plain in corpus.plain_texts:
        yield Example(plain.text, (), NEUTRAL, plain.id, "none", plain.register_, plain.language)


def _of_case(case: Case) -> Iterator[Example]:
    if not case.narratives or case.label_source is LabelSource.WEAK:
        return
    language = text_language(case)
    asserted = Stance.ASSERTED.value
    yield Example(case.title, case.narratives, asserted, case.id, "case", "title", language)
    yield Example(case.claim_text, case.narratives, asserted, case.id, "case", "claim", language)
    if case.response:
        yield Example(case.response, case.narratives, Stance.REFUTED.value, case.id, "response", "response", language)


def text_language(case: Case) -> str:
    """Language that a case of the corpus is written in: `lm-de-0012` is German, `lm-0012` English."""
    marked = _WRITTEN_IN.match(case.id)
    return marked[1] if marked else "en"


def _of_contrast(contrast: ContrastSet) -> Iterator[Example]:
    for stance in STANCE_NAMES:
        narratives = () if stance == NEUTRAL else contrast.narratives
        text: str = getattr(contrast, stance)
        yield Example(text, narratives, stance, contrast.id, "contrast", contrast.register_, contrast.language)


def _of_article(article: LabelledArticle) -> Iterator[Example]:
    for paragraph in article.paragraphs:
        for i, sentence in enumerate(paragraph):
            yield _passage([sentence], article, "article")
            window = paragraph[max(0, i - 1) : i + WINDOW - 1]
            if len(window) > 1:
                yield _passage(window, article, "window")


def _passage(sentences: Sequence[LabelledSentence], article: LabelledArticle, source: str) -> Example:
    """A passage takes the strongest stance in it and the narratives of that stance."""
    labels = [label for sentence in sentences for label in sentence.labels]
    text = " ".join(sentence.text for sentence in sentences)
    for stance in Stance:
        narratives = tuple(dict.fromkeys(label.narrative for label in labels if label.stance is stance))
        if narratives:
            return Example(text, narratives, stance.value, article.id, source, article.genre, article.language)
    return Example(text, (), NEUTRAL, article.id, source, article.genre, article.language)
