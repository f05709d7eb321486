"""Reads case pages of the EUvsDisinfo database as people save or paste them, as text or HTML.

Two layouts are known. Today's has the headings DISINFORMATION CASE DETAILS, SUMMARY and RESPONSE. The old one has
Summary, Disproof and publication/media, and often several cases on a page, of which only the first may have headings.
Navigation, disclaimers and newsletter boxes are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from leitmotif.errors import Problem
from leitmotif.formats.codes import country_codes, iso_date, language_codes
from leitmotif.formats.html import html_lines, looks_like_html

_TITLE = re.compile(r"disinfo:\s*(?P<title>\S.*)", re.IGNORECASE)
_HEADINGS = {
    "summary": "summary",
    "response": "response",
    "disproof": "response",
    "publication/media": "details",
    "disinformation case details": "details",
}
_ENDS = re.compile(
    r"disclaimer|your opinion matters!?|subscribe to the disinfo review|see more|related cases|related disinfo cases"
    r"|data protection information \*?|about|share this( case)?|embed|print",
    re.IGNORECASE,
)
_DETAILS = (
    ("date", re.compile(r"[•*\s]*date of publication:?\s*(.+)", re.IGNORECASE)),
    ("languages", re.compile(r"[•*\s]*(?:article )?language\(?s?\)?:?\s*(.+)", re.IGNORECASE)),
    ("countries", re.compile(r"[•*\s]*countries\s*(?:and/or|/)\s*regions discussed[^:]*:\s*(.+)", re.IGNORECASE)),
    ("keywords", re.compile(r"[•*\s]*(?:keywords?|tags?):\s*(.+)", re.IGNORECASE)),
    ("outlets", re.compile(r"[•*\s]*outlets?(?:\(s\))?:?\s+(.+)", re.IGNORECASE)),
    ("issue", re.compile(r"[•*\s]*reported in:\s*(.+)", re.IGNORECASE)),
)
_URL = re.compile(r"https?://euvsdisinfo\.eu/report/[\w-]+/?")
_ARCHIVE_NOTE = re.compile(r"\s*\((?:archived?|archive link)[^)]*\)|\s*\*(?=\s|$)", re.IGNORECASE)


@dataclass(slots=True)
class _Draft:
    title: str
    row: int
    parts: dict[str, list[str]] = field(default_factory=lambda: {"summary": [], "response": []})
    details: dict[str, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        return not any(self.parts.values())


def looks_like_case_page(text: str) -> bool:
    lines = [line.strip() for line in text.splitlines()]
    return any(_TITLE.fullmatch(line) for line in lines) and any(line.casefold() in _HEADINGS for line in lines)


def read_case_pages(page: str) -> Iterator[tuple[int, dict[str, Any] | Problem]]:
    """Raw records of the cases on a page, each with the line that it starts on."""
    text = html_lines(page) if looks_like_html(page) else page
    drafts = _drafts(text)
    urls = _URL.findall(page)
    if not drafts:
        yield 1, Problem("line 1", "no line starts with `DISINFO:`; paste the whole case page")
    for draft in drafts:
        record = _record(draft)
        if len(drafts) == 1 and len(set(urls)) == 1:
            record["url"] = urls[0]
        if draft.parts["summary"] or draft.parts["response"]:
            yield draft.row, record
        else:
            yield draft.row, Problem(f"line {draft.row}", f"case {draft.title!r} has neither summary nor response")


def _drafts(text: str) -> list[_Draft]:
    drafts: list[_Draft] = []
    part = ""
    for row, raw in enumerate(text.splitlines(), 1):
        line = " ".join(raw.split())
        title = _TITLE.fullmatch(line)
        if title:
            # Today's layout gives the title twice, above and below the box of details.
            if not (drafts and drafts[-1].is_blank and drafts[-1].title == title["title"]):
                drafts.append(_Draft(title["title"], row))
            part = "summary"
        elif drafts and line:
            part = _take(drafts[-1], part, line)
    return drafts


def _take(draft: _Draft, part: str, line: str) -> str:
    """Put a line where it belongs and say which part goes on after it."""
    heading = _HEADINGS.get(line.casefold().rstrip(":"))
    if heading:
        return heading
    if _ENDS.fullmatch(line):
        return ""
    detail = _detail(line)
    if detail and (part == "details" or detail[0] in {"date", "countries", "issue"} or line.startswith("•")):
        draft.details.setdefault(*detail)
    elif part in draft.parts:
        draft.parts[part].append(line)
    return part


def _detail(line: str) -> tuple[str, str] | None:
    for name, pattern in _DETAILS:
        match = pattern.fullmatch(line)
        if match:
            return name, match[1].strip()
    return None


def _record(draft: _Draft) -> dict[str, Any]:
    details = draft.details
    return {
        "title": draft.title,
        "summary": "\n\n".join(draft.parts["summary"]),
        "response": "\n\n".join(draft.parts["response"]),
        "date": iso_date(details.get("date", "")) or "",
        "languages": _known(_split(details.get("languages", "")), language_codes),
        "countries": _known(_split(details.get("countries", "")), country_codes),
        "keywords": _split(details.get("keywords", "")),
        "outlets": _split(_ARCHIVE_NOTE.sub("", details.get("outlets", ""))),
    }


def _split(value: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;]", value) if part.strip()]


def _known(names: list[str], to_codes: Any) -> list[str]:
    return [code for name in names for code in (to_codes(name) or [])]
