"""Rows of a file of articles, and what makes one wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leitmotif.domain import Article
from leitmotif.formats.codes import language_codes

FIELDS = ("id", "text", "title", "url", "language")
_LONGEST = {"id": 500, "title": 2_000, "url": 2_000, "language": 100}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: an article, or in `error` why it is none. `number` counts as `leitmotif.bulk.reading` says."""

    number: int
    id: str = ""
    text: str = ""
    title: str = ""
    url: str = ""
    language: str = ""
    error: str = ""

    @property
    def article(self) -> Article:
        return Article(self.text, self.title, self.url, self.language)


class WrongField(ValueError):
    """A field of a row cannot be used; the message names it."""


def row_of(number: int, record: Mapping[str, Any], longest_text: int) -> Row:
    """The row of a record; other fields than `FIELDS` are left out."""
    values = {}
    try:
        for field in FIELDS:
            values[field] = _text(field, record.get(field), longest_text)
        if not values["text"].strip():
            raise WrongField("text: it is missing or empty")
        values["language"] = _language(values["language"])
    except WrongField as error:
        return Row(number, id=values.get("id", ""), error=str(error))
    return Row(number, **values)


def _text(field: str, value: Any, longest_text: int) -> str:
    if value is None:
        return ""
    if field == "id" and isinstance(value, int):
        value = str(value)
    if not isinstance(value, str):
        raise WrongField(f"{field}: not a text")
    limit = _LONGEST.get(field, longest_text)
    if len(value) > limit:
        raise WrongField(f"{field}: {len(value)} characters, the limit is {limit}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise WrongField(f"{field}: character {error.start + 1} is no valid Unicode (is the file in UTF-8?)") from None
    return value


def _language(value: str) -> str:
    if not value:
        return ""
    codes = language_codes(value)
    if not codes:
        raise WrongField(f"language: {value!r} is not an ISO 639-1 code or the English name of a language")
    return codes[0]
