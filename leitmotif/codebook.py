"""Reads `narratives.yaml`, the codebook, and checks it before anything is built on it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leitmotif.domain import Codebook, Narrative, Theme
from leitmotif.errors import CodebookInvalid, InvalidRecord, Problem

VERSION_FILE = "codebook.json"
"""Name of the codebook in the folder of a model version. JSON is YAML, too."""

_ID = re.compile(r"[a-z][a-z0-9_]{1,63}")


class _NarrativeEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    theme: str
    name: str = Field(min_length=1)
    definition: str = Field(min_length=1)
    include: str = ""
    exclude: str = ""
    keywords: list[str] = []


class _CodebookFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)
    themes: dict[str, str] = Field(min_length=1)
    narratives: dict[str, _NarrativeEntry] = Field(min_length=1)


def load_codebook(path: Path) -> Codebook:
    """Read and check the codebook.

    Raises:
        CodebookInvalid: the file is missing, is no YAML or breaks the schema; names every entry that is wrong.
    """
    return parse_codebook(_read_yaml(path), origin=str(path))


def parse_codebook(raw: object, origin: str = "codebook") -> Codebook:
    """Check a codebook that is already read from YAML or JSON."""
    try:
        file = _CodebookFile.model_validate(raw)
    except ValidationError as error:
        problems = [_problem(origin, entry["loc"], entry["msg"]) for entry in error.errors()]
        raise _invalid(origin, problems) from error
    problems = _check_ids(origin, file)
    if problems:
        raise _invalid(origin, problems)
    return Codebook(
        version=file.version,
        themes=tuple(Theme(id=key, name=name) for key, name in file.themes.items()),
        narratives=tuple(_narrative(key, entry) for key, entry in file.narratives.items()),
    )


def write_codebook(folder: Path, codebook: Codebook) -> None:
    """Put a codebook into the folder of a model version, so that the version keeps its names and themes."""
    raw = {
        "version": codebook.version,
        "themes": {theme.id: theme.name for theme in codebook.themes},
        "narratives": {n.id: {k: v for k, v in asdict(n).items() if k != "id"} for n in codebook.narratives},
    }
    (folder / VERSION_FILE).write_text(json.dumps(raw, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_version_codebook(folder: Path) -> Codebook | None:
    """The codebook of a model version; None in versions from before they carried one.

    Raises:
        CodebookInvalid: it is damaged.
    """
    path = folder / VERSION_FILE
    return parse_codebook(_read_yaml(path), origin=str(path)) if path.is_file() else None


def entry_of(narrative_id: str, fields: Mapping[str, Any], codebook: Codebook) -> Narrative:
    """A narrative as the codebook would read it.

    Raises:
        InvalidRecord: the id is none, or the codebook has no such theme.
    """
    faults = []
    if not _ID.fullmatch(narrative_id):
        faults.append(Problem("id", f"{narrative_id!r}: an id has small letters, digits and underscores"))
    themes = [theme.id for theme in codebook.themes]
    if fields["theme"] not in themes:
        faults.append(Problem("theme", f"{fields['theme']!r} is none of {', '.join(themes)}"))
    faults += [Problem(name, "it holds no word") for name in ("name", "definition") if not fields[name].strip()]
    if faults:
        raise InvalidRecord("; ".join(map(str, faults)), faults)
    return _narrative(narrative_id, _NarrativeEntry.model_validate(fields))


def extend(codebook: Codebook, narratives: Sequence[Narrative]) -> Codebook:
    """The codebook with more narratives at its end; one of a known id takes the place of that one."""
    changed = {narrative.id: narrative for narrative in narratives}
    kept = [changed.pop(narrative.id, narrative) for narrative in codebook.narratives]
    return replace(codebook, narratives=(*kept, *changed.values()))


def _read_yaml(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_twins(yaml.compose(text, yaml.SafeLoader))
        return yaml.safe_load(text)
    except OSError as error:
        raise CodebookInvalid(f"{path} cannot be read: {error.strerror}. Set LEITMOTIF_DATA_DIR.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CodebookInvalid(f"{path} is no valid YAML: {error}") from error


def _refuse_twins(node: yaml.Node | None) -> None:
    """Of a key that stands twice in one mapping, YAML silently keeps the last."""
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        for i, (key, value) in enumerate(node.value):
            if key.value in keys[:i]:
                raise yaml.MarkedYAMLError(None, None, f"{key.value!r} stands here twice", key.start_mark)
            _refuse_twins(value)


def _check_ids(origin: str, file: _CodebookFile) -> list[Problem]:
    problems = [
        _problem(origin, (part, key), "an id has small letters, digits and underscores, e.g. false_flag")
        for part, keys in (("themes", file.themes), ("narratives", file.narratives))
        for key in keys
        if not _ID.fullmatch(key)
    ]
    problems += [
        _problem(origin, ("narratives", key, "theme"), f"theme {entry.theme!r} is not among `themes`")
        for key, entry in file.narratives.items()
        if entry.theme not in file.themes
    ]
    return problems


def _narrative(key: str, entry: _NarrativeEntry) -> Narrative:
    return Narrative(
        id=key,
        theme=entry.theme,
        name=entry.name,
        definition=" ".join(entry.definition.split()),
        include=" ".join(entry.include.split()),
        exclude=" ".join(entry.exclude.split()),
        keywords=tuple(entry.keywords),
    )


def _problem(origin: str, location: tuple[int | str, ...], message: str) -> Problem:
    return Problem(where=f"{origin}: {'.'.join(map(str, location))}", message=message)


def _invalid(origin: str, problems: list[Problem]) -> CodebookInvalid:
    return CodebookInvalid(f"{origin} is not a valid codebook: " + "; ".join(map(str, problems)))
