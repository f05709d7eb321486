"""`python -m benchmarks.claims`: claim matching beside BM25, MiniLM alone and their fusion, in one run."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from benchmarks.factchecks import FactChecks, Post, read_fact_checks
from benchmarks.remembered import RememberedEncoder
from benchmarks.retrieval import Scores, bm25, figures, fused
from leitmotif.domain import Case, CaseFilter
from leitmotif.encoder import Encoder, open_encoder
from leitmotif.library import Library
from leitmotif.matching import CandidateFinder, MatchWeights, probabilities
from leitmotif.settings import Settings
from leitmotif.store.protocol import Store
from leitmotif.store.sqlite.store import SqliteStore
from training.corpus import load_corpus
from training.fit import FitSettings
from training.matching import Matching, Ranking, fit_matching, fit_rankings, fit_weights
from training.vector_cache import VectorCache

_EVERYTHING = CaseFilter()
_OTHER_TOPICS = 500
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A post's candidates: ids and features, shape (len(ids), F)."""

    post: Post
    ids: list[str]
    features: NDArray[np.float32]

    @property
    def right(self) -> NDArray[np.bool_]:
        return np.array([i in self.post.answers for i in self.ids], bool)

    def ranked(self, weights: MatchWeights) -> list[str]:
        return [self.ids[i] for i in np.argsort(-probabilities(weights, self.features), kind="stable")]


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, default=Path("../shared/bench"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/claims.json"))
    arguments = parser.parse_args()
    settings = Settings()
    bundled = open_encoder(settings)
    encoder = RememberedEncoder(settings.models_dir / "cache-bench", bundled)
    shipped = fit_matching(
        load_corpus(settings.data_dir), VectorCache(settings.models_dir / "cache", bundled), FitSettings()
    )
    report: dict[str, Any] = {"own_pairs": _rounded(vars_of(shipped))}
    print("own pairs", report["own_pairs"], flush=True)
    material = read_fact_checks(arguments.bench)
    report |= {"fact_checks": len(material.cases), "posts": len(material.posts)}
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "cases.db")
        Library(store, encoder).put(material.cases)
        encoder.encode_queries([post.text for post in material.posts])
        report |= measure(store, encoder, material, shipped)
        store.close()
    encoder.save()
    report["other_topics"] = other_topics(settings, encoder, material, shipped)
    print("other topics", report["other_topics"])
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def measure(store: Store, encoder: Encoder, material: FactChecks, shipped: Matching) -> dict[str, Any]:
    """Retrieval figures of every method, and decisions of the product fitted on the train posts."""
    results: dict[str, Any] = {}
    for name, ranked in baselines(encoder, material):
        results[name] = by_split(ranked, material.posts)
        print(name, results[name], flush=True)
    finder = CandidateFinder(store, encoder)
    started = time.perf_counter()
    found = [look(finder, post) for post in material.posts]
    print(f"{1000 * (time.perf_counter() - started) / len(found):.1f} ms a post", flush=True)
    train = [entry for entry in found if entry.post.train]
    weights = weights_of(train)
    ranked = {id(entry): entry.ranked(weights) for entry in found} | cross_validated(train)
    results["leitmotif, weights of data/"] = by_split(
        [entry.ranked(shipped.weights) for entry in found], material.posts
    )
    results["leitmotif, weights of the train posts"] = by_split([ranked[id(entry)] for entry in found], material.posts)
    for name in list(results)[-2:]:
        print(name, results[name], flush=True)
    return {"retrieval": results, "decisions": decisions(finder, found)}


def baselines(encoder: Encoder, material: FactChecks) -> Iterable[tuple[str, list[list[str]]]]:
    """BM25 over all fields, MiniLM on title and claim, and both fused by rank."""
    texts = [" ".join([c.title, c.summary, *(a.title for a in c.appearances)]) for c in material.cases]
    words = bm25(texts, [post.text for post in material.posts])
    claims = encoder.encode_passages([case.claim_text for case in material.cases])
    meaning = encoder.encode_queries([post.text for post in material.posts]) @ claims.T
    for name, scores in (("BM25", words), ("MiniLM", meaning), ("rank fusion of both", fused((words, meaning)))):
        yield name, best_ids(scores, material.cases)


def best_ids(scores: Scores, cases: Sequence[Case]) -> list[list[str]]:
    best = np.argpartition(-scores, 50, axis=1)[:, :50]
    return [
        [cases[j].id for j in row[np.argsort(-line[row], kind="stable")]]
        for row, line in zip(best, scores, strict=True)
    ]


def look(finder: CandidateFinder, post: Post, *, without: Iterable[str] = ()) -> Found:
    candidates = finder.find(post.text, _EVERYTHING, without=frozenset(without))
    return Found(post, [case.id for case in candidates.cases], candidates.features)


def weights_of(train: Sequence[Found]) -> MatchWeights:
    """Weights alone; the thresholds are of no account for a ranking."""
    coefficients, intercept = fit_weights([Ranking(f.features, f.right, "match", "") for f in train])
    return MatchWeights(coefficients=coefficients, intercept=intercept, match_threshold=0.5, possible_threshold=0.5)


def cross_validated(train: Sequence[Found]) -> dict[int, list[str]]:
    """Rankings of the train posts by weights that saw nothing of their fact-checks."""
    ranked: dict[int, list[str]] = {}
    groups = [min(entry.post.answers) for entry in train]
    for learned, held_out in GroupKFold(_FOLDS).split(train, groups=groups):
        weights = weights_of([train[i] for i in learned])
        ranked |= {id(train[i]): train[i].ranked(weights) for i in held_out}
    return ranked


def by_split(ranked: Sequence[Sequence[str]], posts: Sequence[Post]) -> dict[str, dict[str, float]]:
    return {
        split: _rounded(
            figures(
                *zip(*[(r, p.answers) for r, p in zip(ranked, posts, strict=True) if p.train == train], strict=True)
            )
        )
        for split, train in (("train", True), ("dev", False))
    }


def decisions(finder: CandidateFinder, found: Sequence[Found]) -> dict[str, float]:
    """Thresholds from the train posts, half of them with their own fact-check taken away; figures on the dev posts."""
    gone = {id(f): look(finder, f.post, without=f.post.answers) for f in found[::2] if f.post.train}
    gone |= {id(f): look(finder, f.post, without=f.post.answers) for f in found if not f.post.train}
    train = [Ranking(f.features, f.right, "match", min(f.post.answers)) for f in found if f.post.train]
    train += [
        Ranking(gone[id(f)].features, gone[id(f)].right, "other", min(f.post.answers))
        for f in found[::2]
        if f.post.train
    ]
    fitted = fit_rankings(train, FitSettings())
    weights, dev = fitted.weights, [f for f in found if not f.post.train]
    tops = [probabilities(weights, f.features) for f in dev]
    matched = [bool(f.right[p.argmax()]) for f, p in zip(dev, tops, strict=True) if p.max() >= weights.match_threshold]
    missing = [probabilities(weights, gone[id(f)].features).max() for f in dev]
    result = _rounded({f"train_{name}": value for name, value in vars_of(fitted).items()}) | _rounded(
        {
            "dev_matched": sum(matched) / len(dev),
            "dev_match_precision": float(np.mean(matched)),
            "dev_without_answer_match": float(np.mean([top >= weights.match_threshold for top in missing])),
            "dev_without_answer_flagged": float(np.mean([top >= weights.possible_threshold for top in missing])),
        }
    )
    print("decisions", result, flush=True)
    return result


def other_topics(settings: Settings, encoder: Encoder, material: FactChecks, shipped: Matching) -> dict[str, float]:
    """Posts about rumours, checked against the cases of data/, where no case answers them: the shipped weights."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "cases.db")
        Library(store, encoder).put(load_corpus(settings.data_dir).cases)
        finder = CandidateFinder(store, encoder)
        some = material.posts[:: max(1, len(material.posts) // _OTHER_TOPICS)][:_OTHER_TOPICS]
        tops = [probabilities(shipped.weights, finder.find(post.text, _EVERYTHING).features).max() for post in some]
        store.close()
    weights = shipped.weights
    return {
        "posts": len(some),
        "flagged": round(float(np.mean([top >= weights.possible_threshold for top in tops])), 4),
        "match": round(float(np.mean([top >= weights.match_threshold for top in tops])), 4),
    }


def vars_of(matching: Matching) -> dict[str, float]:
    """The figures of a fit, with its thresholds."""
    evaluation = matching.evaluation
    names = ("found_first", "found_in_five", "matched", "match_precision", "others_flagged")
    thresholds = {
        "match_threshold": matching.weights.match_threshold,
        "possible_threshold": matching.weights.possible_threshold,
    }
    return {name: getattr(evaluation, name) for name in names} | thresholds


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in values.items()}


if __name__ == "__main__":
    main()
