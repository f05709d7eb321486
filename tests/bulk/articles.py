"""Files of tiny articles, and a look at what came of them."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.training.tiny import NARRATIVES, sentence

Record = dict[str, Any]


def articles(count: int, seed: int = 3) -> list[Record]:
    """Articles with ids `a0`, `a1` and so on, in turn of each narrative and of none."""
    random_ = random.Random(seed)
    kinds = (*NARRATIVES, "")
    made = []
    for number in range(count):
        narrative = kinds[number % len(kinds)]
        text = " ".join(f"{sentence(random_, kind)}." for kind in (narrative, narrative, ""))
        made.append({"id": f"a{number}", "text": text, "language": "en"})
    return made


def write(path: Path, records: list[Record]) -> Path:
    """Write records in the format of the name."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path, row_group_size=7)
    elif path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(records[0]))
            table.writeheader()
            table.writerows(records)
    else:
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def read(path: Path | str) -> list[Record]:
    """The rows of a result."""
    path = Path(path)
    if path.suffix == ".parquet":
        rows: list[Record] = pq.read_table(path).to_pylist()
        return rows
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def ids(results: list[Record]) -> list[str]:
    return [result["id"] for result in results]


def write_stances(path: Path) -> None:
    """Labelled articles that quote and refute: the corpus of the tiny model has those that assert."""
    random_ = random.Random(5)
    made = []
    for narrative in NARRATIVES:
        for stance, frame in (("attributed", "{}, Orlov says."), ("refuted", "It is not true that {}.")):
            said = frame.format(sentence(random_, narrative).lower())
            lines = [{"text": said, "labels": [{"narrative": narrative, "stance": stance}]}]
            lines.append({"text": f"{sentence(random_, '')}."})
            made.append({"id": f"st-{narrative}-{stance}", "genre": "report", "title": stance, "paragraphs": [lines]})
    write(path, made)
