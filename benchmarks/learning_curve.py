"""How quality on real claims grows with the number of cases, by sentence vectors alone.

    python benchmarks/learning_curve.py [--bench ../shared/bench] [--out benchmarks/results/learning_curve.json]

Logistic regression on the vectors of titles and claims of a nested random sample of the corpus's English cases, with
the texts that carry no narrative as negatives. Thresholds come from five folds of the sample. The last rows add the
public dump's weakly labelled cases, without those that are, or resemble, a measured claim.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from benchmarks.quality import claim_text
from leitmotif.encoder import open_encoder
from leitmotif.formats import read_cases
from leitmotif.settings import Settings
from training import measure
from training.corpus import Corpus, load_corpus
from training.dataset import text_language
from training.vector_cache import VectorCache

SIZES = (250, 500, 1000)
TOO_CLOSE = 0.75


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, default=Path("../shared/bench"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/learning_curve.json"))
    arguments = parser.parse_args()
    settings = Settings()
    corpus = load_corpus(settings.data_dir)
    cache = VectorCache(settings.models_dir / "cache-bench", open_encoder(settings))
    labels = corpus.codebook.ids
    with gzip.open(arguments.bench / "claims_gold_dev.jsonl.gz", "rt", encoding="utf-8") as file:
        measured = [json.loads(line) for line in file]
    test = cache.encode_passages([claim_text(row) for row in measured])
    truth = _matrix([row["narratives"] for row in measured], labels)

    cases = [case for case in corpus.cases if text_language(case) == "en"]
    order = np.random.default_rng(7).permutation(len(cases))
    titles, claims = (cache.encode_passages([getattr(c, name) for c in cases]) for name in ("title", "claim_text"))
    carried = _matrix([case.narratives for case in cases], labels)
    plain = cache.encode_passages([text.text for text in corpus.plain_texts if text.language == "en"])
    rows = []
    for size in [*[s for s in SIZES if s < len(cases)], len(cases)]:
        some = order[:size]
        inputs = np.concatenate([titles[some], claims[some], plain])
        targets = np.concatenate([carried[some], carried[some], np.zeros((len(plain), len(labels)), bool)])
        rows.append({"cases": size, "weak": 0, **_quality(inputs, targets, test, truth)})
        print(rows[-1], flush=True)
    weak = _weak_cases(arguments.bench, cache, test, corpus)
    inputs = np.concatenate([titles, claims, plain, weak[0]])
    targets = np.concatenate([carried, carried, np.zeros((len(plain), len(labels)), bool), weak[1]])
    rows.append({"cases": len(cases), "weak": len(weak[0]), **_quality(inputs, targets, test, truth)})
    print(rows[-1])
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _weak_cases(
    bench: Path, cache: VectorCache, test: NDArray[np.float32], corpus: Corpus
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Vectors and weak labels of the dump's cases that are far from every measured claim."""
    with gzip.open(bench / "euvsdisinfo_dev.jsonl.gz", "rb") as file:
        data = _as_csv(file.read())
    codebook = corpus.codebook
    reading = read_cases(data, "euvsdisinfo-csv", codebook.ids, narratives=codebook.narratives)
    labelled = [case for case in reading.cases if case.narratives]
    vectors = cache.encode_passages([case.title for case in labelled])
    far = (vectors @ test.T).max(axis=1) < TOO_CLOSE
    return vectors[far], _matrix([c.narratives for c, f in zip(labelled, far, strict=True) if f], corpus.codebook.ids)


def _as_csv(jsonl: bytes) -> bytes:
    buffer = io.StringIO()
    rows = [json.loads(line) for line in jsonl.decode().splitlines()]
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow({k: json.dumps(v, ensure_ascii=False) if isinstance(v, list) else v for k, v in row.items()})
    return buffer.getvalue().encode()


def _quality(
    inputs: NDArray[np.float32], targets: NDArray[np.bool_], test: NDArray[np.float32], truth: NDArray[np.bool_]
) -> dict[str, float]:
    held_out = np.zeros(targets.shape)
    for train, fold in KFold(5, shuffle=True, random_state=0).split(inputs):
        held_out[fold] = _fit_and_score(inputs[train], targets[train], inputs[fold])
    grid = np.linspace(0.05, 0.9, 35)
    threshold = grid[np.argmax([measure.macro_f1(targets, held_out >= t) for t in grid])]
    scores = _fit_and_score(inputs, targets, test)
    return {
        "map": round(measure.mean_average_precision(truth, scores), 4),
        "macro_f1": round(measure.macro_f1(truth, scores >= threshold), 4),
    }


def _fit_and_score(
    inputs: NDArray[np.float32], targets: NDArray[np.bool_], test: NDArray[np.float32]
) -> NDArray[np.float64]:
    heads = [LogisticRegression(C=10.0, solver="liblinear", tol=1e-2).fit(inputs, column) for column in targets.T]
    return np.stack([head.predict_proba(test)[:, 1] for head in heads], axis=1)


def _matrix(narratives: Sequence[Sequence[str]], labels: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([[label in carried for label in labels] for carried in narratives], bool)


if __name__ == "__main__":
    main()
