"""The real `data/`: enough of everything, all of it valid, none of it twice and none of it copied."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leitmotif.encoder import Vectors, open_encoder
from leitmotif.settings import Settings
from leitmotif.store.codec import url_key
from leitmotif.text.normalise import content_hash, match_key
from training.check_data import texts_of
from training.corpus import Corpus, load_corpus

_ROOT = Path(__file__).parents[2]
_BENCH = _ROOT.parent / "shared" / "bench"
_RUN = 8
_URL = re.compile(r"https?://[^\s/]+\.[^\s/]+(/\S*)?")


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """The corpus; `load_corpus` itself refuses it if any record is not valid."""
    return load_corpus(_ROOT / "data")


@pytest.fixture(scope="module")
def vectors(corpus: Corpus, request: pytest.FixtureRequest) -> Vectors:
    """Vectors of all cases by the real encoder; only texts that neither a run nor a training has seen are encoded."""
    encoder = open_encoder(Settings(_env_file=None))
    kept = Path(request.config.rootpath) / ".pytest_cache" / "leitmotif" / f"{encoder.name}.npz"
    known = known_vectors(_ROOT / "models" / "cache" / kept.name, encoder.dimension) | known_vectors(
        kept, encoder.dimension
    )
    texts = {hashlib.sha256(case.claim_text.encode()).hexdigest(): case.claim_text for case in corpus.cases}
    new = [key for key in texts if key not in known]
    known |= dict(zip(new, encoder.encode_passages([texts[key] for key in new]), strict=True))
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.savez(kept, keys=np.array(list(texts)), vectors=np.stack([known[key] for key in texts]))
    return np.stack([known[key] for key in texts])


def known_vectors(path: Path, dimension: int) -> dict[str, Vectors]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            rows = file["deep" if "deep" in file else "vectors"][:, :dimension].astype(np.float32)
            return dict(zip(file["keys"].tolist(), rows, strict=True))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return {}


def test_every_narrative_has_at_least_twenty_cases(corpus: Corpus) -> None:
    counts = Counter(narrative for case in corpus.cases for narrative in case.narratives)
    assert {name: counts[name] for name in corpus.codebook.ids if counts[name] < 20} == {}


def test_every_narrative_is_asserted_attributed_and_refuted_somewhere(corpus: Corpus) -> None:
    of_articles = {
        (label.narrative, label.stance)
        for article in corpus.articles
        for sentence in article.sentences
        for label in sentence.labels
    }
    in_sets = Counter(narrative for one in corpus.contrast_sets for narrative in one.narratives)
    for name in corpus.codebook.ids:
        assert in_sets[name] >= 10, name
        assert any(narrative == name for narrative, _ in of_articles), name


def test_every_case_is_labelled_and_answered(corpus: Corpus) -> None:
    assert [case.id for case in corpus.cases if not case.narratives] == []
    assert [case.id for case in corpus.cases if len(case.response.split()) < 8] == []
    assert [case.id for case in corpus.cases if match_key(case.response) == match_key(case.summary)] == []


def test_ids_are_unique_and_plain(corpus: Corpus) -> None:
    others = [*corpus.passages, *corpus.plain_texts, *corpus.claim_pairs]
    records = [*corpus.cases, *corpus.articles, *corpus.contrast_sets, *others]
    counts = Counter(record.id for record in records)  # type: ignore[attr-defined]
    assert [name for name, count in counts.items() if count > 1] == []
    assert [name for name in counts if not re.fullmatch(r"[a-z]+-[\w-]+", name)] == []


def test_addresses_are_of_the_web_and_lead_to_one_page_each(corpus: Corpus) -> None:
    addresses = [case.url for case in corpus.cases] + [a.url for case in corpus.cases for a in case.appearances]
    assert [url for url in addresses if url and not _URL.fullmatch(url)] == []
    titles = Counter((url_key(case.url), match_key(case.title)) for case in corpus.cases if case.url)
    assert [key for key, count in titles.items() if count > 1] == []


def test_no_text_stands_twice(corpus: Corpus) -> None:
    seen: dict[str, str] = {}
    twice = []
    for case in corpus.cases:
        first = seen.setdefault(content_hash(case.claim_text), case.id)
        twice += [(first, case.id)] if first != case.id else []
    for plain in corpus.plain_texts:
        first = seen.setdefault(content_hash(plain.text), plain.id)
        twice += [(first, plain.id)] if first != plain.id else []
    assert twice == []


def test_the_four_texts_of_a_contrast_set_differ(corpus: Corpus) -> None:
    assert [
        one.id
        for one in corpus.contrast_sets
        if len({match_key(text) for text in (one.asserted, one.attributed, one.refuted, one.neutral)}) < 4
    ] == []


def test_dates_are_real_and_past(corpus: Corpus) -> None:
    dated = [(r.id, r.date) for r in (*corpus.cases, *corpus.articles) if r.date]
    assert [pair for pair in dated if not re.fullmatch(r"(19|20)\d\d(-\d\d(-\d\d)?)?", pair[1])] == []
    assert [pair for pair in dated if pair[1] > date.today().isoformat()] == []
    assert len(dated) > len(corpus.cases) // 2


def test_no_two_cases_tell_the_same(corpus: Corpus, vectors: Vectors) -> None:
    close = np.argwhere(np.triu(vectors @ vectors.T, 1) > 0.90)
    assert [(corpus.cases[i].id, corpus.cases[j].id) for i, j in close] == []
    # The test can fail: each case is as close to itself as can be.
    assert (vectors * vectors).sum(axis=1) == pytest.approx(1.0, abs=0.01)


def runs(text: str) -> set[int]:
    """Hashes of all runs of eight words."""
    words = match_key(text).split()
    return {hash(tuple(words[i : i + _RUN])) for i in range(len(words) - _RUN + 1)}


def bench_texts() -> Iterator[str]:
    for path in sorted(_BENCH.glob("*.jsonl.gz")):
        if path.name.startswith("claimmatch"):
            continue
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield from strings(json.loads(line))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        # Addresses repeat the titles of their pages, cut short.
        yield from [value] if not value.startswith("http") else []
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


@pytest.mark.skipif(not _BENCH.is_dir(), reason="the real material of ../shared/bench is not here")
def test_no_run_of_eight_words_is_copied_from_the_bench(corpus: Corpus) -> None:
    ours: dict[int, str] = {}
    for record_id, text in texts_of(corpus):
        ours.update(dict.fromkeys(runs(text), record_id))
    assert len(ours) > 50_000
    copied = {}
    count = 0
    for text in bench_texts():
        count += 1
        copied |= {ours[run]: text[:80] for run in runs(text) if run in ours}
    assert count > 10_000
    assert copied == {}
