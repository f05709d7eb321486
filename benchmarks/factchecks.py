"""Fact-checks and posts of a public test set for finding claims that were checked before, as cases and claims."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from leitmotif.domain import Appearance, Case


@dataclass(frozen=True, slots=True)
class Post:
    """A post and the ids of the fact-checks that answer it."""

    text: str
    answers: frozenset[str]
    train: bool


@dataclass(frozen=True, slots=True)
class FactChecks:
    """The test set."""

    cases: list[Case]
    posts: list[Post]


def read_fact_checks(folder: Path) -> FactChecks:
    """Read `claimmatch_corpus` and `claimmatch_queries`."""
    posts = [
        Post(row["text"], frozenset(row["relevant"]), row["split"] == "train")
        for row in _rows(folder / "claimmatch_queries.jsonl.gz")
    ]
    return FactChecks([_case(row) for row in _rows(folder / "claimmatch_corpus.jsonl.gz")], posts)


def _case(row: dict[str, Any]) -> Case:
    """Title, claim as summary, and the subtitle as what was seen elsewhere: each a field of its own."""
    seen = (Appearance(title=row["subtitle"]),) if row["subtitle"] else ()
    return Case(row["id"], row["title"], row["text"] or "", date=_iso(row["date"] or ""), appearances=seen)


def _iso(date: str) -> str:
    for form in ("%d %B %Y", "%d %b %Y"):
        try:
            return datetime.strptime(date.strip(), form).date().isoformat()
        except ValueError:
            continue
    return ""


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
