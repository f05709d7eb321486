"""Cases as JSON, and the keys and values under which stores find them. Shared by all stores."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from leitmotif.domain import Appearance, Case, CaseFilter, LabelSource
from leitmotif.errors import CaseChanged, InvalidCursor
from leitmotif.text.normalise import content_hash

FILTERS = (
    ("narrative", "narratives"),
    ("language", "languages"),
    ("country", "countries"),
    ("outlet", "outlets"),
    ("keyword", "keywords"),
)
"""Kind of value as stored, and the field of `Case` and `CaseFilter` that holds it."""

_LISTS = ("narratives", "languages", "countries", "outlets", "keywords")


def case_to_json(case: Case) -> str:
    body = {key: value for key, value in asdict(case).items() if value}
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def refuse_unseen(case_id: str, body: str | None, seen: Mapping[str, Case]) -> None:
    """Look whether a case is still stored as somebody saw it.

    Raises:
        CaseChanged: it is not.
    """
    stored = None if body is None else case_from_json(body)
    if stored != seen.get(case_id):
        raise CaseChanged(f"Somebody else changed case {case_id!r} meanwhile: do it again.")


def case_from_json(body: str) -> Case:
    raw: dict[str, Any] = json.loads(body)
    for name in _LISTS:
        raw[name] = tuple(raw.get(name, ()))
    raw["appearances"] = tuple(Appearance(**entry) for entry in raw.get("appearances", ()))
    raw["label_source"] = LabelSource(raw.get("label_source", LabelSource.HUMAN))
    return Case(**raw)


def digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def case_values(case: Case) -> Iterator[tuple[str, str]]:
    """(kind, value) pairs of a case; outlets and keywords are compared case-folded."""
    for kind, field in FILTERS:
        for value in dict.fromkeys(getattr(case, field)):
            yield kind, fold(kind, value)


def fold(kind: str, value: str) -> str:
    """How a value of this kind is compared."""
    return value.casefold() if kind in {"outlet", "keyword"} else value


def case_keys(case: Case) -> set[str]:
    """Keys under which this case is the exact answer to a claim: content hashes and URLs."""
    texts = {case.title, case.summary, case.claim_text, *(a.title for a in case.appearances)}
    urls = {case.url, *(a.url for a in case.appearances)}
    return {content_hash(text) for text in texts if text} | {url_key(url) for url in urls if url}


def url_key(url: str) -> str:
    """A URL without scheme, `www.`, query tracking, fragment and last slash."""
    bare = url.strip().split("#", 1)[0].split("?utm_", 1)[0].rstrip("/")
    bare = bare.split("://", 1)[-1].removeprefix("www.")
    return "url:" + bare.lower()


def appearances_text(case: Case) -> str:
    return "\n".join(appearance.title for appearance in case.appearances if appearance.title)


def earliest(date: str) -> str:
    """A possibly reduced date as its first day, `2021` -> `2021-01-01`; empty stays empty."""
    return date + "0000-01-01"[len(date) :] if date else ""


def latest(date: str) -> str:
    """A possibly reduced date as its last possible day, `2021` -> `2021-12-31`; empty stays empty."""
    return date + "0000-12-31"[len(date) :] if date else ""


def date_range(where: CaseFilter) -> tuple[str, str]:
    return earliest(where.date_from), latest(where.date_to)


def encode_cursor(date: str, case_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([date, case_id]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[str, str]:
    try:
        date, case_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return str(date), str(case_id)
    except (ValueError, TypeError) as error:
        raise InvalidCursor("cursor: take it from `cursor` of the page before; this is none of ours.") from error
