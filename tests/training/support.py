"""A small corpus on disk, to be made wrong in one place at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CODEBOOK = """
version: 1
themes: {west: The West}
narratives:
  moon_base: {theme: west, name: Moon, definition: A base on the moon.}
  bee_spies: {theme: west, name: Bees, definition: Bees are spies.}
"""
CASE: dict[str, Any] = {
    "id": "lm-1",
    "title": "The moon is a base",
    "response": "It is not.",
    "narratives": ["moon_base"],
}
SENTENCE: dict[str, Any] = {
    "text": "The moon is a base, he said.",
    "labels": [{"narrative": "moon_base", "stance": "attributed", "speaker": "he"}],
}
ARTICLE: dict[str, Any] = {"id": "art-1", "genre": "report", "title": "On the moon", "paragraphs": [[SENTENCE]]}
CONTRAST: dict[str, Any] = {
    "id": "cs-1",
    "register": "headline",
    "narratives": ["bee_spies"],
    "asserted": "Bees spy on us",
    "attributed": "Bees spy on us, says Orlov",
    "speaker": "Orlov",
    "refuted": "Bees do not spy on us",
    "neutral": "Bees fly over us",
}
PLAIN: dict[str, Any] = {"id": "nt-1", "register": "headline", "topic": "weather", "text": "It rained in Riga all day"}
FILES = {
    "cases/a.jsonl": [CASE],
    "articles/report.jsonl": [ARTICLE],
    "contrast/sets.jsonl": [CONTRAST],
    "none/texts.jsonl": [PLAIN],
}


def write_corpus(folder: Path, **lines: list[Any]) -> Path:
    """Write the corpus; `lines` replace the records of the folder of that name, strings as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "narratives.yaml").write_text(CODEBOOK, encoding="utf-8")
    for name, records in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        texts = [r if isinstance(r, str) else json.dumps(r) for r in lines.get(path.parent.name, records)]
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return folder
