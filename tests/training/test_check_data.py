"""The checks of the corpus find what they are for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from leitmotif.encoder import Vectors
from training import check_data
from training.check_data import close_pairs, count_kinds, main, shared_runs, texts_of
from training.corpus import Corpus, load_corpus

_DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(_DATA)


def unit_vectors(count: int) -> Vectors:
    rows = np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("count", [0, 1, 3, 1_500])
def test_close_pairs_are_those_of_the_whole_matrix(count: int) -> None:
    vectors = unit_vectors(count)
    above, nearest = close_pairs(vectors, 0.95)
    scores = vectors @ vectors.T
    places = np.triu_indices(count, 1)
    expected = {(int(i), int(j)) for i, j in zip(*places, strict=True) if scores[i, j] > 0.95}
    assert {(i, j) for _, i, j in above} == expected
    assert [score for score, _, _ in nearest] == pytest.approx(sorted(scores[places].tolist(), reverse=True)[:10])


def test_every_record_has_texts(corpus: Corpus) -> None:
    kinds = count_kinds(corpus)
    del kinds["sentences of articles"]
    assert len({record_id for record_id, _ in texts_of(corpus)}) == sum(kinds.values())


def test_a_copied_run_is_found_and_claim_matching_is_left_out(corpus: Corpus, tmp_path: Path) -> None:
    passage = corpus.passages[0]
    for name in ("real", "claimmatch_corpus"):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            text = passage.text.upper() if name == "real" else corpus.passages[1].text
            file.write(json.dumps({"url": "https://x.example", "deep": [{"text": text}]}) + "\n")
    assert [record_id for record_id, _ in shared_runs(corpus, tmp_path)] == [passage.id]


def test_exit_codes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    distinct = np.eye(len(load_corpus(_DATA).cases), dtype=np.float32)
    monkeypatch.setattr(check_data, "_case_vectors", lambda _: distinct)
    arguments = ["--data", str(_DATA), "--bench", str(tmp_path / "none")]
    assert main(arguments) == 0
    assert "in order" in capsys.readouterr().out
    distinct[1] = distinct[0]
    assert main(arguments) == 1
    assert "1 pairs of cases above 0.90" in capsys.readouterr().out
    assert main(["--data", str(tmp_path)]) == 1
    assert "narratives.yaml" in capsys.readouterr().err
