"""What the review queue is worth: 200 labels chosen by it against 200 at random.

    python -m benchmarks.review_queue --cache models/cache [--out benchmarks/results/review_queue.json]

English cases, contrast sets and texts without a narrative are the material. Of its groups, two in five are held out
and the others are the pool. 200 texts of the pool, taken at random, are labelled; a model learns from them, 200 more
are chosen by its scores without training in between (as in the product), and it learns again. In the pool called
`stream` only one text in ten carries a narrative, as in what comes in day by day.

The model is a stand-in that fits in a second: logistic regression on sentence vectors, thresholds from three folds,
and for the disagreement of parts a second one on words. Weights of the blend are chosen by the mAP of one half of the
narratives with ten seeds; the figures are those of twenty other seeds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score

from leitmotif.encoder import open_encoder
from leitmotif.review import Candidates, Strategy, Weights, rank
from leitmotif.settings import Settings
from training.corpus import load_corpus
from training.dataset import build_examples, carry_matrix
from training.vector_cache import VectorCache

FIRST, MORE, FOLDS = 200, 200, 3
HELD_OUT, STREAM_SHARE = 0.4, 0.1
TUNING_SEEDS, TEST_SEEDS = range(10), range(10, 30)
POOLS = ("corpus", "stream")
STRENGTH = 0.5
"""Weight of the L2 penalty, for unit vectors times `_SCALE`."""

_SCALE = 4.0
_STEPS = 40
_USUAL = 0.2
_WORD_DIMENSIONS = 200
Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Material:
    """Texts: vectors (n, d), words (n, w), targets (n, L), groups (n,)."""

    vectors: NDArray[np.float32]
    words: NDArray[np.float32]
    targets: NDArray[np.bool_]
    groups: Rows
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """One draw: rows that may be labelled, those that are, those that are held out, and what a first model says."""

    pool: Rows
    labelled: Rows
    held_out: Rows
    scores: Array
    by_words: Array
    thresholds: Array


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to choose; `parts` says whether it hears the model's parts."""

    strategy: Strategy
    weights: Weights = field(default_factory=Weights)
    parts: bool = False


BASELINES = {
    "random": Choice(Strategy.RANDOM),
    "uncertainty alone": Choice(Strategy.UNCERTAINTY),
    "diversity alone": Choice(Strategy.DIVERSITY),
}


def read_material(data: Path, cache: VectorCache) -> Material:
    """The texts that the pool is made of."""
    corpus = load_corpus(data)
    found = [e for e in build_examples(corpus) if e.language == "en" and e.source in {"case", "contrast", "none"}]
    found = [e for e in found if e.register != "title"]
    texts = [e.text for e in found]
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit_transform(texts)
    dense = TruncatedSVD(_WORD_DIMENSIONS, random_state=1).fit_transform(words).astype(np.float32)
    dense /= np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-9)
    names = {group: i for i, group in enumerate(dict.fromkeys(e.group for e in found))}
    groups = np.array([names[e.group] for e in found], np.int64)
    labels = corpus.codebook.ids
    return Material(cache.encode_passages(texts), dense, carry_matrix(found, labels), groups, labels)


def draw(material: Material, seed: int, pool: str) -> Setting:
    """Split groups, and label the first texts."""
    random = np.random.default_rng(seed)
    held_groups = random.permutation(material.groups.max() + 1)[: int(HELD_OUT * (material.groups.max() + 1))]
    held = np.isin(material.groups, held_groups)
    rows = random.permutation(np.flatnonzero(~held))
    if pool == "stream":
        carries = material.targets[rows].any(axis=1)
        plain = rows[~carries]
        rows = np.concatenate([plain, rows[carries][: int(len(plain) * STREAM_SHARE / (1 - STREAM_SHARE))]])
        rows = random.permutation(rows)
    first, more = rows[:FIRST], rows[FIRST:]
    targets = material.targets[first]
    scores, by_words = (predict(fit(x[first], targets), x[more]) for x in (material.vectors, material.words))
    return Setting(more, first, np.flatnonzero(held), scores, by_words, thresholds(material, first, seed))


def fit(inputs: NDArray[np.float32], targets: NDArray[np.bool_]) -> Array:
    """Shape (d + 1, L): coefficients of a logistic regression for each narrative, fitted together."""
    x = np.hstack([_SCALE * inputs, np.ones((len(inputs), 1), np.float32)])
    shape = (x.shape[1], targets.shape[1])
    sign = np.where(targets, 1.0, -1.0).astype(np.float32)

    def loss(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(shape).astype(np.float32)
        margin = sign * (x @ weights)
        penalised = weights * STRENGTH
        penalised[-1] = 0
        slope = -sign / (1 + np.exp(np.clip(margin, -30, 30)))
        value = np.logaddexp(0, -margin).sum() + 0.5 * (penalised * weights).sum()
        return float(value), (x.T @ slope + penalised).ravel().astype(np.float64)

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    return np.asarray(found.x.reshape(shape).astype(np.float32))


def predict(weights: Array, inputs: NDArray[np.float32]) -> Array:
    """Shape (n, L): probabilities."""
    return np.asarray(1 / (1 + np.exp(-(_SCALE * inputs @ weights[:-1] + weights[-1]))))


def thresholds(material: Material, rows: Rows, seed: int) -> Array:
    """Shape (L,): for each narrative where F1 is best on held-out folds, drawn to 0.2 where it has few texts."""
    fold = np.random.default_rng(seed).permutation(len(rows)) % FOLDS
    scores = np.zeros((len(rows), len(material.labels)))
    for number in range(FOLDS):
        train, test = rows[fold != number], rows[fold == number]
        scores[fold == number] = predict(fit(material.vectors[train], material.targets[train]), material.vectors[test])
    found = np.full(len(material.labels), _USUAL)
    for column, truth in enumerate(material.targets[rows].T):
        if truth.sum() >= FOLDS:
            grid = np.geomspace(0.03, 0.6, 26)
            said = scores[:, column, None] >= grid
            best = grid[np.argmax(2 * (said & truth[:, None]).sum(0) / (said.sum(0) + truth.sum()))]
            found[column] = _USUAL + (best - _USUAL) * truth.sum() / (truth.sum() + 5)
    return found


def measure(material: Material, rows: Rows, held_out: Rows, seed: int | None) -> dict[str, Any]:
    """AP of each narrative, and with a seed macro-F1, on the held-out texts of a model that learned from some rows."""
    scores = predict(fit(material.vectors[rows], material.targets[rows]), material.vectors[held_out])
    truth = material.targets[held_out]
    said = scores >= (_USUAL if seed is None else thresholds(material, rows, seed))
    f1 = 2 * (said & truth).sum(0) / np.maximum(said.sum(0) + truth.sum(0), 1)
    precision = [float(average_precision_score(truth[:, i], scores[:, i])) for i in range(truth.shape[1])]
    return {"ap": precision, "macro_f1": float(f1.mean())}


def choose(material: Material, setting: Setting, choice: Choice, seed: int) -> Rows:
    """The rows that a way to choose would have labelled next."""
    done = setting.labelled
    parts = np.stack([setting.scores, setting.by_words]) if choice.parts else None
    candidates = Candidates(setting.scores, setting.thresholds, material.vectors[setting.pool], parts)
    counts = material.targets[done].sum(axis=0).astype(np.int64)
    ranked = rank(
        candidates, material.vectors[done], counts, MORE, strategy=choice.strategy, weights=choice.weights, seed=seed
    )
    return setting.pool[[found.place for found in ranked]]


def gains(
    material: Material, choices: Mapping[str, Choice], seeds: Sequence[int], pool: str, *, with_f1: bool
) -> dict[str, list[dict[str, Any]]]:
    """For each way and seed: figures after the labels that it chose, and how many of these carry something."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ("first labels alone", *choices)}
    for seed in seeds:
        setting = draw(material, seed, pool)
        thresholds_by = seed if with_f1 else None
        found["first labels alone"].append(measure(material, setting.labelled, setting.held_out, thresholds_by))
        for name, choice in choices.items():
            more = choose(material, setting, choice, seed)
            figures = measure(material, np.concatenate([setting.labelled, more]), setting.held_out, thresholds_by)
            found[name].append(figures | {"carrying": float(material.targets[more].any(axis=1).mean())})
    return found


def grid() -> dict[str, Choice]:
    """Blends that are tried."""
    found = {}
    for disagreement, novelty, rarity, unlikeness in product((0.0, 0.3), (0.0, 0.2), (0.0, 0.2), (0.3, 0.5, 0.7)):
        weights = Weights(1.0, disagreement, novelty, rarity, unlikeness)
        found[str(weights)] = Choice(Strategy.BLEND, weights, parts=disagreement > 0)
    return found


def summary(runs: Sequence[Mapping[str, Any]], random: Sequence[Mapping[str, Any]], chosen_by: Sequence[int]) -> Any:
    """Means over seeds, and gains over random with their standard errors, seed by seed."""
    others = [i for i in range(len(runs[0]["ap"])) if i not in chosen_by]
    rows: dict[str, dict[str, float]] = {}
    for name, read in (
        ("map", lambda run: float(np.mean(run["ap"]))),
        ("map_of_other_narratives", lambda run: float(np.mean(np.array(run["ap"])[others]))),
        ("macro_f1", lambda run: float(run["macro_f1"])),
    ):
        values = np.array([read(run) for run in runs])
        gain = values - np.array([read(run) for run in random])
        error = gain.std(ddof=1) / np.sqrt(len(gain))
        rows[name] = {"mean": round(values.mean(), 4), "gain": round(gain.mean(), 4), "error": round(error, 4)}
    if "carrying" in runs[0]:
        rows["carrying"] = {"mean": round(float(np.mean([run["carrying"] for run in runs])), 3)}
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("models/cache"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/review_queue.json"))
    arguments = parser.parse_args()
    settings = Settings()
    material = read_material(settings.data_dir, VectorCache(arguments.cache, open_encoder(settings)))
    by = [i for i in range(len(material.labels)) if i % 2 == 0]
    tried = {pool: gains(material, grid(), TUNING_SEEDS, pool, with_f1=False) for pool in POOLS}
    score = {
        name: float(np.mean([np.array(run["ap"])[by].mean() for pool in POOLS for run in tried[pool][name]]))
        for name in grid()
    }
    best = max(score, key=lambda name: score[name])
    quiet = max((n for n, c in grid().items() if not c.parts), key=lambda name: score[name])
    choices = BASELINES | {"blend": grid()[quiet], "blend with disagreement": grid()[best]}
    results: dict[str, Any] = {
        "texts": len(material.groups),
        "weights": {"blend": quiet, "blend with disagreement": best},
        "tuning": score,
    }
    for pool in POOLS:
        found = gains(material, choices, TEST_SEEDS, pool, with_f1=True)
        results[pool] = {name: summary(runs, found["random"], by) for name, runs in found.items()}
    arguments.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
