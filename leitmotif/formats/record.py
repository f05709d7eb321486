"""The record of a case as files and requests hold it, and its way to a `Case` with every fault named."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from leitmotif.domain import Appearance, Case, LabelSource
from leitmotif.errors import Problem
from leitmotif.formats.codes import country_codes, iso_date, language_codes
from leitmotif.store.codec import url_key
from leitmotif.text.normalise import match_key

_ID = re.compile(r"[\w.:-]{1,120}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of a file: the cases, with the row each came from, and what was wrong."""

    cases: tuple[Case, ...] = ()
    rows: tuple[int, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = field(default_factory=tuple)


class AppearanceRecord(BaseModel):
    """Where a claim was published."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    url: str = ""
    outlet: str = ""
    date: str = ""
    language: str = ""
    title: str = ""

    @field_validator("date")
    @classmethod
    def _date(cls, value: str) -> str:
        return _date_or_error(value)


class CaseRecord(BaseModel):
    """A case as it is imported, exported and sent: see docs/formats.md."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: str = Field("", max_length=120, description="Kept if given; else derived from the URL or the title.")
    title: str = Field(min_length=1, max_length=2_000, description="The claim in one line.")
    summary: str = Field("", max_length=20_000, description="The claim as it is made.")
    response: str = Field("", max_length=100_000, description="The refutation.")
    narratives: list[str] = Field([], description="Narrative ids of the codebook, primary first.")
    url: str = Field("", max_length=2_000, description="Page that documents the case.")
    date: str = Field("", description="ISO 8601, possibly reduced (2021, 2021-03).")
    languages: list[str] = Field([], description="ISO 639-1 codes or English names.")
    countries: list[str] = Field([], description="ISO 3166-1 alpha-2 codes (and EU) or English names.")
    outlets: list[str] = Field([], description="Who published the claim.")
    keywords: list[str] = Field([], description="Free keywords.")
    appearances: list[AppearanceRecord] = Field([], description="Where the claim was published.")
    label_source: LabelSource = Field(LabelSource.HUMAN, description="`weak` for labels made by machine from keywords.")

    @field_validator("id")
    @classmethod
    def _id(cls, value: str) -> str:
        if value and not _ID.fullmatch(value):
            raise ValueError("an id has up to 120 letters, digits and . : _ -")
        return value

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        if value and not re.match(r"https?://\S+$", value):
            raise ValueError("a URL starts with http:// or https:// and has no spaces")
        return value

    @field_validator("date")
    @classmethod
    def _date(cls, value: str) -> str:
        return _date_or_error(value)

    @field_validator("languages")
    @classmethod
    def _languages(cls, values: list[str]) -> list[str]:
        return _all_codes(values, language_codes, "an ISO 639-1 code or the English name of a language")

    @field_validator("countries")
    @classmethod
    def _countries(cls, values: list[str]) -> list[str]:
        return _all_codes(values, country_codes, "an ISO 3166-1 alpha-2 code, EU, or the English name of a country")

    def to_case(self) -> Case:
        """The `Case`, with a stable id derived where the record has none."""
        return Case(
            id=self.id or derived_id(self.title, self.url),
            title=self.title,
            summary=self.summary,
            response=self.response,
            narratives=_unique(self.narratives),
            url=self.url,
            date=self.date,
            languages=_unique(self.languages),
            countries=_unique(self.countries),
            outlets=_unique(self.outlets),
            keywords=_unique(self.keywords),
            appearances=tuple(Appearance(**entry.model_dump()) for entry in self.appearances),
            label_source=self.label_source,
        )


def derived_id(title: str, url: str) -> str:
    """The same id for the same page and claim, so that importing twice changes nothing."""
    key = f"{url_key(url) if url else ''}\n{match_key(title)}"
    return "case-" + hashlib.sha256(key.encode()).hexdigest()[:16]


def read_records(records: Iterable[tuple[int, Mapping[str, Any] | Problem]], narrative_ids: Collection[str]) -> Reading:
    """Check raw records, each with its row number, and gather every fault of every row."""
    cases: dict[str, Case] = {}
    rows: dict[str, int] = {}
    problems: list[Problem] = []
    for row, raw in records:
        if isinstance(raw, Problem):
            problems.append(raw)
            continue
        case, faults = read_record(raw, narrative_ids, where=f"row {row}")
        if case and case.id in cases:
            faults = [Problem(f"row {row}, id", f"{case.id!r} stands in row {rows[case.id]} already")]
        if case and not faults:
            cases[case.id], rows[case.id] = case, row
        problems += faults
    return Reading(tuple(cases.values()), tuple(rows.values()), tuple(problems))


def read_record(
    raw: Mapping[str, Any], narrative_ids: Collection[str], where: str = ""
) -> tuple[Case | None, list[Problem]]:
    """One raw record as a case, or None with what is wrong with it."""
    prefix = f"{where}, " if where else ""
    try:
        record = CaseRecord.model_validate(raw)
    except ValidationError as error:
        return None, [_problem(prefix, entry["loc"], entry["msg"]) for entry in error.errors()]
    unknown = [name for name in record.narratives if name not in narrative_ids]
    if unknown:
        message = f"no narrative of the codebook is called {', '.join(map(repr, unknown))}"
        return None, [Problem(f"{prefix}narratives", message)]
    return record.to_case(), []


def _problem(prefix: str, location: tuple[int | str, ...], message: str) -> Problem:
    name = ".".join(map(str, location))
    return Problem(f"{prefix}{name}", message.removeprefix("Value error, "))


def _date_or_error(value: str) -> str:
    date = iso_date(value)
    if date is None:
        raise ValueError(f"{value!r} is no date: write 2024-07-03, 2024-07 or 2024")
    return date


def _all_codes(values: list[str], to_codes: Any, wanted: str) -> list[str]:
    codes: list[str] = []
    for value in values:
        found = to_codes(value)
        if found is None:
            raise ValueError(f"{value!r} is not {wanted}")
        codes += found
    return codes


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip() for value in values if value.strip()))
