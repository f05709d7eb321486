"""Quality of the live model beside baselines, in one run, on real material that the model never saw.

    python benchmarks/quality.py [--bench ../shared/bench] [--out benchmarks/results/quality.json]

Baselines, all trained on the same corpus: similarity to the codebook's definitions (no training), plain
sentence-transformers with logistic regression, TF-IDF with a linear model, and SetFit where `--setfit FOLDER` names a
body that `benchmarks.setfit_body` tuned. Each gets the threshold that is best for
macro-F1 over its own cross-validation on the corpus. Nothing is chosen on the material that is measured here.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold

from leitmotif.classifier.branch import load_branch
from leitmotif.classifier.loading import BRANCH_FILE, load_model
from leitmotif.classifier.scorer import TrainedModel
from leitmotif.classifier.units import make_units
from leitmotif.domain import Stance
from leitmotif.encoder import SentenceEncoder, open_encoder
from leitmotif.evidence import Reading, stance_of
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from leitmotif.text.sentences import split_sentences
from training import measure
from training.corpus import Corpus, load_corpus
from training.fit import define
from training.vector_cache import VectorCache

Array = NDArray[np.floating]
Scorer = Callable[[Sequence[str]], Array]
FEWEST_DEBUNK_WORDS = 15


@dataclass(frozen=True, slots=True)
class Judge:
    """A method under test: scores (n, L), thresholds (L,), and for each text whether the label's stance is asserted."""

    name: str
    scores: Scorer
    thresholds: Array
    asserted: Callable[[Sequence[str]], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Material:
    """The real material: claims with labels, news, debunk prose, excerpts with accepted labels."""

    claims: list[dict[str, Any]]
    news: list[str]
    debunks: list[str]
    excerpts: list[dict[str, Any]]


def read_material(folder: Path) -> Material:
    def rows(name: str) -> list[dict[str, Any]]:
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    responses = [row["response"] for row in rows("euvsdisinfo_dev")]
    return Material(
        claims=rows("claims_gold_dev"),
        news=[f"{row['title']}. {row['desc']}" if row["desc"] else row["title"] for row in rows("newswire_dev")],
        debunks=[text for text in responses if len(text.split()) >= FEWEST_DEBUNK_WORDS],
        excerpts=rows("excerpts_dev"),
    )


def encode_ahead(material: Material, cache: VectorCache) -> None:
    """Encode every passage of the material in full batches, so that judging text by text finds it done."""
    excerpts = [row["text"] for row in material.excerpts]
    texts = [*map(claim_text, material.claims), *material.news, *material.debunks, *excerpts]
    units = (unit for text in texts if (found := split_sentences(text)) for unit in make_units(found).texts)
    cache.encode_deep(list(dict.fromkeys([*texts, *units])))


def claim_text(row: dict[str, Any]) -> str:
    summary = row["summary"] if row["summary"] != row["title"] else ""
    return f"{row['title']}. {summary}" if summary else str(row["title"])


def product(model: TrainedModel) -> Judge:
    """The live model as the service runs it, each text scored once."""
    remembered: dict[str, tuple[Array, bool]] = {}

    def read(texts: Sequence[str]) -> list[tuple[Array, bool]]:
        return [
            remembered.setdefault(text, judge(text)) if text not in remembered else remembered[text] for text in texts
        ]

    def judge(text: str) -> tuple[Array, bool]:
        sentences = split_sentences(text)
        if not sentences:
            return np.zeros(len(model.labels)), False
        scores = model.score(text, sentences)
        reading = Reading(text, sentences, scores, model)
        assigned = np.flatnonzero(scores.narratives >= model.thresholds)
        return scores.narratives, any(stance_of(reading, int(j)) is Stance.ASSERTED for j in assigned)

    return Judge(
        "leitmotif",
        lambda texts: np.array([scores for scores, _ in read(texts)]),
        model.thresholds,
        lambda texts: np.array([asserted for _, asserted in read(texts)], bool),
    )


def baseline_material(corpus: Corpus) -> tuple[list[str], NDArray[np.bool_]]:
    """Titles and summaries of the English cases and the texts without a narrative, with labels of shape (n, L)."""
    labels = corpus.codebook.ids
    cases = [case for case in corpus.cases if not case.id.startswith(("lm-ru", "lm-uk", "lm-de", "lm-fr", "lm-es"))]
    texts = [case.claim_text for case in cases] + [plain.text for plain in corpus.plain_texts]
    truth = np.zeros((len(texts), len(labels)), bool)
    for row, case in enumerate(cases):
        truth[row] = [label in case.narratives for label in labels]
    return texts, truth


def baselines(corpus: Corpus, encoder: VectorCache) -> list[Judge]:
    """The three baselines, trained on the titles and summaries of the cases and the texts without a narrative."""
    texts, truth = baseline_material(corpus)
    definitions = define(corpus.codebook, encoder)
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2).fit(texts)
    return [
        _judge("definitions", lambda t: encoder.encode_passages(t) @ definitions.T, texts, truth),
        _linear("sentence-transformers + logistic regression", encoder.encode_passages, texts, truth),
        _linear("TF-IDF + logistic regression", words.transform, texts, truth),
    ]


def setfit(corpus: Corpus, folder: Path | None) -> list[Judge]:
    """SetFit, where its tuned body is at hand. Its thresholds see texts that the body has seen, unlike the others'."""
    if folder is None:
        return []
    body = SentenceEncoder(folder, "setfit")
    return [_linear("SetFit", body.encode_passages, *baseline_material(corpus))]


def _linear(name: str, features: Callable[[Sequence[str]], Any], texts: list[str], truth: NDArray[np.bool_]) -> Judge:
    inputs = features(texts)
    held_out = np.zeros(truth.shape)
    for train, test in KFold(5, shuffle=True, random_state=0).split(texts):
        held_out[test] = _probabilities(_heads(inputs[train], truth[train]), inputs[test])
    heads = _heads(inputs, truth)
    thresholds = np.full(truth.shape[1], _best_threshold(held_out, truth))
    return Judge(name, lambda t: _probabilities(heads, features(t)), thresholds, lambda t: np.ones(len(t), bool))


def _judge(name: str, scores: Scorer, texts: list[str], truth: NDArray[np.bool_]) -> Judge:
    threshold = _best_threshold(scores(texts), truth)
    return Judge(name, scores, np.full(truth.shape[1], threshold), lambda t: np.ones(len(t), bool))


def _heads(inputs: Any, truth: NDArray[np.bool_]) -> list[LogisticRegression]:
    return [LogisticRegression(C=10.0, solver="liblinear").fit(inputs, column) for column in truth.T]


def _probabilities(heads: Sequence[LogisticRegression], inputs: Any) -> Array:
    return np.stack([head.predict_proba(inputs)[:, 1] for head in heads], axis=1)


def _best_threshold(scores: Array, truth: NDArray[np.bool_]) -> float:
    grid = np.linspace(0.02, 0.9, 45)
    return float(grid[np.argmax([measure.macro_f1(truth, scores >= t) for t in grid])])


def measure_judge(judge: Judge, material: Material, labels: Sequence[str]) -> dict[str, Any]:
    """Every figure of one method."""
    scores = judge.scores([claim_text(row) for row in material.claims])
    truth = np.array([[label in row["narratives"] for label in labels] for row in material.claims])
    news, debunks = judge.scores(material.news), judge.scores(material.debunks)
    texts = [row["text"] for row in material.excerpts]
    excerpts = judge.scores(texts)
    named = [{labels[j] for j in np.flatnonzero(row >= judge.thresholds)} for row in excerpts]
    labelled = np.array([bool(names) for names in named])
    right = np.array([bool(names & set(row["accepted"])) for names, row in zip(named, material.excerpts, strict=True)])
    flagged_news = (news >= judge.thresholds).any(axis=1)
    return {
        "claims_map": measure.mean_average_precision(truth, scores),
        "claims_macro_f1": measure.macro_f1(truth, scores >= judge.thresholds),
        "claims_average_precision": {
            label: round(measure.mean_average_precision(truth[:, [j]], scores[:, [j]]), 3)
            for j, label in enumerate(labels)
        },
        "news_labelled": float(flagged_news.mean()),
        "news_labelled_asserted": float((flagged_news & judge.asserted(material.news)).mean()),
        "debunks_labelled": float((debunks >= judge.thresholds).any(axis=1).mean()),
        "excerpts_labelled": float(labelled.mean()),
        "excerpts_right": float(right[labelled].mean()) if labelled.any() else 0.0,
        "excerpts_above_news_auc": _auc(excerpts / judge.thresholds, news / judge.thresholds),
        "excerpts_above_debunks_auc": _auc(excerpts / judge.thresholds, debunks / judge.thresholds),
    }


def _auc(positives: Array, negatives: Array) -> float:
    scores = np.concatenate([positives.max(axis=1), negatives.max(axis=1)])
    return float(roc_auc_score(np.arange(len(scores)) < len(positives), scores))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, default=Path("../shared/bench"))
    parser.add_argument("--setfit", type=Path, help="a body that benchmarks.setfit_body tuned")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/quality.json"))
    arguments = parser.parse_args()
    settings = Settings()
    registry, encoder = Registry(settings.models_dir), open_encoder(settings)
    branch = load_branch(registry.folder(registry.live()) / BRANCH_FILE, encoder)
    cache = VectorCache(settings.models_dir / "cache-bench", encoder.with_branch(branch))
    model = load_model(registry, registry.live(), cache)
    corpus = load_corpus(settings.data_dir)
    material = read_material(arguments.bench)
    encode_ahead(material, cache)
    results = {}
    for judge in [*baselines(corpus, cache), *setfit(corpus, arguments.setfit), product(model)]:
        results[judge.name] = measure_judge(judge, material, model.labels)
        shown = {k: round(v, 3) for k, v in results[judge.name].items() if isinstance(v, float)}
        print(judge.name, json.dumps(shown), flush=True)
    report = {"model": registry.manifest(registry.live()).metrics, "cases": len(corpus.cases), "results": results}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
