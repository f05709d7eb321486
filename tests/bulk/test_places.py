"""Which places a service may touch, and how files come to be there."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import IO

import pytest

from leitmotif.bulk.batches import BatchFolder, Split
from leitmotif.bulk.places import check_within, place_of
from leitmotif.bulk.results import error_of
from leitmotif.bulk.rows import Row
from leitmotif.errors import InputError, StorageError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "bulk"
    folder.mkdir()
    (tmp_path / "secret.jsonl").touch()
    (folder / "out").symlink_to(tmp_path)
    (folder / "in").mkdir()
    return folder


@pytest.mark.parametrize("name", ["a.jsonl", "in/a.jsonl", "in/../a.jsonl", "in/new/a.jsonl"])
def test_places_below_a_root(root: Path, name: str) -> None:
    check_within("input", str(root / name), ["s3://other", str(root)])
    check_within("input", f"file://{root / name}", [str(root)])


@pytest.mark.parametrize("name", ["", ".", "../secret.jsonl", "out/secret.jsonl", "in/../../secret.jsonl", "a\0b"])
def test_ways_out_of_a_root_are_closed(root: Path, name: str) -> None:
    with pytest.raises(InputError, match="input") as caught:
        check_within("input", f"{root}/{name}", [str(root)])
    assert caught.value.problems[0].where == "input"


def test_a_sibling_whose_name_begins_like_the_root_is_none_of_it(root: Path) -> None:
    with pytest.raises(InputError):
        check_within("input", f"{root}-secret/a.jsonl", [str(root)])


@pytest.mark.parametrize(
    ("address", "within"),
    [
        ("s3://bucket/articles/a.csv", True),
        ("s3://bucket/articles/../b.csv", False),
        ("s3://bucket/articles//a.csv", False),
        ("s3://bucket/other/a.csv", False),
        ("s3://bucket/articlesother/a.csv", False),
        ("gs://bucket/articles/a.csv", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("simplecache::s3://bucket/articles/a.csv", False),
        ("zip://a.csv::s3://bucket/articles/a.zip", False),
        ("/etc/passwd", False),
        ("bucket/articles/a.csv", False),
    ],
)
def test_object_storage(address: str, within: bool) -> None:
    if within:
        check_within("output", address, ["s3://bucket/articles/"])
    else:
        with pytest.raises(InputError, match="output"):
            check_within("output", address, ["s3://bucket/articles/"])


def test_without_roots_nothing_is_allowed() -> None:
    with pytest.raises(InputError, match="LEITMOTIF_BULK_ROOTS"):
        check_within("input", "/data/a.jsonl", [])


@pytest.mark.parametrize("address", ["nosuch://bucket/a.csv", "simplecache::file:///a.csv"])
def test_addresses_that_name_no_place(address: str) -> None:
    with pytest.raises(InputError):
        place_of(address)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    def broken(file: IO[bytes]) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    folder = place_of(str(tmp_path))
    with pytest.raises(StorageError, match="No space left"):
        folder.below("a.jsonl").publish(broken, folder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["local", "memory"])
@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_run_on_any_storage(tmp_path: Path, kind: str, form: str) -> None:
    base = str(tmp_path) if kind == "local" else f"memory://{uuid.uuid4().hex}"
    output = place_of(f"{base}/scores.{form}")
    folder = BatchFolder(output, "bulk-1")
    split = folder.split((Row(number, text=f"text {number}") for number in range(1, 8)), 3)
    assert split == Split(rows=7, batches=3)
    for number in (2, 0, 1):
        assert folder.part_errors(number) is None
        folder.save_part(number, [error_of(row, "v1", f"no {row.text}") for row in folder.batch(number)])
        assert folder.part_errors(number) == len(folder.batch(number))
    folder.join(split, form)
    folder.remove()
    folder.remove()
    assert output.size() > 0
    assert [path.rpartition("/")[2] for path in output.system.ls(base, detail=False)] == [f"scores.{form}"]


def test_a_part_of_other_rows_is_not_joined(tmp_path: Path) -> None:
    folder = BatchFolder(place_of(str(tmp_path / "scores.jsonl")), "bulk-1")
    split = folder.split([Row(1, text="a"), Row(2, text="b")], 1)
    folder.save_part(0, [error_of(Row(1), "v1", "x")])
    with pytest.raises(StorageError, match="part-00001"):
        folder.join(split, "jsonl")
    folder.save_part(1, [error_of(Row(1), "v1", "x")])
    with pytest.raises(StorageError, match="does not hold the rows"):
        folder.join(split, "jsonl")
    assert not (tmp_path / "scores.jsonl").exists()
