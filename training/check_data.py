"""`python -m training.check_data`: is the corpus valid, is nothing in it twice, and is nothing of it copied?"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from leitmotif.encoder import Vectors, open_encoder
from leitmotif.errors import InvalidRecord, LeitmotifError
from leitmotif.settings import BUNDLED_ENCODER, Settings
from leitmotif.text.normalise import match_key
from training.corpus import Corpus, load_corpus
from training.vector_cache import VectorCache

RUN_WORDS = 8
"""So many words in a row are no coincidence."""

_NEAREST = 10
_BLOCK = 1_000

Pair = tuple[float, int, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the corpus and print what was found; 1 if anything is wrong with it."""
    options = _options().parse_args(arguments)
    try:
        corpus = load_corpus(options.data)
        if not corpus.cases:
            raise InvalidRecord(f"{options.data} holds no cases.")
        vectors = _case_vectors(corpus)
    except LeitmotifError as error:
        print(error, file=sys.stderr)
        return 1
    for kind, count in count_kinds(corpus).items():
        print(f"{count:7,} {kind}")
    wrong = _report_pairs(corpus, vectors, options.similarity)
    wrong += _report_runs(corpus, options.bench)
    print("The corpus is in order." if not wrong else f"{wrong} things to mend.")
    return 1 if wrong else 0


def count_kinds(corpus: Corpus) -> dict[str, int]:
    """How many records of each kind the corpus has."""
    return {
        "cases": len(corpus.cases),
        "articles": len(corpus.articles),
        "sentences of articles": sum(len(article.sentences) for article in corpus.articles),
        "contrast sets": len(corpus.contrast_sets),
        "passages": len(corpus.passages),
        "texts without a narrative": len(corpus.plain_texts),
        "claims as found": len(corpus.claim_pairs),
    }


def close_pairs(vectors: Vectors, above: float, nearest: int = _NEAREST) -> tuple[list[Pair], list[Pair]]:
    """Pairs of rows by cosine, closest first: all above a similarity, and the nearest ones whatever theirs."""
    above_it: list[Pair] = []
    best: list[Pair] = []
    for start in range(0, len(vectors), _BLOCK):
        scores = vectors[start : start + _BLOCK] @ vectors.T
        # Each pair once: a row is compared with those after it.
        scores[np.tril_indices(len(scores), start, scores.shape[1])] = -np.inf
        above_it += _pairs(scores, np.flatnonzero(scores > above), start)
        top = np.argpartition(scores, -nearest, axis=None)[-nearest:] if scores.size > nearest else range(scores.size)
        best = sorted(best + _pairs(scores, top, start), reverse=True)[:nearest]
    return sorted(above_it, reverse=True), best


def texts_of(corpus: Corpus) -> Iterator[tuple[str, str]]:
    """Every text of the corpus with the id of its record."""
    for case in corpus.cases:
        yield from ((case.id, text) for text in (case.title, case.summary, case.response))
    for article in corpus.articles:
        yield from ((article.id, text) for text in (article.title, *(s.text for s in article.sentences)))
    for one in corpus.contrast_sets:
        yield from ((one.id, text) for text in (one.asserted, one.attributed, one.refuted, one.neutral))
    yield from ((passage.id, passage.text) for passage in corpus.passages)
    yield from ((plain.id, plain.text) for plain in corpus.plain_texts)
    yield from ((pair.id, pair.text) for pair in corpus.claim_pairs)


def shared_runs(corpus: Corpus, bench: Path) -> list[tuple[str, str]]:
    """(id, words) for each record that shares a run of eight words with the measuring material, one run each."""
    ours: dict[tuple[str, ...], str] = {}
    for record_id, text in texts_of(corpus):
        ours.update(dict.fromkeys(_runs(text), record_id))
    found = {ours[run]: " ".join(run) for text in _bench_texts(bench) for run in _runs(text) if run in ours}
    return sorted(found.items())


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.check_data", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the corpus")
    parser.add_argument("--bench", type=Path, default=Path("../shared/bench"), help="folder of the measuring material")
    parser.add_argument("--similarity", type=float, default=0.90, help="cosine from which two cases tell the same")
    return parser


def _case_vectors(corpus: Corpus) -> Vectors:
    settings = Settings(encoder=BUNDLED_ENCODER, encoder_passage_prefix="")
    encoder = VectorCache(settings.models_dir / "cache", open_encoder(settings))
    return encoder.encode_passages([case.claim_text for case in corpus.cases], _show_progress)


def _show_progress(share: float) -> None:
    print(f"\rencoding {share:4.0%}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)


def _pairs(scores: Vectors, places: Any, start: int) -> list[Pair]:
    rows, columns = np.unravel_index(np.asarray(places, int), scores.shape)
    found = zip(scores[rows, columns].tolist(), rows.tolist(), columns.tolist(), strict=True)
    return [(score, start + row, column) for score, row, column in found if score > -np.inf]


def _report_pairs(corpus: Corpus, vectors: Vectors, similarity: float) -> int:
    twins, nearest = close_pairs(vectors, similarity)
    for title, pairs in ((f"{len(twins)} pairs of cases above {similarity:.2f}", twins), ("Nearest pairs", nearest)):
        print(f"{title}:")
        for score, i, j in pairs:
            one, other = corpus.cases[i], corpus.cases[j]
            print(f"  {score:.3f} {one.id} {other.id}: {one.title} | {other.title}")
    return len(twins)


def _report_runs(corpus: Corpus, bench: Path) -> int:
    if not bench.is_dir():
        print(f"{bench} is not here: nothing was compared with the measuring material.")
        return 0
    shared = shared_runs(corpus, bench)
    print(f"{len(shared)} records share {RUN_WORDS} words in a row with the measuring material:")
    for record_id, words in shared:
        print(f"  {record_id}: {words}")
    return len(shared)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = match_key(text).split()
    return {tuple(words[i : i + RUN_WORDS]) for i in range(len(words) - RUN_WORDS + 1)}


def _bench_texts(bench: Path) -> Iterator[str]:
    """Texts of the measuring material; that of claim matching is about other matters."""
    for path in sorted(bench.glob("*.jsonl.gz")):
        if not path.name.startswith("claimmatch"):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                for line in lines:
                    yield from _strings(json.loads(line))


def _strings(value: Any) -> Iterator[str]:
    """All strings but addresses, which repeat the titles of their pages."""
    if isinstance(value, str):
        yield from [] if value.startswith("http") else [value]
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


if __name__ == "__main__":
    sys.exit(main())
