"""What a claim and a case have in common, as numbers that a reader can name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leitmotif.matching.wording import Wording

FEATURES = (
    "title_cosine",
    "claim_cosine",
    "sentence_cosine",
    "cosine_lead",
    "cosine_rank",
    "word_score",
    "word_lead",
    "word_rank",
    "title_score",
    "summary_score",
    "appearance_score",
    "query_coverage",
    "sentence_coverage",
    "title_coverage",
    "summary_coverage",
    "rare_word",
    "spelling",
    "name_overlap",
    "names_missing",
    "number_match",
    "number_conflict",
    "negation_conflict",
    "date_near",
    "date_far",
)
_SATURATION = 1.2
_LENGTH_SHARE = 0.75
_AVERAGE_WORDS = 12.0
_GRAM = 4
_MONTH_DAYS = 30.0

Rarity = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Query:
    """A claim as it is compared: the whole, its sentences, and how rare each of its stems is, in [0, 1]."""

    whole: Wording
    sentences: tuple[Wording, ...]
    rarity: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Fields:
    """A case as it is compared, each field on its own."""

    title: Wording
    summary: Wording
    appearances: Wording
    dates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is the same for every case, of the claim and of its sentences: stems, and the sum of their rarity."""

    query: Query
    stems: Set[str]
    weight: float
    most: float
    sentences: tuple[tuple[Set[str], float], ...]
    beginnings: Set[str]

    @classmethod
    def of(cls, query: Query) -> _Asked:
        sentences = tuple((s.stems.keys(), sum(map(query.rarity.__getitem__, s.stems))) for s in query.sentences)
        weight = sum(map(query.rarity.__getitem__, query.whole.stems))
        most = max(math.sqrt(sum(query.rarity.values())), 0.1)
        return cls(query, query.whole.stems.keys(), weight, most, sentences, _beginnings(query.whole))


def describe(
    query: Query, cases: Sequence[Fields], cosines: NDArray[np.float32], sentence: NDArray[np.float32], rarity: Rarity
) -> NDArray[np.float32]:
    """Shape (len(cases), len(FEATURES)).

    Args:
        cosines: shape (len(cases), 2): the whole claim to the case's title, and to its title and summary.
        sentence: shape (len(cases),): the best of the claim's sentences to the best of both fields.
        rarity: of a stem of the cases that is not in the claim, in [0, 1].
    """
    asked = _Asked.of(query)
    rows = np.array([_words(asked, case, rarity) for case in cases], np.float32)
    best = np.maximum(cosines.max(axis=1), sentence)
    total = rows[:, 0]
    columns = [cosines, sentence[:, None], (best - _best_other(best))[:, None], _ranks(best)[:, None]]
    columns += [total[:, None], (total - _best_other(total))[:, None], _ranks(total)[:, None], rows[:, 1:]]
    return np.concatenate(columns, axis=1).astype(np.float32)


def _words(asked: _Asked, case: Fields, rarity: Rarity) -> list[float]:
    query, rare = asked.query, asked.query.rarity.__getitem__
    scores = [_score(asked, field) for field in (case.title, case.summary, case.appearances)]
    known = case.title.stems.keys() | case.summary.stems.keys() | case.appearances.stems.keys()
    shared = asked.stems & known
    return [
        sum(scores),
        *scores,
        _ratio(sum(map(rare, shared)), asked.weight),
        max((_ratio(sum(map(rare, stems & known)), weight) for stems, weight in asked.sentences), default=0.0),
        _covered(case.title, asked.stems, rarity),
        _covered(case.summary, asked.stems, rarity),
        max(map(rare, shared), default=0.0),
        _spelling(asked.beginnings, case.title),
        *_facts(query, case, known),
    ]


def _facts(query: Query, case: Fields, known: Set[str]) -> list[float]:
    """Names, numbers, negation, dates: where a like claim turns out to be another one."""
    numbers = case.title.numbers | case.summary.numbers | case.appearances.numbers
    names = case.title.names | case.summary.names
    same, both = query.whole.numbers & numbers, query.whole.numbers and numbers
    gap = _gap(query, case)
    return [
        _share(query.rarity, query.whole.names, known) if query.whole.names else 0.5,
        len(names - query.whole.stems.keys()) / len(names) if names else 0.5,
        float(bool(same)),
        float(bool(both and not same)),
        float(query.whole.negated != (case.title.negated or case.summary.negated)),
        0.0 if gap is None else 1.0 / (1.0 + gap / _MONTH_DAYS),
        0.0 if gap is None else math.log1p(gap / 365.0),
    ]


def _score(asked: _Asked, field: Wording) -> float:
    """BM25 (Robertson et al., 1994) of one field, as a share of what the claim could reach at most."""
    shared = asked.stems & field.stems.keys()
    if not shared:
        return 0.0
    length = sum(field.stems.values())
    damping = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * length / _AVERAGE_WORDS)
    rarity, counts = asked.query.rarity, field.stems
    score = sum(rarity[stem] * counts[stem] / (counts[stem] + damping) for stem in shared)
    return score * (_SATURATION + 1) / asked.most


def _share(weights: Mapping[str, float], ours: Set[str], theirs: Set[str]) -> float:
    """Share of our weight that stands in theirs too, in [0, 1]."""
    return _ratio(sum(weights[stem] for stem in ours & theirs), sum(weights[stem] for stem in ours))


def _covered(field: Wording, whole: Set[str], rarity: Rarity) -> float:
    """Share of the field's weight that the claim holds too, in [0, 1]."""
    return _ratio(sum(map(rarity, whole & field.stems.keys())), sum(map(rarity, field.stems)))


def _ratio(part: float, total: float) -> float:
    return part / total if total > 0 else 0.0


def _spelling(ours: Set[str], title: Wording) -> float:
    """Share of the title's words whose beginning stands in the claim, which sees through spelling and inflection."""
    theirs = _beginnings(title)
    return len(ours & theirs) / len(theirs) if theirs else 0.0


def _beginnings(wording: Wording) -> set[str]:
    return {stem[:_GRAM] for stem in wording.stems if len(stem) >= _GRAM}


def _gap(query: Query, case: Fields) -> int | None:
    """Days between the nearest dates of both; None if one of the two has none."""
    ours = [day.toordinal() for day in query.whole.dates]
    return min((abs(a - b) for a in ours for b in case.dates), default=None)


def _best_other(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(scores) < 2:
        return np.zeros_like(scores)
    second, first = np.sort(scores)[-2:]
    others: NDArray[np.float32] = np.where(scores == first, second, first)
    return others


def _ranks(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 for the best, 1/2 for the next, and so on; equal scores share the better rank."""
    better = np.searchsorted(np.sort(-scores), -scores, side="left")
    result: NDArray[np.float32] = (1.0 / (1.0 + better)).astype(np.float32)
    return result
