"""The folder of a bulk run, beside its output: batches of rows, and a part of results for each that is scored.

The input is read once; whoever changes the file later does not change the run. Every file is written under another name
and renamed, so that one that is there is whole. Two processes that score the same batch write the same part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from leitmotif.bulk.places import Place
from leitmotif.bulk.results import SCHEMA, Result, writer
from leitmotif.bulk.rows import Row
from leitmotif.errors import StorageError

_ROWS = pa.schema(
    {"number": pa.int64()} | {name: pa.string() for name in ("id", "text", "title", "url", "language", "error")}
)


@dataclass(frozen=True, slots=True)
class Split:
    """How many rows a file has, and how many batches they make."""

    rows: int
    batches: int


class BatchFolder:
    """The batches and parts of one run."""

    def __init__(self, output: Place, run_id: str) -> None:
        self._output = output
        self._folder = output.beside(f".{run_id}")

    def split(self, rows: Iterable[Row], size: int) -> Split:
        """Write the rows as batches of `size`; the last may be smaller."""
        self._folder.make_folder()
        remaining, total, batches = iter(rows), 0, 0
        while batch := list(islice(remaining, size)):
            self._save(self._batch(batches), pa.Table.from_pylist([asdict(row) for row in batch], schema=_ROWS))
            total, batches = total + len(batch), batches + 1
        return Split(total, batches)

    def batch(self, number: int) -> list[Row]:
        """The rows of a batch, counted from 0."""
        return [Row(**values) for values in _load(self._batch(number)).to_pylist()]

    def save_part(self, number: int, results: Sequence[Result]) -> None:
        """Write the results of a batch."""
        self._save(self._part(number), pa.Table.from_pylist(list(results), schema=SCHEMA))

    def part_errors(self, number: int) -> int | None:
        """How many rows of a batch came out as errors; None if it is not scored yet."""
        part = self._part(number)
        if not part.exists():
            return None
        table = _load(part)
        return len(table) - int(table["error"].null_count)

    def join(self, split: Split, form: str) -> None:
        """Write all parts, in the order of the input, as the run's output.

        Raises:
            StorageError: a part is missing, or a row is there twice or not at all.
        """

        def write(file: IO[bytes]) -> None:
            writer(form)(self._parts(split), file)

        self._output.publish(write, self._folder)

    def remove(self) -> None:
        """Remove all of it."""
        self._folder.remove()

    def _parts(self, split: Split) -> Iterator[pa.Table]:
        rows = 0
        for number in range(split.batches):
            part = _load(self._part(number))
            if part["row"].to_pylist() != _load(self._batch(number))["number"].to_pylist():
                raise StorageError(f"{self._part(number).path} does not hold the rows of its batch: start a new run.")
            rows += len(part)
            yield part
        if rows != split.rows:
            raise StorageError(f"The parts hold {rows} rows and the input {split.rows}: start a new run.")

    def _batch(self, number: int) -> Place:
        return self._folder.below(f"batch-{number:05}.parquet")

    def _part(self, number: int) -> Place:
        return self._folder.below(f"part-{number:05}.parquet")

    def _save(self, place: Place, table: pa.Table) -> None:
        place.publish(lambda file: pq.write_table(table, file, compression="zstd"), self._folder)


def _load(place: Place) -> pa.Table:
    try:
        with place.reading() as file:
            return pq.read_table(file)
    except pa.ArrowException as error:
        raise StorageError(f"{place.path} cannot be read: {error}.") from error
