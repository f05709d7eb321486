"""Recall and latency of PostgreSQL with pgvector, on vectors half of which are random and half clustered.

    python -m benchmarks.postgres [--sizes 20000 100000] [--url postgresql://…] [--out benchmarks/results/postgres.json]

Without an address it starts the PostgreSQL of the tests and removes it at the end. Cases are made up: words drawn by
Zipf's law, vectors of the encoder's dimension. Recall is the share of the ten nearest that the index finds; exact
search is the truth. One client, one query at a time; every search is timed as the application sees it.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from leitmotif.domain import Case, CaseFilter
from leitmotif.store import CaseVectors, Hit, Store, open_store

ENCODER, FIELD, DIMENSION = "benchmark@1", "claim", 384
QUERIES, BATCH, DEPTH = 200, 5_000, 10
ALWAYS, NEVER = 10**9, 20_000
Vectors = NDArray[np.float32]
FILTERS = {
    "no filter": CaseFilter(),
    "half of the cases": CaseFilter(languages=("en",)),
    "a tenth": CaseFilter(countries=("UA",)),
    "a hundredth": CaseFilter(countries=("LT",)),
    "one cluster, far from most queries": CaseFilter(outlets=("corner",)),
}


@dataclass(frozen=True, slots=True)
class Material:
    """Made-up cases with a unit vector each, shape (n, DIMENSION), and queries, shape (QUERIES, DIMENSION)."""

    cases: list[Case]
    vectors: Vectors
    queries: Vectors
    claims: list[str]


def make_material(size: int, seed: int = 11) -> Material:
    random = np.random.default_rng(seed)
    centres = random.standard_normal((300, DIMENSION))
    cluster = random.integers(0, 300, size)
    vectors = random.standard_normal((size, DIMENSION))
    vectors[::2] = centres[cluster[::2]] + 0.7 * vectors[::2]
    queries = vectors[random.integers(0, size, QUERIES)] + 0.3 * random.standard_normal((QUERIES, DIMENSION))
    words = np.array([f"w{i}" for i in range(60_000)])
    cases = [_case(i, words[_zipf(random, 45)], int(cluster[i])) for i in range(size)]
    claims = [" ".join(words[_zipf(random, 20)]) for _ in range(QUERIES)]
    return Material(cases, _unit(vectors), _unit(queries), claims)


def _case(number: int, words: NDArray[np.str_], cluster: int) -> Case:
    return Case(
        id=f"case-{number:07}",
        title=" ".join(words[:10]),
        summary=" ".join(words[10:]),
        languages=("en" if number % 4 < 2 else "ru",),
        countries=("LT" if number % 100 == 0 else "UA" if number % 10 == 1 else "US",),
        outlets=("corner",) if cluster < 5 else (),
        date=f"20{10 + number % 14}-0{1 + number % 9}",
    )


def _zipf(random: np.random.Generator, size: int) -> NDArray[np.int64]:
    return np.minimum(random.zipf(1.25, size) - 1, 59_999)


def _unit(vectors: NDArray[np.float64]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def measure(url: str, material: Material) -> dict[str, Any]:
    """Fill an empty database and ask it everything, exactly and by the index."""
    exact, store = open_store(url, exact_search_up_to=ALWAYS), open_store(url, exact_search_up_to=NEVER - 1)
    try:
        filling = _timed(lambda: _fill(exact, material))
        building = _timed(lambda: _put(store, material, len(material.cases) - 1, len(material.cases)))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        return {
            "cases": len(material.cases),
            "import_seconds": round(filling, 1),
            "index_build_seconds": round(building, 1),
            "sizes_mb": _sizes(url),
            "vectors": {name: _vectors(exact, store, material, where) for name, where in FILTERS.items()},
            "words": {name: _words(store, material, where) for name, where in list(FILTERS.items())[:4]},
        }
    finally:
        exact.close()
        store.close()


def _fill(store: Store, material: Material) -> None:
    """All but the last case, which makes the index."""
    for start in range(0, len(material.cases) - 1, BATCH):
        _put(store, material, start, min(start + BATCH, len(material.cases) - 1))


def _put(store: Store, material: Material, start: int, stop: int) -> None:
    vectors = [CaseVectors(ENCODER, {FIELD: vector}) for vector in material.vectors[start:stop]]
    store.put_cases(material.cases[start:stop], vectors)


def _vectors(exact: Store, store: Store, material: Material, where: CaseFilter) -> dict[str, Any]:
    def asked(target: Store) -> Callable[[int], list[Hit]]:
        return lambda i: target.search_vectors(material.queries[i], ENCODER, FIELD, where, limit=50)

    truth, slow = _ask(asked(exact), QUERIES // 4)
    found, quick = _ask(asked(store), QUERIES)
    shares = [_share(one, two) for one, two in zip(truth, found, strict=False)]
    return {
        "passing": store.count_cases(where),
        "recall_at_10": round(float(np.mean(shares)), 4),
        "exact_ms": _quantiles(slow),
        "default_ms": _quantiles(quick),
    }


def _words(store: Store, material: Material, where: CaseFilter) -> dict[str, float]:
    return _quantiles(_ask(lambda i: store.search_words(material.claims[i], where, limit=50), QUERIES)[1])


def _ask(call: Callable[[int], list[Hit]], times: int) -> tuple[list[list[Hit]], list[float]]:
    """Answers and milliseconds of each call, after a few that warm up."""
    for i in range(5):
        call(i)
    answers, taken = [], []
    for i in range(times):
        start = time.perf_counter()
        answers.append(call(i))
        taken.append(1_000 * (time.perf_counter() - start))
    return answers, taken


def _share(truth: Sequence[Hit], found: Sequence[Hit]) -> float:
    best = {hit.case_id for hit in truth[:DEPTH]}
    return len(best & {hit.case_id for hit in found[:DEPTH]}) / len(best)


def _quantiles(taken: Sequence[float]) -> dict[str, float]:
    return {"p50": round(float(np.quantile(taken, 0.5)), 1), "p95": round(float(np.quantile(taken, 0.95)), 1)}


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _sizes(url: str) -> dict[str, float]:
    query = (
        "SELECT relname, pg_total_relation_size(oid) / 1e6 FROM pg_class WHERE relname IN "
        "('cases', 'case_values', 'case_keys', 'case_words', 'vectors') "
        "UNION ALL SELECT 'of which HNSW', sum(pg_relation_size(oid)) / 1e6 FROM pg_class WHERE relname LIKE '%hnsw%'"
    )
    with psycopg.connect(url) as connection:
        return {name: round(float(size), 1) for name, size in connection.execute(query).fetchall()}


@contextmanager
def _databases(url: str | None) -> Iterator[Callable[[], str]]:
    """Where to get an empty database from."""
    if url:
        yield lambda: url
        return
    from tests.postgres import postgres_server

    with postgres_server() as server:
        yield server.new_database


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--url", help="an empty database; with one size only")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/postgres.json"))
    wanted = parser.parse_args()
    results = []
    with _databases(wanted.url) as new_database:
        for size in wanted.sizes:
            results.append(measure(new_database(), make_material(size)))
            print(json.dumps(results[-1], indent=1))
    setting = {"dimension": DIMENSION, "limit": 50, "queries": QUERIES, "processors": os.cpu_count()}
    wanted.out.write_text(json.dumps(setting | {"results": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
