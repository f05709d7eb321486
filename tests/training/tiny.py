"""A whole small corpus, and an encoder that tells its texts apart: a training run on them takes a second or two."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

CODEBOOK = """
version: 1
themes: {west: The West, sky: The sky}
narratives:
  moon_base: {theme: sky, name: Moon base, definition: The moon hides a secret military base built by rockets.}
  bee_spies: {theme: west, name: Bee spies, definition: Bees are drones that spy on gardens and honey farmers.}
  salt_tax: {theme: west, name: Salt tax, definition: Western banks plot a salt tax to starve the bakers.}
"""
_MORE = 40

WORDS = {
    "moon_base": "moon crater base rocket lunar secret tunnel soldiers dark side orbit antenna".split(),
    "bee_spies": "bees drones honey gardens spying wings hive cameras flowers agents swarm queen".split(),
    "salt_tax": "salt tax banks bakers bread western plot starve mills flour import customs".split(),
    "owl_court": "owl court judge feathers night verdict beak lawyer trial forest jury bribe".split(),
    "": "rain weather football museum library train market painting school bridge river concert".split(),
}
WORDS = {narrative: [*words, *(f"{words[0]}{i}" for i in range(_MORE))] for narrative, words in WORDS.items()}
"""Each narrative has words of its own, so many that no two texts are near-duplicates."""

NARRATIVES = ("moon_base", "bee_spies", "salt_tax")


def write_tiny_corpus(folder: Path, *, cases: int = 16, wrong: bool = False, seed: int = 1) -> Path:
    """Write the corpus; with `wrong`, its labels are dealt out at random."""
    random_ = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "narratives.yaml").write_text(CODEBOOK, encoding="utf-8")
    made = [_case(random_, n, i) for n in NARRATIVES for i in range(cases)]
    if wrong:
        labels = [case["narratives"] for case in made]
        random_.shuffle(labels)
        made = [case | {"narratives": label} for case, label in zip(made, labels, strict=True)]
    _write(folder / "cases/tiny.jsonl", made)
    _write(folder / "contrast/sets.jsonl", [_contrast(random_, n, i) for n in NARRATIVES for i in range(8)])
    _write(folder / "articles/report.jsonl", [_article(random_, n, i) for n in (*NARRATIVES, "") for i in range(6)])
    _write(folder / "none/texts.jsonl", [_plain(random_, i) for i in range(30)])
    _write(folder / "claims/pairs.jsonl", [_pair(random_, case, i) for i, case in enumerate(made)])
    return folder


def sentence(random_: random.Random, narrative: str, words: int = 7) -> str:
    """Words of a narrative; the empty one has words of its own."""
    return " ".join(random_.sample(WORDS[narrative], words)).capitalize()


def case_of(random_: random.Random, narrative: str, case_id: str) -> dict[str, Any]:
    """A record of a case."""
    return {
        "id": case_id,
        "title": sentence(random_, narrative),
        "summary": sentence(random_, narrative, 9) + ".",
        "response": f"It is not true that {sentence(random_, narrative).lower()}.",
        "narratives": [narrative],
    }


def _case(random_: random.Random, narrative: str, number: int) -> dict[str, Any]:
    return case_of(random_, narrative, f"tiny-{narrative}-{number}")


def _contrast(random_: random.Random, narrative: str, number: int) -> dict[str, Any]:
    words = sentence(random_, narrative)
    return {
        "id": f"cs-{narrative}-{number}",
        "register": "sentence",
        "narratives": [narrative],
        "asserted": f"{words} tonight.",
        "attributed": f"{words}, Orlov says.",
        "speaker": "Orlov",
        "refuted": f"It is false that {sentence(random_, narrative).lower()}.",
        "neutral": f"{sentence(random_, '')} near the {WORDS[narrative][0]}.",
    }


def _article(random_: random.Random, narrative: str, number: int) -> dict[str, Any]:
    label = [{"narrative": narrative, "stance": "asserted"}] if narrative else []
    sentences = [
        {"text": f"{sentence(random_, '')}."},
        {"text": f"{sentence(random_, narrative)}.", "labels": label},
        {"text": f"{sentence(random_, '')}."},
    ]
    title = f"{sentence(random_, '', 5)} {number}"
    return {"id": f"art-{narrative or 'none'}-{number}", "genre": "report", "title": title, "paragraphs": [sentences]}


def _plain(random_: random.Random, number: int) -> dict[str, Any]:
    text = f"{sentence(random_, '')} on day {number}."
    return {"id": f"nt-{number}", "register": "sentence", "topic": "town", "text": text}


def _pair(random_: random.Random, case: dict[str, Any], number: int) -> dict[str, Any]:
    other = number % 4 == 3
    words = case["title"].lower().split()
    random_.shuffle(words)
    text = sentence(random_, "") if other else " ".join(words)
    return {"id": f"pair-{number}", "text": text, "case": "" if other else case["id"]} | {
        "relation": "other" if other else "match"
    }


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
