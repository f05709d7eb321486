"""The data card says of the corpus what is true of it."""

from __future__ import annotations

import importlib.util
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import ModuleType

import pytest

from leitmotif.formats import read_cases
from training.corpus import ClaimPair, ContrastSet, LabelledArticle, Passage, PlainText, load_corpus

_ROOT = Path(__file__).parents[2]
_DATA = _ROOT / "data"
_CARD = (_DATA / "README.md").read_text(encoding="utf-8")
_EXAMPLE = re.compile(r"^### `(\w+)/`.*?^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("data_card", _ROOT / "scripts" / "data_card.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_counts_and_picture_are_up_to_date(script: ModuleType) -> None:
    stale = [path.name for path, text in script.render(_DATA).items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run scripts/data_card.py"


def test_counts_add_up(script: ModuleType) -> None:
    corpus = load_corpus(_DATA)
    assert f"| cases | {len(corpus.cases):,} |" in script.counts_block(corpus)
    assert sum(script._case_counts(corpus, name)[0] for name in corpus.codebook.ids) == len(corpus.cases)


def test_the_picture_has_a_bar_for_every_narrative() -> None:
    picture = ElementTree.parse(_DATA / "counts.svg").getroot()
    texts = {element.text for element in picture.iter() if element.tag.endswith("text")}
    assert {narrative.name for narrative in load_corpus(_DATA).codebook.narratives} <= texts


def test_every_example_is_valid() -> None:
    examples = {kind: json.loads(text) for kind, text in _EXAMPLE.findall(_CARD)}
    case = json.dumps(examples.pop("cases")).encode()
    assert read_cases(case, "jsonl", load_corpus(_DATA).codebook.ids).problems == ()
    records = {
        "articles": LabelledArticle,
        "contrast": ContrastSet,
        "passages": Passage,
        "none": PlainText,
        "claims": ClaimPair,
    }
    assert set(examples) == set(records)
    for kind, example in examples.items():
        assert records[kind].model_validate(example)


def test_every_narrative_is_answered() -> None:
    answers = _CARD.split("## What answers each narrative")[1].split("\n## ")[0]
    named = re.findall(r"^\*\*`(\w+)`", answers, re.MULTILINE)
    assert named == list(load_corpus(_DATA).codebook.ids)
