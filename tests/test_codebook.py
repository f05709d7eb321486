"""The codebook: read whole, or refused with every entry that is wrong."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from leitmotif.codebook import load_codebook, parse_codebook
from leitmotif.errors import CodebookInvalid

_GOOD: dict[str, Any] = {
    "version": 3,
    "themes": {"west": "The West", "east": "The East"},
    "narratives": {
        "moon_base": {"theme": "west", "name": "Moon", "definition": "A base\n  on the moon. ", "keywords": ["Moon"]},
        "bee_spies": {
            "theme": "east",
            "name": "Bees",
            "definition": "Bees spy.",
            "include": "wasps",
            "exclude": "flies",
        },
    },
}


def test_a_good_codebook() -> None:
    codebook = parse_codebook(_GOOD)
    assert codebook.version == 3
    assert codebook.ids == ("moon_base", "bee_spies")
    assert [(theme.id, theme.name) for theme in codebook.themes] == [("west", "The West"), ("east", "The East")]
    moon = codebook.find("moon_base")
    assert moon is not None
    assert (moon.definition, moon.keywords, moon.include) == ("A base on the moon.", ("Moon",), "")
    assert codebook.find("nothing") is None


def test_the_codebook_of_the_project() -> None:
    codebook = load_codebook(Path(__file__).parents[1] / "data" / "narratives.yaml")
    assert len(codebook.ids) == 18
    assert len(codebook.themes) == 5
    assert {narrative.theme for narrative in codebook.narratives} == {theme.id for theme in codebook.themes}
    for narrative in codebook.narratives:
        assert len(narrative.definition.split()) >= 8
        assert narrative.include
        assert narrative.exclude
        assert narrative.keywords


def changed(path: str, value: object) -> dict[str, Any]:
    raw = copy.deepcopy(_GOOD)
    *parents, last = path.split("/")
    place: Any = raw
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return raw


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("version", None, "version"),
        ("version", 0, "version"),
        ("version", "x", "version"),
        ("themes", {}, "themes"),
        ("narratives", {}, "narratives"),
        ("narratives", None, "narratives"),
        ("colour", 1, "colour"),
        ("narratives/moon_base/theme", None, "narratives.moon_base.theme"),
        ("narratives/moon_base/theme", "north", "narratives.moon_base.theme"),
        ("narratives/moon_base/name", "", "narratives.moon_base.name"),
        ("narratives/moon_base/definition", None, "narratives.moon_base.definition"),
        ("narratives/moon_base/keywords", "Moon", "narratives.moon_base.keywords"),
        ("narratives/moon_base/note", "x", "narratives.moon_base.note"),
        ("narratives/Moon", {"theme": "west", "name": "x", "definition": "x"}, "narratives.Moon"),
        ("narratives/moon-base", {"theme": "west", "name": "x", "definition": "x"}, "narratives.moon-base"),
        ("narratives/moon\n", {"theme": "west", "name": "x", "definition": "x"}, "narratives.moon"),
        ("narratives/m", {"theme": "west", "name": "x", "definition": "x"}, "narratives.m"),
        ("themes/The West", "x", "themes.The West"),
    ],
)
def test_a_fault_is_named_by_its_place(path: str, value: object, named: str) -> None:
    with pytest.raises(CodebookInvalid) as caught:
        parse_codebook(changed(path, value), origin="book.yaml")
    assert f"book.yaml: {named}" in str(caught.value)


def test_every_fault_is_named() -> None:
    raw = changed("narratives/moon_base/theme", "north")
    raw["narratives"]["bee_spies"]["theme"] = "south"
    with pytest.raises(CodebookInvalid, match=r"moon_base.*bee_spies"):
        parse_codebook(raw)


@pytest.mark.parametrize("raw", [None, [], "x", 1])
def test_something_else_than_a_mapping(raw: object) -> None:
    with pytest.raises(CodebookInvalid):
        parse_codebook(raw)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"version: [", "YAML"),
        (b"\xff\xfe", "YAML"),
        (b"version: 1\nversion: 2\n", "'version' stands here twice"),
        (b"version: 1\nthemes: {a1: x}\nnarratives:\n  b1: {name: x}\n  b1: {name: y}\n", "'b1' stands here twice"),
        (b"version: !!python/object/apply:os.system ['true']\n", "YAML"),
        (b"", "not a valid codebook"),
    ],
)
def test_a_file_that_is_no_codebook(tmp_path: Path, body: bytes, said: str) -> None:
    path = tmp_path / "narratives.yaml"
    path.write_bytes(body)
    with pytest.raises(CodebookInvalid, match=said):
        load_codebook(path)


def test_a_missing_file_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(CodebookInvalid, match="LEITMOTIF_DATA_DIR"):
        load_codebook(tmp_path / "narratives.yaml")
