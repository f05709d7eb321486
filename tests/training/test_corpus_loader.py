"""The loader of `data/`: every fault by file, line and field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leitmotif.domain import Stance
from leitmotif.errors import CodebookInvalid, InvalidRecord
from tests.training.support import ARTICLE, CASE, CONTRAST, PLAIN, SENTENCE, write_corpus
from training.corpus import ClaimPair, corpus_files, load_corpus


def faults(folder: Path) -> list[tuple[str, str]]:
    """(where, message) of every fault, `where` relative to the corpus."""
    with pytest.raises(InvalidRecord) as caught:
        load_corpus(folder)
    assert caught.value.problems
    assert str(caught.value.problems[0]) in str(caught.value)
    return [(p.where.replace(f"{folder}/", ""), p.message) for p in caught.value.problems]


def with_sentence(**fields: Any) -> dict[str, Any]:
    return ARTICLE | {"paragraphs": [[SENTENCE | fields]]}


def test_a_good_corpus(tmp_path: Path) -> None:
    corpus = load_corpus(write_corpus(tmp_path))
    assert [case.id for case in corpus.cases] == ["lm-1"]
    (article,) = corpus.articles
    assert article.text == "On the moon\n\nThe moon is a base, he said."
    assert article.narratives == ("moon_base",)
    assert corpus.contrast_sets[0].register_ == "headline"
    assert corpus.plain_texts[0].topic == "weather"


def test_an_article_carries_what_it_asserts_or_relays(tmp_path: Path) -> None:
    labels = [{"narrative": "moon_base", "stance": "refuted"}, {"narrative": "bee_spies", "stance": "asserted"}]
    corpus = load_corpus(write_corpus(tmp_path, articles=[with_sentence(labels=labels)]))
    assert corpus.articles[0].narratives == ("bee_spies",)
    assert [label.stance for label in corpus.articles[0].sentences[0].labels] == [Stance.REFUTED, Stance.ASSERTED]


@pytest.mark.parametrize(
    ("part", "record", "where"),
    [
        ("cases", CASE | {"title": ""}, "cases/a.jsonl: row 2, title"),
        ("cases", CASE | {"date": "soon"}, "cases/a.jsonl: row 2, date"),
        ("cases", CASE | {"narratives": ["cheese"]}, "cases/a.jsonl: row 2, narratives"),
        ("cases", CASE | {"colour": 1}, "cases/a.jsonl: row 2, colour"),
        ("cases", "{", "cases/a.jsonl: row 2"),
        ("articles", ARTICLE | {"genre": "poem"}, "articles/report.jsonl: line 2, genre"),
        ("articles", ARTICLE | {"paragraphs": []}, "articles/report.jsonl: line 2, paragraphs"),
        ("articles", ARTICLE | {"paragraphs": [[]]}, "articles/report.jsonl: line 2, paragraphs.0"),
        ("articles", with_sentence(text=""), "articles/report.jsonl: line 2, paragraphs.0.0.text"),
        (
            "articles",
            with_sentence(labels=[{"narrative": "x"}]),
            "articles/report.jsonl: line 2, paragraphs.0.0.labels.0.stance",
        ),
        (
            "articles",
            with_sentence(labels=[{"narrative": "moon_base", "stance": "doubted"}]),
            "articles/report.jsonl: line 2, paragraphs.0.0.labels.0.stance",
        ),
        ("articles", "[]", "articles/report.jsonl: line 2, "),
        ("articles", "{", "articles/report.jsonl: line 2"),
        ("contrast", CONTRAST | {"register": "song"}, "contrast/sets.jsonl: line 2, register"),
        ("contrast", CONTRAST | {"narratives": []}, "contrast/sets.jsonl: line 2, narratives"),
        ("contrast", CONTRAST | {"refuted": " "}, "contrast/sets.jsonl: line 2, refuted"),
        ("contrast", CONTRAST | {"speaker": "Ivanov"}, "contrast/sets.jsonl: line 2, "),
        ("contrast", CONTRAST | {"language": "english"}, "contrast/sets.jsonl: line 2, language"),
        ("none", PLAIN | {"topic": ""}, "none/texts.jsonl: line 2, topic"),
        ("none", {key: value for key, value in PLAIN.items() if key != "id"}, "none/texts.jsonl: line 2, id"),
        ("none", PLAIN | {"stance": "x"}, "none/texts.jsonl: line 2, stance"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, part: str, record: Any, where: str) -> None:
    good = {"cases": CASE, "articles": ARTICLE, "contrast": CONTRAST, "none": PLAIN}[part]
    changed = record if isinstance(record, str) or "id" not in record else record | {"id": "lm-9"}
    found = faults(write_corpus(tmp_path, **{part: [good, changed]}))
    assert [place for place, _ in found] == [where]


@pytest.mark.parametrize(
    ("part", "record", "where", "message"),
    [
        (
            "articles",
            with_sentence(labels=[{"narrative": "cheese", "stance": "asserted"}]),
            "articles/report.jsonl: line 1, art-1",
            "'cheese'",
        ),
        (
            "contrast",
            CONTRAST | {"narratives": ["bee_spies", "cheese"]},
            "contrast/sets.jsonl: line 1, cs-1",
            "'cheese'",
        ),
    ],
)
def test_an_unknown_narrative_is_named_with_its_record(
    tmp_path: Path, part: str, record: dict[str, Any], where: str, message: str
) -> None:
    ((place, said),) = faults(write_corpus(tmp_path, **{part: [record]}))
    assert place == where
    assert message in said


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        ({"relation": "match", "case": "lm-1", "also": ["lm-7"]}, "'lm-7', which is unknown"),
        ({"relation": "match", "case": "lm-1", "also": ["lm-1"]}, "'lm-1', which is its `case`"),
        ({"relation": "other", "also": ["lm-1"]}, "'lm-1', which contradicts `other`"),
    ],
)
def test_further_cases_that_answer_a_claim_are_checked(tmp_path: Path, pair: dict[str, Any], fault: str) -> None:
    folder = write_corpus(tmp_path)
    (folder / "claims").mkdir()
    (folder / "claims/pairs.jsonl").write_text(json.dumps({"id": "cl-1", "text": "Storks!"} | pair), encoding="utf-8")
    ((place, said),) = faults(folder)
    assert place == "claims/pairs.jsonl: line 1, cl-1"
    assert fault in said


def test_a_claim_knows_every_case_that_answers_it() -> None:
    text: dict[str, Any] = {"id": "cl-1", "text": "Storks!", "also": ["lm-2"]}
    assert ClaimPair(**text, case="lm-1", relation="match").answers == {"lm-1", "lm-2"}
    assert ClaimPair(**text, case="lm-1", relation="differs").answers == {"lm-2"}


def test_an_id_used_twice_is_named_with_both_places(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path, none=[PLAIN, PLAIN | {"id": "lm-1"}])
    ((place, said),) = faults(folder)
    assert place == "cases/a.jsonl: line 1, none/texts.jsonl: line 2, lm-1"
    assert "two records" in said


def test_every_fault_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    folder = write_corpus(
        tmp_path,
        cases=["{", CASE | {"title": ""}],
        articles=["{"],
        contrast=[CONTRAST | {"register": "x", "neutral": ""}],
    )
    assert [place for place, _ in faults(folder)] == [
        "cases/a.jsonl: row 1",
        "cases/a.jsonl: row 2, title",
        "articles/report.jsonl: line 1",
        "contrast/sets.jsonl: line 1, register",
        "contrast/sets.jsonl: line 1, neutral",
    ]


@pytest.mark.parametrize("name", ["cases/a.jsonl", "articles/report.jsonl"])
def test_a_file_that_is_not_utf8_is_named(tmp_path: Path, name: str) -> None:
    folder = write_corpus(tmp_path)
    (folder / name).write_bytes(b'{"id": "\xff"}\n')
    assert faults(folder)[0][0].startswith(name)


def test_line_separators_inside_texts_part_no_records(tmp_path: Path) -> None:
    text = "It rained\u2028in Riga\x85all day"
    folder = write_corpus(
        tmp_path, none=[json.dumps(PLAIN | {"text": text}, ensure_ascii=False), "", PLAIN | {"id": "nt-2"}]
    )
    assert [plain.text for plain in load_corpus(folder).plain_texts] == [text, PLAIN["text"]]


def test_a_missing_codebook(tmp_path: Path) -> None:
    with pytest.raises(CodebookInvalid, match=r"narratives\.yaml"):
        load_corpus(tmp_path)


def test_the_digest_covers_every_file(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path)
    digests = {load_corpus(folder).digest}
    assert load_corpus(folder).digest in digests
    for path in corpus_files(folder):
        path.write_bytes(path.read_bytes() + b"\n")
        digests.add(load_corpus(folder).digest)
    (folder / "none" / "texts.jsonl").rename(folder / "none" / "other.jsonl")
    digests.add(load_corpus(folder).digest)
    assert len(digests) == len(corpus_files(folder)) + 2
