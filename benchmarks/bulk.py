"""Bulk scoring on PostgreSQL: articles a second with one worker and with two, and with one of two killed half-way.

    python -m benchmarks.bulk [--articles 5000] [--words 60] [--models models] [--cases 500]
        [--out benchmarks/results/bulk.json]

Articles are made of texts of the corpus, until they have `--words` words: 60 is an agency brief,
150 a short report. Workers are processes of their own with one thread each.
They score a small file first, so that loading the model is not timed. The PostgreSQL is that of the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.parquet as pq

from leitmotif.encoder import open_encoder
from leitmotif.ledger import open_ledger
from leitmotif.library import Library
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from leitmotif.store import open_store
from service.bulk.runs import BulkRuns, BulkState, Files
from service.bulk.workflows import enqueue_run
from training.corpus import Corpus, load_corpus

WARM_UP = 40
LOOK_SECONDS = 0.2
Worker = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Measured:
    """A run. `articles_a_second` counts from the first batch to the end; `once` says that each came out once."""

    setting: str
    articles: int
    seconds: float
    articles_a_second: float
    errors: int
    once: bool


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder, _postgres() as url:
        settings = Settings(
            _env_file=None, database_url=url, models_dir=arguments.models, data_dir=arguments.data, encoder_threads=1
        )
        corpus = load_corpus(settings.data_dir)
        _fill(settings, corpus, arguments.cases)
        articles = make_articles(corpus, arguments.articles, arguments.words)
        bench = Bench(settings, Path(folder), articles)
        found = [
            bench.measure("one worker", 1),
            bench.measure("two workers", 2),
            bench.measure("two workers, one killed half-way", 2, kill=True),
        ]
        model = Registry(settings.models_dir).live()
    report = {"model": model, "cores": os.cpu_count(), "cases": arguments.cases, "batch": settings.bulk_batch}
    report |= {"words": arguments.words, "words_of_an_article": mean_words(articles)}
    load = [round(value, 1) for value in os.getloadavg()]
    report |= {"load_at_the_end": load, "runs": [asdict(one) for one in found]}
    report["ratio_to_one_worker"] = {one.setting: _ratio(one, found[0]) for one in found[1:]}
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"Articles of {report['words_of_an_article']} words in the mean.\n\n{table(found)}")


def make_articles(corpus: Corpus, count: int, words: int, seed: int = 17) -> list[dict[str, str]]:
    """Articles of so many words or a little more, of English passages, claims and neutral texts."""
    draw = random.Random(seed)
    texts = [text.text for text in corpus.plain_texts] + [passage.text for passage in corpus.passages]
    texts += [case.summary for case in corpus.cases if case.summary]
    articles = []
    for number in range(count):
        parts: list[str] = []
        while sum(len(part.split()) for part in parts) < words:
            parts.append(draw.choice(texts))
        articles.append({"id": f"article-{number}", "text": "\n\n".join(parts), "language": "en"})
    return articles


def mean_words(articles: list[dict[str, str]]) -> float:
    """Words of an article, in the mean."""
    return round(sum(len(article["text"].split()) for article in articles) / len(articles), 1)


class Bench:
    """Runs over one file of articles."""

    def __init__(self, settings: Settings, folder: Path, articles: list[dict[str, str]]) -> None:
        self._settings = settings
        self._folder = folder
        self._ids = [article["id"] for article in articles]
        self._file = folder / "articles.jsonl"
        self._warm_up = folder / "warm-up.jsonl"
        for file, some in ((self._file, articles), (self._warm_up, articles[:WARM_UP])):
            file.write_text("".join(json.dumps(article) + "\n" for article in some), encoding="utf-8")

    def measure(self, setting: str, workers: int, *, kill: bool = False) -> Measured:
        """One run over all articles."""
        with open_ledger(self._settings.database_url) as ledger, self._workers(workers) as processes:
            registry = Registry(self._settings.models_dir)
            _until(lambda: ledger.workers.count() == workers)
            small = self._settings.model_copy(update={"bulk_batch": max(1, WARM_UP // workers // 4)})
            warm = BulkRuns(ledger, small, registry, enqueue_run)
            self._follow(warm, self._start(warm, self._warm_up), lambda state: None)
            runs = BulkRuns(ledger, self._settings, registry, enqueue_run)
            run_id = self._start(runs, self._file)
            half = len(self._ids) / 2

            def look(state: BulkState) -> None:
                if kill and processes[0].poll() is None and state.progress.articles >= half:
                    processes[0].send_signal(signal.SIGKILL)

            return self._measured(setting, self._follow(runs, run_id, look))

    def _measured(self, setting: str, state: BulkState) -> Measured:
        run = state.run
        if state.progress.errors:
            raise SystemExit(f"{state.progress.errors} articles could not be analysed: nothing to compare")
        assert run.began is not None
        assert run.ended is not None
        once = pq.read_table(run.output, columns=["id"])["id"].to_pylist() == self._ids
        seconds = run.ended - run.began
        found = Measured(
            setting, len(self._ids), round(seconds, 1), round(len(self._ids) / seconds, 2), state.progress.errors, once
        )
        print(found, flush=True)
        return found

    def _start(self, runs: BulkRuns, file: Path) -> str:
        output = self._folder / f"{file.stem}-scores.parquet"
        return runs.start(Files(str(file), str(output)), confined=False, replace_output=True).id

    def _follow(self, runs: BulkRuns, run_id: str, look: Callable[[BulkState], None]) -> BulkState:
        while (state := runs.get(run_id)).run.unfinished:
            look(state)
            time.sleep(LOOK_SECONDS)
        if state.run.status != "succeeded":
            raise SystemExit(f"run {run_id} {state.run.status}: {state.run.error}")
        return state

    @contextmanager
    def _workers(self, count: int) -> Iterator[list[Worker]]:
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        command = (sys.executable, "-m", "service.worker")
        processes = [subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) for _ in range(count)]
        try:
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(self._settings.model_dump_json().encode() + b"\n")
                process.stdin.flush()
            yield processes
        finally:
            for process in processes:
                process.terminate()
                process.wait()


def table(found: list[Measured]) -> str:
    """The runs as a table of Markdown."""
    lines = [
        "| setting | articles | seconds | articles a second | ratio | each came out once |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.setting} | {one.articles} | {one.seconds} | {one.articles_a_second} | {_ratio(one, found[0])} | "
        f"{'yes' if one.once else 'NO'} |"
        for one in found
    ]
    return "\n".join(lines)


def _ratio(one: Measured, base: Measured) -> float:
    return round(one.articles_a_second / base.articles_a_second, 2)


def _fill(settings: Settings, corpus: Corpus, count: int) -> None:
    """Cases to find beside evidence."""
    store = open_store(settings.database_url)
    Library(store, open_encoder(settings)).put(corpus.cases[:count])
    store.close()


def _until(wanted: Callable[[], bool]) -> None:
    while not wanted():
        time.sleep(LOOK_SECONDS)


@contextmanager
def _postgres() -> Iterator[str]:
    from tests.postgres import postgres_server

    with postgres_server() as server:
        yield server.new_database()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=5_000)
    parser.add_argument("--words", type=int, default=60, help="least words of an article")
    parser.add_argument("--cases", type=int, default=500, help="cases in the database")
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/bulk.json"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
