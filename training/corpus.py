"""Reads `data/`, the corpus, and checks every record of it. The schema is documented in data/README.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from leitmotif.codebook import load_codebook
from leitmotif.domain import Case, Codebook, Stance
from leitmotif.errors import InvalidRecord, Problem, UnsupportedFormat
from leitmotif.formats import read_cases

Register = Literal["claim", "headline", "standfirst", "sentence", "post", "paragraph", "broadcast"]
Genre = Literal["report", "opinion", "debunk", "neutral", "longread"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: str = Field(min_length=1)
    language: str = Field("en", pattern=r"^[a-z]{2}$")


class SentenceLabel(BaseModel):
    """What one sentence of an article does with one narrative."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    narrative: str
    stance: Stance
    speaker: str = ""


class LabelledSentence(BaseModel):
    """A sentence of an article; without labels it carries and refutes nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1)
    labels: tuple[SentenceLabel, ...] = ()


class LabelledArticle(_Record):
    """An article whose sentences are labelled."""

    genre: Genre
    title: str = Field(min_length=1)
    date: str = ""
    paragraphs: tuple[Annotated[tuple[LabelledSentence, ...], Field(min_length=1)], ...] = Field(min_length=1)

    @property
    def sentences(self) -> tuple[LabelledSentence, ...]:
        return tuple(sentence for paragraph in self.paragraphs for sentence in paragraph)

    @property
    def text(self) -> str:
        """The body as a user would send it: title, then paragraphs, apart by a blank line."""
        bodies = (" ".join(sentence.text for sentence in paragraph) for paragraph in self.paragraphs)
        return "\n\n".join([self.title, *bodies])

    @property
    def narratives(self) -> tuple[str, ...]:
        """Narratives that the article carries: asserted or attributed somewhere in it."""
        labels = (label for sentence in self.sentences for label in sentence.labels)
        return tuple(dict.fromkeys(label.narrative for label in labels if label.stance.carries))


class ContrastSet(_Record):
    """One matter told four ways in one register, so that only what is asserted tells them apart."""

    register_: Register = Field(alias="register")
    narratives: tuple[str, ...] = Field(min_length=1)
    asserted: str = Field(min_length=1)
    attributed: str = Field(min_length=1)
    speaker: str = ""
    refuted: str = Field(min_length=1)
    neutral: str = Field(min_length=1)

    @model_validator(mode="after")
    def _speaker_stands_in_text(self) -> Self:
        if self.speaker.casefold() not in self.attributed.casefold():
            raise ValueError(f"speaker {self.speaker!r} does not stand in `attributed`")
        return self


class Passage(_Record):
    """A passage as found inside an article, with one stance towards the narratives it touches."""

    register_: Register = Field(alias="register")
    narratives: tuple[str, ...] = Field(min_length=1)
    stance: Stance
    speaker: str = ""
    text: str = Field(min_length=1)


class PlainText(_Record):
    """A text that carries none of the narratives."""

    register_: Register = Field(alias="register")
    topic: str = Field(min_length=1)
    text: str = Field(min_length=1)


class ClaimPair(_Record):
    """A claim as found in the wild, and what a case is to it.

    `match`: the case answers it. `differs`: it looks alike, but the case does not answer it. `other`: no case does.
    `also` names further cases that answer it.
    """

    text: str = Field(min_length=1)
    case: str = ""
    also: tuple[str, ...] = ()
    relation: Literal["match", "differs", "other"]

    @property
    def answers(self) -> frozenset[str]:
        """Every case that is known to answer it."""
        return frozenset((self.case, *self.also) if self.relation == "match" else self.also)


@dataclass(frozen=True, slots=True)
class Corpus:
    """All of `data/`, checked. `digest` is the SHA-256 over every file that was read."""

    codebook: Codebook
    cases: tuple[Case, ...]
    articles: tuple[LabelledArticle, ...]
    contrast_sets: tuple[ContrastSet, ...]
    passages: tuple[Passage, ...]
    plain_texts: tuple[PlainText, ...]
    claim_pairs: tuple[ClaimPair, ...]
    digest: str


def load_corpus(folder: Path) -> Corpus:
    """Read and check the whole corpus.

    Raises:
        CodebookInvalid: the codebook is wrong.
        InvalidRecord: records are wrong; `problems` names file, line and field of each.
    """
    codebook = load_codebook(folder / "narratives.yaml")
    problems: list[Problem] = []
    corpus = Corpus(
        codebook=codebook,
        cases=tuple(_cases(folder, codebook, problems)),
        articles=tuple(_records(folder / "articles", LabelledArticle, problems)),
        contrast_sets=tuple(_records(folder / "contrast", ContrastSet, problems)),
        passages=tuple(_records(folder / "passages", Passage, problems)),
        plain_texts=tuple(_records(folder / "none", PlainText, problems)),
        claim_pairs=tuple(_records(folder / "claims", ClaimPair, problems)),
        digest=_digest(folder),
    )
    problems += [_placed(folder, problem) for problem in _check_references(corpus)]
    if problems:
        shown = "; ".join(map(str, problems[:20]))
        raise InvalidRecord(f"{folder} has {len(problems)} faults: {shown}", problems)
    return corpus


def corpus_files(folder: Path) -> list[Path]:
    """Every file of the corpus that training reads, in order."""
    return [folder / "narratives.yaml", *sorted(folder.glob("*/*.jsonl"))]


def _cases(folder: Path, codebook: Codebook, problems: list[Problem]) -> Iterator[Case]:
    for path in sorted((folder / "cases").glob("*.jsonl")):
        try:
            reading = read_cases(path.read_bytes(), "jsonl", codebook.ids)
        except UnsupportedFormat as error:
            problems.append(Problem(str(path), str(error)))
            continue
        problems += [Problem(f"{path}: {problem.where}", problem.message) for problem in reading.problems]
        yield from reading.cases


RecordT = TypeVar("RecordT", bound=_Record)


def _records(folder: Path, kind: type[RecordT], problems: list[Problem]) -> Iterator[RecordT]:
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in _lines(path):
            try:
                yield kind.model_validate(json.loads(line))
            except ValidationError as error:
                problems += [Problem(f"{path}: line {number}, {_where(loc)}", said) for loc, said in _innermost(error)]
            except ValueError as error:
                problems.append(Problem(f"{path}: line {number}", f"no valid JSON: {error}"))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines that hold something, with their numbers; only line feeds part them: strings may hold other separators."""
    return ((n, line) for n, line in enumerate(path.read_bytes().split(b"\n"), 1) if line.strip())


def _innermost(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    """Where each fault is and what it is; a list that is too short only without its faulty items is no fault itself."""
    faults = [(entry["loc"], entry["msg"]) for entry in error.errors()]
    return [f for f in faults if not any(len(o[0]) > len(f[0]) and o[0][: len(f[0])] == f[0] != () for o in faults)]


def _check_references(corpus: Corpus) -> list[Problem]:
    """Unknown narratives and ids that are used twice."""
    known, problems, seen = set(corpus.codebook.ids), [], set()
    named = (
        [(s.id, s.narratives) for s in corpus.contrast_sets]
        + [(p.id, p.narratives) for p in corpus.passages]
        + [(a.id, tuple(label.narrative for s in a.sentences for label in s.labels)) for a in corpus.articles]
    )
    for record_id, narratives in named:
        problems += [Problem(record_id, f"unknown narrative {n!r}") for n in sorted(set(narratives) - known)]
    case_ids = {case.id for case in corpus.cases}
    problems += [
        Problem(pair.id, f"unknown case {pair.case!r}")
        for pair in corpus.claim_pairs
        if (pair.case not in case_ids) != (pair.relation == "other")
    ]
    problems += [
        Problem(pair.id, f"`also` names case {other!r}, which {fault}")
        for pair in corpus.claim_pairs
        for other in pair.also
        if (fault := _fault_of_also(pair, other, case_ids))
    ]
    own = (*corpus.articles, *corpus.contrast_sets, *corpus.passages, *corpus.plain_texts, *corpus.claim_pairs)
    records: list[Case | _Record] = [*corpus.cases, *own]
    for record in records:
        if record.id in seen:
            problems.append(Problem(record.id, "two records have this id"))
        seen.add(record.id)
    return problems


def _fault_of_also(pair: ClaimPair, other: str, case_ids: Set[str]) -> str:
    if other not in case_ids:
        return "is unknown"
    if other == pair.case:
        return "is its `case`"
    return "contradicts `other`: no case answers such a claim" if pair.relation == "other" else ""


def _placed(folder: Path, problem: Problem) -> Problem:
    """A problem whose `where` is a record's id, with the files and lines of that record instead."""
    places = [
        f"{path}: line {number}"
        for path in corpus_files(folder)[1:]
        for number, line in _lines(path)
        if _id_in(line) == problem.where
    ]
    return Problem(f"{', '.join(places)}, {problem.where}", problem.message)


def _id_in(line: bytes) -> str | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record.get("id") if isinstance(record, dict) else None


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location))


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in corpus_files(folder):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
