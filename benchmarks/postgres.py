"""Recall and latency of PostgreSQL with pgvector, on vectors half of which are random and half clustered.

    python -m benchmarks.postgres [--sizes 20000 100000] [--out benchmarks/results/postgres.json]

It starts the PostgreSQL of the tests and removes it at the end. Cases are made up: words drawn by Zipf's law, vectors
of the encoder's dimension. Recall is the share of the ten nearest that the index finds; exact search is the truth. One
client asks one query at a time. Each search is timed twice: by the clock, and by the processor time of client and
server together, which other work on the machine does not lengthen (Linux).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from leitmotif.domain import Case, CaseFilter
from leitmotif.store import CaseVectors, Hit, Store, open_store
from leitmotif.store.postgres.store import PostgresStore
from tests.postgres import postgres_server

ENCODER, FIELD, DIMENSION = "benchmark@1", "claim", 384
QUERIES, BATCH, DEPTH = 100, 5_000, 10
ALWAYS, DEFAULT = 10**9, 20_000
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
    """Made-up cases with a unit vector each, shape (n, DIMENSION), and queries, shape (QUERIES, DIMENSION).

    The first half of the queries is near vectors of clusters, as texts are; the second near vectors without any order.
    """

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
    near = 2 * random.integers(0, size // 2, QUERIES) + (np.arange(QUERIES) >= QUERIES // 2)
    queries = vectors[near] + 0.3 * random.standard_normal((QUERIES, DIMENSION))
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
    exact, store = open_store(url, exact_search_up_to=ALWAYS), open_store(url, exact_search_up_to=DEFAULT - 1)
    try:
        filling = _timed(lambda: _fill(exact, material), exact)
        building = _timed(lambda: _put(store, material, len(material.cases) - 1, len(material.cases)), store)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        return {
            "cases": len(material.cases),
            "import_seconds": filling,
            "index_build_seconds": building,
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

    truth, slow = _ask(asked(exact), QUERIES, exact)
    found, quick = _ask(asked(store), QUERIES, store)
    shares = [_share(one, two) for one, two in zip(truth, found, strict=True)]
    return {
        "passing": store.count_cases(where),
        "recall_at_10_clustered": round(float(np.mean(shares[: QUERIES // 2])), 4),
        "recall_at_10_random": round(float(np.mean(shares[QUERIES // 2 :])), 4),
        "exact": slow,
        "default": quick,
    }


def _words(store: Store, material: Material, where: CaseFilter) -> dict[str, Any]:
    return _ask(lambda i: store.search_words(material.claims[i], where, limit=50), QUERIES, store)[1]


def _ask(call: Callable[[int], list[Hit]], times: int, store: Store) -> tuple[list[list[Hit]], dict[str, Any]]:
    """Answers, and milliseconds by the clock and on the processors, after a few calls that warm up."""
    for i in range(5):
        call(i)
    backend = _backend(store)
    answers, clock, processor = [], [], []
    for i in range(times):
        start, used = time.perf_counter(), _used_seconds(backend)
        answers.append(call(i))
        clock.append(1_000 * (time.perf_counter() - start))
        processor.append(1_000 * (_used_seconds(backend) - used))
    return answers, {"clock_ms": _quantiles(clock), "processor_ms": _quantiles(processor)}


def _backend(store: Store) -> Path:
    """Where the server's process that answers us tells how long it ran. One client gets the same connection again."""
    assert isinstance(store, PostgresStore)
    with store._database.read() as connection:
        return Path(f"/proc/{connection.info.backend_pid}/schedstat")


def _used_seconds(backend: Path) -> float:
    return time.process_time() + int(backend.read_text(encoding="ascii").split()[0]) / 1e9


def _share(truth: Sequence[Hit], found: Sequence[Hit]) -> float:
    best = {hit.case_id for hit in truth[:DEPTH]}
    return len(best & {hit.case_id for hit in found[:DEPTH]}) / len(best)


def _quantiles(taken: Sequence[float]) -> dict[str, float]:
    return {"p50": round(float(np.quantile(taken, 0.5)), 1), "p95": round(float(np.quantile(taken, 0.95)), 1)}


def _timed(work: Callable[[], None], store: Store) -> dict[str, float]:
    backend = _backend(store)
    start, used = time.perf_counter(), _used_seconds(backend)
    work()
    return {
        "clock": round(time.perf_counter() - start, 1),
        "processor": round(_used_seconds(backend) - used, 1),
    }


def _sizes(url: str) -> dict[str, float]:
    query = (
        "SELECT relname, pg_total_relation_size(oid) / 1e6 FROM pg_class WHERE relname IN "
        "('cases', 'case_values', 'case_keys', 'case_words', 'vectors') "
        "UNION ALL SELECT 'of which HNSW', sum(pg_relation_size(oid)) / 1e6 FROM pg_class WHERE relname LIKE '%hnsw%'"
    )
    with psycopg.connect(url) as connection:
        return {name: round(float(size or 0), 1) for name, size in connection.execute(query).fetchall()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/postgres.json"))
    wanted = parser.parse_args()
    setting: dict[str, Any] = {"dimension": DIMENSION, "limit": 50, "queries": QUERIES, "results": []}
    with postgres_server() as server:
        for size in wanted.sizes:
            url = server.new_database()
            setting["results"].append(measure(url, make_material(size)))
            server.drop_database(url)
            print(json.dumps(setting["results"][-1]), flush=True)
            wanted.out.write_text(json.dumps(setting, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
