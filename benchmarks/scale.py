"""`python -m benchmarks.scale --cases 20000`: what a check costs as the number of cases grows, without the encoder.

Cases are made by recombining sentences of data/; their vectors lie near those of real cases. So the encoder is asked
for the real texts alone, and a million cases can be made.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.remembered import RememberedEncoder
from leitmotif.domain import Case, CaseFilter
from leitmotif.encoder import Vectors, open_encoder
from leitmotif.matching import FEATURES, ClaimMatcher, MatchWeights
from leitmotif.settings import Settings
from leitmotif.store.protocol import CaseVectors
from leitmotif.store.sqlite.store import SqliteStore
from leitmotif.text.sentences import split_sentences
from training.corpus import Corpus, load_corpus

_BATCH = 2000
_NOISE = 0.8
_WARMING = 30
_ROUNDS = 3
_OTHERS = 10_000
_EVERYTHING = CaseFilter()
Claims = Sequence[str]
_WIDE = CaseFilter(countries=("UA",))
_NARROW = CaseFilter(narratives=("false_flag",), countries=("LV",))
_WEIGHTS = MatchWeights(
    coefficients=(1.0,) * len(FEATURES), intercept=-4.0, match_threshold=0.9, possible_threshold=0.5
)


@dataclass(frozen=True, slots=True)
class Made:
    """Material to make cases of: real cases, their sentences, and vectors, shape (len(cases), dimension)."""

    cases: Sequence[Case]
    sentences: Sequence[str]
    vectors: Vectors

    def batch(self, number: int) -> tuple[list[Case], list[CaseVectors], Vectors]:
        """The same cases for the same number, so that they need not be kept; also their vectors of claims."""
        random = np.random.default_rng(number)
        models = random.integers(len(self.cases), size=_BATCH)
        picks = random.integers(len(self.sentences), size=(_BATCH, 3))
        titles, claims = (self._near(models, random) for _ in range(2))
        cases = [self._case(number * _BATCH + i, self.cases[m], picks[i]) for i, m in enumerate(models)]
        return (
            cases,
            [CaseVectors("made@1", {"title": t, "claim": c}) for t, c in zip(titles, claims, strict=True)],
            claims,
        )

    def _near(self, models: NDArray[np.int64], random: np.random.Generator) -> Vectors:
        noise = random.standard_normal((len(models), self.vectors.shape[1]), np.float32)
        noise *= _NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
        near = self.vectors[models] + noise
        return near / np.linalg.norm(near, axis=1, keepdims=True)

    def _case(self, number: int, model: Case, picks: NDArray[np.int64]) -> Case:
        first, second, third = (self.sentences[i] for i in picks)
        return Case(
            id=f"made-{number:07d}",
            title=first,
            summary=f"{second} {third}",
            narratives=model.narratives,
            date=model.date,
            languages=model.languages,
            countries=model.countries,
            outlets=model.outlets,
            keywords=model.keywords,
        )


class MadeEncoder:
    """Answers with vectors that were looked up before, so that its time does not count."""

    name = "made@1"

    def __init__(self, real: RememberedEncoder) -> None:
        self._real = real
        self.dimension = real.dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._real.encode_queries(texts)

    encode_passages = encode_queries


def main() -> None:
    """Build, measure, print, and add the figures to the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--claims", type=int, default=200, help="how many are checked, three times over")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/scale.json"))
    arguments = parser.parse_args()
    settings = Settings()
    encoder = RememberedEncoder(settings.models_dir / "cache-bench", open_encoder(settings))
    corpus = load_corpus(settings.data_dir)
    made = material(corpus, encoder)
    texts = [pair.text for pair in corpus.claim_pairs]
    claims = texts[:: max(1, len(texts) // arguments.claims)][: arguments.claims]
    others = sorted(set(texts).difference(claims))[:_WARMING]
    for total in arguments.cases:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            figures = measure(Path(folder) / "cases.db", total, made, MadeEncoder(encoder), (claims, others))
        known = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.out.is_file() else {}
        known[str(total)] = figures
        arguments.out.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    encoder.save()


def material(corpus: Corpus, encoder: RememberedEncoder) -> Made:
    english = [case for case in corpus.cases if case.title.isascii() and len(case.title) > 15]
    sentences = [s.text for case in english for s in split_sentences(case.claim_text)]
    return Made(english, sentences, encoder.encode_passages([case.claim_text for case in english]))


def measure(path: Path, total: int, made: Made, encoder: MadeEncoder, texts: tuple[Claims, Claims]) -> dict[str, Any]:
    """Every figure at one size; times in milliseconds of one core unless said otherwise."""
    claims, others = texts
    store = SqliteStore(path)
    matrix = np.empty((total, encoder.dimension), np.float32)
    built = 0.0
    for number in range(total // _BATCH):
        cases, vectors, matrix[number * _BATCH : (number + 1) * _BATCH] = made.batch(number)
        built += timed(lambda c=cases, v=vectors: store.put_cases(c, v))
    figures: dict[str, Any] = {
        "cases_a_second": round(1000 * total / built),
        "file_mb": round(sum(p.stat().st_size for p in path.parent.iterdir()) / 1e6),
    }
    show(figures)
    encoder.encode_queries([*claims, *others])
    figures |= checks(store, encoder, claims, others)
    show(figures)
    figures |= parts_of_a_check(store, encoder, claims)
    figures["insert_one"] = spread([put_one(store, made, _OTHERS + n) for n in range(20)])
    matcher = ClaimMatcher(store, encoder, _WEIGHTS)  # type: ignore[arg-type]
    figures["check_after_insert"] = round(timed(lambda: matcher.check(claims[1], _EVERYTHING, limit=5)), 1)
    figures |= exactness(store, encoder, claims[:50], matrix)
    figures["check_p95_in_numpys"] = round(figures["check"]["p95"] / figures["numpy_float32_one_field"]["p50"], 1)
    show(figures)
    store.close()
    return figures


def checks(store: SqliteStore, encoder: MadeEncoder, claims: Claims, others: Claims) -> dict[str, Any]:
    """Whole checks of claims that the matcher has not seen, after some others; the first check of all on its own."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = timed(lambda: ClaimMatcher(store, encoder, _WEIGHTS).check(others[0], _EVERYTHING, limit=5))  # type: ignore[arg-type]
    figures: dict[str, Any] = {"first_check_s": round(first / 1000, 2)}
    for name, where in (("check", _EVERYTHING), ("check_wide_filter", _WIDE), ("check_narrow_filter", _NARROW)):
        clocked: list[float] = []
        rounds = [one_round(store, encoder, (claims, others), where, clocked) for _ in range(_ROUNDS)]
        # Neighbours on a shared machine only ever add to a time, so the least of the rounds is nearest to the truth.
        figures[name] = spread(np.min(rounds, axis=0).tolist())
        figures[f"{name}_all_rounds"] = spread(np.ravel(rounds).tolist())
        figures[f"{name}_clock_all_rounds"] = spread(clocked)
    figures["memory_added_mb"] = round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
    return figures


def one_round(
    store: SqliteStore, encoder: MadeEncoder, texts: tuple[Claims, Claims], where: CaseFilter, clocked: list[float]
) -> list[float]:
    """Processor time of each check by a matcher that has not read its texts; adds the clock's to `clocked`."""
    claims, others = texts
    matcher = ClaimMatcher(store, encoder, _WEIGHTS)  # type: ignore[arg-type]
    for claim in others:
        matcher.check(claim, where, limit=5)
    times = []
    for claim in claims:
        started = time.perf_counter()
        times.append(timed(lambda c=claim: matcher.check(c, where, limit=5)))
        clocked.append(1000 * (time.perf_counter() - started))
    return times


def parts_of_a_check(store: SqliteStore, encoder: MadeEncoder, claims: Sequence[str]) -> dict[str, Any]:
    vectors = encoder.encode_queries(claims)
    words = [least(lambda c=c: store.search_words(c, _EVERYTHING, limit=50)) for c in claims]
    meaning = [least(lambda v=v: store.search_vectors(v, "made@1", "claim", _EVERYTHING, limit=50)) for v in vectors]
    return {"search_words": spread(words), "search_vectors_one_field": spread(meaning)}


def put_one(store: SqliteStore, made: Made, number: int) -> float:
    """Milliseconds to write the first case of a batch."""
    cases, vectors, _ = made.batch(number)
    return timed(lambda: store.put_cases(cases[:1], vectors[:1]))


def exactness(store: SqliteStore, encoder: MadeEncoder, claims: Sequence[str], matrix: Vectors) -> dict[str, Any]:
    """Share of the truly nearest that the store finds, and the time of plain numpy over all vectors in the same run."""
    queries = encoder.encode_queries(claims)
    total = len(matrix)
    plain = [least(lambda q=q: np.argpartition(-(matrix @ q), 50)[:50]) for q in queries]
    shares: dict[int, list[float]] = {10: [], 50: []}
    for query in queries:
        scores = matrix @ query
        order = np.argsort(-scores)[:50]
        hits = store.search_vectors(query, "made@1", "claim", _EVERYTHING, limit=70)
        found = [
            int(hit.case_id.removeprefix("made-")) for hit in hits if int(hit.case_id.removeprefix("made-")) < total
        ]
        for depth, row in shares.items():
            row.append(len(set(order[:depth].tolist()) & set(found[: depth + 5])) / depth)
    return {
        "numpy_float32_one_field": spread(plain),
        **{f"recall@{depth}": round(float(np.mean(row)), 4) for depth, row in shares.items()},
    }


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of processor time: on a shared machine the clock on the wall tells about the others."""
    started = time.process_time()
    work()
    return 1000 * (time.process_time() - started)


def least(work: Callable[[], object]) -> float:
    return min(timed(work) for _ in range(_ROUNDS))


def spread(times: Sequence[float]) -> dict[str, float]:
    return {f"p{q}": round(float(np.percentile(times, q)), 1) for q in (50, 95)}


def show(figures: dict[str, Any]) -> None:
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
